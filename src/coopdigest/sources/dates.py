"""Reads the dates that newsrooms, feeds and front matter write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_tz
from zoneinfo import ZoneInfo

from coopdigest.sources.months import MONTH_WORDS, WEEKDAY_WORDS, fold


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was published: the day on the digest's calendar, and the instant where it is known."""

    day: date | None = None
    instant: datetime | None = None


UNDATED = Moment()

_MONTH = "(?P<month>" + "|".join(sorted(map(re.escape, MONTH_WORDS), key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"
_OF = r"(?:de|del|do|di|of|d')?"
_ORDINAL = r"(?:er|st|nd|rd|th|o|a|e|\.)?"
_GAP = r"[\s,./-]*"
_WEEKDAY = "(?:(?:" + "|".join(sorted(WEEKDAY_WORDS)) + r")[.,]?\s+)?"
_SHAPES = (
    rf"(?P<year>\d{{4}})-(?P<number>\d{{1,2}})-{_DAY}",
    rf"(?P<year>\d{{4}})[/.](?P<number>\d{{1,2}})[/.]{_DAY}",
    rf"{_DAY}\.\s?(?P<number>\d{{1,2}})\.\s?{_YEAR}",
    rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/{_YEAR}",
    rf"{_DAY}{_ORDINAL}{_GAP}{_OF}\s*{_MONTH}{_GAP}{_OF}\s*{_YEAR}",
    rf"{_MONTH}{_GAP}{_DAY}{_ORDINAL}{_GAP}{_YEAR}",
)
_WHOLE = tuple(re.compile(rf"{_WEEKDAY}{shape}") for shape in _SHAPES)
_INSIDE = tuple(re.compile(rf"(?<![\w/-]){shape}(?![\w/])") for shape in _SHAPES)
_MONTH_HEADING = re.compile(rf"{_MONTH}\s*{_OF}\s*{_YEAR}")
_DATE_ONLY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_YEAR_INSIDE = re.compile(r"\d{4}")
_LONGEST = 200  # characters: no date is longer, and patterns need not search a page

_ZONE_COMMENT = re.compile(r"\s*\([^()]*\)\s*$")
_MAIL_OFFSET = re.compile(
    r"\s*(?:(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)|(?<=[\d ])(?P<name>[A-Za-z]{1,5}))$"
)

# RFC 822 5.1 and the names that European feeds use; hours east of UTC.
_ZONE_HOURS = {
    name: int(hours)
    for hours, names in {
        "0": "ut utc gmt z wet",
        "1": "west bst cet met",
        "2": "cest mest eet",
        "3": "eest msk",
        "9": "jst",
        "-4": "edt",
        "-5": "est cdt",
        "-6": "cst mdt",
        "-7": "mst pdt",
        "-8": "pst",
    }.items()
    for name in names.split()
}


def read_date(text: str) -> date | None:
    """The date that `text` as a whole is, None when it says anything else (a weekday in front may stand)."""
    if len(text) > _LONGEST or not _YEAR_INSIDE.search(text):
        return None
    folded = fold(text)
    for shape in _WHOLE:
        if match := shape.fullmatch(folded):
            return _build(match)
    return None


def find_date(text: str) -> date | None:
    """The first date inside `text`, such as ``Posted on 3 July 2020 by the desk``."""
    folded = fold(text[: 2 * _LONGEST])
    found = [match for shape in _INSIDE if (match := shape.search(folded))]
    return next(filter(None, map(_build, sorted(found, key=re.Match.start))), None)


def is_month_heading(text: str) -> bool:
    """Whether `text` is a month and a year, which a listing puts above the items of a month."""
    return (
        len(text) < _LONGEST
        and _YEAR_INSIDE.search(text) is not None
        and _MONTH_HEADING.fullmatch(fold(text)) is not None
    )


def read_moment(text: str, zone: ZoneInfo) -> Moment:
    """When `text` (RFC 5322, ISO 8601, or a date as people write it) is; UNDATED when it is none of these.

    A time without an offset is taken in `zone`; a date without a time has no instant.
    """
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST:
        return UNDATED
    day = date.fromisoformat(line) if _is_iso_day(line) else read_date(line)
    if day:
        return Moment(day)
    stamp = _read_iso(line) or _read_mail_date(line)
    if stamp is not None:
        return moment_of(stamp, zone)
    return Moment(find_date(line))


def moment_of(stamp: datetime, zone: ZoneInfo) -> Moment:
    """The moment of a time stamp, which stands in `zone` when it names no zone itself."""
    aware = stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)
    try:
        return Moment(aware.astimezone(zone).date(), aware.astimezone(UTC))
    except (OverflowError, ValueError):  # the years 1 and 9999, at the edge of the calendar
        return UNDATED


def _build(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    day, number = parts.get("day"), parts.get("number")
    if parts.get("month"):
        number = str(MONTH_WORDS[parts["month"]])
    elif parts.get("first"):
        day, number = _order(parts["first"], parts["second"])
    try:
        return date(int(parts["year"]), int(number or 0), int(day or 0))
    except ValueError:
        return None


def _order(first: str, second: str) -> tuple[str, str]:
    """Day and month of ``a/b/year``: certain when one is above 12 or both are equal, else (0, 0), which is no date."""
    if int(first) > 12 or first == second:
        return first, second
    return (second, first) if int(second) > 12 else ("0", "0")


def _is_iso_day(line: str) -> bool:
    if not _DATE_ONLY.fullmatch(line) or not line.isascii():
        return False
    try:
        date.fromisoformat(line)
    except ValueError:
        return False
    return True


def _read_iso(line: str) -> datetime | None:
    """ISO 8601 and what YAML and W3C-DTF make of it (a blank before the offset, 24 o'clock no more)."""
    if not line.isascii() or not re.match(r"\d{4}-?\d\d-?\d\d[T ]", line, re.IGNORECASE):
        return None
    text = re.sub(r"\s+(?=[+-]\d|Z$)", "", line.upper())
    text = re.sub(r"([+-]\d\d?)$", lambda m: f"{m.group(1)[0]}{int(m.group(1)[1:]):02d}:00", text[10:])
    text = line[:10] + re.sub(r" (?:UTC|GMT)$", "Z", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_mail_date(line: str) -> datetime | None:
    """RFC 5322 3.3 and its obsolete forms, as RSS uses them. Without a zone the stamp is naive.

    The zone is read here, because `parsedate_tz` takes a missing or unknown one for UTC.
    """
    if not line.isascii() or ":" not in line:
        return None
    text = _ZONE_COMMENT.sub("", line)
    offset = _MAIL_OFFSET.search(text)
    body = text[: offset.start()] if offset else text
    try:
        parts = parsedate_tz(body)
        if parts is None:
            return None
        stamp = datetime(*parts[:6])  # noqa: DTZ001  the zone is decided next
        seconds = _offset_seconds(offset)
        # Subtract before the zone is put on: an offset of more than a day is a typing error, not a zone.
        return stamp if seconds is None else (stamp - timedelta(seconds=seconds)).replace(tzinfo=UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _offset_seconds(offset: re.Match[str] | None) -> int | None:
    """Seconds east of UTC, None for no zone and for a name that is not known."""
    if offset is None:
        return None
    if offset.group("sign"):
        seconds = int(offset.group("hours")) * 3600 + int(offset.group("minutes")) * 60
        return -seconds if offset.group("sign") == "-" else seconds
    hours = _ZONE_HOURS.get(offset.group("name").lower())
    return None if hours is None else hours * 3600
