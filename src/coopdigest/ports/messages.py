"""Builds and checks messages, and carries them away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from coopdigest.domain.delivery import Claimed, Envelope, Outcome
from coopdigest.domain.edition import Edition, Finding


class MessageFactory(Protocol):
    """Builds the RFC 5322 message of one subscriber."""

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The message, CRLF line ends, not dot-stuffed; same Message-ID on every attempt, Date is `now`."""
        ...


class MessageChecker(Protocol):
    """Checks the message that an edition becomes."""

    def check(self, edition: Edition) -> list[Finding]:
        """Lint a subscriber's message of this edition by what its bytes show; that there can be none is a finding."""
        ...


class Connection(Protocol):
    """One open way to hand messages over, one at a time."""

    def send(self, envelope: Envelope, message: bytes, intend: Callable[[], bool]) -> Outcome:
        """Hand one message over.

        `intend` is called once, when everything but the final dot may be written; when it returns False the
        message is not handed over, the verdict is NOT_SENT, and the connection is closed without the dot.
        A lost connection is NOT_SENT before the dot and IN_DOUBT after it; either way it is closed.

        Raises:
            TransportError: the server refuses the sender, not this recipient (any 4yz or 5yz at MAIL).
        """
        ...

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over on this connection."""
        ...

    def close(self) -> None:
        """End the session politely; never raises."""
        ...


class Transport(Protocol):
    """Carries messages away."""

    def connect(self) -> Connection:
        """Open a connection, greet, secure and log in.

        Raises:
            TransportError: no connection, no TLS where it is required, or the login is refused.
        """
        ...
