"""Several processes on one store at once, on SQLite and on PostgreSQL: each thread here has a store of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from threading import Barrier, Event
from typing import Any

import pytest

from coopdigest.domain.delivery import Claimed, DeliveryState, Settled
from coopdigest.domain.issue import EditorWords, IssueState
from coopdigest.domain.subscriber import Origin, Reason, parse_address
from coopdigest.testing.builders import make_found, make_period, make_row
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import ACCEPTED, DEFERRED, IN_DOUBT, REFUSED, approve, collect, enrol, open_campaign

NOVEMBER = make_period()
AMINA = parse_address("amina@example.org")


@pytest.fixture
def crowd(databases: Any) -> list[Any]:
    """One store, opened by four processes."""
    first = databases.make()
    return [first, *(databases.open_beside(first) for _ in range(3))]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What the works return, all begun at the same moment; raises what the first of them raised."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait(30)
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return [done.result(60) for done in [threads.submit(begin, work) for work in works]]


def each(crowd: Sequence[Any], work: Callable[[Any], Any]) -> list[Any]:
    """What `work` returns for every process, at once."""
    return at_once(*((lambda store=store: work(store)) for store in crowd))


def test_who_opens_a_campaign_at_once_opens_the_same(crowd: list[Any]) -> None:
    """Four schedulers that open an issue's campaign get one campaign with one delivery for each subscriber."""
    enrol(crowd[0], *(f"reader{number}@example.org" for number in range(20)))
    issue = approve(crowd[0], collect(crowd[0], make_found()))
    campaigns = each(crowd, lambda store: store.ledger.open(issue, NOON))
    assert len({campaign.id for campaign in campaigns}) == 1
    assert crowd[0].ledger.campaign("2021-11").tally.recipients == 20


def test_nobody_is_claimed_twice(crowd: list[Any]) -> None:
    """Four senders that claim at once share the recipients; everybody is claimed, and once."""
    people = [f"reader{number}@example.org" for number in range(300)]
    campaign = open_campaign(crowd[0], *people)

    def claim_all(store: Any) -> list[str]:
        sender, mine = store.ledger.enlist(NOON), list[str]()
        while claimed := store.ledger.claim(campaign.id, sender, 7, NOON):
            mine += [delivery.address for delivery in claimed]
            store.ledger.record(sender, [], claimed, NOON)
        return mine

    shares = each(crowd, claim_all)
    assert Counter(address for share in shares for address in share) == Counter(people)
    assert crowd[0].ledger.campaign("2021-11").tally.sending == 300


def creations(number: int) -> list[Callable[[Any], Any]]:
    """Everything that creates a row which another may just be creating, each for a row of this number."""
    period = make_period(NOVEMBER.first + timedelta(days=31 * number))
    address, source, words = parse_address(f"reader{number}@example.org"), f"source {number}", count()
    return [
        lambda store: store.roster.put([make_row(address.given)], Origin.HAND, NOON),
        lambda store: store.roster.suppress(address, Reason.UNSUBSCRIBED, NOON),
        lambda store: store.items.note_failure(source, "no answer", NOON),
        lambda store: collect(store, make_found("One"), source=source),
        lambda store: store.issues.set_state(period, IssueState.DRAFT, NOON),
        lambda store: store.issues.set_words(period, EditorWords("en", f"Words {next(words)}")),
        lambda store: store.issues.began(NOON),
        lambda store: store.roster.sync([], [], "stamp", NOON),
    ]


def test_same_rows_written_at_once_are_written_once(crowd: list[Any]) -> None:
    """Whoever creates what another creates at the same moment finds it instead of failing on it."""
    for work in (work for number in range(5) for work in creations(number)):
        each(crowd, work)
    assert len(crowd[0].roster.subscribers()) == len(crowd[0].roster.suppressions()) == 5
    assert len(crowd[0].issues.records()) == 5


def answer_late(crowd: Sequence[Any], campaign: int, sender: int, now: datetime) -> None:
    """Send to whoever is due, and ask twice whether all is done while the answer, come again later, is recorded."""
    (delivery,) = crowd[0].ledger.claim(campaign, sender, 1, now)
    assert crowd[0].ledger.record(sender, [], [delivery], now)
    at_once(
        lambda: crowd[0].ledger.record(sender, [Settled(delivery, DEFERRED, now)], [], now),
        lambda: crowd[1].ledger.finish(campaign, now),
        lambda: crowd[2].ledger.finish(campaign, now),
    )


def test_campaign_is_never_called_sent_over_a_late_answer(crowd: list[Any]) -> None:
    """An answer that leaves a row open and the question whether all is done, at once: sent means that all is done."""
    campaign = open_campaign(crowd[0], "amina@example.org")
    sender = crowd[0].ledger.enlist(NOON)
    for hours in range(20):
        answer_late(crowd, campaign.id, sender, NOON + timedelta(hours=hours))
        seen = crowd[3].ledger.campaign("2021-11")
        assert (seen.state, seen.tally.deferred) == (IssueState.SENDING, 1)


def test_answer_that_comes_out_of_a_doubt_opens_the_campaign_again(crowd: list[Any]) -> None:
    """In doubt counts as done; the deferral that comes after all, at once with the question, leaves nothing sent."""
    campaign = open_campaign(crowd[0], "amina@example.org")
    sender = crowd[0].ledger.enlist(NOON)
    for hours in range(20):
        now = NOON + timedelta(hours=hours)
        (delivery,) = crowd[0].ledger.claim(campaign.id, sender, 1, now)
        crowd[0].ledger.record(sender, [], [delivery], now)
        crowd[0].ledger.record(sender, [Settled(delivery, IN_DOUBT)], [], now)
        late = [Settled(delivery, DEFERRED, now)]
        at_once(
            partial(crowd[0].ledger.record, sender, late, [], now),
            partial(crowd[1].ledger.finish, campaign.id, now),
            partial(crowd[2].ledger.finish, campaign.id, now),
        )
        seen = crowd[3].ledger.campaign("2021-11")
        assert (seen.state, seen.tally.deferred) == (IssueState.SENDING, 1)


def test_senders_and_editors_never_block_each_other_for_good(crowd: list[Any]) -> None:
    """Claims, results, reaping, repeats, pauses, departures and reports at once: nothing fails, and all adds up."""
    people = [f"reader{number}@example.org" for number in range(40)]
    campaign = open_campaign(crowd[0], *people)
    stop, moments = Event(), count()
    outcomes = [ACCEPTED, DEFERRED, REFUSED]

    def send(store: Any) -> int:
        done, sender = 0, store.ledger.enlist(NOON)
        while not stop.is_set():
            claimed = store.ledger.claim(campaign.id, sender, 5, NOON)
            allowed = store.ledger.record(sender, [], claimed, NOON)
            results = [settle(one, outcomes[next(moments) % 3]) for one in claimed if one.id in allowed]
            store.ledger.record(sender, results, [], NOON)
            assert store.ledger.beat(sender, NOON)
            done += len(results)
        return done

    def settle(delivery: Claimed, outcome: Any) -> Settled:
        return Settled(delivery, outcome, NOON if outcome is DEFERRED else None)

    def edit(store: Any) -> int:
        try:
            for turn in range(30):
                store.ledger.reap(NOON)
                store.ledger.requeue(campaign.id, DeliveryState.REFUSED, NOON)
                store.roster.suppress(AMINA, Reason.MANUAL, NOON)
                store.roster.unsuppress(AMINA)
                store.ledger.give_up(campaign.id, NOON - timedelta(days=3), NOON)
                list(store.ledger.troubles(campaign.id, [DeliveryState.REFUSED]))
                assert store.ledger.campaign("2021-11").tally.recipients == 40
                if turn % 10 == 5:
                    store.issues.set_state(NOVEMBER, IssueState.PAUSED, NOON)
                    store.issues.set_state(NOVEMBER, IssueState.SENDING, NOON)
            store.ledger.cancel(NOVEMBER, NOON)
        finally:
            stop.set()
        return 30

    handed_over = at_once(*(lambda store=store: send(store) for store in crowd[:3]), lambda: edit(crowd[3]))
    tally = crowd[3].ledger.campaign("2021-11").tally
    assert sum(handed_over) > 30  # the editor's thirty turns, and whatever got through in between
    assert (tally.recipients, tally.pending, tally.sending, tally.in_doubt) == (40, 0, 0, 0)
