"""How fast messages may go out, through the whole transport and to each recipient domain: token buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages per second, through the whole transport and to any one domain; None: no limit.

    Raises:
        ValueError: a limit is not greater than nought.
    """

    transport: float | None = None
    per_domain: float | None = None

    def __post_init__(self) -> None:
        if any(rate is not None and not rate > 0 for rate in (self.transport, self.per_domain)):
            raise ValueError("a rate is more than 0 messages per second")

    @property
    def are_limits(self) -> bool:
        """Whether anything is limited."""
        return self.transport is not None or self.per_domain is not None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket that holds the tokens of a second, rounded up; a message costs a token.

    All that has to be kept is the instant at which it is full again (None: it is): the generic cell rate algorithm.
    Microseconds are counted whole and a token's time is rounded up, so that never more than `rate` x seconds + `burst`
    tokens are given. A clock that was set back costs at most the time that an empty bucket needs.
    """

    rate: float
    full_at: datetime | None = None

    @property
    def burst(self) -> int:
        """How many tokens a full bucket holds."""
        return math.ceil(self.rate)

    @property
    def _step(self) -> timedelta:
        """How long one token takes to come."""
        return timedelta(microseconds=math.ceil(1_000_000 / self.rate))

    def _lack(self, now: datetime) -> timedelta:
        """How long the bucket needs until it is full."""
        if self.full_at is None:
            return timedelta()
        return min(max(self.full_at - now, timedelta()), self.burst * self._step)

    def tokens(self, now: datetime) -> int:
        """How many messages may go now."""
        return (self.burst * self._step - self._lack(now)) // self._step

    def take(self, count: int, now: datetime) -> Bucket:
        """The bucket without `count` tokens, which `tokens` said are there."""
        return Bucket(self.rate, now + self._lack(now) + count * self._step)

    def ready(self, now: datetime) -> datetime:
        """When it is worth coming again: a token is there, or a tenth of the burst where that is more."""
        wanted = max(1, self.burst // 10)
        return now + max(self._lack(now) - (self.burst - wanted) * self._step, timedelta())
