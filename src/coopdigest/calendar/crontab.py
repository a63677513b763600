"""Five cron fields become triggers, with the meaning that crontab gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM = re.compile(r"(?:\*|(?P<first>[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?)(?:/(?P<step>[0-9]+))?")


@dataclass(frozen=True, slots=True)
class _Field:
    """The range of a field and the names its values may have."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int:
        """The number that a word or a number stands for."""
        number = self.names.index(text) + self.lowest if text in self.names else int(text) if text.isdigit() else -1
        if not self.lowest <= number <= self.highest:
            raise ValueError(f'"{text}" is no {self.name} ({self.lowest} to {self.highest})')
        return number


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _DAYS),
)


def looks_like_cron(text: str) -> bool:
    """Whether a text is meant as cron fields: the first word is made of digits and signs alone."""
    return bool(re.match(r"[0-9*][0-9*,/-]*(?:\s|$)", text))


def cron_trigger(text: str) -> BaseTrigger:
    """The trigger, in wall time, of five cron fields: minute, hour, day of the month, month, weekday.

    Weekdays 0 and 7 are Sunday. When both days are restricted, either will do; a field that begins with a star
    restricts nothing in this sense (crontab(5)).

    Raises:
        ValueError: the text is not five cron fields, or a field is wrong.
    """
    fields = text.lower().split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"a cron expression has five fields (minute hour day month weekday), not {len(fields)}")
    minute, hour, day, month, weekday = (
        ",".join(map(str, sorted(_values(field, word)))) for field, word in zip(_FIELDS, fields, strict=True)
    )
    at = {"minute": minute, "hour": hour, "month": month, "timezone": UTC}
    on_weekdays = ",".join(str(number) for number in sorted({(int(each) - 1) % 7 for each in weekday.split(",")}))
    if fields[2].startswith("*") or fields[4].startswith("*"):
        return CronTrigger(day=day, day_of_week=on_weekdays, **at)
    return OrTrigger([CronTrigger(day=day, **at), CronTrigger(day_of_week=on_weekdays, **at)])


def _values(field: _Field, text: str) -> set[int]:
    values: set[int] = set()
    for item in text.split(","):
        found = _ITEM.fullmatch(item)
        if not found:
            raise ValueError(f'"{item}" is no {field.name}; write a number, a range 1-5, a list 1,3 or a step */2')
        values |= _range(field, found)
    return values


def _range(field: _Field, found: re.Match[str]) -> set[int]:
    step = int(found["step"] or 1)
    if not step:
        raise ValueError(f'"{found[0]}": a step is at least 1')
    if found["first"] is None:
        return set(range(field.lowest, field.highest + 1, step)) - ({7} if field.highest == 7 else set())
    first = field.value(found["first"])
    last = field.value(found["last"]) if found["last"] else field.highest if found["step"] else first
    if field.highest == 7 and last == 0 < first:
        last = 7  # sat-sun
    if last < first:
        raise ValueError(f'"{found[0]}" runs backwards; write the smaller {field.name} first')
    return set(range(first, last + 1, step))
