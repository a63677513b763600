"""What every Ledger does about a mailbox that is not there: the second issue running makes a suppression."""

from __future__ import annotations

from datetime import date

import pytest

from coopdigest.domain.delivery import Outcome, Settled, Verdict
from coopdigest.domain.recipients import Refused
from coopdigest.domain.subscriber import Reason, address_hash, parse_address
from coopdigest.ports import Campaign
from coopdigest.testing.builders import make_found, make_period
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import ACCEPTED, Store, approve, claim_all, collect, enrol

AMINA, LUC = "amina@example.org", "luc@example.org"
GONE = Outcome(Verdict.REFUSED, 550, "5.1.1 No such user")
NULL_MX = Outcome(Verdict.REFUSED, 556, "5.1.10 Takes no mail")
FULL = Outcome(Verdict.REFUSED, 552, "5.2.2 Mailbox full")


def send(store: Store, month: int, outcomes: dict[str, Outcome]) -> Campaign:
    """Send an issue of its own item that month, with these answers to the dot."""
    enrol(store, AMINA, LUC)
    items = collect(store, make_found(f"News of month {month}"), source=f"source {month}")
    issue = approve(store, [items[-1]], make_period(date(2021, month, 1)))
    campaign = store.ledger.open(issue, NOON)
    answer(store, campaign, outcomes)
    return campaign


def answer(store: Store, campaign: Campaign, outcomes: dict[str, Outcome]) -> None:
    """Send what is due, with these answers."""
    sender = store.ledger.enlist(NOON)
    claimed = claim_all(store, campaign, sender)
    store.ledger.record(sender, [], claimed, NOON)
    store.ledger.record(sender, [Settled(each, outcomes.get(each.address, ACCEPTED)) for each in claimed], [], NOON)
    store.ledger.finish(campaign.id, NOON)


@pytest.mark.parametrize(("first", "second"), [(GONE, GONE), (GONE, NULL_MX), (NULL_MX, GONE)])
def test_no_mailbox_in_two_issues_running_is_a_bounce(store: Store, first: Outcome, second: Outcome) -> None:
    """Once may be an accident of the server; the second time the address is suppressed, nobody else is."""
    send(store, 9, {AMINA: first})
    assert store.roster.suppressions() == {}
    campaign = send(store, 10, {AMINA: second})
    assert store.roster.suppressions() == {address_hash(AMINA): Reason.BOUNCED}
    assert store.ledger.retry(campaign.id, Refused(), NOON) == 0


@pytest.mark.parametrize(("first", "second"), [(GONE, FULL), (FULL, GONE), (ACCEPTED, GONE), (GONE, ACCEPTED)])
def test_other_refusals_are_no_bounce(store: Store, first: Outcome, second: Outcome) -> None:
    """A full mailbox, or one that took the other issue, is there."""
    send(store, 9, {AMINA: first})
    send(store, 10, {AMINA: second})
    assert store.roster.suppressions() == {}


def test_issue_in_between_that_arrived_begins_the_count_anew(store: Store) -> None:
    """Two issues running means the one before, not any before."""
    send(store, 9, {AMINA: GONE})
    send(store, 10, {AMINA: ACCEPTED})
    send(store, 11, {AMINA: GONE})
    assert store.roster.suppressions() == {}


def test_same_issue_tried_again_is_one_issue(store: Store) -> None:
    """Who is tried again by hand and refused again had no mailbox in one issue only."""
    campaign = send(store, 9, {AMINA: GONE})
    assert store.ledger.retry(campaign.id, Refused(), NOON) == 1
    answer(store, campaign, {AMINA: GONE})
    assert store.roster.suppressions() == {}


def test_who_was_suppressed_for_another_reason_stays_so(store: Store) -> None:
    """A reader who left meanwhile is kept as one who left."""
    send(store, 9, {AMINA: GONE})
    enrol(store, AMINA)
    items = collect(store, make_found("News"), source="another")
    campaign = store.ledger.open(approve(store, [items[-1]], make_period(date(2021, 10, 1))), NOON)
    sender = store.ledger.enlist(NOON)
    claimed = claim_all(store, campaign, sender)
    store.ledger.record(sender, [], claimed, NOON)
    store.roster.suppress(parse_address(AMINA), Reason.UNSUBSCRIBED, NOON)
    store.ledger.record(sender, [Settled(each, GONE) for each in claimed], [], NOON)
    assert store.roster.suppressions() == {address_hash(AMINA): Reason.UNSUBSCRIBED}
