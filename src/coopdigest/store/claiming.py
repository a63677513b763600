"""Hands due rows to a sender: once each, no faster than the rates allow, and to nobody who left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coopdigest.domain.delivery import Claimed, Terms
from coopdigest.store.buckets import Purse
from coopdigest.store.due import Due, DueRow
from coopdigest.store.lean import Lean
from coopdigest.store.statements import CLAIM, CLAIMED, MAY_SEND, SKIP_DUE, as_list, listing

_REMEMBERED = timedelta(seconds=5)  # by then rows that were put back may be of any domain


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: rows of this campaign that may go at `now` on these terms."""

    campaign: int
    now: datetime
    terms: Terms

    @property
    def is_by_domain(self) -> bool:
        """Whether most rows may have to wait while others go."""
        return self.terms.rates.per_domain is not None


@dataclass(slots=True)
class _Choice:
    """The rows chosen so far, up to `room`, those to be skipped, and how many wait for tokens of which domain."""

    purse: Purse | None
    room: int
    rows: list[DueRow] = field(default_factory=list)
    gone: list[DueRow] = field(default_factory=list)
    waiting: Counter[str] = field(default_factory=Counter)
    hand: int = 0
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, window: Sequence[DueRow]) -> None:
        """Choose from these rows what may go."""
        if self.purse:
            self.purse.look_up(row.domain for row in window if row.is_in_audience)
        for row in window:
            if len(self.rows) == self.room:
                return
            self.hand = row.id
            if not row.is_in_audience:
                self.gone.append(row)
            elif not self.purse or self._has_token(self.purse, row.domain):
                self.rows.append(row)
            else:
                self.waiting[row.domain] += 1

    def _has_token(self, purse: Purse, domain: str) -> bool:
        tokens = purse.tokens(domain)
        self._counts[domain] += 1
        return tokens is None or self._counts[domain] <= tokens


@dataclass(frozen=True, slots=True)
class _Waiting:
    """How many due rows waited for tokens of which domain, when a claim on these terms had looked at every row."""

    terms: Terms
    counts: Counter[str]
    seen: datetime

    def is_known(self, terms: Terms, now: datetime) -> bool:
        """Whether it may still be so, with somebody waiting."""
        return bool(self.counts) and self.terms == terms and self.seen <= now < self.seen + _REMEMBERED

    def forget(self, rows: Iterable[DueRow]) -> None:
        """These rows wait no more."""
        self.counts.subtract(row.domain for row in rows if row.domain in self.counts)
        for domain in [domain for domain, count in self.counts.items() if count <= 0]:
            del self.counts[domain]


@dataclass(slots=True)
class Claiming:
    """Claims for one process. What it remembers spares it looks at rows, and decides nothing.

    With a rate for each domain rows that wait for tokens gather at the front of the queue. So pending rows are a ring,
    on which each claim goes on where the last one stopped, and a claim that found nothing remembers what they wait for.
    `window` is how many rows it looks at together where most may wait.
    """

    digest: str
    window: int = 1_000
    _hands: dict[int, int] = field(default_factory=dict)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    def claim(self, lean: Lean, asked: Asked, sender: int, limit: int) -> list[Claimed]:
        """See `ports.Ledger.claim`."""
        if not lean.execute(MAY_SEND, (sender, asked.campaign)).fetchone():
            return []
        rates = asked.terms.rates
        purse = Purse(lean, self.digest, rates, asked.now) if rates.are_limits else None
        room = purse.allowance(limit) if purse else limit
        if not room or (purse and self._is_vain(purse, asked)):
            return []
        choice = _Choice(purse, room)
        self._choose(choice, self._due(lean, asked, room), asked)
        if choice.gone:
            lean.execute(listing(lean, SKIP_DUE), (as_list(lean, [row.id for row in choice.gone]),))
        return self._take(lean, asked.campaign, sender, choice) if choice.rows else []

    def _due(self, lean: Lean, asked: Asked, room: int | None) -> Due:
        """The rows for a claim with `room`, or only to look at; those that are looked at are not kept from others.

        Nor are they where most may be passed over: other claims wait for the purse anyway.
        """
        keeps = room is not None and not asked.is_by_domain
        window = room if room is not None and keeps else self.window
        return Due(lean, self.digest, asked.campaign, asked.now, asked.terms.only_to, window, keeps)

    def _choose(self, choice: _Choice, due: Due, asked: Asked) -> None:
        """Look at rows until there are some to send; where nothing may go, at all of them."""
        for window in due.deferred():
            choice.add(window)
            if choice.rows:
                break
        if len(choice.rows) == choice.room:
            return
        for window in due.pending(self._hands.get(asked.campaign, 0) if asked.is_by_domain else 0):
            choice.add(window)
            self._hands[asked.campaign] = choice.hand
            if choice.rows:
                return
        if not choice.rows and asked.is_by_domain:
            self._waiting[asked.campaign] = _Waiting(asked.terms, choice.waiting, asked.now)

    def _remembered(self, asked: Asked) -> list[str] | None:
        """The domains that all due rows waited for a moment ago; None when that is not known."""
        known = self._waiting.get(asked.campaign)
        return list(known.counts) if known and known.is_known(asked.terms, asked.now) else None

    def _is_vain(self, purse: Purse, asked: Asked) -> bool:
        """Whether all due rows still wait for tokens, as far as is remembered."""
        domains = self._remembered(asked)
        if domains is None:
            return False
        purse.look_up(domains)
        return all(purse.tokens(domain) == 0 for domain in domains)

    def _take(self, lean: Lean, campaign: int, sender: int, choice: _Choice) -> list[Claimed]:
        """Claim the chosen rows and spend their tokens; a row that went elsewhere meanwhile is left."""
        taken = choice.rows
        ids = as_list(lean, [row.id for row in taken])
        if lean.execute(listing(lean, CLAIM), (sender, ids)).rowcount < len(taken):
            mine = set(lean.execute(listing(lean, CLAIMED), (ids, sender)).fetchall())
            taken = [row for row in taken if (row.id, row.attempt + 1) in mine]
        if choice.purse:
            choice.purse.spend(row.domain for row in taken)
        if campaign in self._waiting:
            self._waiting[campaign].forget(taken)
        return [_claimed(lean, campaign, row) for row in taken]

    def next_turn(self, lean: Lean, asked: Asked) -> datetime | None:
        """See `ports.Ledger.next_turn`."""
        if not asked.terms.rates.are_limits:
            return None
        purse = Purse(lean, self.digest, asked.terms.rates, asked.now)
        remembered = self._remembered(asked)
        earliest: datetime | None = None
        for domains in [remembered] if remembered is not None else _domains_of(self._due(lean, asked, None)):
            purse.look_up(domains)
            turns = [purse.ready(domain) for domain in domains]
            earliest = min([*turns, earliest] if earliest else turns, default=None)
            if earliest is not None and earliest <= purse.ready(""):
                return earliest
        return earliest


def _claimed(lean: Lean, campaign: int, row: DueRow) -> Claimed:
    tried = lean.read(row.tried) if row.tried else None
    return Claimed(row.id, campaign, row.subscriber, row.address or "", row.language, row.attempt + 1, tried)


def _domains_of(due: Due) -> Iterator[set[str]]:
    """The domains of all due rows that may be sent, a window at a time."""
    for windows in (due.deferred(), due.pending(0)):
        for window in windows:
            yield {row.domain for row in window if row.is_in_audience}
