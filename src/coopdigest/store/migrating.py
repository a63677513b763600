"""Bring a store to the schema this program knows, under a lock; refuse what is newer or not ours."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from coopdigest.domain.errors import StoreError
from coopdigest.store.database import Database
from coopdigest.store.schema import HEAD

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Create or upgrade the tables where that is due. Alembic is imported only then: it costs 0.3 s.

    Raises:
        StoreError: the store is newer than the program, holds something else, or cannot be used.
    """
    if revision(database) == HEAD:
        return
    with database.locked("migrate"):
        found = revision(database)
        if found != HEAD:
            _refuse_newer(database, found)
            _upgrade(database)


def revision(database: Database) -> str | None:
    """The store's schema revision, None for an empty store.

    Raises:
        StoreError: there are tables, but they are not coopdigest's.
    """
    with database.reading() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    if tables:
        raise StoreError("this database belongs to another program; name another in [store] url", place=database.name)
    return None


def _refuse_newer(database: Database, found: str | None) -> None:
    known = {path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("*.py")}
    if found is not None and found not in known:
        raise StoreError(
            f"the store is at revision {found}, newer than this program ({HEAD}); upgrade coopdigest",
            place=database.name,
        )


def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
