"""Collect: read every source, keep what it yields, and name those that fail without stopping the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from coopdigest.domain.errors import SourceError
from coopdigest.ports import Clock, Collected, ItemStore, Note, Reading, Source


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source: its counts, or why it failed."""

    name: str
    collected: Collected = field(default_factory=Collected)
    notes: Sequence[Note] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Collecting:
    """Reads sources into the item store."""

    items: ItemStore
    clock: Clock
    zone: ZoneInfo

    def collect(
        self, sources: Sequence[Source], on_source: Callable[[SourceReport], None] = lambda report: None
    ) -> list[SourceReport]:
        """Read every source in turn; `on_source` hears of each as it is done."""
        reports = []
        for source in sources:
            report = self._collect_one(source)
            on_source(report)
            reports.append(report)
        return reports

    def _collect_one(self, source: Source) -> SourceReport:
        now = self.clock.now()
        record = self.items.source(source.name)
        try:
            reading = source.read(record.validators)
            self._refuse_vanished(source, reading, record.items)
        except SourceError as error:
            self.items.note_failure(source.name, str(error), now)
            return SourceReport(source.name, error=str(error))
        kept = self._keep(source, reading, now)
        return SourceReport(source.name, kept, reading.notes)

    def _keep(self, source: Source, reading: Reading, now: datetime) -> Collected:
        today = now.astimezone(self.zone)
        return self.items.keep(source.name, reading, whole=source.shows_whole_state, now=now, today=today)

    def _refuse_vanished(self, source: Source, reading: Reading, before: int) -> None:
        """A source that had items and now shows none has failed: a redesigned page must not empty an issue."""
        if before and not reading.items and not reading.unchanged:
            raise SourceError(f"{source.name}: shows no items any more, but had {before}; has the page changed?")


def find_holes(items: ItemStore, sources: Sequence[str], ends: datetime) -> list[str]:
    """The sources without a good collect since `ends`: an issue sent now might miss their items."""
    records = [items.source(name) for name in sources]
    return [r.name for r in records if r.last_collected is None or r.last_collected < ends]
