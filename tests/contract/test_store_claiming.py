"""How claims read their rows: a window at a time, round a ring, and by the right index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopdigest.domain.delivery import Claimed, Settled, Terms
from coopdigest.domain.period import Cadence
from coopdigest.domain.rates import Rates
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.store.claiming import Asked, Claiming
from coopdigest.store.open_store import open_store
from coopdigest.store.statements import CLAIM, DUE_DEFERRED, DUE_PENDING, INTEND, SETTLE, as_list, listing, spread
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import DEFERRED, open_campaign

BIG = [f"reader{number}@big.example" for number in range(9)]
SMALL = [f"reader@small{number}.example" for number in range(3)]


class Process:
    """A process that claims in small windows."""

    def __init__(self, store: Any, window: int) -> None:
        self.store, self.claiming = store, Claiming("coop-news", window)
        self.sender = store.ledger.enlist(NOON)

    def claim(self, campaign: int, terms: Terms, now: datetime = NOON, limit: int = 500) -> list[Claimed]:
        """Claim what may go."""
        with self.store.database.sharing() as lean:
            return self.claiming.claim(lean, Asked(campaign, now, terms), self.sender, limit)

    def next_turn(self, campaign: int, terms: Terms, now: datetime = NOON) -> datetime | None:
        """When to come again."""
        with self.store.database.sharing() as lean:
            return self.claiming.next_turn(lean, Asked(campaign, now, terms))


def addresses(claimed: list[Claimed]) -> list[str]:
    """Whom these are for."""
    return [delivery.address for delivery in claimed]


@pytest.mark.parametrize("window", [1, 2, 5, 100])
def test_those_behind_a_long_wait_are_found(databases: Any, window: int) -> None:
    """However few rows are looked at together, the last one goes although all before it wait."""
    process = Process(databases.make(), window)
    campaign = open_campaign(process.store, *BIG, *SMALL).id
    terms, found = Terms(rates=Rates(per_domain=1)), []
    while claimed := process.claim(campaign, terms):
        found += addresses(claimed)
    assert sorted(found) == sorted([BIG[0], *SMALL])
    assert process.next_turn(campaign, terms) == NOON + timedelta(seconds=1)


def test_claim_goes_on_where_the_last_one_stopped(databases: Any) -> None:
    """Rows that were looked at a moment ago are not looked at again until the ring is round."""
    process = Process(databases.make(), 3)
    campaign = open_campaign(process.store, *BIG).id
    terms = Terms(rates=Rates(per_domain=1))
    rounds = [process.claim(campaign, terms, NOON + timedelta(seconds=second)) for second in range(4)]
    assert [addresses(claimed) for claimed in rounds] == [[BIG[0]], [BIG[3]], [BIG[6]], [BIG[1]]]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    window=st.integers(1, 4),
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1_500), st.integers(1, 4), st.sampled_from(["", "defer", "leave"])),
        max_size=8,
    ),
    rates=st.tuples(st.none() | st.floats(0.5, 5), st.floats(0.5, 5)),
)
def test_two_processes_leave_nobody_behind(
    databases: Any, window: int, steps: list[tuple[int, int, int, str]], rates: tuple[float | None, float]
) -> None:
    """Whatever is claimed, deferred or gone in between: who comes when told so has claimed everybody in the end."""
    store = databases.make()
    processes = [Process(store, window), Process(store, window)]
    people = [f"reader{number}@d{number % 3}.example" for number in range(12)]
    campaign = open_campaign(store, *people).id
    terms, now, left = Terms(rates=Rates(*rates)), NOON, set(people)
    gone = iter(people[::-1])
    for which, wait, limit, what in steps:
        now += timedelta(milliseconds=wait)
        claimed = processes[which].claim(campaign, terms, now, limit)
        if what == "defer":
            results = [Settled(delivery, DEFERRED, now + timedelta(seconds=1)) for delivery in claimed]
            store.ledger.record(processes[which].sender, results, [], now)
        else:
            left -= set(addresses(claimed))
        if what == "leave":
            left.discard(person := next(gone))
            store.roster.suppress(parse_address(person), Reason.UNSUBSCRIBED, now)
    now += timedelta(seconds=6)
    for _ in range(1_000):
        turn = processes[0].next_turn(campaign, terms, now)
        if turn is None:
            break
        now = turn
        left -= set(addresses(processes[0].claim(campaign, terms, now)))
    assert left == set()
    databases.close()


class Overtaken:
    """A lean transaction in which another sender gets hold of one row just before rows are claimed."""

    def __init__(self, lean: Any, sender: int, row: int) -> None:
        self._lean, self._taking = lean, (sender, as_list(lean, [row]))
        self.is_sqlite, self.bind, self.read = lean.is_sqlite, lean.bind, lean.read

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run the statement, and the other sender's first."""
        if sql == listing(self._lean, CLAIM):
            self._lean.execute(sql, self._taking)
        return self._lean.execute(sql, parameters)


def test_row_that_went_elsewhere_is_left(databases: Any) -> None:
    """What another sender got hold of after it was looked at is not claimed; the others are, at their next attempt."""
    store = databases.make()
    one, other = Process(store, 100), Process(store, 100)
    asked = Asked(open_campaign(store, *SMALL).id, NOON, Terms())
    with store.database.sharing() as lean:
        first, second, third = lean.execute("SELECT id FROM deliveries ORDER BY id").fetchall()
        claimed = one.claiming.claim(Overtaken(lean, other.sender, *first), asked, one.sender, 500)
        held = lean.execute("SELECT sender_id, attempt FROM deliveries ORDER BY id").fetchall()
    assert [(delivery.id, delivery.attempt) for delivery in claimed] == [(*second, 1), (*third, 1)]
    assert held == [(other.sender, 1), (one.sender, 1), (one.sender, 1)]


@pytest.fixture
def sqlite_lean(tmp_path: Path) -> Iterator[Any]:
    """A lean transaction on SQLite, which plans by rules where it has no figures about the tables."""
    store = open_store(f"sqlite:///{tmp_path / 'coopdigest.db'}", "coop-news", Cadence.MONTH, ZoneInfo("UTC"))
    with store.database.sharing() as lean:
        yield lean
    store.close()


@pytest.mark.parametrize(
    ("sql", "parameters", "index"),
    [
        (DUE_PENDING, 4, "INDEX ix_deliveries_pending (campaign_id=? AND id>? AND id<?)"),
        (DUE_DEFERRED, 4, "INDEX ix_deliveries_deferred (campaign_id=? AND due<?)"),
        (spread(INTEND, 4), 9, "INTEGER PRIMARY KEY (rowid=?)"),
        *((each, 7 if "code" in each else 3, "INTEGER PRIMARY KEY (rowid=?)") for each in SETTLE.values()),
    ],
)
def test_statements_for_every_message_look_at_few_rows(sqlite_lean: Any, sql: str, parameters: int, index: str) -> None:
    """A claim reads the partial index in its order; intents and results go by the ids."""
    text = sql.replace("<allowed>", "").replace("<lock>", "")
    plan = [row[3] for row in sqlite_lean.execute(f"EXPLAIN QUERY PLAN {text}", [1] * parameters).fetchall()]
    assert f"SEARCH deliveries USING {index}" in plan
    assert not [step for step in plan if "SCAN" in step or step == "TEMP B-TREE FOR ORDER BY"]
