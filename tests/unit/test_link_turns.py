"""Whose turn it is at a host, and how long it wants to be left alone."""

from __future__ import annotations

from datetime import timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.sources.turns import LONGEST_REST, Turns, read_retry_after
from coopdigest.testing.clock import NOON, FixedClock


class Waiting:
    """Turns whose waits are noted, not slept."""

    def __init__(self) -> None:
        self.clock, self.slept = FixedClock(), list[float]()
        self.turns = Turns(self.clock, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)


def test_a_turn_that_fails_is_given_back() -> None:
    """The next one waits its pause, not for ever."""
    waiting = Waiting()
    with pytest.raises(RuntimeError), waiting.turns.take("e.org"):
        raise RuntimeError
    with waiting.turns.take("e.org"):
        assert waiting.slept == [0.5]


def test_a_rest_outlasts_the_pause_and_is_not_cut_by_it() -> None:
    """The longer of the two holds."""
    waiting = Waiting()
    with waiting.turns.take("e.org"):
        waiting.turns.rest("e.org", 8)
    with waiting.turns.take("e.org"):
        assert waiting.slept == [8]


def test_a_clock_that_is_set_back_stops_nobody_for_long() -> None:
    """No wait is longer than the longest rest."""
    waiting = Waiting()
    with waiting.turns.take("e.org"):
        waiting.clock.advance(hours=5)
    waiting.clock.set(NOON)
    with waiting.turns.take("e.org"):
        assert waiting.slept == [LONGEST_REST]


def test_a_closed_host_stays_closed_and_no_other() -> None:
    """Names are compared without their case."""
    turns = Waiting().turns
    turns.close("E.org")
    assert turns.is_closed("e.ORG")
    assert not turns.is_closed("www.e.org")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("0", 0), (" 30 ", 30), ("120", 120), ("9" * 500, 999_999_999_999)),
        (format_datetime(NOON + timedelta(seconds=9), usegmt=True), 9),
        (format_datetime(NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(seconds=9)), 9),
        (format_datetime(NOON - timedelta(days=9), usegmt=True), 0),
        *(
            ("", None),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("٣", None),
            ("Mon, 99 Nov 2021 10:00:00 GMT", None),
        ),
        ("Wed, 01 Dec 2021 12:00:05 -0000", 5),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    """What is neither is no wish (RFC 9110 10.2.3)."""
    assert read_retry_after(value, NOON) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\d+", fullmatch=True))
@example("Mon, 29 Nov 99999999999999999999 10:00:00 GMT")
@example("Mon, 29 Nov 2021 10:00:00 +99999999999999")
def test_no_retry_after_breaks_the_check(value: str) -> None:
    """Servers write what they like."""
    seconds = read_retry_after(value, NOON)
    assert seconds is None or seconds >= 0
