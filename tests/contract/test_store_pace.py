"""How a campaign goes on, read by whoever asks: speed, senders at work, domains with trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from coopdigest.domain.delivery import Outcome, Settled, Verdict
from coopdigest.domain.pace import DomainTroubles, Pace
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import ACCEPTED, DEFERRED, IN_DOUBT, NOT_SENT, REFUSED, claim_all, open_campaign

PEOPLE = ("a@one.example", "b@one.example", "c@two.example", "d@three.example", "e@three.example", "f@four.example")
SECOND = timedelta(seconds=1)


def record(store: Any, sender: int, delivery: Any, outcome: Outcome, after: timedelta) -> None:
    """Carry one delivery through the dot to its outcome."""
    now = NOON + after
    store.ledger.record(sender, [], [delivery], now)
    due = NOON + timedelta(hours=1) if outcome.verdict is Verdict.DEFERRED else None
    store.ledger.record(sender, [Settled(delivery, outcome, due)], [], now)


def test_a_campaign_that_nobody_sends_has_no_pace(store: Any) -> None:
    """No speed, no sender, no trouble."""
    campaign = open_campaign(store, *PEOPLE)
    store.ledger.enlist(NOON)
    assert store.ledger.pace(campaign.id, NOON, 5) == Pace(None, 0, None)


def test_the_speed_is_that_of_the_last_minute(store: Any) -> None:
    """From the first answer in it; what was put back unsent does not count, nor what is longer ago."""
    campaign = open_campaign(store, *PEOPLE)
    sender = store.ledger.enlist(NOON)
    rows = claim_all(store, campaign, sender)
    record(store, sender, rows[0], ACCEPTED, timedelta())
    for number, row in enumerate(rows[1:5]):
        record(store, sender, row, ACCEPTED, (70 + 5 * number) * SECOND)
    record(store, sender, rows[5], NOT_SENT, 86 * SECOND)
    assert store.ledger.pace(campaign.id, NOON + 90 * SECOND, 5).rate == 4 / 20
    assert store.ledger.pace(campaign.id, NOON + 144 * SECOND, 5).rate == 1 / 59
    assert store.ledger.pace(campaign.id, NOON + 146 * SECOND, 5).rate is None


def test_senders_at_work_are_those_that_live_and_hold_something(store: Any) -> None:
    """One that holds nothing, or has ended, is not at work; the last sign of life is told."""
    campaign = open_campaign(store, *PEOPLE)
    first, second, idle = (store.ledger.enlist(NOON) for _ in range(3))
    store.ledger.claim(campaign.id, first, 2, NOON)
    store.ledger.claim(campaign.id, second, 2, NOON)
    store.ledger.beat(second, NOON + 30 * SECOND)
    store.ledger.beat(idle, NOON + 60 * SECOND)
    pace = store.ledger.pace(campaign.id, NOON + 60 * SECOND, 5)
    assert (pace.senders, pace.heard) == (2, NOON + 30 * SECOND)
    store.ledger.retire(second)
    pace = store.ledger.pace(campaign.id, NOON + 60 * SECOND, 5)
    assert (pace.senders, pace.heard) == (1, NOON)


def test_the_worst_domains_come_first_with_their_last_reply(store: Any) -> None:
    """Who is in doubt has no reply of theirs; domains that took everything are not told."""
    campaign = open_campaign(store, *PEOPLE)
    sender = store.ledger.enlist(NOON)
    outcomes = (REFUSED, DEFERRED, IN_DOUBT, DEFERRED, DEFERRED, ACCEPTED)
    for row, outcome in zip(claim_all(store, campaign, sender), outcomes, strict=True):
        record(store, sender, row, outcome, timedelta())
    pace = store.ledger.pace(campaign.id, NOON, 5)
    assert pace.worst == (
        DomainTroubles("one.example", deferred=1, refused=1, code=451, reply="4.3.0 Later"),
        DomainTroubles("three.example", deferred=2, code=451, reply="4.3.0 Later"),
        DomainTroubles("two.example", in_doubt=1),
    )
    assert store.ledger.pace(campaign.id, NOON, 2).worst == pace.worst[:2]
