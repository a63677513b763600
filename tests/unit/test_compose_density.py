"""The plans by which an issue keeps to its budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.density import Form, Plan, plans

WEIGHT = {Form.LEAD: 4, Form.RICH: 3, Form.MID: 2, Form.LEAN: 1}


def weight(plan: Plan, size: int) -> int:
    """How much a plan shows of an issue of one section."""
    shown = size if plan.shown is None else plan.shown
    listed = size - shown if plan.listed is None else plan.listed
    return sum(10 * WEIGHT[plan.form_of(rank, rank)] for rank in range(shown)) + min(listed, size - shown)


@given(st.integers(1, 400))
def test_every_plan_shows_no_more_than_the_one_before(size: int) -> None:
    """So that the first that fits is the fullest."""
    weights = [weight(plan, size) for plan in plans(size)]
    assert weights == sorted(weights, reverse=True)


def test_the_first_story_leads_in_every_plan() -> None:
    """The lead keeps its picture and summary, however full the issue is."""
    assert {plan.form_of(0, 0) for plan in plans(120)} == {Form.LEAD}


def test_the_last_plan_needs_no_room() -> None:
    """It lists nothing."""
    assert list(plans(3))[-1] == Plan(Form.LEAN, shown=0, listed=0)
