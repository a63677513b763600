"""The instants at which issues are due: a pure function of an expression, a zone and holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from coopdigest.calendar.crontab import cron_trigger, looks_like_cron
from coopdigest.calendar.phrases import EXAMPLES, phrase_trigger
from coopdigest.calendar.workdays import Holidays
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.period import Cadence, Period, instant_of, last_whole_period

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule for wall-clock times in `zone`.

    The trigger runs on wall time written as if it were UTC, where no hour is skipped or repeated; each wall time is
    then placed in the zone once. (Given the zone itself, APScheduler 3.11 fires 02:30 twice in autumn.)
    """

    text: str
    zone: ZoneInfo
    trigger: BaseTrigger

    def occurrences(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The occurrences with ``after < occurrence <= until``, strictly increasing, in the zone.

        A wall time that the clocks show twice counts once, the first time; wall times that they skip fall
        together on the first instant after the gap.
        """
        for occurrence in self._following(after):
            if occurrence.astimezone(UTC) > until.astimezone(UTC):
                return
            yield occurrence

    def next(self, after: datetime) -> datetime:
        """The first occurrence later than `after`.

        Raises:
            ConfigurationError: there is none before the calendar ends with the year 9999.
        """
        for occurrence in self._following(after):
            return occurrence
        raise ConfigurationError(f'schedule "{self.text}": nothing is due after {after:%Y-%m-%d}')

    def _following(self, after: datetime) -> Iterator[datetime]:
        last = after.astimezone(UTC)
        wall = after.astimezone(self.zone).replace(tzinfo=UTC, fold=0)
        while True:
            # never tell the trigger what it fired before: it would loop or start over from there
            found = self.trigger.get_next_fire_time(None, wall)
            if found is None:
                return
            wall = found + _TICK
            occurrence = instant_of(found.replace(tzinfo=None), self.zone)
            if occurrence.astimezone(UTC) > last:
                last = occurrence.astimezone(UTC)
                yield occurrence


def parse_schedule(text: str, zone: ZoneInfo, holidays: Holidays) -> Schedule:
    """Read a schedule expression: words such as ``first working day 09:00``, or five cron fields.

    Raises:
        ConfigurationError: the text is neither, or names a day that never comes (``0 9 31 2 *``).
    """
    plain = " ".join(text.split())
    try:
        trigger = cron_trigger(plain) if looks_like_cron(plain) else phrase_trigger(plain.lower(), holidays)
    except ValueError as error:
        raise ConfigurationError(f'schedule "{plain}": {error}; examples: {EXAMPLES}') from error
    if trigger.get_next_fire_time(None, _LONG_AGO) is None:
        raise ConfigurationError(f'schedule "{plain}": this day never comes; examples: {EXAMPLES}')
    return Schedule(plain, zone, trigger)


def due_period(cadence: Cadence, occurrence: datetime, zone: ZoneInfo) -> Period:
    """The period that an occurrence is for: the last whole one before it."""
    return last_whole_period(cadence, occurrence, zone)
