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
from coopdigest.store.statements import CLAIM, MAY_SEND, SKIP_DUE, as_list, listing

_WINDOW = 1_000  # rows looked at together where most may wait for tokens
_REMEMBERED = timedelta(seconds=5)  # by then rows that were put back may be of any domain


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
            elif self._has_token(row.domain):
                self.rows.append(row)
            else:
                self.waiting[row.domain] += 1

    def _has_token(self, domain: str) -> bool:
        tokens = self.purse.tokens(domain) if self.purse else None
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
    """

    digest: str
    _hands: dict[int, int] = field(default_factory=dict)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    def claim(self, lean: Lean, campaign: int, sender: int, limit: int, now: datetime, terms: Terms) -> list[Claimed]:
        """See `ports.Ledger.claim`."""
        if not lean.execute(MAY_SEND, (sender, campaign)).fetchone():
            return []
        purse = Purse(lean, self.digest, terms.rates, now) if terms.rates.are_limits else None
        room = purse.allowance(limit) if purse else limit
        if not room or (purse and self._is_vain(purse, campaign, now, terms)):
            return []
        choice = _Choice(purse, room)
        self._choose(choice, self._due(lean, campaign, now, terms, room), terms)
        if choice.gone:
            lean.execute(listing(lean, SKIP_DUE), (as_list(lean, [row.id for row in choice.gone]),))
        return self._take(lean, campaign, sender, choice) if choice.rows else []

    def _due(self, lean: Lean, campaign: int, now: datetime, terms: Terms, room: int) -> Due:
        """Where most rows may be passed over, none is kept from others: they wait for the purse anyway."""
        is_by_domain = terms.rates.per_domain is not None
        window = _WINDOW if is_by_domain else room
        return Due(lean, self.digest, campaign, now, terms.only_to, window, keeps=not is_by_domain)

    def _choose(self, choice: _Choice, due: Due, terms: Terms) -> None:
        """Look at rows until there are some to send; where nothing may go, at all of them."""
        for window in due.deferred():
            choice.add(window)
            if choice.rows:
                break
        is_by_domain = terms.rates.per_domain is not None
        for window in due.pending(self._hands.get(due.campaign, 0) if is_by_domain else 0):
            if len(choice.rows) == choice.room:
                return
            choice.add(window)
            self._hands[due.campaign] = choice.hand
            if choice.rows:
                return
        if not choice.rows and is_by_domain:
            self._waiting[due.campaign] = _Waiting(terms, choice.waiting, due.now)

    def _remembered(self, campaign: int, now: datetime, terms: Terms) -> list[str] | None:
        """The domains that all due rows waited for a moment ago; None when that is not known."""
        known = self._waiting.get(campaign)
        return list(known.counts) if known and known.is_known(terms, now) else None

    def _is_vain(self, purse: Purse, campaign: int, now: datetime, terms: Terms) -> bool:
        """Whether all due rows still wait for tokens, as far as is remembered."""
        domains = self._remembered(campaign, now, terms)
        if domains is None:
            return False
        purse.look_up(domains)
        return all(purse.tokens(domain) == 0 for domain in domains)

    def _take(self, lean: Lean, campaign: int, sender: int, choice: _Choice) -> list[Claimed]:
        """Claim the chosen rows and spend their tokens; a row that went elsewhere meanwhile is left."""
        ids = as_list(lean, [row.id for row in choice.rows])
        mine = {id_ for (id_,) in lean.execute(listing(lean, CLAIM), (sender, ids)).fetchall()}
        taken = [row for row in choice.rows if row.id in mine]
        if choice.purse:
            choice.purse.spend(row.domain for row in taken)
        if campaign in self._waiting:
            self._waiting[campaign].forget(taken)
        return [
            Claimed(row.id, campaign, row.subscriber, row.address, row.language, row.attempt + 1, row.first_tried)
            for row in taken
        ]

    def next_turn(self, lean: Lean, campaign: int, now: datetime, terms: Terms) -> datetime | None:
        """See `ports.Ledger.next_turn`."""
        if not terms.rates.are_limits:
            return None
        purse = Purse(lean, self.digest, terms.rates, now)
        remembered = self._remembered(campaign, now, terms)
        due = Due(lean, self.digest, campaign, now, terms.only_to, _WINDOW, keeps=False)
        earliest: datetime | None = None
        for domains in [remembered] if remembered is not None else _domains_of(due):
            purse.look_up(domains)
            turns = [purse.ready(domain) for domain in domains]
            earliest = min([*turns, earliest] if earliest else turns, default=None)
            if earliest is not None and earliest <= purse.ready(""):
                return earliest
        return earliest


def _domains_of(due: Due) -> Iterator[set[str]]:
    """The domains of all due rows that may be sent, a window at a time."""
    for windows in (due.deferred(), due.pending(0)):
        for window in windows:
            yield {row.domain for row in window if row.is_in_audience}
