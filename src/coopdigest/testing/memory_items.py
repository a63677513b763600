"""Items, the sources they came from and the issues that used them, kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from coopdigest.domain.item import FoundItem, Item, identity_of
from coopdigest.ports import Collected, Reading, SourceRecord

_FACTS = [field.name for field in fields(FoundItem) if field.name not in ("day", "guid")]


class MemoryItems:
    """An `ItemStore`. It also keeps which issue used which item, for `MemoryIssues` and `MemoryLedger`."""

    def __init__(self) -> None:
        """Know nothing."""
        self._sources: dict[str, SourceRecord] = {}
        self._items: dict[int, Item] = {}
        self._gone: set[int] = set()
        self._uses: dict[tuple[str, int], str] = {}

    def source(self, name: str) -> SourceRecord:
        """What is remembered of the source."""
        return self._sources.get(name, SourceRecord(name))

    def keep(self, source: str, reading: Reading, *, whole: bool, now: datetime, today: datetime) -> Collected:
        """Record a good reading."""
        old = self.source(source)
        if reading.unchanged:
            change = Collected(seen=len(self.present([source])))
        else:
            change = self._take(source, reading, whole=whole, now=now, today=today)
        self._sources[source] = SourceRecord(
            source,
            first_collected=old.first_collected or now,
            last_collected=now,
            last_tried=now,
            items=old.items if reading.unchanged else change.new + change.seen,
            validators=reading.validators or (old.validators if reading.unchanged else None),
        )
        return change

    def note_failure(self, source: str, error: str, now: datetime) -> None:
        """Record that the source was tried and failed."""
        self._sources[source] = replace(self.source(source), last_tried=now, last_error=error)

    def present(self, sources: Sequence[str]) -> list[Item]:
        """All items of these sources that are not gone."""
        return [item for item in self._items.values() if item.source in sources and item.id not in self._gone]

    def use(self, cadence: str, period: str, ids: Iterable[int]) -> bool:
        """Mark items as used by the issue of `period`; False, and nothing marked, if another issue used one."""
        wanted = list(ids)
        if any(self._uses.get((cadence, id_), period) != period for id_ in wanted):
            return False
        self._uses.update({(cadence, id_): period for id_ in wanted})
        return True

    def release(self, period: str) -> None:
        """Give back the items that the issue of `period` used."""
        self._uses = {key: user for key, user in self._uses.items() if user != period}

    def is_user(self, period: str) -> bool:
        """Whether the issue of `period` uses any item."""
        return period in self._uses.values()

    def used(self, cadence: str, *, but: str) -> list[Item]:
        """The items that issues of `cadence` other than that of period `but` used."""
        return [self._items[id_] for (kind, id_), period in self._uses.items() if kind == cadence and period != but]

    def _take(self, source: str, reading: Reading, *, whole: bool, now: datetime, today: datetime) -> Collected:
        known = {item.identity: item for item in self._items.values() if item.source == source}
        found: dict[str, tuple[int, FoundItem]] = {}
        for position, item in enumerate(reading.items):
            found.setdefault(identity_of(source, item), (position, item))
        used = {id_ for _, id_ in self._uses}
        for identity, (position, item) in found.items():
            old = known.get(identity)
            if old is None or old.id not in used:
                self._write(old or _fresh(len(self._items) + 1, source, identity, now, today), item, position)
        absent = {item.id for identity, item in known.items() if identity not in found} - used - self._gone
        self._gone -= {item.id for identity, item in known.items() if identity in found}
        self._gone |= absent if whole else set()
        return Collected(len(found.keys() - known.keys()), len(found.keys() & known.keys()), len(absent) * whole)

    def _write(self, item: Item, found: FoundItem, position: int) -> None:
        facts: dict[str, Any] = {name: getattr(found, name) for name in _FACTS}
        if found.day:
            facts |= {"day": found.day, "undated": False}
        self._items[item.id] = replace(item, position=position, **facts)


def _fresh(id_: int, source: str, identity: str, now: datetime, today: datetime) -> Item:
    return Item(
        id=id_,
        source=source,
        identity=identity,
        title="",
        day=today.date(),
        published=None,
        theme=None,
        summary=None,
        summary_html=None,
        url=None,
        image=None,
        credit=None,
        language=None,
        position=0,
        undated=True,
        first_seen=now,
    )
