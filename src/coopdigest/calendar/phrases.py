"""Schedule expressions in words become triggers: `first working day 09:00`, `last friday 16:30`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from coopdigest.calendar.workdays import Holidays

EXAMPLES = (
    '"first working day 09:00", "last friday 16:30", "day 1 09:00", "last day 18:00", "monday 08:00", "daily 07:00", '
    '"0 9 1 * *"'
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CRON_ORDINALS = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "last": "last"}
_PHRASE = re.compile(r"(?P<days>.*?)\s*(?:\bat\s+)?(?P<time>\S*:\S*)")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class WorkingDayTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """Fires at one time of day on the working days that `choose` picks from those of each month."""

    __slots__ = ("at", "choose", "holidays")

    def __init__(self, at: time, holidays: Holidays, choose: Callable[[list[date]], list[date]]) -> None:
        """Pick from the working days of `holidays` with `choose`."""
        self.at = at
        self.holidays = holidays
        self.choose = choose

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first such moment not before `now`; None when a hundred months have none."""
        month = now.date().replace(day=1)
        for _ in range(100):
            days = _days_of(month)
            for day in self.choose([day for day in days if self.holidays.is_working_day(day)]):
                moment = datetime.combine(day, self.at, UTC)
                if moment >= now:
                    return moment
            if days[-1] == date.max:
                break
            month = days[-1] + timedelta(days=1)
        return None


def _days_of(first: date) -> list[date]:
    """The days of the month that begins with `first`."""
    days = [first.replace(day=number) for number in range(1, 29)]
    while days[-1] < date.max and (days[-1] + timedelta(days=1)).month == first.month:
        days.append(days[-1] + timedelta(days=1))
    return days


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time of day, and the cron fields that say it."""

    at: time

    def cron(self, **fields: str | int) -> CronTrigger:
        return CronTrigger(hour=self.at.hour, minute=self.at.minute, second=0, timezone=UTC, **fields)


def phrase_trigger(text: str, holidays: Holidays) -> BaseTrigger:
    """The trigger, in wall time, of an expression in small letters.

    `day 31` is the last day of shorter months, as are `day 29` and `day 30`; a month with fewer working days than
    `tenth working day` asks for takes its last one.

    Raises:
        ValueError: the text is no such expression.
    """
    found = _PHRASE.fullmatch(text)
    if not found:
        raise ValueError("it must end with a time of day such as 09:00")
    days = found["days"].removeprefix("every ").removeprefix("on ")
    moment = _Moment(_time(found["time"]))
    for read in (_read_plain, _read_day_number, _read_nth_weekday):
        trigger = read(days, moment)
        if trigger is not None:
            return trigger
    return _read_working_day(days, moment, holidays)


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no time of day; write one from 00:00 to 23:59')
    return time(int(found[1]), int(found[2]))


def _read_plain(days: str, moment: _Moment) -> BaseTrigger | None:
    if days in ("daily", "day"):
        return moment.cron()
    if days == "last day":
        return moment.cron(day="last")
    if days in _WEEKDAYS:
        return moment.cron(day_of_week=_WEEKDAYS.index(days))
    return None


def _read_day_number(days: str, moment: _Moment) -> BaseTrigger | None:
    found = re.fullmatch(r"day ([0-9]{1,3})", days)
    if not found:
        return None
    number = int(found[1])
    if not 1 <= number <= 31:
        raise ValueError(f"no month has a day {number}")
    if number <= 28:
        return moment.cron(day=number)
    short = {29: "2", 30: "2", 31: "2,4,6,9,11"}[number]
    return OrTrigger([moment.cron(day=number), moment.cron(day="last", month=short)])


def _read_nth_weekday(days: str, moment: _Moment) -> BaseTrigger | None:
    ordinal, _, weekday = days.partition(" ")
    if weekday not in _WEEKDAYS or ordinal not in (*_ORDINALS, "last"):
        return None
    if ordinal not in _CRON_ORDINALS:
        raise ValueError(f"not every month has a {ordinal} {weekday.title()}; write last {weekday}")
    return moment.cron(day=f"{_CRON_ORDINALS[ordinal]} {weekday[:3]}")


def _read_working_day(days: str, moment: _Moment, holidays: Holidays) -> BaseTrigger:
    if days == "working day":
        return WorkingDayTrigger(moment.at, holidays, lambda working: working)
    ordinal = days.removesuffix(" working day")
    if ordinal == days or ordinal not in (*_ORDINALS, "last"):
        raise ValueError("it is no schedule" if days else "it names no day")
    if ordinal == "last":
        return WorkingDayTrigger(moment.at, holidays, lambda working: working[-1:])
    index = _ORDINALS.index(ordinal)
    return WorkingDayTrigger(moment.at, holidays, lambda working: (working[: index + 1])[-1:])
