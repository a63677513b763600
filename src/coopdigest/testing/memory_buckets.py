"""The tokens of the transport and of recipients' domains, kept in memory."""

from __future__ import annotations

from datetime import datetime

from coopdigest.domain.rates import Bucket, Rates


class MemoryBuckets:
    """Takes tokens for one message after the other; all buckets are full at first."""

    def __init__(self) -> None:
        """Know of no message yet."""
        self._full_at: dict[str, datetime | None] = {}

    def take(self, domain: str, rates: Rates, now: datetime) -> bool:
        """Take the tokens for a message to `domain`, or none when one is missing."""
        buckets = self._buckets(domain, rates)
        if not all(bucket.tokens(now) for bucket in buckets.values()):
            return False
        self._full_at.update({name: bucket.take(1, now).full_at for name, bucket in buckets.items()})
        return True

    def ready(self, domain: str, rates: Rates, now: datetime) -> datetime:
        """When a message to `domain` may go."""
        return max((bucket.ready(now) for bucket in self._buckets(domain, rates).values()), default=now)

    def _buckets(self, domain: str, rates: Rates) -> dict[str, Bucket]:
        limits = {"": rates.transport, domain: rates.per_domain}
        return {name: Bucket(rate, self._full_at.get(name)) for name, rate in limits.items() if rate is not None}
