"""Whether a sender is alive: a heartbeat by the database's clock for other hosts, a lock file on this one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from coopdigest.store.database import Database
from coopdigest.store.schema import senders
from coopdigest.store.sender_locks import locks_of

SILENCE = timedelta(seconds=90)  # three missed beats of 30 s
_NO_SKEW = timedelta(seconds=1)  # a difference of clocks that is smaller comes from measuring it


class Liveness:
    """The senders of one store. Each holds a lock file that the system frees when its process dies."""

    def __init__(self, database: Database) -> None:
        """Keep lock files where `sender_locks` says; clocks are compared when the first sender needs it."""
        self._locks = locks_of(database)
        self._has_own_clock = not database.is_sqlite
        self._skew: timedelta | None = None

    def enlist(self, connection: Connection, now: datetime) -> int:
        """A new live sender's id, its lock file held."""
        self._skew = None  # a process that runs for weeks compares the clocks for every campaign
        values = {"host": self._locks.place, "heartbeat": self._by_database(connection, now), "alive": True}
        sender = int(connection.execute(insert(senders).values(values).returning(senders.c.id)).scalar_one())
        self._locks.take(sender)
        return sender

    def beat(self, connection: Connection, sender: int, now: datetime) -> bool:
        """Renew a heartbeat; False when the sender was declared dead."""
        self._locks.refresh(sender)
        statement = update(senders).where(senders.c.id == sender, senders.c.alive.is_(True))
        values = {"heartbeat": self._by_database(connection, now)}
        return bool(connection.execute(statement.values(values)).rowcount)

    def bury(self, connection: Connection, sender: int) -> None:
        """Declare a sender dead; it never lives again under this id."""
        connection.execute(update(senders).where(senders.c.id == sender).values(alive=False))

    def dead(self, connection: Connection, now: datetime) -> list[int]:
        """Senders marked alive whose process is gone, or who were silent for too long."""
        silent_before = self._by_database(connection, now) - SILENCE
        rows = connection.execute(select(senders).where(senders.c.alive.is_(True)))
        others = [row for row in rows if not self._locks.holds(row.id)]
        return [row.id for row in others if row.heartbeat < silent_before or self._locks.are_free(row.id, row.host)]

    def absent(self, connection: Connection) -> list[int]:
        """Senders marked alive that hold no lock file here, wherever they were: in an adopted ledger they are gone."""
        rows = connection.execute(select(senders.c.id).where(senders.c.alive.is_(True))).scalars()
        return [id_ for id_ in rows if not self._locks.holds(id_) and self._locks.are_free(id_, self._locks.place)]

    def release(self, sender: int) -> None:
        """Let go of a sender's lock file, as its process does when it dies."""
        self._locks.release(sender)

    def release_all(self) -> None:
        """Let go of every lock file."""
        self._locks.release_all()

    def _by_database(self, connection: Connection, now: datetime) -> datetime:
        """What the database's clock tells when ours tells `now`: hosts compare heartbeats by one clock only."""
        if self._skew is None:
            self._skew = _measure_skew(connection) if self._has_own_clock else timedelta()
        return now + self._skew


def _measure_skew(connection: Connection) -> timedelta:
    """How far the database's clock is ahead of this machine's; nought when that is within the measurement."""
    before = datetime.now(UTC)
    there: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    middle = before + (datetime.now(UTC) - before) / 2
    return there - middle if abs(there - middle) >= _NO_SKEW else timedelta()
