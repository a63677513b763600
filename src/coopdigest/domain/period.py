"""A period is a half-open span of whole days in the digest's zone, with a key such as ``2021-11``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from coopdigest.domain.errors import ConfigurationError

FORMS = "2021-11, 2021-W46, 2021-Q4, 2021, 2021-11-29, 2021-11-01..2021-11-15, last or this"


class Cadence(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` up to, not including, `end`, on the wall calendar of `zone`.

    Membership goes by the day on the wall calendar, so every instant lies in exactly one period of a cadence
    whatever the zone's clocks do; `starts` and `ends` are the instants at which those days begin.
    `cadence` is None for a range written by hand.
    """

    key: str
    first: date
    end: date
    zone: ZoneInfo
    cadence: Cadence | None

    @property
    def starts(self) -> datetime:
        """The first instant of the period, in its zone."""
        return start_of_day(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """The first instant after the period, in its zone."""
        return start_of_day(self.end, self.zone)

    @property
    def last(self) -> date:
        """The last day that belongs to the period."""
        return self.end - timedelta(days=1)

    def contains(self, day: date) -> bool:
        """Whether a day of the wall calendar lies in the period."""
        return self.first <= day < self.end

    def is_over(self, now: datetime) -> bool:
        """Whether no day of the period is still to come at the instant `now`."""
        return now.astimezone(self.zone).date() >= self.end

    def previous(self) -> Period:
        """The period of the same cadence that touches this one's start."""
        return period_of(self._cadence(), self.first - timedelta(days=1), self.zone)

    def following(self) -> Period:
        """The period of the same cadence that touches this one's end."""
        return period_of(self._cadence(), self.end, self.zone)

    def _cadence(self) -> Cadence:
        if self.cadence is None:
            raise ConfigurationError(f"{self.key} is a range of days and has no neighbours; name a period")
        return self.cadence


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of `day` in `zone`: 01:00 where the clocks skip midnight, the first of two midnights.

    A day that is skipped whole starts when the next one does.
    """
    return instant_of(datetime.combine(day, time()), zone)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which clocks in `zone` show the naive time `wall`, or have jumped over it."""
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == wall:
        return before.astimezone(zone)
    # in a gap fold=0 reads the wall with the offset before it and fold=1 with the one after (PEP 495): the jump
    # lies between the two, at the latest instant before which the old offset still holds
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), before
    new = late.astimezone(zone).utcoffset()
    while late - early > _RESOLUTION:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == new:
            late = middle
        else:
            early = middle
    return late.astimezone(zone)


_RESOLUTION = timedelta(microseconds=1)


def period_of(cadence: Cadence, day: date, zone: ZoneInfo) -> Period:
    """The period of `cadence` that holds `day`."""
    if cadence is Cadence.DAY:
        return Period(day.isoformat(), day, day + timedelta(days=1), zone, cadence)
    if cadence is Cadence.WEEK:
        year, week, weekday = day.isocalendar()
        monday = day - timedelta(days=weekday - 1)
        return Period(f"{year}-W{week:02}", monday, monday + timedelta(days=7), zone, cadence)
    return _months(cadence, day, zone)


def _months(cadence: Cadence, day: date, zone: ZoneInfo) -> Period:
    length = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.YEAR: 12}[cadence]
    index = (day.month - 1) // length
    first = date(day.year, index * length + 1, 1)
    key = {
        Cadence.MONTH: f"{day.year:04}-{day.month:02}",
        Cadence.QUARTER: f"{day.year:04}-Q{index + 1}",
        Cadence.YEAR: f"{day.year:04}",
    }[cadence]
    beyond = first.year * 12 + first.month - 1 + length
    return Period(key, first, date(beyond // 12, beyond % 12 + 1, 1), zone, cadence)


def last_whole_period(cadence: Cadence, now: datetime, zone: ZoneInfo) -> Period:
    """The newest period that is over at the instant `now`."""
    return period_of(cadence, now.astimezone(zone).date(), zone).previous()


def parse_period(text: str, cadence: Cadence, zone: ZoneInfo, now: datetime) -> Period:
    """Read a PERIOD argument; `last` and `this` are of the digest's own `cadence`, seen from `now`.

    Raises:
        ConfigurationError: the text is not a period, or names one that does not exist (``2021-13``).
    """
    word = text.strip()
    if word.lower() == "last":
        return last_whole_period(cadence, now, zone)
    if word.lower() == "this":
        return period_of(cadence, now.astimezone(zone).date(), zone)
    try:
        return period_of_key(word.upper(), zone)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"{text!r} is not a period that exists; write one of {FORMS}") from error


def period_of_key(key: str, zone: ZoneInfo) -> Period:
    """The period that bears `key`, the inverse of `Period.key`.

    Raises:
        ValueError: no period does.
    """
    return _parse_range(key, zone) if ".." in key else _parse_key(key, zone)


def _parse_range(text: str, zone: ZoneInfo) -> Period:
    first, _, last = (part.strip() for part in text.partition(".."))
    start, end = _day(first), _day(last) + timedelta(days=1)
    if end <= start or start.year < _FIRST_YEAR:
        raise ValueError(text)
    return Period(f"{start}..{end - timedelta(days=1)}", start, end, zone, None)


_FIRST_YEAR = 1900  # a slip such as 0201-11 is no period of any newsroom
_LAST_YEAR = 9000
_KEYS = (
    (Cadence.DAY, re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)),
    (Cadence.WEEK, re.compile(r"\d{4}-W\d{2}", re.ASCII)),
    (Cadence.QUARTER, re.compile(r"\d{4}-Q[1-4]", re.ASCII)),
    (Cadence.MONTH, re.compile(r"\d{4}-\d{2}", re.ASCII)),
    (Cadence.YEAR, re.compile(r"\d{4}", re.ASCII)),
)


def _parse_key(text: str, zone: ZoneInfo) -> Period:
    for cadence, form in _KEYS:
        if form.fullmatch(text):
            period = period_of(cadence, _first_day(cadence, text), zone)
            if period.key != text or not _FIRST_YEAR <= period.end.year <= _LAST_YEAR:
                raise ValueError(text)
            return period
    raise ValueError(text)


def _first_day(cadence: Cadence, key: str) -> date:
    year = int(key[:4])
    if cadence is Cadence.DAY:
        return _day(key)
    if cadence is Cadence.WEEK:
        return date.fromisocalendar(year, int(key[6:]), 1)
    if cadence is Cadence.QUARTER:
        return date(year, int(key[6:]) * 3 - 2, 1)
    return date(year, int(key[5:]) if cadence is Cadence.MONTH else 1, 1)


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(text)
    return date.fromisoformat(text)
