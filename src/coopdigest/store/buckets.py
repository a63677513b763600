"""The tokens of a digest's transport and of its recipients' domains, shared by all processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from coopdigest.domain.rates import Bucket, Rates
from coopdigest.store.lean import Lean
from coopdigest.store.statements import KEEP_BUCKET, LOCK_TRANSPORT, READ_BUCKETS, as_list, listing

_TRANSPORT = ""  # the name of the bucket for all messages


class Purse:
    """The tokens there are at `now`, inside one transaction that keeps other claims with rates waiting."""

    def __init__(self, lean: Lean, digest: str, rates: Rates, now: datetime) -> None:
        """Wait for whoever is taking tokens, and see how many are left."""
        self._lean, self._digest, self._rates, self._now = lean, digest, rates, now
        self._domains: dict[str, Bucket] = {}
        (full_at,) = lean.execute(LOCK_TRANSPORT, (digest, _TRANSPORT, lean.bind(now))).fetchone()
        self._transport = Bucket(rates.transport, lean.read(full_at)) if rates.transport else None

    def allowance(self, limit: int) -> int:
        """How many messages the transport may take now, at most `limit`."""
        return min(limit, self._transport.tokens(self._now)) if self._transport else limit

    def look_up(self, domains: Iterable[str]) -> None:
        """Read the buckets of these domains."""
        if self._rates.per_domain is None:
            return
        new = set(domains) - self._domains.keys()
        self._domains.update((domain, Bucket(self._rates.per_domain)) for domain in new)
        sql = listing(self._lean, READ_BUCKETS)
        for domain, full_at in self._lean.execute(sql, (self._digest, as_list(self._lean, new))).fetchall():
            self._domains[domain] = Bucket(self._rates.per_domain, self._lean.read(full_at))

    def tokens(self, domain: str) -> int | None:
        """How many messages a domain that was looked up may get now; None: any number."""
        return self._domains[domain].tokens(self._now) if self._rates.per_domain is not None else None

    def ready(self, domain: str) -> datetime:
        """When a message to a domain that was looked up may go."""
        buckets = (self._transport, self._domains.get(domain))
        return max((bucket.ready(self._now) for bucket in buckets if bucket), default=self._now)

    def spend(self, domains: Iterable[str]) -> None:
        """Take a token for a message to each of these domains, and keep what is left."""
        counts = Counter(domains)
        taken = {_TRANSPORT: self._transport.take(counts.total(), self._now)} if self._transport else {}
        if self._rates.per_domain is not None:
            taken |= {domain: self._domains[domain].take(count, self._now) for domain, count in counts.items()}
        rows = [(self._digest, name, self._lean.bind(bucket.full_at)) for name, bucket in sorted(taken.items())]
        self._lean.execute_many(KEEP_BUCKET, rows)
