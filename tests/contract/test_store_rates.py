"""What every Ledger does with rates: whom it leaves waiting, whom not, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopdigest.domain.delivery import Settled, Terms
from coopdigest.domain.rates import Bucket, Rates
from coopdigest.domain.recipients import parse_only_to
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import DEFERRED, Store, open_campaign

BIG = [f"reader{number}@big.example" for number in range(6)]
SMALL = [f"reader@small{number}.example" for number in range(3)]


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def claimed(store: Store, campaign: int, sender: int, terms: Terms, seconds: float = 0, limit: int = 500) -> list[str]:
    """Whom a claim takes."""
    return [delivery.address for delivery in store.ledger.claim(campaign, sender, limit, at(seconds), terms)]


def test_transport_takes_no_more_than_its_rate(store: Store) -> None:
    """A second's worth goes at once, the rest as tokens come; the ledger tells when."""
    campaign, sender = open_campaign(store, *BIG).id, store.ledger.enlist(NOON)
    terms = Terms(rates=Rates(transport=2))
    assert claimed(store, campaign, sender, terms) == BIG[:2]
    assert claimed(store, campaign, sender, terms) == []
    assert store.ledger.next_turn(campaign, NOON, terms) == at(0.5)
    assert claimed(store, campaign, sender, terms, 0.4) == []
    assert claimed(store, campaign, sender, terms, 0.5) == BIG[2:3]
    assert claimed(store, campaign, sender, terms, 60, limit=1) == BIG[3:4]
    assert claimed(store, campaign, sender, terms, 60) == BIG[4:5]


def test_domain_without_tokens_holds_up_no_other(store: Store) -> None:
    """Rows of a busy domain wait at the front of the queue, those behind them go."""
    campaign, sender = open_campaign(store, *BIG, *SMALL).id, store.ledger.enlist(NOON)
    terms = Terms(rates=Rates(per_domain=1))
    assert claimed(store, campaign, sender, terms) == [BIG[0], *SMALL]
    assert claimed(store, campaign, sender, terms) == []
    assert store.ledger.next_turn(campaign, NOON, terms) == at(1)
    assert [claimed(store, campaign, sender, terms, second) for second in range(1, 5)] == [[each] for each in BIG[1:5]]
    assert claimed(store, campaign, sender, terms, 5) == BIG[5:]
    assert store.ledger.next_turn(campaign, at(5), terms) is None


def test_both_limits_hold_together(store: Store) -> None:
    """A message needs a token of the transport and one of its domain, and costs both or neither."""
    campaign, sender = open_campaign(store, *BIG, *SMALL).id, store.ledger.enlist(NOON)
    terms = Terms(rates=Rates(transport=3, per_domain=1))
    assert claimed(store, campaign, sender, terms) == [BIG[0], *SMALL[:2]]
    turn = store.ledger.next_turn(campaign, NOON, terms)
    assert turn is not None
    assert at(0.33) < turn < at(0.34)
    assert claimed(store, campaign, sender, terms, 0.34) == SMALL[2:]
    assert store.ledger.next_turn(campaign, at(0.34), terms) == at(1)
    assert claimed(store, campaign, sender, terms, 1) == BIG[1:2]


def test_next_turn_is_only_for_rows_that_wait_for_a_token(store: Store) -> None:
    """Without rates, without due rows, or when nobody in the audience is left there is nothing to wait for."""
    campaign, sender = open_campaign(store, *BIG[:2]).id, store.ledger.enlist(NOON)
    limited = Terms(rates=Rates(per_domain=1))
    assert store.ledger.next_turn(campaign, NOON, Terms()) is None
    assert store.ledger.next_turn(campaign, NOON, limited) == NOON
    (first,) = store.ledger.claim(campaign, sender, 500, NOON, limited)
    store.ledger.record(sender, [Settled(first, DEFERRED, at(600))], [], NOON)
    assert store.ledger.next_turn(campaign, NOON, limited) == at(1)
    store.roster.suppress(parse_address(BIG[1]), Reason.UNSUBSCRIBED, NOON)
    assert claimed(store, campaign, sender, limited, 1) == []
    assert store.ledger.next_turn(campaign, at(1), limited) is None
    assert store.ledger.next_turn(campaign, at(600), limited) == at(600)


def test_staging_list_and_rates_hold_together(store: Store) -> None:
    """Rows that the list does not allow wait for nothing."""
    campaign, sender = open_campaign(store, *BIG, *SMALL).id, store.ledger.enlist(NOON)
    terms = Terms(parse_only_to([BIG[3], BIG[4], "@small1.example"]), Rates(per_domain=1))
    assert claimed(store, campaign, sender, terms) == [BIG[3], SMALL[1]]
    assert store.ledger.next_turn(campaign, NOON, terms) == at(1)
    assert claimed(store, campaign, sender, terms, 1) == [BIG[4]]
    assert store.ledger.next_turn(campaign, at(1), terms) is None


def test_those_deferred_go_before_those_never_tried(store: Store) -> None:
    """With few tokens a row that is due again does not wait until the last row was tried."""
    campaign, sender = open_campaign(store, *BIG).id, store.ledger.enlist(NOON)
    terms = Terms(rates=Rates(transport=1))
    (first,) = store.ledger.claim(campaign, sender, 500, NOON, terms)
    store.ledger.record(sender, [Settled(first, DEFERRED, at(10))], [], NOON)
    assert [claimed(store, campaign, sender, terms, second) for second in (9, 10, 11)] == [[BIG[1]], [BIG[0]], [BIG[2]]]


def test_tokens_are_shared_by_all_senders(store: Store, neighbour: Store) -> None:
    """Two processes together are no faster than one, and a restart forgets nothing."""
    campaign = open_campaign(store, *BIG, *SMALL).id
    ours, theirs = store.ledger.enlist(NOON), neighbour.ledger.enlist(NOON)
    terms = Terms(rates=Rates(transport=5, per_domain=2))
    assert claimed(store, campaign, ours, terms, limit=2) == BIG[:2]
    assert claimed(neighbour, campaign, theirs, terms) == SMALL
    assert claimed(neighbour, campaign, theirs, terms) == claimed(store, campaign, ours, terms) == []
    assert claimed(store, campaign, ours, terms, 0.5) == BIG[2:3]
    assert claimed(neighbour, campaign, theirs, terms, 0.5) == []
    assert claimed(neighbour, campaign, theirs, terms, 1) == BIG[3:4]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 4)), max_size=8),
    st.none() | st.floats(0.3, 5),
    st.floats(0.3, 5),
)
def test_nobody_exceeds_the_rates_and_everybody_gets_a_turn(
    stores: Any, steps: list[tuple[int, int]], transport: float | None, per_domain: float
) -> None:
    """Whatever is asked and when: no limit is exceeded, and whoever comes when told so gets somebody each time."""
    store = stores.make()
    people = [f"reader{number}@d{number % 3}.example" for number in range(12)]
    campaign, sender = open_campaign(store, *people).id, store.ledger.enlist(NOON)
    terms, now, taken = Terms(rates=Rates(transport, per_domain)), NOON, []
    for wait, limit in steps:
        now += timedelta(milliseconds=wait)
        taken += [(now, each.address) for each in store.ledger.claim(campaign, sender, limit, now, terms)]
    while turn := store.ledger.next_turn(campaign, now, terms):
        assert turn >= now
        now = turn
        rows = store.ledger.claim(campaign, sender, 500, now, terms)
        assert rows
        taken += [(now, each.address) for each in rows]
    assert sorted(address for _, address in taken) == sorted(people)
    for domain in ("@d0.example", "@d1.example", "@d2.example"):
        assert_within(per_domain, [when for when, address in taken if address.endswith(domain)])
    if transport is not None:
        assert_within(transport, [when for when, _ in taken])


def assert_within(rate: float, times: list[datetime]) -> None:
    """Between any two of these instants no more went than rate x seconds + burst."""
    burst = Bucket(rate).burst
    for first, start in enumerate(times):
        for count, end in enumerate(times[first:], 1):
            assert count <= rate * (end - start).total_seconds() + burst + 1e-6
