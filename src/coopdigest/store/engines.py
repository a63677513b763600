"""A SQLAlchemy engine for a store's URL, set up as each database needs it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from coopdigest.domain.errors import StoreError

WAIT = 30.0  # seconds a writer waits for another process
EXCLUSIVE, SHARED = "exclusive", "shared"  # the store's lock in a transaction that writes; option `coopdigest_lock`
_CONNECT = 10  # seconds until a server has answered
_LOCKS = 0x636F6F70  # the first key of all our advisory locks: "coop"
_SECRETS = ("password", "sslpassword")  # may stand in the URL's query, too
_POSTGRESQL = {
    "connect_timeout": _CONNECT,
    "application_name": "coopdigest",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds: a server that is cut off is given up, not waited for in vain
}


def read_url(url: str) -> URL:
    """The parts of a store's URL.

    Raises:
        StoreError: it is none, or names neither an SQLite file nor a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The cause is left out: it may hold the URL, and with it the password.
        raise StoreError("the store's URL is not one; write sqlite:///file.db or postgresql://...") from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError("the store's URL names no SQLite file and no PostgreSQL database")
    return parsed


def name_of(url: URL) -> str:
    """What messages call the store: never its user or its password."""
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").name
    host = url.host or str(url.query.get("host", ""))
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database or ''}"


def secrets_of(url: URL) -> list[str]:
    """The words of the URL that no message may hold."""
    values = [url.password, *(url.query.get(name) for name in _SECRETS)]
    return [str(value) for value in values if value]


def make_engine(url: URL, durability: str, wait: float) -> Engine:
    """The engine; nothing is opened yet. `durability` is ``normal`` or ``full``; `wait` is in seconds.

    Raises:
        StoreError: the driver for PostgreSQL is not installed.
    """
    make = _make_sqlite if url.get_backend_name() == "sqlite" else _make_postgresql
    return make(url, durability, wait)


def _make_sqlite(url: URL, durability: str, wait: float) -> Engine:
    """One connection per process; every transaction that writes takes the write lock at once."""

    def set_pragmas(driver: Any, _record: object) -> None:
        driver.isolation_level = None  # transactions are begun by `begin`, not by the driver
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durability == 'full' else 'NORMAL'}",
            f"busy_timeout={round(wait * 1000)}",
            "foreign_keys=ON",
            "cache_size=-2048",  # kilobytes; a sender gains nothing from more
            "wal_autocheckpoint=0",  # see `Database.checkpoint`
        ):
            driver.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _lock_of(connection) else "BEGIN")

    engine = create_engine(
        url,
        connect_args={"check_same_thread": False},
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=wait,
        hide_parameters=True,
    )
    event.listen(engine, "connect", set_pragmas)
    event.listen(engine, "begin", begin)
    return engine


def _make_postgresql(url: URL, durability: str, wait: float) -> Engine:
    """A few connections; every transaction that writes takes the store's advisory lock, exclusive or shared."""

    def set_session(driver: Any, _record: object) -> None:
        driver.execute(f"SET lock_timeout = {round(wait * 1000)}")
        driver.execute("SET TimeZone = 'UTC'")
        if durability == "full":
            driver.execute("SET synchronous_commit = on")
        driver.commit()

    def begin(connection: Connection) -> None:
        lock = _lock_of(connection)
        if lock:
            connection.exec_driver_sql(lock_statement("write", shared=lock == SHARED))

    given = {name: value for name, value in _POSTGRESQL.items() if name not in url.query}
    try:
        engine = create_engine(
            url,
            connect_args=given,
            pool_size=4,
            max_overflow=4,
            pool_timeout=wait,
            pool_pre_ping=True,  # a round trip for each transaction, and no failure after the server was away
            hide_parameters=True,
        )
    except ImportError as error:
        raise StoreError("PostgreSQL needs psycopg; install coopdigest[postgresql]") from error
    event.listen(engine, "connect", set_session)
    event.listen(engine, "begin", begin)
    return engine


def _lock_of(connection: Connection) -> str | None:
    lock: str | None = connection.get_execution_options().get("coopdigest_lock")
    return lock


def lock_statement(purpose: str, *, shared: bool = False) -> str:
    """The statement that takes PostgreSQL's advisory lock for `purpose` until the transaction ends.

    Never one of a session: that would survive the return of its connection to the pool.
    """
    key = zlib.crc32(purpose.encode()) - 2**31  # the second key is a signed integer of 32 bits
    return f"SELECT pg_advisory_xact_lock{'_shared' if shared else ''}({_LOCKS}, {key})"
