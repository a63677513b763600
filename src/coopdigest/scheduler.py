"""One tick: which due occurrences lack a final outcome? Each is taken one step further; the store is the memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from coopdigest.domain.errors import ConfigurationError, CoopdigestError
from coopdigest.domain.issue import FINAL, OPENED, IssueState
from coopdigest.domain.period import Period, last_whole_period
from coopdigest.wiring import Workplace

if TYPE_CHECKING:
    from coopdigest.calendar.schedule import Schedule

_TICK = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When an issue is due, and of which period; `is_missed` when that was longer ago than `catch_up`."""

    due: datetime
    period: Period
    is_missed: bool = False


def parse_digest_schedule(workplace: Workplace) -> Schedule:
    """The schedule of `[schedule] send`.

    Raises:
        ConfigurationError: there is none, or it cannot be read.
    """
    from coopdigest.calendar.schedule import parse_schedule
    from coopdigest.calendar.workdays import Holidays

    table = workplace.settings.schedule
    if table.send is None:
        raise ConfigurationError('no [schedule] send; write one such as send = "first working day 09:00"')
    key = "holidays"
    try:
        holidays = Holidays(table.holidays, frozenset(table.extra_holidays))
        key = "send"
        return parse_schedule(table.send, workplace.digest.zone, holidays)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), place=workplace.settings.place_of("schedule", key)) from error


@dataclass(slots=True)
class Scheduler:
    """Ticks for one digest. Keeps nothing but what it already said, so that a trouble is told once."""

    workplace: Workplace
    schedule: Schedule
    log: Callable[[str], None]
    stop: Event = field(default_factory=Event)
    said: set[str] = field(default_factory=set)

    def tick(self) -> None:
        """Collect when an hour has passed, drain what is open, take every due occurrence a step further."""
        now = self.workplace.clock.now()
        began = self.workplace.store.issues.began(now)
        self._guard(self._collect_hourly)
        for record in self.workplace.store.issues.records():
            if record.state is IssueState.SENDING:
                self._guard(partial(self._drain, self.workplace.period(record.period)))
        for occurrence in self.due(began, now):
            if not self.stop.is_set():
                self._guard(partial(self._step, occurrence))

    def due(self, began: datetime, now: datetime) -> list[Occurrence]:
        """Occurrences since the digest's first run whose issue has no final outcome yet, the oldest first.

        Looks back period by period until one that is settled: what lies before that was settled in its time.
        """
        digest = self.workplace.digest
        found: list[Occurrence] = []
        period = last_whole_period(digest.cadence, now, digest.zone)
        while period.following().ends > began:
            if (occurrence := self._occurrence_of(period, began, now)) is not None:
                found.append(occurrence)
            if self._is_settled(period):
                break
            period = period.previous()
        return found[::-1]

    def _occurrence_of(self, period: Period, began: datetime, now: datetime) -> Occurrence | None:
        """The occurrence of a period that calls for action: one that can be caught up, else the one missed."""
        opens = max(period.ends, began)
        recent = max(opens, now - self.workplace.settings.schedule.catch_up)
        for after, is_missed in ((recent, False), (opens, True)):
            due = self.schedule.next(after - timedelta(microseconds=1))
            if due <= now and due < period.following().ends:
                return Occurrence(due, period, is_missed)
        return None

    def _is_settled(self, period: Period) -> bool:
        record = self.workplace.store.issues.record(period)
        return record is not None and record.state in FINAL

    def _guard(self, step: Callable[[], None]) -> None:
        """Tell an expected trouble once and go on; a wrong configuration or a bug ends the run."""
        try:
            step()
        except ConfigurationError:
            raise
        except CoopdigestError as error:
            self._say_once(str(error))

    def _say_once(self, text: str) -> None:
        if text not in self.said:
            self.said.add(text)
            self.log(text)

    def _collect_hourly(self) -> None:
        pause = self.workplace.settings.schedule.collect
        self._collect_unless_tried_after(self.workplace.clock.now() - pause)

    def _collect_unless_tried_after(self, instant: datetime) -> None:
        items = self.workplace.store.items
        tried = [items.source(name).last_tried for name in self.workplace.source_names]
        if any(last is None or last <= instant for last in tried):
            self._collect()

    def _collect(self) -> None:
        for report in self.workplace.collecting.collect(self.workplace.sources()):
            if report.error:
                self._say_once(report.error)
            elif report.collected.new or report.collected.gone:
                self.log(f"collected {report.name}: {report.collected.new} new, {report.collected.gone} gone")

    def _step(self, occurrence: Occurrence) -> None:
        """Take an occurrence whose campaign is not open one step further."""
        record = self.workplace.store.issues.record(occurrence.period)
        state = record.state if record else IssueState.DRAFT
        if state in OPENED or (state in FINAL and not self._is_reopened(state, occurrence.period)):
            return
        if occurrence.is_missed:
            self._miss(occurrence, state)
            return
        self._collect_unless_tried_after(occurrence.due - timedelta(microseconds=1))
        self._drain(occurrence.period)

    def _is_reopened(self, state: IssueState, period: Period) -> bool:
        """An empty period is taken up again when something comes for it."""
        return state is IssueState.EMPTY and self.workplace.editing.issue(period).size > 0

    def _miss(self, occurrence: Occurrence, state: IssueState) -> None:
        if state in FINAL:
            return
        why = f"due {occurrence.due.isoformat(timespec='minutes')}, longer ago than catch_up allows"
        now = self.workplace.clock.now()
        self.workplace.store.issues.set_state(occurrence.period, IssueState.MISSED, now, why)
        self.log(f"issue {occurrence.period.key} missed: {why}; send it by hand if it is still wanted")

    def _drain(self, period: Period) -> None:
        workplace = self.workplace
        workplace.sync_roster(self._say_once)
        campaigns = workplace.campaigns(should_stop=self.stop.is_set)
        required = workplace.required_sources()
        campaign = campaigns.prepare(period, workplace.composer, early=False, required=required)
        before = campaign.tally
        after = campaigns.drain(campaign).campaign
        if after.tally != before or after.state is not campaign.state:
            self.log(f"issue {period.key} {after.state}: {after.tally}")
        if held := campaigns.held_back(after):
            self._say_once(f"issue {period.key}: only_to holds back {held} of {after.tally.recipients}")


def run_until_stopped(scheduler: Scheduler) -> None:
    """Tick now, every 15 s and at every occurrence, until `scheduler.stop` is set.

    APScheduler is the alarm clock only: its memory job store keeps nothing that matters, so a missed alarm
    costs at most 15 s. One worker thread, so ticks never overlap. A bug or a wrong configuration stops the run.
    """
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    alarm = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone=scheduler.workplace.digest.zone)
    failures: list[BaseException] = []
    ticking = Lock()

    def ring() -> None:
        with ticking:
            if scheduler.stop.is_set():
                return
            try:
                scheduler.tick()
                following = scheduler.schedule.next(scheduler.workplace.clock.now())
            except BaseException as error:
                failures.append(error)
                scheduler.stop.set()
                raise
            alarm.add_job(ring, "date", run_date=following, id="occurrence", replace_existing=True)

    every = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    alarm.add_job(
        ring,
        "interval",
        seconds=_TICK.total_seconds(),
        next_run_time=datetime.now(scheduler.workplace.digest.zone),
        **every,
    )
    alarm.start()
    scheduler.stop.wait()
    alarm.shutdown(wait=False)  # with wait=True it holds the lock that a tick, at its end, needs for `add_job`
    with ticking:
        pass
    if failures:
        raise failures[0]
