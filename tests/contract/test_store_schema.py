"""The schema: one for both databases, and the migrations lead to it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

import coopdigest.store.migrating
from coopdigest.domain.errors import StoreError
from coopdigest.domain.issue import IssueState
from coopdigest.domain.period import Cadence
from coopdigest.store.database import Database
from coopdigest.store.indexes import metadata
from coopdigest.store.migrating import migrate, revision
from coopdigest.store.open_store import open_store
from coopdigest.store.schema import HEAD
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


def test_a_store_of_the_first_version_is_brought_up_to_date_with_all_it_holds(databases: Any) -> None:
    """Items and issues kept by schema 0001 are read as before; what they did not have is absent."""
    url = databases.make_url(bare=True)
    old = Database(url)
    with old.writing() as connection:
        command.upgrade(alembic_config(connection=connection), "0001")
        connection.execute(
            text(
                "INSERT INTO items (id, digest, source, identity, title, day, position, undated, first_seen) VALUES"
                " (1, 'coop-news', 'newsroom', 'g1', 'A mill reopens', '2021-11-15', 1, FALSE, '2021-11-30 08:00:00')"
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

    store = databases.open(url)
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


def test_the_migrations_make_the_tables_that_the_program_uses(databases: Any) -> None:
    """A migrated store differs in nothing from the schema."""
    with databases.open(databases.make_url(bare=True)).database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_two_programs_that_start_at_once_migrate_once(databases: Any) -> None:
    """Whoever comes second waits, and finds everything there."""
    url = databases.make_url(bare=True)
    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(lambda _: open_store(url, "coop-news", Cadence.MONTH, ZoneInfo("UTC")), range(4)))
    assert [revision(store.database) for store in stores] == [HEAD] * 4
    for store in stores:
        store.close()


def test_a_failed_migration_leaves_the_store_as_it_was(databases: Any) -> None:
    """All of an upgrade is one transaction: what was there is found again, at its old revision."""
    database = Database(databases.make_url(bare=True))
    with database.writing() as connection:
        command.upgrade(alembic_config(connection=connection), "0001")
        connection.execute(text("CREATE UNIQUE INDEX uq_issues_digest_number ON issues (id)"))  # in the way of 0002
    with pytest.raises((DBAPIError, StoreError), match="uq_issues_digest_number"):
        migrate(database)
    assert revision(database) == "0001"
    with database.reading() as connection:
        assert "kind" not in {column["name"] for column in inspect(connection).get_columns("items")}
    database.close()


def test_tables_of_another_program_are_left_alone(databases: Any) -> None:
    """A database that holds something else is refused, with the next step."""
    database = Database(databases.make_url(bare=True))
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER PRIMARY KEY)"))
    with pytest.raises(StoreError, match="belongs to another program; name another in"):
        migrate(database)
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
