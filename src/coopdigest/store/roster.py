"""Subscribers and suppressions in the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Address, Origin, Reason, Subscriber
from coopdigest.store.database import Database
from coopdigest.store.issues import set_digest
from coopdigest.store.schema import digests, subscribers, suppressions

_BATCH = 1_000  # rows in memory, and in one statement


def not_suppressed() -> ColumnElement[bool]:
    """The condition that a subscriber's address is not suppressed."""
    standing = select(suppressions.c.address_hash).where(
        suppressions.c.digest == subscribers.c.digest, suppressions.c.address_hash == subscribers.c.address_hash
    )
    return ~standing.exists()


class RosterTables:
    """`ports.Roster` on a database."""

    def __init__(self, database: Database, digest: str) -> None:
        """Keep the roster of one digest."""
        self._database, self._digest = database, digest

    def subscribers(self) -> list[Subscriber]:
        """See `ports.Roster.subscribers`."""
        with self._database.reading() as connection:
            return [_subscriber(row) for row in connection.execute(self._query().order_by(subscribers.c.address_key))]

    def find(self, address: Address) -> Subscriber | None:
        """See `ports.Roster.find`."""
        return self._first(subscribers.c.address_key == address.key)

    def get(self, subscriber: int) -> Subscriber | None:
        """See `ports.Roster.get`."""
        return self._first(subscribers.c.id == subscriber)

    def _first(self, condition: ColumnElement[bool]) -> Subscriber | None:
        with self._database.reading() as connection:
            row = connection.execute(self._query().where(condition)).first()
        return _subscriber(row) if row else None

    def _query(self) -> Select[Any]:
        same = and_(
            suppressions.c.digest == subscribers.c.digest, suppressions.c.address_hash == subscribers.c.address_hash
        )
        joined = subscribers.outerjoin(suppressions, same)
        return select(subscribers, suppressions.c.reason).select_from(joined).where(self._mine())

    def _mine(self) -> ColumnElement[bool]:
        return subscribers.c.digest == self._digest

    def audience_size(self) -> int:
        """See `ports.Roster.audience_size`."""
        query = select(func.count()).select_from(subscribers)
        with self._database.reading() as connection:
            condition = (self._mine(), subscribers.c.active.is_(True), not_suppressed())
            return int(connection.execute(query.where(*condition)).scalar_one())

    def put(self, rows: Iterable[RosterRow], origin: str, now: datetime) -> tuple[int, int]:
        """See `ports.Roster.put`."""
        with self._database.writing() as connection:
            return self._put(connection, rows, origin, now)

    def _put(self, connection: Connection, rows: Iterable[RosterRow], origin: str, now: datetime) -> tuple[int, int]:
        """Add or update. Whoever is there keeps their origin: the file may add facts to one who came by hand."""
        kept = case((subscribers.c.active, subscribers.c.origin), else_=origin)  # who had left comes anew
        change = update(subscribers).where(subscribers.c.id == bindparam("row_id")).values(origin=kept)
        known_count = added_count = 0
        pending = iter(rows)
        while batch := list(islice(pending, _BATCH)):
            known = self._known(connection, [row.address.key for row in batch])
            added = [
                {**_row_values(row), **self._new(row, origin, now)} for row in batch if row.address.key not in known
            ]
            changed = [values for row in batch if (values := _changes(known.get(row.address.key), row))]
            if added:
                connection.execute(insert(subscribers), added)
            if changed:
                connection.execute(change, changed)
            known_count += len(known)
            added_count += len(added)
        return added_count, known_count

    def _known(self, connection: Connection, keys: Sequence[str]) -> dict[str, Row[Any]]:
        query = select(subscribers).where(self._mine(), subscribers.c.address_key.in_(keys))
        return {row.address_key: row for row in connection.execute(query)}

    def _new(self, row: RosterRow, origin: str, now: datetime) -> dict[str, Any]:
        who = {"digest": self._digest, "address_key": row.address.key, "address_hash": row.address.hash}
        return {**who, "origin": origin, "created_at": now}

    def departing(self, present: Sequence[str]) -> list[int]:
        """See `ports.Roster.departing`."""
        keys = set(present)
        condition = (self._mine(), subscribers.c.active.is_(True), subscribers.c.origin == Origin.FILE.value)
        query = select(subscribers.c.address_key, subscribers.c.id).where(*condition).order_by(subscribers.c.id)
        with self._database.reading() as connection:
            people = connection.execute(query.execution_options(yield_per=_BATCH))
            return [id_ for key, id_ in people if key not in keys]

    def sync(self, rows: Sequence[RosterRow], departed: Sequence[int], stamp: str, now: datetime) -> tuple[int, int]:
        """See `ports.Roster.sync`."""
        with self._database.writing() as connection:
            counts = self._put(connection, rows, Origin.FILE.value, now)
            if departed:
                leave = update(subscribers).where(subscribers.c.id == bindparam("row_id")).values(active=False)
                connection.execute(leave, [{"row_id": id_} for id_ in departed])
            set_digest(connection, self._digest, {"roster_stamp": stamp})
        return counts

    def stamp(self) -> str | None:
        """See `ports.Roster.stamp`."""
        query = select(digests.c.roster_stamp).where(digests.c.slug == self._digest)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def suppress(self, address: Address, reason: Reason, now: datetime) -> bool:
        """See `ports.Roster.suppress`."""
        with self._database.writing() as connection:
            return self._suppress(connection, address, reason, now)

    def _suppress(self, connection: Connection, address: Address, reason: Reason, now: datetime) -> bool:
        if connection.execute(select(suppressions).where(*self._suppression(address))).first():
            return False
        row = {"digest": self._digest, "address_hash": address.hash, "reason": reason.value, "since": now}
        connection.execute(insert(suppressions).values(row))
        return True

    def _suppression(self, address: Address) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (suppressions.c.digest == self._digest, suppressions.c.address_hash == address.hash)

    def unsuppress(self, address: Address) -> bool:
        """See `ports.Roster.unsuppress`."""
        with self._database.writing() as connection:
            return bool(connection.execute(delete(suppressions).where(*self._suppression(address))).rowcount)

    def suppressions(self) -> Mapping[str, Reason]:
        """See `ports.Roster.suppressions`."""
        query = select(suppressions.c.address_hash, suppressions.c.reason).where(suppressions.c.digest == self._digest)
        with self._database.reading() as connection:
            return {hash_: Reason(reason) for hash_, reason in connection.execute(query)}

    def erase(self, address: Address, now: datetime) -> bool:
        """See `ports.Roster.erase`."""
        with self._database.writing() as connection:
            where = (self._mine(), subscribers.c.address_key == address.key)
            known = connection.execute(delete(subscribers).where(*where)).rowcount
            if known:
                self._suppress(connection, address, Reason.MANUAL, now)
        return bool(known)


def _row_values(row: RosterRow) -> dict[str, Any]:
    return {
        "address": row.address.given,
        "name": row.name,
        "language": row.language,
        "themes": list(row.themes),
        "joined": row.joined,
        "attributes": dict(row.attributes),
        "active": True,
    }


def _changes(known: Row[Any] | None, row: RosterRow) -> dict[str, Any] | None:
    """What to write of a row about somebody who is known; None when nothing of it is new, as for nearly all."""
    values = _row_values(row)
    if known is None or all(getattr(known, name) == value for name, value in values.items()):
        return None
    return {"row_id": known.id, **values}


def _subscriber(row: Row[Any]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=Address(row.address, row.address_key),
        name=row.name,
        language=row.language,
        themes=tuple(row.themes),
        joined=row.joined,
        attributes=row.attributes,
        origin=Origin(row.origin),
        active=row.active,
        suppressed=Reason(row.reason) if row.reason else None,
    )
