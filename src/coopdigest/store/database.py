"""Transactions on one store, their locks, and its errors in the user's words."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, PoolProxiedConnection

from coopdigest.domain.errors import StoreError
from coopdigest.store.driver_errors import Translating, is_disconnect
from coopdigest.store.engines import EXCLUSIVE, SHARED, WAIT, lock_statement, make_engine, name_of, read_url, secrets_of
from coopdigest.store.lean import Lean, LeanPostgresql, LeanSqlite

_CHECKPOINT_EVERY = 1_000  # transactions between checkpoints of the write-ahead log
_SHARED_LOCK = lock_statement("write", shared=True)


class Database:
    """Transactions on one store. SQLite has exactly one connection per process, so writers never race inside it.

    Two kinds of transactions write. `writing` is alone in the whole store, on either database. `sharing` is for what
    senders do for every message: on PostgreSQL they work side by side there, and only keep out who is `writing`.
    """

    def __init__(self, url: str, *, durability: str = "normal", wait: float = WAIT) -> None:
        """Prepare the engine for `url`; nothing is opened yet. `durability` is ``normal`` or ``full``.

        `wait` is how many seconds a transaction waits for another process before it says so.

        Raises:
            StoreError: the URL is none, or its driver is not installed.
        """
        self._url = read_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self.name = name_of(self._url)
        self._telling = Translating(self.name, secrets_of(self._url))
        self._engine = make_engine(self._url, durability, wait)
        self._writes = 0
        self._desk = threading.Lock()  # guards the two that follow
        self._kept: _Line | None = None  # SQLite's one connection, between two lean transactions
        self._wanted = 0  # how many ask the pool for it, which must not wait for it in vain

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for PostgreSQL."""
        return Path(self._url.database or "") if self.is_sqlite else None

    @property
    def url(self) -> str:
        """The URL as it was given, password and all: not for messages."""
        return self._url.render_as_string(hide_password=False)

    @property
    def sqlite_version(self) -> tuple[int, ...] | None:
        """The version of the SQLite library that runs, None for PostgreSQL."""
        return sqlite3.sqlite_version_info if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, all of it as the store was at one moment.

        Raises:
            StoreError: the store cannot be used.
        """
        snapshot = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._transaction(**snapshot) as connection:
            yield connection

    @contextmanager
    def writing(self, *, shared: bool = False) -> Iterator[Connection]:
        """A transaction that writes, alone in the store: it waits for its turn at once and never fails half-way.

        With `shared` other shared ones may run beside it on PostgreSQL; see `sharing`.

        Raises:
            StoreError: the store cannot be used, or another process kept it for longer than the wait.
        """
        with self._transaction(coopdigest_lock=SHARED if shared else EXCLUSIVE) as connection:
            yield connection
        self._count()

    @contextmanager
    def _transaction(self, **options: object) -> Iterator[Connection]:
        with self._telling, self._wanting(), self._engine.connect() as bare:
            connection = bare.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def _wanting(self) -> Iterator[None]:
        """Have what is kept between lean transactions given back to the pool, and nothing kept meanwhile."""
        with self._desk:
            self._wanted += 1
            self._give_back()
        try:
            yield
        finally:
            with self._desk:
                self._wanted -= 1

    def _give_back(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.pooled.close()

    def _borrow(self) -> _Line:
        """The driver's connection for a lean transaction; asking the pool each time costs as much as a statement."""
        with self._desk:
            kept, self._kept = self._kept, None
        if kept is not None:
            return kept
        pooled = self._engine.raw_connection()
        driver = pooled.driver_connection
        return _Line(pooled, LeanSqlite(driver) if self.is_sqlite else LeanPostgresql(driver, _SHARED_LOCK))

    def _put_by(self, line: _Line) -> None:
        """Keep a connection for the next lean transaction, unless somebody else may want it."""
        with self._desk:
            if self.is_sqlite and line.pooled.is_valid and self._kept is None and not self._wanted:
                self._kept = line
                return
        line.pooled.close()

    def sharing(self) -> AbstractContextManager[Lean, None]:
        """A lean transaction with raw statements, for what runs for every message (claim, record, beat)::

            with database.sharing() as lean:
                rows = lean.execute("UPDATE deliveries SET due = ? WHERE id = ? RETURNING id", (lean.bind(due), 7))
                found = [id_ for (id_,) in rows]

        It commits when the block ends, and is undone when the block raises. A ``?`` stands for each parameter on both
        databases and for nothing else; rows are plain tuples; instants go in by `Lean.bind` and come out by
        `Lean.read`, booleans go in as True and False (SQLite gives them back as 0 and 1); where the databases differ,
        ask `Lean.is_sqlite` (a list is ``IN (SELECT value FROM json_each(?))`` there and ``= ANY(?)`` on PostgreSQL).

        On SQLite it is BEGIN IMMEDIATE on the one connection: do not nest it in another transaction of this process.
        On PostgreSQL other sharing transactions run at the same time: take rows FOR UPDATE SKIP LOCKED, or change them
        in the order of their ids, so that two never wait for each other. Nobody is `writing` meanwhile.

        Raises:
            StoreError: the store cannot be used, or another process kept it for longer than the wait; nothing was kept.
        """
        return _Sharing(self)

    def _count(self) -> None:
        self._writes += 1
        if self._writes % _CHECKPOINT_EVERY == 0:
            self.checkpoint()

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Hold the store's lock for `purpose` against every other process: a lock file, or an advisory lock.

        Raises:
            StoreError: the store cannot be used, or the lock file cannot be made.
        """
        if self.path:
            with lock_file(self._lock_path(purpose)):
                yield
            return
        with self._transaction() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # as long as it takes, like a lock file
            connection.exec_driver_sql(lock_statement(purpose))
            yield

    def checkpoint(self) -> None:
        """Fold SQLite's write-ahead log back into the database, unless another process is just doing so.

        Only under a lock file: before SQLite 3.51.3 two processes that checkpoint at once can corrupt the file.
        """
        if self.path:
            with lock_file(self._lock_path("checkpoint"), waits=False) as is_mine:
                if is_mine:
                    with self._telling, self._wanting(), self._engine.connect() as bare:
                        bare.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def _lock_path(self, purpose: str) -> Path:
        path = self.path or Path()
        return path.with_name(f"{path.name}-{purpose}.lock")

    def close(self) -> None:
        """Give the connections back."""
        with self._desk:
            self._give_back()
        self._engine.dispose()


class _Line(NamedTuple):
    """A connection of the pool's, and the statements on its driver."""

    pooled: PoolProxiedConnection
    lean: LeanSqlite | LeanPostgresql

    def undo(self, error: BaseException) -> None:
        """Undo a transaction that `error` ended; the server undoes by itself what it can no longer be told to."""
        if is_disconnect(error) or not self._is_rolled_back():
            self.pooled.invalidate()

    def _is_rolled_back(self) -> bool:
        try:
            self.lean.roll_back()
        except Exception:
            return False
        return True


class _Sharing:
    """The lean transaction of `Database.sharing`; a class, since a generator's costs half as much as its statements."""

    __slots__ = ("_database", "_line")

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Lean:
        with self._database._telling:
            self._line = self._database._borrow()
        self._carry_out(self._line.lean.begin)
        return self._line.lean

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._undo(error)
            return
        self._carry_out(self._line.lean.commit)
        self._database._put_by(self._line)
        self._database._count()

    def _carry_out(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:
            self._undo(error)
            raise

    def _undo(self, error: BaseException) -> None:
        """Undo what `error` ended, and raise it as the user is told of it where there are words for the user."""
        try:
            self._line.undo(error)
        finally:
            self._database._put_by(self._line)
        self._database._telling.tell(error)


@contextmanager
def lock_file(path: Path, *, waits: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock on `path` (flock); the system drops it when the process dies.

    Yields whether it is held: False only when it `waits` for nobody and another process has it.

    Raises:
        StoreError: the lock file cannot be made.
    """
    try:
        handle = path.open("a")
    except OSError as error:
        raise StoreError(
            f"{error.strerror}; does the folder exist, and may this user write there?", place=path.name
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
