"""One database connection for a process: transactions, pragmas, locks, and errors in the user's words."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from coopdigest.domain.errors import StoreError

_BUSY = 30_000  # milliseconds a writer waits for another process
_CHECKPOINT_EVERY = 1_000  # transactions between checkpoints of the write-ahead log


class Database:
    """Transactions on one store. SQLite has exactly one connection per process, so writers never race inside it."""

    def __init__(self, url: str, *, durability: str = "normal") -> None:
        """Prepare the engine for `url`; nothing is opened yet. `durability` is ``normal`` or ``full``."""
        self._url = _read_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._durability = durability
        self._writes = 0
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0} if self.is_sqlite else {"pool_size": 4}
        connect = {"check_same_thread": False} if self.is_sqlite else {}
        try:
            self._engine = create_engine(self._url, connect_args=connect, pool_timeout=_BUSY / 1000, **pool)
        except ModuleNotFoundError as error:
            raise StoreError(f"PostgreSQL needs {error.name}; install coopdigest[postgresql]") from error
        if self.is_sqlite:
            event.listen(self._engine, "connect", self._set_pragmas)
            event.listen(self._engine, "begin", _begin)

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for PostgreSQL."""
        return Path(self._url.database or "") if self.is_sqlite else None

    @property
    def sqlite_version(self) -> tuple[int, ...] | None:
        """The version of the SQLite library that runs, None for PostgreSQL."""
        return sqlite3.sqlite_version_info if self.is_sqlite else None

    @property
    def name(self) -> str:
        """What error messages call this store; never its password."""
        return self.path.name if self.path else self._url.render_as_string(hide_password=True)

    def _set_pragmas(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if self._durability == 'full' else 'NORMAL'}",
            f"busy_timeout={_BUSY}",
            "foreign_keys=ON",
            "cache_size=-4096",
            "wal_autocheckpoint=0",  # see `checkpoint`
        ):
            connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._transaction(reads=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; it takes SQLite's write lock at once, so that it never fails half-way.

        Raises:
            StoreError: the store cannot be used.
        """
        with self._transaction(reads=False) as connection:
            yield connection
        self._writes += 1
        if self._writes % _CHECKPOINT_EVERY == 0:
            self.checkpoint()

    @contextmanager
    def _transaction(self, *, reads: bool) -> Iterator[Connection]:
        with self._translating(), self._engine.connect() as bare:
            connection = bare.execution_options(coopdigest_reads=reads)
            with connection.begin():
                yield connection

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn what the user can mend into StoreError; statements that are wrong are bugs and stay."""
        try:
            yield
        except DBAPIError as error:
            cause = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
            if isinstance(error, DatabaseError) and _is_users(error, cause):
                raise StoreError(f"{cause}; {_advice(cause)}", place=self.name) from error
            raise

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Hold the store's lock for `purpose` against every other process: a lock file, or an advisory lock."""
        if not self.path:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_lock(hashtext('coopdigest {purpose}'))")
                yield
            return
        with lock_file(self.path.with_name(f"{self.path.name}-{purpose}.lock")):
            yield

    def checkpoint(self) -> None:
        """Fold SQLite's write-ahead log back into the database.

        Only under a lock file: before SQLite 3.51.3 two processes that checkpoint at once can corrupt the file.
        """
        if self.is_sqlite:
            with self.locked("checkpoint"), self._engine.connect() as bare:
                bare.execution_options(coopdigest_reads=True).exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError("the store's URL is not one; write sqlite:///file.db or postgresql://...") from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError("the store's URL names no SQLite file and no PostgreSQL database")
    return parsed


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("coopdigest_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _is_users(error: DatabaseError, cause: str) -> bool:
    """Whether a database error is the surroundings' fault: no file, no server, no space, no lock; not our SQL."""
    name = type(error).__name__
    text = cause.lower()
    if name == "OperationalError":
        return not any(bug in text for bug in ("no such column", "syntax error", "no such function"))
    return name == "DatabaseError" and ("not a database" in text or "malformed" in text)


def _advice(cause: str) -> str:
    text = cause.lower()
    if "not a database" in text or "malformed" in text:
        return "restore it from a backup, or name another file in [store] url"
    if "locked" in text:
        return "another program holds it; try again when that has ended"
    if "full" in text:
        return "make room on the disk and run again; nothing recorded is lost"
    if "unable to open" in text or "readonly" in text or "read-only" in text:
        return "does the folder exist, and may this user write there?"
    return "is the database running? see [store] url"


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path` (flock); the system drops it when the process dies.

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
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
