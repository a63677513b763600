"""Periods against the calendar, and against clocks that skip and repeat hours and days."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.period import (
    Cadence,
    Period,
    instant_of,
    last_whole_period,
    parse_period,
    period_of,
    start_of_day,
)

ZURICH = ZoneInfo("Europe/Zurich")
CHANGES = {  # an instant near which the clocks of the zone do something odd
    "America/Sao_Paulo": datetime(2018, 11, 4, 3, tzinfo=UTC),  # midnight skipped
    "America/Asuncion": datetime(2017, 3, 26, 3, tzinfo=UTC),  # the hour before midnight repeated
    "Asia/Beirut": datetime(2022, 3, 26, 22, tzinfo=UTC),  # midnight skipped
    "Africa/Cairo": datetime(2023, 10, 26, 21, tzinfo=UTC),  # midnight comes after a repeated hour
    "Pacific/Apia": datetime(2011, 12, 30, 10, tzinfo=UTC),  # a whole day skipped
    "Pacific/Kwajalein": datetime(1969, 10, 1, 0, tzinfo=UTC),  # a whole day repeated
    "America/Havana": datetime(2018, 11, 4, 5, tzinfo=UTC),  # midnight repeated
    "America/St_Johns": datetime(2006, 10, 29, 2, 31, tzinfo=UTC),  # back over midnight at one minute past
    "America/Toronto": datetime(1919, 3, 31, 4, 30, tzinfo=UTC),  # jumped over midnight at half past eleven
    "Asia/Tehran": datetime(2022, 3, 21, 20, 30, tzinfo=UTC),  # midnight skipped
    "Australia/Lord_Howe": datetime(2022, 4, 2, 15, tzinfo=UTC),  # half an hour repeated
    "Europe/Zurich": datetime(2021, 10, 31, 1, tzinfo=UTC),
    "UTC": datetime(2021, 1, 1, tzinfo=UTC),
}
zones = st.sampled_from(sorted(CHANGES)).map(ZoneInfo)
cadences = st.sampled_from(list(Cadence))
days = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@st.composite
def zoned_instants(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and an instant, as often as not within two days of an odd change."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    near = CHANGES[name] + timedelta(seconds=draw(st.integers(-180_000, 180_000)))
    anywhen = datetime.fromtimestamp(draw(st.integers(-600_000_000, 4_000_000_000)), UTC)
    return ZoneInfo(name), near if draw(st.booleans()) else anywhen


def around(period: Period) -> list[Period]:
    return [period.previous().previous(), period.previous(), period, period.following(), period.following().following()]


@given(zoned_instants(), cadences)
def test_every_instant_lies_in_exactly_one_period(where: tuple[ZoneInfo, datetime], cadence: Cadence) -> None:
    """By the day on the wall an instant lies in one period of a cadence and in none of its neighbours."""
    zone, instant = where
    day = instant.astimezone(zone).date()
    period = period_of(cadence, day, zone)
    assert [each for each in around(period) if each.contains(day)] == [period]


@given(zoned_instants(), cadences)
def test_the_ends_of_a_period_hold_its_instants(where: tuple[ZoneInfo, datetime], cadence: Cadence) -> None:
    """Where no clock goes back over midnight, an instant lies between its period's start and end."""
    zone, instant = where
    if zone.key in ("America/St_Johns", "Pacific/Kwajalein"):
        return
    period = period_of(cadence, instant.astimezone(zone).date(), zone)
    assert period.starts.astimezone(UTC) <= instant < period.ends.astimezone(UTC)


@given(days, cadences, zones)
def test_adjacent_periods_touch(day: date, cadence: Cadence, zone: ZoneInfo) -> None:
    """A period ends on the day and at the instant at which the next begins, and neighbours name each other."""
    for one, other in pairwise(around(period_of(cadence, day, zone))):
        assert one.end == other.first
        assert one.ends == other.starts
        assert one.following() == other
        assert other.previous() == one


@given(days, cadences, zones)
def test_keys_parse_back(day: date, cadence: Cadence, zone: ZoneInfo) -> None:
    """A period's key, in either case, means that period, whatever the digest's own cadence and the time."""
    period = period_of(cadence, day, zone)
    now = datetime(2021, 11, 29, tzinfo=UTC)
    for own in Cadence:
        assert parse_period(period.key, own, zone, now) == period
        assert parse_period(f" {period.key.lower()} ", own, zone, now) == period


@given(days)
def test_weeks_are_those_of_iso_8601(day: date) -> None:
    """A week runs from Monday to Sunday and is named by the ISO year and number of all its days."""
    week = period_of(Cadence.WEEK, day, ZURICH)
    assert (week.first.weekday(), week.last.weekday()) == (calendar.MONDAY, calendar.SUNDAY)
    for number in range(7):
        year, name, _ = (week.first + timedelta(days=number)).isocalendar()
        assert week.key == f"{year}-W{name:02}"


@given(days)
def test_months_quarters_and_years_are_those_of_the_calendar(day: date) -> None:
    """A month has its days, a quarter three months and a year twelve, from the first of one to the first of another."""
    month, quarter, year = (period_of(each, day, ZURICH) for each in (Cadence.MONTH, Cadence.QUARTER, Cadence.YEAR))
    assert month.first == day.replace(day=1)
    assert month.last.day == calendar.monthrange(day.year, day.month)[1]
    assert (quarter.first.month, quarter.last.month) == (day.month - (day.month - 1) % 3, quarter.first.month + 2)
    assert quarter.key == f"{day.year}-Q{quarter.last.month // 3}"
    assert (year.first, year.last) == (date(day.year, 1, 1), date(day.year, 12, 31))


@given(zoned_instants(), cadences)
def test_the_last_whole_period_is_over_and_the_next_is_not(where: tuple[ZoneInfo, datetime], cadence: Cadence) -> None:
    """`last` is the newest period that is over; `this` follows it and still runs."""
    zone, now = where
    last = last_whole_period(cadence, now, zone)
    this = parse_period("THIS", cadence, zone, now)
    assert parse_period("last", cadence, zone, now) == last
    assert last.following() == this
    assert last.is_over(now)
    assert not this.is_over(now)


@given(days, st.integers(0, 400), zones)
def test_a_range_holds_both_its_days(first: date, length: int, zone: ZoneInfo) -> None:
    """`A..B` is all days from A to B, both included, and parses back from its key."""
    last = first + timedelta(days=length)
    period = parse_period(f"{first} .. {last}", Cadence.MONTH, zone, datetime(2021, 1, 1, tzinfo=UTC))
    assert (period.first, period.last, period.cadence) == (first, last, None)
    assert period.contains(first)
    assert period.contains(last)
    assert not period.contains(first - timedelta(days=1))
    assert not period.contains(last + timedelta(days=1))
    assert parse_period(period.key, Cadence.DAY, zone, datetime(2021, 1, 1, tzinfo=UTC)) == period


def test_a_range_has_no_neighbours() -> None:
    """A range of days stands alone, which is said."""
    period = parse_period("2021-11-01..2021-11-15", Cadence.MONTH, ZURICH, datetime(2021, 12, 1, tzinfo=UTC))
    with pytest.raises(ConfigurationError, match="has no neighbours"):
        period.previous()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2021-13",
        "2021-00",
        "2021-1",
        "2021-W00",
        "2021-W53",
        "2021-W5",
        "2021-Q0",
        "2021-Q5",
        "2021-02-29",
        "2021-11-31",
        "0201-11",
        "9999",
        "21",
        "٢٠٢١",
        "2021-11-15..2021-11-01",
        "2021-11..2021-12",
        "2021-11-01..",
        "..",
        "0001-01-01..2021-01-01",
        "2021-11-01..9999-12-31",
        "2021-11-01..2021-11-02..2021-11-03",
    ],
)
def test_what_is_no_period_is_refused_with_the_forms(text: str) -> None:
    """A period that does not exist, or is no period at all, is refused with all forms there are."""
    with pytest.raises(ConfigurationError, match=r"is not a period that exists; write one of 2021-11, 2021-W46"):
        parse_period(text, Cadence.MONTH, ZURICH, datetime(2021, 12, 1, tzinfo=UTC))


@given(st.text(max_size=24) | st.text("0123456789-WQ.", max_size=22))
def test_any_text_is_a_period_or_refused(text: str) -> None:
    """No text breaks the reader of periods."""
    try:
        period = parse_period(text, Cadence.MONTH, ZURICH, datetime(2021, 12, 1, tzinfo=UTC))
    except ConfigurationError:
        return
    assert period.starts < period.ends


def test_a_year_may_have_53_weeks() -> None:
    """2020-W53 exists and runs into 2021."""
    week = parse_period("2020-w53", Cadence.WEEK, ZURICH, datetime(2021, 12, 1, tzinfo=UTC))
    assert (week.first, week.end) == (date(2020, 12, 28), date(2021, 1, 4))


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Europe/Zurich", date(2021, 11, 1), "2021-11-01 00:00:00+01:00"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04 01:00:00-02:00"),
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-27 01:00:00+03:00"),
        ("America/Havana", date(2018, 11, 4), "2018-11-04 00:00:00-04:00"),
        ("Africa/Cairo", date(2023, 4, 28), "2023-04-28 01:00:00+03:00"),
        ("Asia/Tehran", date(2022, 3, 22), "2022-03-22 01:00:00+04:30"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-31 00:00:00+14:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-31 00:00:00+14:00"),
        ("America/Toronto", date(1919, 3, 31), "1919-03-31 00:30:00-04:00"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: date, start: str) -> None:
    """A day begins at midnight, at the first of two, or where the clocks land that jump over it."""
    assert str(start_of_day(day, ZoneInfo(zone))) == start


def test_a_month_with_a_skipped_day_is_shorter() -> None:
    """December 2011 had thirty days in Apia."""
    december = period_of(Cadence.MONTH, date(2011, 12, 5), ZoneInfo("Pacific/Apia"))
    length = december.ends.astimezone(UTC) - december.starts.astimezone(UTC)
    assert length == timedelta(days=30)


@given(zoned_instants())
@example((ZoneInfo("America/Sao_Paulo"), datetime(2018, 11, 4, 3, tzinfo=UTC)))
def test_a_wall_time_comes_at_the_first_instant_that_shows_it(where: tuple[ZoneInfo, datetime]) -> None:
    """What a clock shows at an instant is placed there, or earlier if it showed the same before."""
    zone, instant = where
    shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    placed = instant_of(shown, zone)
    assert placed.replace(tzinfo=None, fold=0) == shown
    assert placed.astimezone(UTC) <= instant


@given(zoned_instants(), st.integers(0, 90_000))
def test_placing_wall_times_keeps_their_order(where: tuple[ZoneInfo, datetime], later: int) -> None:
    """A later time on the wall never comes at an earlier instant, skipped or not."""
    zone, instant = where
    shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    first, second = instant_of(shown, zone), instant_of(shown + timedelta(seconds=later), zone)
    assert first.astimezone(UTC) <= second.astimezone(UTC)
