"""Items and their sources in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from coopdigest.domain.item import FoundItem, Item, identity_of
from coopdigest.ports import Collected, Reading, SourceRecord, Validators
from coopdigest.store.content import image_to_json, item_from_row
from coopdigest.store.database import Database
from coopdigest.store.schema import items, sources, used_items

_MANY = 500  # ids in one IN list; SQLite allows 32,766 variables


class ItemTables:
    """`ports.ItemStore` on a database."""

    def __init__(self, database: Database, digest: str) -> None:
        """Keep the items of one digest."""
        self._database, self._digest = database, digest

    def source(self, name: str) -> SourceRecord:
        """See `ports.ItemStore.source`."""
        query = select(sources).where(sources.c.digest == self._digest, sources.c.name == name)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return SourceRecord(name)
        given = Validators(row.etag, row.last_modified) if row.etag or row.last_modified else None
        return SourceRecord(
            name, row.first_collected, row.last_collected, row.last_tried, row.last_error, row.items, given
        )

    def keep(self, source: str, reading: Reading, *, whole: bool, now: datetime, today: datetime) -> Collected:
        """See `ports.ItemStore.keep`."""
        with self._database.writing() as connection:
            if reading.unchanged:
                known = self._present_count(connection, source)
                self._note_success(connection, source, {"last_collected": now, "last_tried": now})
                return Collected(seen=known)
            found = {
                identity_of(source, item): (place, item) for place, item in reversed(list(enumerate(reading.items)))
            }
            known_ids = self._known(connection, source)
            used = self._used(connection, list(known_ids.values()))
            unused = {identity: known_ids.get(identity) for identity in found if known_ids.get(identity) not in used}
            birth = {"digest": self._digest, "source": source, "first_seen": now, "day": today.date(), "undated": True}
            self._write(connection, found, unused, birth)
            gone = self._mark_gone(connection, source, set(known_ids) - set(found), now) if whole else 0
            self._note_success(connection, source, _success(reading, len(found), now))
        new = len(set(found) - set(known_ids))
        return Collected(new=new, seen=len(found) - new, gone=gone)

    def note_failure(self, source: str, error: str, now: datetime) -> None:
        """See `ports.ItemStore.note_failure`."""
        with self._database.writing() as connection:
            self._upsert_source(connection, source, {"last_tried": now, "last_error": error})

    def present(self, names: Sequence[str]) -> list[Item]:
        """See `ports.ItemStore.present`."""
        query = (
            select(items)
            .where(items.c.digest == self._digest, items.c.source.in_(names), items.c.gone_since.is_(None))
            .order_by(items.c.id)
        )
        with self._database.reading() as connection:
            return [item_from_row(row) for row in connection.execute(query)]

    def _known(self, connection: Connection, source: str) -> dict[str, int]:
        query = select(items.c.identity, items.c.id).where(items.c.digest == self._digest, items.c.source == source)
        return dict(connection.execute(query).all())

    def _used(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        used: set[int] = set()
        for start in range(0, len(ids), _MANY):
            query = select(used_items.c.item_id).where(used_items.c.item_id.in_(ids[start : start + _MANY]))
            used.update(connection.execute(query).scalars())
        return used

    def _write(
        self,
        connection: Connection,
        found: dict[str, tuple[int, FoundItem]],
        unused: dict[str, int | None],
        birth: dict[str, Any],
    ) -> None:
        """Insert or update by identity: `unused` names the row, None for a new one, which starts as `birth` says."""
        for identity, (place, item) in sorted(found.items(), key=lambda pair: pair[1][0]):
            if identity not in unused:
                continue
            day = {"day": item.day, "undated": False} if item.day else {}
            facts = {**_facts(item), "position": place, "gone_since": None, **day}
            if unused[identity] is None:
                connection.execute(insert(items).values({**birth, "identity": identity, **facts}))
            else:
                connection.execute(update(items).where(items.c.id == unused[identity]).values(facts))

    def _mark_gone(self, connection: Connection, source: str, identities: set[str], now: datetime) -> int:
        gone = 0
        for identity in identities:
            where = (items.c.digest == self._digest, items.c.source == source, items.c.identity == identity)
            statement = update(items).where(*where, items.c.gone_since.is_(None)).values(gone_since=now)
            gone += connection.execute(statement).rowcount
        return gone

    def _present_count(self, connection: Connection, source: str) -> int:
        query = select(items.c.id).where(
            items.c.digest == self._digest, items.c.source == source, items.c.gone_since.is_(None)
        )
        return len(connection.execute(query).all())

    def _note_success(self, connection: Connection, source: str, values: dict[str, Any]) -> None:
        now = values["last_collected"]
        self._upsert_source(connection, source, {**values, "last_error": None})
        first = update(sources).where(
            sources.c.digest == self._digest, sources.c.name == source, sources.c.first_collected.is_(None)
        )
        connection.execute(first.values(first_collected=now))

    def _upsert_source(self, connection: Connection, source: str, values: dict[str, Any]) -> None:
        where = (sources.c.digest == self._digest, sources.c.name == source)
        if not connection.execute(update(sources).where(*where).values(values)).rowcount:
            connection.execute(insert(sources).values(digest=self._digest, name=source, **values))


def _success(reading: Reading, count: int, now: datetime) -> dict[str, Any]:
    given = reading.validators or Validators()
    return {
        "last_collected": now,
        "last_tried": now,
        "items": count,
        "etag": given.etag,
        "last_modified": given.last_modified,
    }


def _facts(item: FoundItem) -> dict[str, Any]:
    names = ("title", "published", "theme", "summary", "summary_html", "url", "credit", "language", "kind")
    return {**{name: getattr(item, name) for name in names}, "image": image_to_json(item.image)}
