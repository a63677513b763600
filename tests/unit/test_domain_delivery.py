"""The life of a delivery: the whole table of transitions, back-off and the report that adds up."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.delivery import (
    TRANSITIONS,
    UNFINISHED,
    Backoff,
    Cause,
    DeliveryState,
    Outcome,
    Tally,
    Verdict,
    sources_of,
)

D, C = DeliveryState, Cause
NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
ALLOWED = {  # the table of the delivery protocol, line by line
    *product([D.PENDING, D.DEFERRED], [C.CLAIM], [D.CLAIMED]),
    (D.CLAIMED, C.RELEASE, D.PENDING),
    *product([D.CLAIMED], [C.ANSWER], [D.REFUSED, D.DEFERRED]),
    (D.CLAIMED, C.INTENT, D.SENDING),
    *product([D.SENDING], [C.ANSWER], [D.ACCEPTED, D.DEFERRED, D.REFUSED]),
    (D.SENDING, C.UNSENT, D.PENDING),
    (D.SENDING, C.LOST, D.IN_DOUBT),
    *product([D.IN_DOUBT], [C.ANSWER], [D.ACCEPTED, D.DEFERRED, D.REFUSED]),
    (D.IN_DOUBT, C.RESEND, D.PENDING),
    (D.DEFERRED, C.GIVE_UP, D.REFUSED),
    (D.REFUSED, C.RETRY, D.PENDING),
    *product([D.PENDING, D.DEFERRED, D.CLAIMED], [C.SKIP], [D.SKIPPED]),
}


@pytest.mark.parametrize("state", list(D))
@pytest.mark.parametrize("cause", list(C))
def test_a_cause_moves_a_delivery_as_the_protocol_says(state: DeliveryState, cause: Cause) -> None:
    """For every state and cause the table allows exactly the states that the protocol's table names."""
    for target in D:
        allowed = (state, cause, target) in ALLOWED
        assert (target in TRANSITIONS.get((state, cause), frozenset())) == allowed
        assert (state in sources_of(cause, target)) == allowed


def test_what_was_accepted_or_skipped_stays_so() -> None:
    """Nothing leads out of accepted or skipped: nobody is mailed twice, nobody who left is mailed."""
    assert not [state for state, _ in TRANSITIONS if state in (D.ACCEPTED, D.SKIPPED)]


def test_acceptance_needs_a_recorded_intent() -> None:
    """Only what was on its way, or in doubt after that, can be accepted."""
    assert {state for (state, _), targets in TRANSITIONS.items() if D.ACCEPTED in targets} == {D.SENDING, D.IN_DOUBT}


def test_doubt_ends_only_by_an_answer_or_by_order() -> None:
    """What is in doubt is never sent again by itself."""
    assert {cause for state, cause in TRANSITIONS if state is D.IN_DOUBT} == {C.ANSWER, C.RESEND}
    assert {cause for (state, cause), targets in TRANSITIONS.items() if D.IN_DOUBT in targets} == {C.LOST}


def test_every_unfinished_state_has_a_way_on_and_every_state_is_reached() -> None:
    """No delivery is stuck before its end, and no state is there for nothing."""
    assert {state for state, _ in TRANSITIONS} >= UNFINISHED
    assert {target for targets in TRANSITIONS.values() for target in targets} == set(D)


counts = st.lists(st.integers(0, 10**6), min_size=7, max_size=7)


@given(counts)
def test_a_tally_adds_up(numbers: list[int]) -> None:
    """Everybody is in exactly one of the seven counts."""
    tally = Tally(*numbers)
    assert tally.recipients == sum(numbers)
    assert [getattr(tally, field.name) for field in fields(tally)] == numbers


@given(counts)
def test_a_campaign_is_finished_when_nothing_is_left_to_do(numbers: list[int]) -> None:
    """Pending, sending and deferred deliveries keep a campaign open; the four others do not."""
    tally = Tally(*numbers)
    assert tally.is_finished == (tally.pending == tally.sending == tally.deferred == 0)
    names = {field.name for field in fields(tally)}
    assert names == {str(state) for state in D} - {"claimed"}


def test_waits_grow_and_the_last_one_repeats() -> None:
    """The first deferral waits the first time, the second the second, and all later ones the last."""
    backoff = Backoff((timedelta(minutes=5), timedelta(hours=1)))
    assert [backoff.due(attempt, NOW) - NOW for attempt in (1, 2, 3, 99)] == [
        timedelta(minutes=5),
        timedelta(hours=1),
        timedelta(hours=1),
        timedelta(hours=1),
    ]


@given(st.integers(1, 1000))
def test_the_next_try_is_always_later(attempt: int) -> None:
    """By default every repetition lies ahead, from minutes to hours."""
    assert timedelta(minutes=5) <= Backoff().due(attempt, NOW) - NOW <= timedelta(hours=6)


def test_a_delivery_is_given_up_after_its_time() -> None:
    """Three days after the first try, and not a second before, it is over; what was never tried is not."""
    backoff = Backoff()
    assert backoff.is_over(NOW - timedelta(days=3), NOW)
    assert not backoff.is_over(NOW - timedelta(days=3) + timedelta(seconds=1), NOW)
    assert not backoff.is_over(None, NOW)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(Verdict.REFUSED, 550, "5.1.1 No such user"), True),
        (Outcome(Verdict.REFUSED, 556, "5.1.10"), True),
        (Outcome(Verdict.REFUSED, 550, "5.1.2 No such host"), False),
        (Outcome(Verdict.REFUSED, 554, "5.7.1 not 5.1.1"), False),
        (Outcome(Verdict.REFUSED, 550, "5.1.100 What"), False),
        (Outcome(Verdict.REFUSED, 550, ""), False),
        (Outcome(Verdict.DEFERRED, 450, "5.1.1 Muddled"), False),
    ],
)
def test_unknown_mailbox_is_told_by_the_enhanced_code(outcome: Outcome, expected: bool) -> None:
    """Only 5.1.1 and 5.1.10 of a refusal say that nobody has the address."""
    assert outcome.is_unknown_mailbox is expected
