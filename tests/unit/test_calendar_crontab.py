"""Cron fields, against a matcher that tries every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coopdigest.calendar.schedule import parse_schedule
from coopdigest.calendar.workdays import Holidays

UTC_ZONE = ZoneInfo("UTC")
NO_HOLIDAYS = Holidays()
LIMITS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
starts = st.integers(946_684_800, 2_524_608_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def naive_values(field: str, low: int, high: int) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else int(first)
        stop = high if first == "*" or (step and not last) else int(last or first)
        values |= {
            value for value in range(low, high + 1) if start <= value <= stop and (value - start) % int(step or 1) == 0
        }
    return values


def naive_match(fields: list[str], moment: datetime) -> bool:
    minute, hour, day, month, weekday = (
        naive_values(field, *limit) for field, limit in zip(fields, LIMITS, strict=True)
    )
    if moment.minute not in minute or moment.hour not in hour or moment.month not in month:
        return False
    by_day = moment.day in day
    by_weekday = moment.isoweekday() in weekday or (moment.isoweekday() == 7 and 0 in weekday)
    if fields[2].startswith("*") or fields[4].startswith("*"):
        return by_day and by_weekday
    return by_day or by_weekday


@st.composite
def items(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, 9))
    forms = [f"{first}", f"{first}-{last}", f"{first}-{last}/{step}", f"{first}/{step}", "*", f"*/{step}"]
    return draw(st.sampled_from(forms))


def cron_field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(items(low, high), min_size=1, max_size=3).map(",".join)


@settings(max_examples=60)
@given(
    st.tuples(st.integers(0, 59).map(str), st.integers(0, 23).map(str), *(cron_field(*limit) for limit in LIMITS[2:])),
    starts,
)
def test_days_are_those_that_crontab_means(fields: tuple[str, ...], start: datetime) -> None:
    """Days, months and weekdays, in every form and together, match what a brute-force reading of crontab(5) matches."""
    start = start.replace(minute=int(fields[0]), hour=int(fields[1]), second=0, microsecond=0)
    wanted = [moment for n in range(1, 120) if naive_match(list(fields), moment := start + timedelta(days=n))]
    assume(wanted or ("31" not in fields[2] and "30" not in fields[2]))  # a day that never comes is refused
    schedule = parse_schedule(" ".join(fields), UTC_ZONE, NO_HOLIDAYS)
    assert list(schedule.occurrences(start, start + timedelta(days=119))) == wanted


@settings(max_examples=60)
@given(
    cron_field(0, 59),
    cron_field(0, 23),
    starts,
)
def test_minutes_are_those_that_crontab_means(minute: str, hour: str, start: datetime) -> None:
    """Minutes and hours, in every form, match what trying every minute of six hours matches."""
    start = start.replace(second=0, microsecond=0)
    moments = (start + timedelta(minutes=n) for n in range(1, 6 * 60 + 1))
    wanted = [moment for moment in moments if naive_match([minute, hour, "*", "*", "*"], moment)]
    schedule = parse_schedule(f"{minute} {hour} * * *", UTC_ZONE, NO_HOLIDAYS)
    assert list(schedule.occurrences(start, start + timedelta(hours=6))) == wanted


@pytest.mark.parametrize("field", ["0", "7", "sun", "SUN", "0,7", "7-7"])
def test_sunday_has_two_numbers(field: str) -> None:
    """Weekdays 0 and 7 are both Sunday, as in crontab."""
    schedule = parse_schedule(f"0 9 * * {field}", UTC_ZONE, NO_HOLIDAYS)
    found = schedule.occurrences(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
    assert [each.day for each in found] == [4, 11, 18, 25]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("mon-fri", {1, 2, 3, 4, 5}),
        ("sat-sun", {6, 7}),
        ("6-0", {6, 7}),
        ("5-7", {5, 6, 7}),
        ("1,wed,5-6", {1, 3, 5, 6}),
    ],
)
def test_weekdays_have_names_and_ranges(field: str, days: set[int]) -> None:
    """Names, numbers and ranges of weekdays mean crontab's days, not APScheduler's."""
    schedule = parse_schedule(f"0 9 * * {field}", UTC_ZONE, NO_HOLIDAYS)
    found = schedule.occurrences(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
    assert {each.isoweekday() for each in found} == days


def test_two_restricted_days_mean_either() -> None:
    """With both a day of the month and a weekday, either is enough: the 13th, and every Friday."""
    schedule = parse_schedule("0 9 13 * 5", UTC_ZONE, NO_HOLIDAYS)
    found = schedule.occurrences(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
    assert [each.day for each in found] == [2, 9, 13, 16, 23, 30]
