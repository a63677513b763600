"""The schema: one for both databases, and the migrations lead to it."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import coopdigest.store.migrating
from coopdigest.store.database import Database
from coopdigest.store.migrating import migrate
from coopdigest.store.schema import HEAD, metadata


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    """A migrated store differs in nothing from the schema."""
    database = Database(f"sqlite:///{tmp_path / 'coopdigest.db'}")
    migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_the_program_knows_its_newest_migration() -> None:
    """The revision that opens without Alembic is the head of the migrations."""
    config = Config()
    config.set_main_option("script_location", str(Path(coopdigest.store.migrating.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_postgresql_takes_every_table() -> None:
    """Every table and index compiles in PostgreSQL's dialect."""
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).strip().startswith("CREATE TABLE")
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect)).strip().startswith("CREATE INDEX")
