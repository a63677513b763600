"""Whatever happens in whatever order, the ledger adds up and nobody is sent to twice; on the fake and on the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

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

from coopdigest.domain.delivery import Claimed, DeliveryState, Outcome
from coopdigest.domain.issue import IssueState
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.testing.builders import make_period
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.scenes import ACCEPTED, DEFERRED, IN_DOUBT, NOT_SENT, REFUSED, open_campaign

NOVEMBER = make_period()
PEOPLE = [f"reader{number}@example.org" for number in range(3)]
ANSWERS = st.sampled_from([ACCEPTED, DEFERRED, REFUSED])


class LedgerMachine(RuleBasedStateMachine):
    """Two processes on one ledger, with every accident that delivery.md names.

    The model keeps what the *server* took: a message counts there when its dot was written, recorded or not.
    A second one to the same person is allowed only after somebody asked for it (`resend`).
    """

    claims = Bundle("claims")
    flights = Bundle("flights")

    def __init__(self, stores: Any) -> None:
        super().__init__()
        self.maker, store = stores, stores.make()
        self.processes = [store, stores.open_beside(store)]
        self.clock = FixedClock(NOON)
        self.taken: Counter[str] = Counter()
        self.allowed: Counter[str] = Counter(dict.fromkeys(PEOPLE, 1))
        self.most_accepted = 0
        self.current: dict[int, int] = {}

    def teardown(self) -> None:
        """Close both, so that the next example may have the database."""
        self.maker.close()

    @initialize()
    def opens(self) -> None:
        """Open the campaign to everybody."""
        self.campaign = open_campaign(self.processes[0], *PEOPLE)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def ledger(self, sender: tuple[int, int]) -> Any:
        """The ledger as the sender's own process sees it."""
        return self.processes[sender[0]].ledger

    def sender_of(self, process: int) -> tuple[int, int]:
        """The process's sender; one that learns it was declared dead, or retired, takes a new id."""
        ledger = self.processes[process].ledger
        if process not in self.current or not ledger.beat(self.current[process], self.now):
            self.current[process] = ledger.enlist(self.now)
        return process, self.current[process]

    def claim(self, process: int, limit: int) -> list[tuple[tuple[int, int], Claimed]]:
        """Let a process claim rows."""
        sender = self.sender_of(process)
        taken = self.ledger(sender).claim(self.campaign.id, sender[1], limit, self.now)
        assert len(taken) <= limit
        return [(sender, delivery) for delivery in taken]

    def write_the_dot(self, sender: tuple[int, int], delivery: Claimed) -> bool:
        """Ask for the intent and, if it is given, write the dot: the server has the message."""
        if self.ledger(sender).intend(delivery, sender[1], self.now):
            self.taken[delivery.address] += 1
            return True
        self.settle(sender, delivery, NOT_SENT)
        return False

    @rule(process=st.sampled_from([0, 1]), limit=st.integers(1, 3), outcome=ANSWERS)
    def sends(self, process: int, limit: int, outcome: Outcome) -> None:
        """A process claims rows, sends them and hears the answer, as on a good day."""
        for sender, delivery in self.claim(process, limit):
            if self.write_the_dot(sender, delivery):
                self.hears_the_answer((sender, delivery), outcome)

    @rule(target=flights, process=st.sampled_from([0, 1]), limit=st.integers(1, 3))
    def sends_without_an_answer(self, process: int, limit: int) -> Any:
        """A process claims rows and writes their dots; the answers are still on their way."""
        return multiple(*(claim for claim in self.claim(process, limit) if self.write_the_dot(*claim)))

    @rule(target=claims, process=st.sampled_from([0, 1]), limit=st.integers(1, 3))
    def claims_rows(self, process: int, limit: int) -> Any:
        """A process claims some rows and gets no further for now."""
        return multiple(*self.claim(process, limit))

    @rule(target=flights, claim=consumes(claims))
    def writes_the_dot(self, claim: tuple[tuple[int, int], Claimed]) -> Any:
        """A sender that held a claim for a while goes on with it, alive or not."""
        return claim if self.write_the_dot(*claim) else multiple()

    @rule(claim=consumes(claims), outcome=st.sampled_from([DEFERRED, REFUSED, NOT_SENT, ACCEPTED, IN_DOUBT]))
    def meets_trouble_before_the_dot(self, claim: tuple[tuple[int, int], Claimed], outcome: Outcome) -> None:
        """The server answers RCPT, the connection drops; an acceptance without an intent cannot count."""
        self.settle(*claim, outcome)

    @rule(flight=consumes(flights), outcome=ANSWERS)
    def hears_the_answer(self, flight: tuple[tuple[int, int], Claimed], outcome: Outcome) -> None:
        """The server answers the dot; with 4yz or 5yz it does not have the message after all."""
        if outcome is not ACCEPTED:
            self.taken[flight[1].address] -= 1
        self.settle(*flight, outcome)

    @rule(flight=flights)
    def loses_the_answer(self, flight: tuple[tuple[int, int], Claimed]) -> None:
        """The connection is lost after the dot; the answer may still come."""
        self.settle(*flight, IN_DOUBT)

    @rule(flight=consumes(flights))
    def writes_no_byte_of_the_dot(self, flight: tuple[tuple[int, int], Claimed]) -> None:
        """The intent was committed, but the connection was gone before the dot."""
        self.taken[flight[1].address] -= 1
        self.settle(*flight, NOT_SENT)

    def settle(self, sender: tuple[int, int], delivery: Claimed, outcome: Outcome) -> None:
        """Record an outcome; a deferred row is due in five minutes."""
        due = self.now + timedelta(minutes=5) if outcome is DEFERRED else None
        self.ledger(sender).settle(delivery, sender[1], outcome, due, self.now)

    @rule(process=st.sampled_from([0, 1]))
    def crashes(self, process: int) -> None:
        """A process dies, its lock is free, and the other one reaps; what it had on the wire may still be answered."""
        sender = self.sender_of(process)
        self.ledger(sender).abandon(sender[1])
        self.processes[1 - process].ledger.reap(self.now)

    @rule(process=st.sampled_from([0, 1]))
    def retires(self, process: int) -> None:
        """A process stops cleanly."""
        sender = self.sender_of(process)
        self.ledger(sender).retire(sender[1])

    @rule(process=st.sampled_from([0, 1]), seconds=st.sampled_from([1, 60, 300]))
    def time_passes(self, process: int, seconds: int) -> None:
        """Time passes and one of the processes reaps."""
        self.clock.advance(seconds=seconds)
        self.processes[process].ledger.reap(self.now)

    @rule(person=st.sampled_from(PEOPLE), leaves=st.booleans())
    def unsubscribes_or_returns(self, person: str, leaves: bool) -> None:
        """Somebody leaves, or comes back, while the campaign runs."""
        if leaves:
            self.processes[0].roster.suppress(parse_address(person), Reason.UNSUBSCRIBED, self.now)
        else:
            self.processes[1].roster.unsuppress(parse_address(person))

    @rule()
    def resends(self) -> None:
        """The editor accepts that somebody in doubt may see it twice."""
        if self.processes[0].ledger.requeue(self.campaign.id, DeliveryState.IN_DOUBT, self.now):
            self.allowed.update({person: 1 for person in PEOPLE if self.taken[person] == self.allowed[person]})

    @rule()
    def retries_the_refused(self) -> None:
        """The editor has refused rows tried again."""
        self.processes[0].ledger.requeue(self.campaign.id, DeliveryState.REFUSED, self.now)

    @rule()
    def gives_up(self) -> None:
        """Rows deferred for long are given up."""
        self.processes[1].ledger.give_up(self.campaign.id, self.now - timedelta(minutes=10), self.now)

    @rule(state=st.sampled_from([IssueState.PAUSED, IssueState.SENDING]))
    def pauses_or_resumes(self, state: IssueState) -> None:
        """Somebody pauses or resumes the campaign, unless it is finished."""
        if self.processes[1].ledger.campaign("2021-11").state is not IssueState.SENT:
            self.processes[0].issues.set_state(NOVEMBER, state, self.now)

    @rule()
    def finishes(self) -> None:
        """Somebody asks whether all is done."""
        self.processes[0].ledger.finish(self.campaign.id, self.now)

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
    def nobody_has_it_twice(self) -> None:
        """The server holds at most one message for anybody, unless a resend was asked for."""
        assert not {person for person, count in self.taken.items() if count > self.allowed[person]}


def test_ledger_survives_every_order_of_events(stores: Any) -> None:
    """Claims, intents, answers, losses, crashes, sleep, suppressions, pauses and repeats keep the promise."""
    machine: Callable[[], LedgerMachine] = lambda: LedgerMachine(stores)  # noqa: E731
    examples = {"memory": 300, "sqlite": 25, "postgresql": 10}[stores.kind]
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=40, deadline=None, suppress_health_check=checks),
    )
