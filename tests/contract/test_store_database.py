"""Transactions, locks and troubles of a database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from coopdigest.domain.errors import ExitCode, StoreError
from coopdigest.store.database import Database
from coopdigest.store.migrating import migrate
from coopdigest.store.schema import digests
from coopdigest.testing.clock import NOON

COUNT = text("SELECT count(*) FROM digests")
ADD = "INSERT INTO digests (slug) VALUES (?)"


@pytest.fixture
def database(databases: Any) -> Database:
    """A migrated database."""
    migrated: Database = databases.make().database
    return migrated


@pytest.fixture
def impatient(database: Database) -> Iterator[Database]:
    """The same database as another process has it, which waits for a fifth of a second only."""
    other = Database(database.url, wait=0.2)
    yield other
    other.close()


def write(database: Database) -> AbstractContextManager[object]:
    """A transaction that is alone in the store."""
    return database.writing()


def share(database: Database) -> AbstractContextManager[object]:
    """A lean transaction."""
    return database.sharing()


def slugs(database: Database) -> list[str]:
    """What the table of the tests holds."""
    with database.reading() as connection:
        return list(connection.execute(select(digests.c.slug).order_by(digests.c.slug)).scalars())


def add_and_fail(database: Database) -> None:
    """Write something and come to grief for another reason."""
    with database.sharing() as lean:
        lean.execute(ADD, ("three",))
        raise ZeroDivisionError


@pytest.mark.parametrize(("held", "wanted"), [(write, write), (write, share), (share, write)])
def test_who_writes_waits_for_the_others_and_says_so(
    database: Database,
    impatient: Database,
    held: Callable[[Database], AbstractContextManager[object]],
    wanted: Callable[[Database], AbstractContextManager[object]],
) -> None:
    """A writer that another process keeps waiting ends with the store's exit code and advice, and may try again."""
    with (
        held(database),
        pytest.raises(StoreError, match="another program holds it; try again") as told,
        wanted(impatient),
    ):
        pass
    assert told.value.exit_code is ExitCode.STORE
    with wanted(impatient):
        pass


def test_reader_is_not_kept_waiting_by_a_writer(database: Database, impatient: Database) -> None:
    """Who reads sees the store as it was before."""
    with database.writing() as connection:
        connection.execute(insert(digests).values(slug="one"))
        assert slugs(impatient) == []
    assert slugs(impatient) == ["one"]


def test_reading_sees_one_moment(database: Database, impatient: Database) -> None:
    """What others write meanwhile does not come between two questions of one report."""
    with database.reading() as connection:
        before = connection.execute(COUNT).scalar()
        with impatient.sharing() as lean:
            lean.execute(ADD, ("one",))
        assert connection.execute(COUNT).scalar() == before == 0
    assert slugs(database) == ["one"]


def test_lean_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    """What the block wrote is there when it ended well, and undone when it raised; the connection goes on."""
    with database.sharing() as lean:
        assert lean.execute_many(ADD, [("one",), ("two",)]) == 2
    with pytest.raises(ZeroDivisionError):
        add_and_fail(database)
    with database.sharing() as lean:
        changed = lean.execute("UPDATE digests SET roster_stamp = ? WHERE slug LIKE 't%' RETURNING slug", ("100%",))
        assert changed.fetchall() == [("two",)]
        assert lean.execute("SELECT roster_stamp FROM digests WHERE slug = ?", ("two",)).fetchone() == ("100%",)
    assert slugs(database) == ["one", "two"]


def test_lean_transaction_with_a_failed_statement_is_never_called_kept(database: Database) -> None:
    """A statement that fails is a bug; on PostgreSQL nothing of its transaction can be kept, and that is not hidden."""

    def swallow() -> None:
        with database.sharing() as lean:
            lean.execute(ADD, ("one",))
            with pytest.raises(Exception, match="no_such_table"):
                lean.execute("SELECT * FROM no_such_table")

    if database.is_sqlite:
        swallow()
    else:
        with pytest.raises(RuntimeError, match="failed statement"):
            swallow()
    assert slugs(database) == (["one"] if database.is_sqlite else [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(instant=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_lean_instants_are_those_of_the_schema(database: Database, instant: datetime) -> None:
    """An instant written by either way is read the same by both."""
    with database.writing() as connection:
        connection.execute(digests.delete())
        connection.execute(insert(digests).values(slug="schema", began=instant))
    with database.sharing() as lean:
        lean.execute("INSERT INTO digests (slug, began) VALUES (?, ?)", ("lean", lean.bind(instant)))
        read = [lean.read(value) for (value,) in lean.execute("SELECT began FROM digests").fetchall()]
        same = lean.execute("SELECT count(DISTINCT began) FROM digests").fetchone()
    with database.reading() as connection:
        shown = list(connection.execute(select(digests.c.began)).scalars())
    assert read == shown == [instant.astimezone(UTC)] * 2
    assert same == (1,)


def test_absent_instant_stays_absent(database: Database) -> None:
    """None goes in and comes out."""
    with database.sharing() as lean:
        lean.execute("INSERT INTO digests (slug, began) VALUES (?, ?)", ("one", lean.bind(None)))
        (value,) = lean.execute("SELECT began FROM digests").fetchone()
        assert lean.read(value) is None
        assert lean.read(lean.bind(NOON)) == NOON


def test_lock_is_held_by_one_and_left_to_the_next(database: Database, impatient: Database) -> None:
    """Another process gets a purpose's lock when it is let go, however long that takes; other purposes are free."""
    entered, order = Event(), list[str]()

    def wait_for_it() -> None:
        entered.set()
        with impatient.locked("migrate"):
            order.append("second")

    with ThreadPoolExecutor(1) as threads:
        with database.locked("migrate"), impatient.locked("something else"):
            waiting = threads.submit(wait_for_it)
            entered.wait(10)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)  # longer than it waits for anything else
            order.append("first")
        waiting.result(timeout=10)
    assert order == ["first", "second"]


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_full_durability_survives_a_power_cut(database: Database, durability: str) -> None:
    """With it every commit waits for the disk; without it SQLite's does not, and PostgreSQL's as its server is set."""
    asked = Database(database.url, durability=durability)
    with asked.reading() as connection:
        question = "PRAGMA synchronous" if asked.is_sqlite else "SHOW synchronous_commit"
        answer = connection.exec_driver_sql(question).scalar()
    asked.close()
    expected: dict[tuple[bool, str], object] = {(True, "normal"): 1, (True, "full"): 2, (False, "normal"): "off"}
    assert answer == expected.get((asked.is_sqlite, durability), "on")


def test_checkpoint_is_left_to_whoever_is_at_it(tmp_path: Path) -> None:
    """SQLite's log is folded back every thousand transactions, and nobody waits for another who is doing so."""
    file = tmp_path / "coopdigest.db"
    database, other = Database(f"sqlite:///{file}"), Database(f"sqlite:///{file}")
    migrate(database)
    with other.locked("checkpoint"):
        database.checkpoint()
        before = file.stat().st_size
        for number in range(1_000):
            with database.sharing() as lean:
                lean.execute(ADD, (f"{number:0>40}",))
        assert file.stat().st_size == before
    for _ in range(1_000):
        with database.sharing():
            pass
    assert file.stat().st_size > before
    database.close()
    other.close()
