"""The rule of the first ten: when a server answers all of them alike, the trouble is ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.first_recipients import COUNT, FirstRecipients

BLOCKED = Outcome(Verdict.REFUSED, 550, "5.7.1 Relaying denied")
LATER = Outcome(Verdict.DEFERRED, 451, "4.3.2 Not now")
ACCEPTED = Outcome(Verdict.ACCEPTED, 250, "2.0.0 Ok")
NOT_SENT = Outcome(Verdict.NOT_SENT)
NOBODY = Outcome(Verdict.REFUSED, 550, "5.1.1 No such user")


def heard(*outcomes: Outcome) -> FirstRecipients:
    """What is thought after these, each of a recipient of its own."""
    first = FirstRecipients()
    for number, outcome in enumerate(outcomes):
        first.hear(number, outcome)
    return first


@pytest.mark.parametrize(
    "outcome", [BLOCKED, LATER, Outcome(Verdict.REFUSED, 554, "5.2.2 Full"), Outcome(Verdict.REFUSED, 521)]
)
def test_ten_alike_show_trouble_and_nine_do_not(outcome: Outcome) -> None:
    """Ten of one class do, whatever their words; one who was never asked changes nothing."""
    assert not heard(*[outcome] * (COUNT - 1), NOT_SENT).show_trouble
    assert heard(*[outcome] * (COUNT - 1), NOT_SENT, outcome).show_trouble


@pytest.mark.parametrize("text", ["5.1.1 No such user", "5.1.10 Null MX", "5.2.1 Disabled", "5.1.2"])
def test_what_says_something_of_the_mailbox_shows_none(text: str) -> None:
    """Addresses that do not exist are nobody's fault but the list's."""
    assert not heard(*[Outcome(Verdict.REFUSED, 550, text)] * 30).show_trouble


@given(st.lists(st.sampled_from([BLOCKED, LATER, ACCEPTED, NOT_SENT, NOBODY]), max_size=30))
def test_trouble_is_shown_just_when_the_first_ten_answers_are_of_one_class(outcomes: list[Outcome]) -> None:
    """Any other answer among them ends the watch for good."""
    answers = [outcome for outcome in outcomes if outcome is not NOT_SENT]
    alike = len(answers) >= COUNT and len(set(answers[:COUNT])) == 1 and answers[0] in (BLOCKED, LATER)
    assert heard(*outcomes).show_trouble == alike


@given(st.lists(st.integers(0, 12), min_size=COUNT, max_size=40))
def test_one_recipient_counts_once(recipients: list[int]) -> None:
    """Who is tried again is not another recipient."""
    first = FirstRecipients()
    for recipient in recipients:
        first.hear(recipient, BLOCKED)
    assert first.show_trouble == (len(set(recipients)) >= COUNT)
