"""When issues are due, against the real calendar and the real clocks."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.calendar.schedule import Schedule, due_period, parse_schedule
from coopdigest.calendar.workdays import Holidays
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.period import Cadence

ZURICH = ZoneInfo("Europe/Zurich")
GENEVA = Holidays("CH-GE")
ZONES = [
    "Europe/Zurich",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Apia",
    "America/Havana",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
PHRASES = [
    "first working day 09:00",
    "last working day 16:00",
    "third working day 00:30",
    "working day 02:30",
    "first monday 09:00",
    "last friday 16:30",
    "day 1 00:00",
    "day 31 09:00",
    "last day 18:00",
    "sunday 02:30",
    "daily 02:30",
    "*/20 0-3 * * *",
    "15 3 1,15 * mon",
]
instants = st.integers(946_684_800, 2_051_222_400).map(lambda second: datetime.fromtimestamp(second, UTC))
months = st.dates(date(2000, 1, 1), date(2090, 12, 1)).map(lambda day: day.replace(day=1))


def rule(text: str, zone: ZoneInfo = ZURICH, holidays: Holidays = GENEVA) -> Schedule:
    return parse_schedule(text, zone, holidays)


def in_month(schedule: Schedule, first: date) -> list[datetime]:
    start = datetime(first.year, first.month, 1, tzinfo=schedule.zone)
    beyond = (first + timedelta(days=31)).replace(day=1)
    end = datetime(beyond.year, beyond.month, 1, tzinfo=schedule.zone)
    return list(schedule.occurrences(start - timedelta(seconds=1), end - timedelta(seconds=1)))


def days_of(first: date) -> list[date]:
    return [first.replace(day=day) for day in range(1, calendar.monthrange(first.year, first.month)[1] + 1)]


@given(months)
def test_first_working_day_is_one_a_month_with_no_earlier_one(month: date) -> None:
    """`first working day` is one weekday a month, no holiday, and every day before it is a weekend or a holiday."""
    (occurrence,) = in_month(rule("first working day 09:00"), month)
    assert (occurrence.hour, occurrence.minute) == (9, 0)
    assert occurrence.weekday() < 5
    assert GENEVA.is_working_day(occurrence.date())
    assert not any(GENEVA.is_working_day(day) for day in days_of(month) if day < occurrence.date())


@given(months)
def test_last_working_day_is_one_a_month_with_no_later_one(month: date) -> None:
    """`last working day` is the latest day of the month on which work is done."""
    (occurrence,) = in_month(rule("last working day 16:00"), month)
    assert [day for day in days_of(month) if GENEVA.is_working_day(day)][-1] == occurrence.date()


@given(months, st.integers(0, 9))
def test_nth_working_day_counts_only_days_worked(month: date, index: int) -> None:
    """`third working day` is the third of the month's working days."""
    word = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"][index]
    (occurrence,) = in_month(rule(f"{word} working day 09:00"), month)
    assert occurrence.date() == [day for day in days_of(month) if GENEVA.is_working_day(day)][index]


@given(months, st.integers(1, 31))
@example(date(2023, 2, 1), 29)
@example(date(2024, 2, 1), 29)
@example(date(2024, 2, 1), 30)
@example(date(2024, 2, 1), 31)
@example(date(2024, 4, 1), 31)
def test_a_day_number_falls_on_the_last_day_of_shorter_months(month: date, number: int) -> None:
    """`day 31` comes every month: where there is no such day, on the last one."""
    (occurrence,) = in_month(rule(f"day {number} 09:00"), month)
    assert occurrence.date() == days_of(month)[min(number, len(days_of(month))) - 1]


@given(months, st.integers(0, 6), st.sampled_from(["first", "second", "third", "fourth", "last"]))
def test_nth_weekday_is_the_nth_such_day(month: date, weekday: int, ordinal: str) -> None:
    """`last friday` is the last of the month's Fridays."""
    (occurrence,) = in_month(rule(f"{ordinal} {calendar.day_name[weekday].lower()} 09:00"), month)
    index = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[ordinal]
    assert occurrence.date() == [day for day in days_of(month) if day.weekday() == weekday][index]


@given(months)
def test_last_day_and_weekdays_and_daily_are_what_they_say(month: date) -> None:
    """`last day` is one day a month, `monday` every Monday, `daily` every day."""
    days = days_of(month)
    assert [each.date() for each in in_month(rule("last day 18:00"), month)] == days[-1:]
    assert [each.date() for each in in_month(rule("monday 08:00"), month)] == [d for d in days if d.weekday() == 0]
    assert [each.date() for each in in_month(rule("daily 07:00"), month)] == days


@given(instants, st.sampled_from(ZONES), st.sampled_from(PHRASES))
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Zurich", "daily 02:30")
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Zurich", "*/20 0-3 * * *")
@example(datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC), "Pacific/Apia", "daily 02:30")
def test_occurrences_increase_and_show_each_wall_time_once(after: datetime, zone: str, text: str) -> None:
    """Whatever the clocks do, occurrences are later than asked, strictly increasing, and no wall time comes twice."""
    schedule = rule(text, ZoneInfo(zone))
    found = list(islice(schedule.occurrences(after, after + timedelta(days=400)), 30))
    instants = [each.astimezone(UTC) for each in found]
    assert all(one < other for one, other in pairwise([after, *instants]))
    walls = [each.replace(tzinfo=None, fold=0) for each in found]
    assert len(set(walls)) == len(walls)
    assert all(each.tzinfo is schedule.zone for each in found)


@given(instants, st.sampled_from(ZONES), st.sampled_from(PHRASES))
def test_spans_that_touch_share_no_occurrence_and_lose_none(middle: datetime, zone: str, text: str) -> None:
    """An occurrence lies in exactly one of two spans that touch: a tick at any instant loses and doubles nothing."""
    schedule = rule(text, ZoneInfo(zone))
    start, end = middle - timedelta(days=3), middle + timedelta(days=3)
    parts = [*schedule.occurrences(start, middle), *schedule.occurrences(middle, end)]
    assert parts == list(schedule.occurrences(start, end))


@given(instants, st.sampled_from(ZONES))
def test_a_span_that_ends_at_an_occurrence_holds_it(after: datetime, zone: str) -> None:
    """The end of a span belongs to it, its beginning does not."""
    schedule = rule("daily 02:30", ZoneInfo(zone))
    found = schedule.next(after)
    assert list(schedule.occurrences(after, found)) == [found]
    assert found not in list(schedule.occurrences(found, found + timedelta(days=2)))


def on(schedule: Schedule, day: date) -> list[str]:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return [str(each) for each in schedule.occurrences(noon - timedelta(days=1), noon)]


def test_a_wall_time_that_autumn_repeats_comes_the_first_time_only() -> None:
    """02:30 on the day the clocks go back is 02:30 summer time, once."""
    assert on(rule("daily 02:30"), date(2026, 10, 25)) == ["2026-10-25 02:30:00+02:00"]


def test_a_tick_inside_the_repeated_hour_finds_nothing_new() -> None:
    """Between the two 02:30 of autumn the next 02:30 is tomorrow's."""
    between = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert str(rule("daily 02:30").next(between)) == "2026-10-26 02:30:00+01:00"


def test_a_wall_time_that_spring_skips_comes_when_the_clocks_have_jumped() -> None:
    """02:30 on the day the clocks go forward comes at 03:00 summer time, once even if asked for twice an hour."""
    assert on(rule("daily 02:30"), date(2026, 3, 29)) == ["2026-03-29 03:00:00+02:00"]
    assert on(rule("*/30 2 * * *"), date(2026, 3, 29)) == ["2026-03-29 03:00:00+02:00"]


@pytest.mark.parametrize(
    ("zone", "text", "day", "due"),
    [
        ("America/Sao_Paulo", "daily 00:00", date(2018, 11, 4), "2018-11-04 01:00:00-02:00"),
        ("Asia/Beirut", "daily 00:15", date(2026, 3, 29), "2026-03-29 01:00:00+03:00"),
        ("America/Havana", "daily 00:30", date(2026, 11, 1), "2026-11-01 00:30:00-04:00"),
        ("Australia/Lord_Howe", "daily 02:10", date(2026, 10, 4), "2026-10-04 02:30:00+11:00"),
    ],
)
def test_clocks_that_change_at_midnight_or_by_half_an_hour(zone: str, text: str, day: date, due: str) -> None:
    """Zones that skip or repeat midnight, or change by thirty minutes, have each occurrence once."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    found = list(rule(text, ZoneInfo(zone)).occurrences(noon - timedelta(hours=20), noon))
    assert [str(each) for each in found] == [due]


def test_a_day_that_a_zone_left_out_has_its_occurrence_at_the_next_days_start() -> None:
    """Apia had no 30 December 2011: what was due then comes at the first instant of the 31st."""
    apia = rule("daily 09:00", ZoneInfo("Pacific/Apia"))
    span = (datetime(2011, 12, 29, 12, tzinfo=apia.zone), datetime(2011, 12, 31, 12, tzinfo=apia.zone))
    assert [str(each) for each in apia.occurrences(*span)] == ["2011-12-31 00:00:00+14:00", "2011-12-31 09:00:00+14:00"]


def test_nine_in_the_morning_stays_nine_across_both_changes() -> None:
    """09:00 is 09:00 on the wall all year."""
    found = rule("daily 09:00").occurrences(datetime(2026, 1, 1, tzinfo=ZURICH), datetime(2027, 1, 1, tzinfo=ZURICH))
    assert {(each.hour, each.minute) for each in found} == {(9, 0)}


def test_geneva_2026_by_hand() -> None:
    """The first working days of 2026 in Geneva, looked up in a calendar."""
    found = rule("first working day 09:00").occurrences(
        datetime(2025, 12, 31, tzinfo=ZURICH), datetime(2026, 6, 30, tzinfo=ZURICH)
    )
    assert [f"{each:%m-%d}" for each in found] == ["01-02", "02-02", "03-02", "04-01", "05-01", "06-01"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  First   Working day at 9:00 ", "first working day 09:00"),
        ("every monday 08:00", "monday 08:00"),
        ("every day 07:00", "daily 07:00"),
        ("30 16 * * FRI", "friday 16:30"),
    ],
)
def test_spelling_does_not_matter(text: str, same: str) -> None:
    """Case, spacing, `every`, `at` and a missing zero change nothing."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=100)
    assert list(rule(text).occurrences(start, end)) == list(rule(same).occurrences(start, end))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "time of day"),
        ("monday", "time of day"),
        ("09:00", "names no day"),
        ("monday 8", "time of day"),
        ("monday 24:00", "24:00"),
        ("mondy 08:00", "is no schedule"),
        ("fifth monday 09:00", "last monday"),
        ("eleventh working day 09:00", "is no schedule"),
        ("day 0 09:00", "day 0"),
        ("day 32 09:00", "day 32"),
        ("0 9 31 2 *", "never comes"),
        ("0 9 30,31 2 *", "never comes"),
        ("0 9 * *", "five fields"),
        ("0 9 1 * * *", "five fields"),
        ("0 9 * * 8", '"8" is no weekday'),
        ("60 9 * * *", '"60" is no minute'),
        ("0 9 0 * *", '"0" is no day of the month'),
        ("0 9 * foo *", '"foo" is no month'),
        ("0 9 5-1 * *", "backwards"),
        ("0 9 */0 * *", "at least 1"),
        ("0 9 1, * *", "range"),
    ],
)
def test_what_is_no_schedule_is_refused_with_examples(text: str, word: str) -> None:
    """A wrong expression is a configuration error of one line that says what is wrong and shows right ones."""
    with pytest.raises(ConfigurationError) as caught:
        rule(text)
    assert word in str(caught.value)
    assert '"first working day 09:00"' in str(caught.value)


@given(st.text(max_size=30) | st.text("0123456789*,-/ lfa:", max_size=20))
def test_any_text_is_a_schedule_or_a_configuration_error(text: str) -> None:
    """No expression, however odd, breaks the parser."""
    try:
        schedule = rule(text)
    except ConfigurationError:
        return
    assert schedule.next(datetime(2026, 1, 1, tzinfo=UTC)) is not None


def test_a_date_that_comes_once_in_four_years_is_found() -> None:
    """The 29th of February comes, in leap years."""
    assert str(rule("0 9 29 2 *").next(datetime(2026, 1, 1, tzinfo=UTC))) == "2028-02-29 09:00:00+01:00"


def test_the_end_of_the_calendar_is_no_error() -> None:
    """After the last occurrence of the year 9999 nothing is due, which is said."""
    late = datetime(9999, 12, 31, 20, tzinfo=UTC)
    for text in ("last day 18:00", "first working day 09:00"):
        with pytest.raises(ConfigurationError, match="nothing is due after"):
            rule(text, ZoneInfo("UTC"), Holidays()).next(late)


@pytest.mark.parametrize(
    ("cadence", "occurrence", "key"),
    [
        (Cadence.MONTH, "2021-12-01T09:00", "2021-11"),
        (Cadence.MONTH, "2021-11-30T23:59", "2021-10"),
        (Cadence.WEEK, "2021-11-22T08:00", "2021-W46"),
        (Cadence.QUARTER, "2022-01-03T09:00", "2021-Q4"),
        (Cadence.DAY, "2021-11-29T07:00", "2021-11-28"),
        (Cadence.YEAR, "2022-01-03T09:00", "2021"),
    ],
)
def test_an_occurrence_is_for_the_last_whole_period_before_it(cadence: Cadence, occurrence: str, key: str) -> None:
    """An issue is due for the newest period that is over."""
    at = datetime.fromisoformat(occurrence).replace(tzinfo=ZURICH)
    assert due_period(cadence, at, ZURICH).key == key
