"""Raw statements on the driver's own connection, for the few transactions that run for every message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol


class Cursor(Protocol):
    """What a statement gives back; iterating yields its rows as tuples."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""
        ...

    def fetchone(self) -> Any:
        """The next row, None when there is none."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        ...


class Lean(Protocol):
    """An open lean transaction; `Database.sharing` hands it out and says how to use it."""

    is_sqlite: bool

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run one statement with a ``?`` for each parameter, on either database."""
        ...

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one statement for each of `rows`; how many rows it changed in all."""
        ...

    def bind(self, instant: datetime | None) -> object:
        """An aware instant as a parameter, in the form in which `schema.Instant` keeps it."""
        ...

    def read(self, value: Any) -> datetime | None:
        """The aware instant in UTC that a column of the type `schema.Instant` gave."""
        ...


class LeanSqlite:
    """`Lean` on sqlite3."""

    is_sqlite = True

    def __init__(self, driver: Any) -> None:
        """Work on this connection of the driver's."""
        self._driver = driver

    def begin(self) -> None:
        """Take the write lock."""
        self._driver.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Keep what was written."""
        self._driver.execute("COMMIT")

    def roll_back(self) -> None:
        """Undo what was written, if anything was begun."""
        if self._driver.in_transaction:
            self._driver.execute("ROLLBACK")

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """See `Lean.execute`."""
        cursor: Cursor = self._driver.execute(sql, parameters)
        return cursor

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """See `Lean.execute_many`."""
        return int(self._driver.executemany(sql, rows).rowcount)

    def bind(self, instant: datetime | None) -> object:
        """See `Lean.bind`: the text that SQLAlchemy's own type writes, in UTC."""
        return instant.astimezone(UTC).isoformat(" ", "microseconds")[:-6] if instant else None

    def read(self, value: Any) -> datetime | None:
        """See `Lean.read`."""
        return datetime.fromisoformat(f"{value}+00:00") if value else None


class LeanPostgresql:
    """`Lean` on psycopg. The transaction is begun by hand, together with its lock: one round trip instead of two."""

    is_sqlite = False

    def __init__(self, driver: Any, lock: str) -> None:
        """Work on this connection of the driver's; `lock` is the statement that takes the shared lock."""
        self._driver, self._lock = driver, lock

    def begin(self) -> None:
        """Begin, and wait until nobody holds the store's exclusive lock."""
        self._driver.autocommit = True  # for psycopg: it is not to begin anything by itself
        self._driver.execute(f"BEGIN; {self._lock}")

    def commit(self) -> None:
        """Keep what was written."""
        told = self._driver.execute("COMMIT").statusmessage
        if told != "COMMIT":  # the server rolls back what failed before, and calls that no error
            raise RuntimeError("a failed statement was not let out of the lean transaction")
        self._driver.autocommit = False

    def roll_back(self) -> None:
        """Undo what was written, unless the connection is gone and the server has done it."""
        if not self._driver.closed:
            self._driver.execute("ROLLBACK")
            self._driver.autocommit = False

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """See `Lean.execute`."""
        cursor: Cursor = self._driver.execute(_in_psycopg(sql), parameters)
        return cursor

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """See `Lean.execute_many`."""
        with self._driver.cursor() as cursor:
            cursor.executemany(_in_psycopg(sql), rows)
            return int(cursor.rowcount)

    def bind(self, instant: datetime | None) -> object:
        """See `Lean.bind`."""
        return instant

    def read(self, value: Any) -> datetime | None:
        """See `Lean.read`."""
        return value.astimezone(UTC) if value else None


@lru_cache(maxsize=256)
def _in_psycopg(sql: str) -> str:
    """The statement with psycopg's placeholders; a ``?`` stands for nothing else in our statements."""
    return sql.replace("%", "%%").replace("?", "%s")
