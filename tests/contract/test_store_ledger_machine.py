"""Whatever happens in whatever order, the ledger adds up and nobody is sent to twice; on the fake and on the stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from coopdigest.domain.delivery import TRANSITIONS, Cause, Claimed, DeliveryState, Outcome, Settled
from coopdigest.domain.issue import IssueState
from coopdigest.domain.recipients import Refused
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.store.schema import deliveries, subscribers
from coopdigest.testing.builders import make_period
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.scenes import ACCEPTED, DEFERRED, IN_DOUBT, NOT_SENT, REFUSED, open_campaign

NOVEMBER = make_period()
PEOPLE = [f"reader{number}@example.org" for number in range(6)]
ANSWERS = st.sampled_from([ACCEPTED, DEFERRED, REFUSED])


PROCESSES = st.sampled_from([0, 1])
_ANSWERED = (Cause.ANSWER, Cause.LOST, Cause.RELEASE, Cause.UNSENT)
Sender = tuple[int, int]  # process, id
Held = tuple[Sender, Claimed]  # a delivery in the hands of a sender


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a row stands, and in whose hands."""

    state: DeliveryState
    sender: int | None
    attempt: int


def standing(store: Any, campaign: int) -> dict[str, Standing]:
    """Every row of the campaign, by address."""
    if isinstance(store, MemoryStore):
        return {address: Standing(*row) for address, row in store.ledger.standing(campaign).items()}
    query = select(subscribers.c.address, deliveries.c.state, deliveries.c.sender_id, deliveries.c.attempt)
    joined = query.join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
    with store.database.reading() as connection:
        rows = connection.execute(joined.where(deliveries.c.campaign_id == campaign)).all()
    return {address: Standing(DeliveryState(state), *rest) for address, state, *rest in rows}


def reachable(state: DeliveryState, causes: Sequence[Cause]) -> set[DeliveryState]:
    """Where a row may stand after these causes, of which each may move it once, in their order."""
    states = {state}
    for cause in causes:
        states |= {target for each in states for target in TRANSITIONS.get((each, cause), frozenset())}
    return states


class LedgerMachine(RuleBasedStateMachine):
    """Two processes on one ledger, with every accident that delivery.md names.

    The model keeps what the *server* took: a message counts there when its dot was written, recorded or not.
    A second one to the same person is allowed only after somebody asked for it (`resend`).
    """

    claims = Bundle("claims")
    flights = Bundle("flights")

    def __init__(self, stores: Any) -> None:
        super().__init__()
        store = stores.make()
        self.processes = [store, stores.open_beside(store)]
        self.clock = FixedClock(NOON)
        self.taken: Counter[str] = Counter()
        self.allowed: Counter[str] = Counter(dict.fromkeys(PEOPLE, 1))
        self.most_accepted = 0
        self.current: dict[int, int] = {}

    def teardown(self) -> None:
        """Give the connections back: there are many runs, and a server has room for some."""
        for store in self.processes:
            store.close()

    @initialize()
    def opens(self) -> None:
        """Open the campaign to everybody."""
        self.campaign = open_campaign(self.processes[0], *PEOPLE)
        self.seen = standing(self.processes[0], self.campaign.id)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def ledger(self, sender: Sender) -> Any:
        """The ledger as the sender's own process sees it."""
        return self.processes[sender[0]].ledger

    def state(self) -> IssueState:
        """Where the issue stands."""
        state = self.processes[1].ledger.campaign("2021-11").state
        assert isinstance(state, IssueState)
        return state

    def look(self, *causes: Cause) -> None:
        """Look at every row after a call that may move rows for these causes only, the first ones first."""
        before, self.seen = self.seen, standing(self.processes[0], self.campaign.id)
        for address, row in self.seen.items():
            old = before[address]
            assert row.state in reachable(old.state, causes), f"{old.state} became {row.state} by {causes}"
            if old.state is DeliveryState.SENDING and row.state not in (DeliveryState.PENDING, DeliveryState.SKIPPED):
                assert (row.sender, row.attempt) == (old.sender, old.attempt)

    def sender_of(self, process: int) -> Sender:
        """The process's sender; one that learns it was declared dead, or retired, takes a new id."""
        ledger = self.processes[process].ledger
        if process not in self.current or not ledger.beat(self.current[process], self.now):
            self.current[process] = ledger.enlist(self.now)
        return process, self.current[process]

    def claim(self, process: int, limit: int) -> list[Held]:
        """Let a process claim rows."""
        sender = self.sender_of(process)
        taken = self.ledger(sender).claim(self.campaign.id, sender[1], limit, self.now)
        self.look(Cause.CLAIM, Cause.SKIP)
        assert len(taken) <= limit
        return [(sender, delivery) for delivery in taken]

    def record(self, results: Sequence[tuple[Held, Outcome]], intents: Sequence[Held]) -> list[Held]:
        """Commit what the connections of each sender have to say, in one call a sender; whose dot was written."""
        written = []
        for sender in sorted({held[0] for held, _ in results} | {held[0] for held in intents}):
            mine = [delivery for owner, delivery in intents if owner == sender]
            heard = [self.settled(held[1], outcome) for held, outcome in results if held[0] == sender]
            given = self.ledger(sender).record(sender[1], heard, mine, self.now)
            self.look(*_ANSWERED, Cause.INTENT, Cause.SKIP)
            assert given <= {delivery.id for delivery in mine}
            assert not given or self.state() is IssueState.SENDING
            written += [(sender, delivery) for delivery in mine if delivery.id in given]
        self.taken.update(delivery.address for _, delivery in written)
        return written

    def settled(self, delivery: Claimed, outcome: Outcome) -> Settled:
        """A result; a deferred row is due in five minutes."""
        return Settled(delivery, outcome, self.now + timedelta(minutes=5) if outcome is DEFERRED else None)

    def write_dots(self, claims: Sequence[Held]) -> list[Held]:
        """Ask for the intents; where leave is not given the message falls back unsent."""
        written = self.record([], claims)
        self.record([(claim, NOT_SENT) for claim in claims if claim not in written], [])
        return written

    def answers(self, flights: Sequence[Held], outcome: Outcome) -> list[tuple[Held, Outcome]]:
        """The server's answer to each; with anything but 250 it does not have the message after all."""
        if outcome is not ACCEPTED:
            self.taken.subtract(delivery.address for _, delivery in flights)
        return [(flight, outcome) for flight in flights]

    @rule(process=PROCESSES, limit=st.integers(1, 2), outcome=ANSWERS)
    def sends(self, process: int, limit: int, outcome: Outcome) -> None:
        """A process claims rows, sends them and hears the answers, as on a good day."""
        self.record(self.answers(self.write_dots(self.claim(process, limit)), outcome), [])

    @rule(target=flights, process=PROCESSES, limit=st.integers(1, 3))
    def sends_without_an_answer(self, process: int, limit: int) -> Any:
        """A process claims rows and writes their dots; the answers are still on their way."""
        return multiple(*self.write_dots(self.claim(process, limit)))

    @rule(target=claims, process=PROCESSES, limit=st.integers(1, 3))
    def claims_rows(self, process: int, limit: int) -> Any:
        """A process claims some rows and gets no further for now."""
        return multiple(*self.claim(process, limit))

    @rule(
        target=flights,
        done=st.lists(consumes(flights), max_size=3),
        outcome=ANSWERS,
        fallen=st.lists(consumes(claims), max_size=2),
        trouble=st.sampled_from([DEFERRED, REFUSED, NOT_SENT]),
        begun=st.lists(consumes(claims), max_size=3),
    )
    def commits_a_group(
        self, done: list[Held], outcome: Outcome, fallen: list[Held], trouble: Outcome, begun: list[Held]
    ) -> Any:
        """Connections, some of senders that died meanwhile, commit answers, refusals at RCPT and intents together."""
        results = self.answers(done, outcome) + [(claim, trouble) for claim in fallen]
        return multiple(*self.record(results, begun))

    @rule(claim=consumes(claims), outcome=st.sampled_from([DEFERRED, REFUSED, NOT_SENT, ACCEPTED, IN_DOUBT]))
    def meets_trouble_before_the_dot(self, claim: Held, outcome: Outcome) -> None:
        """The server answers RCPT, the connection drops; an acceptance without an intent cannot count."""
        self.record([(claim, outcome)], [])

    @rule(flight=flights)
    def loses_the_answer(self, flight: Held) -> None:
        """The connection is lost after the dot; the answer may still come."""
        self.record([(flight, IN_DOUBT)], [])

    @rule(flight=consumes(flights))
    def writes_no_byte_of_the_dot(self, flight: Held) -> None:
        """The intent was committed, but the connection was gone before the dot."""
        self.record(self.answers([flight], NOT_SENT), [])

    @rule(process=PROCESSES)
    def crashes(self, process: int) -> None:
        """A process dies, its lock is free, and the other one reaps; what it had on the wire may still be answered."""
        sender = self.sender_of(process)
        self.ledger(sender).abandon(sender[1])
        self.processes[1 - process].ledger.reap(self.now)
        self.look(Cause.RELEASE, Cause.LOST)

    @rule(process=PROCESSES)
    def retires(self, process: int) -> None:
        """A process stops cleanly."""
        sender = self.sender_of(process)
        self.ledger(sender).retire(sender[1])
        self.look(Cause.RELEASE)

    @rule(process=PROCESSES, seconds=st.sampled_from([1, 60, 300]))
    def time_passes(self, process: int, seconds: int) -> None:
        """Time passes and one of the processes reaps."""
        self.clock.advance(seconds=seconds)
        self.processes[process].ledger.reap(self.now)
        self.look(Cause.RELEASE, Cause.LOST)

    @rule(person=st.sampled_from(PEOPLE), leaves=st.booleans())
    def unsubscribes_or_returns(self, person: str, leaves: bool) -> None:
        """Somebody leaves, or comes back, while the campaign runs."""
        if leaves:
            self.processes[0].roster.suppress(parse_address(person), Reason.UNSUBSCRIBED, self.now)
        else:
            self.processes[1].roster.unsuppress(parse_address(person))
        self.look()

    @rule()
    def resends(self) -> None:
        """The editor accepts that somebody in doubt may see it twice."""
        if self.processes[0].ledger.requeue(self.campaign.id, DeliveryState.IN_DOUBT, self.now):
            self.allowed.update({person: 1 for person in PEOPLE if self.taken[person] == self.allowed[person]})
        self.look(Cause.RESEND)

    @rule(which=st.just(Refused()) | st.sampled_from(PEOPLE).map(Refused) | st.just(Refused(code=554)))
    def retries_the_refused(self, which: Refused) -> None:
        """The editor has refused rows tried again."""
        self.processes[0].ledger.retry(self.campaign.id, which, self.now)
        self.look(Cause.RETRY)

    @rule(held=st.lists(claims | flights, max_size=3))
    def retries_those_that_it_names(self, held: list[Held]) -> None:
        """A lane finds that a refusal was the transport's trouble, and puts these rows back."""
        ids = frozenset(delivery.id for _, delivery in held)
        self.processes[1].ledger.retry(self.campaign.id, Refused(deliveries=ids), self.now)
        self.look(Cause.RETRY)

    @rule()
    def gives_up(self) -> None:
        """Rows deferred for long are given up."""
        self.processes[1].ledger.give_up(self.campaign.id, self.now - timedelta(minutes=10), self.now)
        self.look(Cause.GIVE_UP)

    @rule(state=st.sampled_from([IssueState.PAUSED, IssueState.SENDING]))
    def pauses_or_resumes(self, state: IssueState) -> None:
        """Somebody pauses or resumes the campaign, unless it is finished."""
        if self.state() in (IssueState.SENDING, IssueState.PAUSED):
            self.processes[0].issues.set_state(NOVEMBER, state, self.now)
        self.look()

    @rule(is_sure=st.sampled_from([False] * 9 + [True]))
    def cancels(self, is_sure: bool) -> None:
        """Somebody ends the campaign, once in a while; what is in flight is still answered."""
        if is_sure and self.state() in (IssueState.SENDING, IssueState.PAUSED):
            self.processes[0].ledger.cancel(NOVEMBER, self.now)
        self.look(Cause.SKIP)

    @rule()
    def finishes(self) -> None:
        """Somebody asks whether all is done."""
        self.processes[0].ledger.finish(self.campaign.id, self.now)
        self.look()

    @invariant()
    def adds_up(self) -> None:
        """Every recipient is in exactly one count, as both processes see it."""
        if hasattr(self, "campaign"):
            seen = [process.ledger.campaign("2021-11") for process in self.processes]
            assert seen[0] == seen[1]
            assert seen[0].tally.recipients == len(PEOPLE)

    @invariant()
    def sent_is_finished(self) -> None:
        """An issue is called sent only while nothing is pending, deferred or in flight."""
        if hasattr(self, "campaign"):
            campaign = self.processes[0].ledger.campaign("2021-11")
            assert campaign.state is not IssueState.SENT or campaign.tally.is_finished

    @invariant()
    def accepted_stays_accepted(self) -> None:
        """The count of accepted rows never falls."""
        if hasattr(self, "campaign"):
            accepted = self.processes[0].ledger.campaign("2021-11").tally.accepted
            assert accepted >= self.most_accepted
            self.most_accepted = accepted

    @invariant()
    def cancelled_is_over(self) -> None:
        """Once cancelled, nothing waits: what is not handed over, or comes back from the wire, is skipped."""
        if hasattr(self, "campaign") and self.state() is IssueState.CANCELLED:
            tally = self.processes[1].ledger.campaign("2021-11").tally
            assert (tally.pending, tally.deferred) == (0, 0)

    @invariant()
    def nobody_has_it_twice(self) -> None:
        """The server holds at most one message for anybody, unless a resend was asked for."""
        assert not {person for person, count in self.taken.items() if count > self.allowed[person]}


def run(stores: Any, examples: int) -> None:
    """Let the machine run so many times, each with a store of its own."""
    machine: Callable[[], LedgerMachine] = lambda: LedgerMachine(stores)  # noqa: E731
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=checks),
    )


def test_ledger_survives_every_order_of_events(stores: Any) -> None:
    """Claims, intents, answers, losses, crashes, sleep, suppressions, pauses, cancels and repeats keep the promise."""
    run(stores, {"memory": 300, "sqlite": 30, "postgresql": 10}[stores.kind])


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ledger_survives_many_orders_of_events(stores: Any) -> None:
    """The same for as long as one is willing to wait."""
    run(stores, {"memory": 5_000, "sqlite": 600, "postgresql": 25}[stores.kind])  # a server has room for 90 databases
