"""Builds and checks messages, and carries them away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coopdigest.domain.delivery import Claimed, Envelope, Outcome
from coopdigest.domain.edition import Edition, Finding

Unfinished = Callable[[], bytes]
"""What is left to do for a message, which it gives back; any thread may do it."""


class MessageFactory(Protocol):
    """Builds the RFC 5322 message of one subscriber."""

    is_slow: bool  # whether what `begin` leaves to do is worth another thread

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The message, CRLF line ends; no line begins with a dot, so there is nothing for SMTP to stuff.

        The Message-ID is the same on every attempt, Date is `now`.
        """
        ...

    def begin(self, edition: Edition, delivery: Claimed, now: datetime) -> Unfinished:
        """The same message, as far as it takes no time: `build` begins and finishes it."""
        ...


class MessageChecker(Protocol):
    """Checks the message that an edition becomes."""

    def check(self, edition: Edition) -> list[Finding]:
        """Lint a subscriber's message of this edition by what its bytes show; that there can be none is a finding."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out: `message` has CRLF line ends and is not dot-stuffed; a rehearsal has no `delivery`.

    `is_free_of_dots` says that none of its lines begins with a dot: then nobody has to look for one.
    """

    envelope: Envelope
    message: bytes
    delivery: Claimed | None = None
    is_free_of_dots: bool = False


class Work(Protocol):
    """Where a connection gets its messages from, and whom it tells what became of them."""

    def take(self) -> Outgoing | None:
        """The next message that may be begun now; None: there is none now. Never blocks.

        A message taken is owed exactly one result.
        """
        ...

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """Write down `results`, then the intent to write the final dot of `intent`, in one transaction.

        Returns whether that dot may be written; True when there is no intent.

        Raises:
            StoreError: nothing was written down, so no dot may be written.
        """
        ...


class Connection(Protocol):
    """One open way to hand messages over, at most one of which is in doubt at any moment."""

    async def carry(self, work: Work) -> None:
        """Hand over what `work` gives until it gives nothing, or the connection is closed.

        Every message taken ends in exactly one result, given to `work.proceed` before this returns or raises. A lost
        connection is NOT_SENT before a message's dot and IN_DOUBT after it. Where leave is not given the message is
        NOT_SENT and the connection is closed without the dot.

        Raises:
            TransportError: the server refuses the sender, not this recipient (any 4yz or 5yz at MAIL).
            StoreError: `work.proceed` raised it; the connection is closed without another dot.
        """
        ...

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over on this connection."""
        ...

    async def close(self) -> None:
        """End the session politely; never raises."""
        ...


class Transport(Protocol):
    """Carries messages away."""

    async def connect(self) -> Connection:
        """Open a connection, greet, secure and log in.

        Raises:
            TransportError: no connection, no TLS where it is required, or the login is refused.
        """
        ...
