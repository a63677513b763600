"""How long and how often, in words: `7 days`, `36h`, `600/minute`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86_400,
    "day": 86_400,
    "w": 604_800,
    "week": 604_800,
}
_PART = re.compile(r"([0-9]{1,9})\s*([a-z]+)\s*")
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(?:/|\bper\b)\s*([a-z]+)")
LONGEST = timedelta(days=3660)


def parse_duration(text: str) -> timedelta:
    """Read `7 days`, `36h`, `30m`, `2s`, `1 day 12 hours`: whole numbers, each with its unit, at most ten years.

    Raises:
        ValueError: the text is no duration.
    """
    rest, seconds = text.strip().lower(), 0
    found = _PART.match(rest)
    while found:
        seconds += int(found[1]) * _seconds(found[2], text)
        rest = rest[found.end() :]
        found = _PART.match(rest)
    if rest or not text.strip():
        raise ValueError(f'"{text}" is no duration; write one such as "7 days", "36h", "30m" or "2s"')
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text}" is too long; ten years are the most')
    return timedelta(seconds=seconds)


def parse_rate(text: str) -> float:
    """Read `600/minute` or `10 per second`; the answer is in messages per second.

    Raises:
        ValueError: the text is no rate, or a rate of nothing.
    """
    found = _RATE.fullmatch(text.strip().lower())
    if not found or not float(found[1]):
        raise ValueError(f'"{text}" is no rate; write one such as "10/second", "600/minute" or "5000/hour"')
    return float(found[1]) / _seconds(found[2], text)


def _seconds(unit: str, text: str) -> int:
    singular = unit if unit in _UNITS else unit.removesuffix("s")
    if singular not in _UNITS:
        raise ValueError(f'"{text}": {unit} is no unit of time; write seconds, minutes, hours, days or weeks')
    return _UNITS[singular]
