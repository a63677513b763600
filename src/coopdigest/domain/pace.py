"""How a campaign goes on: how fast, by whose hands, and at which domains it sticks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DomainTroubles:
    """What became of messages to one recipient domain that did not arrive, and the domain's last reply."""

    domain: str
    deferred: int = 0
    refused: int = 0
    in_doubt: int = 0
    code: int | None = None
    reply: str = ""

    @property
    def total(self) -> int:
        """How many messages this is."""
        return self.deferred + self.refused + self.in_doubt


@dataclass(frozen=True, slots=True)
class Pace:
    """A campaign's last minute: messages answered per second, live senders at work on it and their last sign of life.

    `rate` is None when nothing was answered in that minute.
    """

    rate: float | None
    senders: int
    heard: datetime | None
    worst: tuple[DomainTroubles, ...] = ()


def worst_of(troubles: Iterable[DomainTroubles], most: int) -> tuple[DomainTroubles, ...]:
    """The domains with the most troubles, at most so many; by name where they are level."""
    return tuple(sorted(troubles, key=lambda each: (-each.total, each.domain))[:most])


def domain_of(address: str) -> str:
    """The domain of a recipient's address, in lower case."""
    return address.rpartition("@")[2].lower()
