"""The schema: one for both databases, and the migrations lead to it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import coopdigest.store.migrating
from coopdigest.domain.issue import IssueState
from coopdigest.domain.period import Cadence
from coopdigest.store.database import Database
from coopdigest.store.migrating import migrate, revision
from coopdigest.store.open_store import open_store
from coopdigest.store.schema import HEAD, metadata
from coopdigest.testing.builders import make_period

FROZEN_BY_0001 = {
    "digest": "coop-news",
    "sections": [
        {
            "theme": "Films",
            "items": [
                {
                    "theme": "Films",
                    "carried_over": True,
                    "copies": [2],
                    "item": {
                        "id": 1,
                        "source": "newsroom",
                        "identity": "g1",
                        "title": "A mill reopens",
                        "theme": "Video",
                        "summary": "Words",
                        "summary_html": None,
                        "url": None,
                        "credit": "© Ana",
                        "language": "fr",
                        "position": 1,
                        "undated": False,
                        "day": "2021-11-15",
                        "published": None,
                        "first_seen": "2021-11-30T08:00:00+00:00",
                        "image": None,
                    },
                }
            ],
        }
    ],
    "merges": [["A mill reopens", "newsroom", "feed", "same link"]],
}


def alembic_config(**attributes: Any) -> Config:
    """Alembic as the program runs it."""
    config = Config(attributes=attributes)
    config.set_main_option("script_location", str(Path(coopdigest.store.migrating.__file__).parent / "migrations"))
    return config


def test_a_store_of_the_first_version_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    """Items and issues kept by schema 0001 are read as before; what they did not have is absent."""
    url = f"sqlite:///{tmp_path / 'coopdigest.db'}"
    old = Database(url)
    with old.writing() as connection:
        command.upgrade(alembic_config(connection=connection), "0001")
        connection.execute(
            text(
                "INSERT INTO items (id, digest, source, identity, title, day, position, undated, first_seen) VALUES"
                " (1, 'coop-news', 'newsroom', 'g1', 'A mill reopens', '2021-11-15', 1, 0, '2021-11-30 08:00:00')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO issues (id, digest, period, cadence, state, content, approved_by) VALUES"
                " (1, 'coop-news', '2021-11', 'month', 'sent', :content, 'Ana')"
            ),
            {"content": json.dumps(FROZEN_BY_0001)},
        )
    assert revision(old) == "0001"
    old.close()

    store = open_store(url, "coop-news", Cadence.MONTH, ZoneInfo("UTC"))
    assert revision(store.database) == HEAD
    (item,) = store.items.present(["newsroom"])
    assert (item.title, item.day, item.kind) == ("A mill reopens", date(2021, 11, 15), None)
    record = store.issues.record(make_period())
    assert record is not None
    assert (record.state, record.approved_by) == (IssueState.SENT, "Ana")
    assert record.content is not None
    assert (record.content.number, record.content.words) == (None, ())
    (entry,) = record.content.items()
    assert (entry.theme, entry.copies, entry.item.theme, entry.item.kind) == ("Films", (2,), "Video", None)
    assert entry.item.first_seen == datetime(2021, 11, 30, 8, tzinfo=UTC)
    assert [merge.reason for merge in record.content.merges] == ["same link"]
    store.close()


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    """A migrated store differs in nothing from the schema."""
    database = Database(f"sqlite:///{tmp_path / 'coopdigest.db'}")
    migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_the_program_knows_its_newest_migration() -> None:
    """The revision that opens without Alembic is the head of the migrations."""
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_postgresql_takes_every_table() -> None:
    """Every table and index compiles in PostgreSQL's dialect."""
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).strip().startswith("CREATE TABLE")
        for index in table.indexes:
            assert " INDEX " in str(CreateIndex(index).compile(dialect=dialect))
