"""The subject line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.subject import SHOWN, write_subject
from coopdigest.compose.wrapping import display_width

FACTS = {"name": "COOP News", "period": "November 2021", "count": 12, "number": 84}


def test_a_subject_is_written_by_its_template() -> None:
    """Name, period, number, count and the lead story's title are filled in."""
    subject = write_subject("{name} {number}: {lead} and {count} more ({period})", "A mill reopens", **FACTS)
    assert subject == "COOP News 84: A mill reopens and 12 more (November 2021)"


def test_a_long_lead_gives_way_to_the_rest() -> None:
    """Inboxes show the whole line, the period at its end included."""
    subject = write_subject(
        "{name}: {lead} ({period})", "How a ferry line became a cooperative and stayed on time", **FACTS
    )
    assert subject == "COOP News: How a ferry line became a cooperative and… (November 2021)"


@given(st.text(max_size=600))
def test_a_subject_has_a_bound_and_is_one_line(lead: str) -> None:
    """Whatever the lead story is called."""
    subject = write_subject("{name}: {lead}", lead, **FACTS)
    assert len(subject) <= 200
    assert len(subject.splitlines()) <= 1
    if lead.isascii():
        assert display_width(subject) <= SHOWN
