"""Brings a store to a stage of an issue's life in one call: collected, approved, opened, claimed, in flight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from coopdigest.domain.delivery import Claimed, Outcome, Settled, Verdict
from coopdigest.domain.issue import Issue
from coopdigest.domain.item import FoundItem, Item
from coopdigest.domain.period import Period
from coopdigest.domain.subscriber import Origin
from coopdigest.ports import Campaign, IssueStore, ItemStore, Ledger, Reading, Roster
from coopdigest.testing.builders import make_edition, make_found, make_issue, make_period, make_row
from coopdigest.testing.clock import NOON

ACCEPTED = Outcome(Verdict.ACCEPTED, 250, "2.0.0 Ok")
DEFERRED = Outcome(Verdict.DEFERRED, 451, "4.3.0 Later")
REFUSED = Outcome(Verdict.REFUSED, 550, "5.1.1 No")
IN_DOUBT = Outcome(Verdict.IN_DOUBT)
NOT_SENT = Outcome(Verdict.NOT_SENT)


class Store(Protocol):
    """The four parts of a store, in memory or real."""

    @property
    def items(self) -> ItemStore:
        """Items and sources."""
        ...

    @property
    def issues(self) -> IssueStore:
        """Issues and editions."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Campaigns, deliveries and senders."""
        ...

    @property
    def roster(self) -> Roster:
        """Subscribers and suppressions."""
        ...


def enrol(store: Store, *addresses: str, now: datetime = NOON) -> None:
    """Put these addresses on the roster, as if the roster file named them."""
    store.roster.put([make_row(address) for address in addresses], Origin.FILE, now)


def collect(store: Store, *found: FoundItem, source: str = "newsroom", now: datetime = NOON) -> list[Item]:
    """Collect these items as the whole state of `source`; what is present afterwards."""
    store.items.keep(source, Reading(items=found), whole=True, now=now, today=now)
    return store.items.present([source])


def approve(
    store: Store, items: Sequence[Item], period: Period | None = None, languages: Sequence[str] = ("en",)
) -> Issue:
    """Approve an issue of these items and of the words that are kept, with one edition per language."""
    issue = make_issue(items, period or make_period())
    record = store.issues.record(issue.period)
    words = tuple(each for each in record.words if each.language in languages) if record else ()
    issue = replace(issue, words=words)
    editions = [make_edition(issue, language) for language in languages]
    store.issues.approve(issue, editions, "f" * 64, by="editor", now=NOON)
    return issue


def open_campaign(store: Store, *addresses: str, languages: Sequence[str] = ("en",)) -> Campaign:
    """Enrol, collect one item, approve its issue and open the campaign."""
    enrol(store, *addresses)
    issue = approve(store, collect(store, make_found()), languages=languages)
    return store.ledger.open(issue, NOON)


def claim_all(store: Store, campaign: Campaign, sender: int, now: datetime = NOON) -> list[Claimed]:
    """Every due row of the campaign, claimed for `sender`."""
    return store.ledger.claim(campaign.id, sender, 500, now)


def intend(store: Store, delivery: Claimed, sender: int, now: datetime = NOON) -> bool:
    """Ask for leave to write one dot."""
    return delivery.id in store.ledger.record(sender, [], [delivery], now)


def settle(
    store: Store, delivery: Claimed, sender: int, outcome: Outcome, *, due: datetime | None = None, now: datetime = NOON
) -> None:
    """Record one outcome; `due` is when a deferred row is to be repeated."""
    store.ledger.record(sender, [Settled(delivery, outcome, due)], [], now)


def settle_all(store: Store, campaign: Campaign, sender: int, outcome: Outcome, now: datetime = NOON) -> None:
    """Claim what is due and carry it through the dot to `outcome`; a deferred row is due again at once."""
    claimed = claim_all(store, campaign, sender, now)
    given = store.ledger.record(sender, [], claimed, now)
    due = now if outcome.verdict is Verdict.DEFERRED else None
    store.ledger.record(sender, [Settled(each, outcome, due) for each in claimed if each.id in given], [], now)
