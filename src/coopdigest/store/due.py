"""Due rows of one campaign, read a window at a time: deferred ones that have waited longest, pending ones by id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coopdigest.domain.recipients import OnlyTo
from coopdigest.store.lean import Lean
from coopdigest.store.statements import ALLOWED, DUE_DEFERRED, DUE_PENDING, as_list, listing

_LAST = 2**62  # no row has a higher id
_LOCK = "FOR UPDATE OF deliveries SKIP LOCKED"  # for PostgreSQL; SQLite has one writer anyway


class DueRow(NamedTuple):
    """A delivery that may be claimed, or is to be skipped when its subscriber is not in the audience any more.

    As the database gives it: `tried` is for `Lean.read`, and of somebody erased nothing is known.
    """

    id: int
    subscriber: int
    language: str
    attempt: int
    tried: object
    address: str | None
    key: str | None
    is_in_audience: int

    @property
    def domain(self) -> str:
        """The domain of the address, as rates go by it."""
        return (self.key or "").rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Due:
    """The rows due at `now` of those whom a staging list allows.

    With `keeps` what is read is kept from other processes until the transaction ends, and they read what comes next.
    """

    lean: Lean
    digest: str
    campaign: int
    now: datetime
    only_to: OnlyTo | None
    window: int
    keeps: bool

    def deferred(self) -> Iterator[list[DueRow]]:
        """Deferred rows, the one that has waited longest first; none of them may be changed meanwhile."""
        passed = 0
        sql, names = self._sql(DUE_DEFERRED)
        while rows := self._read(sql, (self.campaign, self.lean.bind(self.now), *names, self.window, passed)):
            passed += len(rows)
            yield rows

    def pending(self, start: int) -> Iterator[list[DueRow]]:
        """Pending rows, from the one behind id `start` on and round to it again."""
        sql, names = self._sql(DUE_PENDING)
        for after, last in ((start, _LAST), (0, start)):
            while rows := self._read(sql, (self.campaign, after, last, *names, self.window)):
                after = rows[-1].id
                yield rows

    def _sql(self, sql: str) -> tuple[str, list[object]]:
        """The statement with its lock and staging list, and the parameters of that list."""
        text = sql.replace("<lock>", _LOCK if self.keeps and not self.lean.is_sqlite else "")
        if self.only_to is None:
            return text.replace("<allowed>", ""), []
        domains = [f"%@{domain}" for domain in sorted(self.only_to.domains)]
        text = text.replace("<allowed>", ALLOWED.replace("<domains>", " OR address_key LIKE ?" * len(domains)))
        return listing(self.lean, text), [self.digest, as_list(self.lean, sorted(self.only_to.keys)), *domains]

    def _read(self, sql: str, parameters: tuple[object, ...]) -> list[DueRow]:
        return list(map(DueRow._make, self.lean.execute(sql, parameters).fetchall()))
