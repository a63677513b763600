"""What database drivers raise, in the user's words; and the URLs of stores."""

from __future__ import annotations

import sqlite3
import sys

import psycopg
import psycopg.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coopdigest.domain.errors import StoreError
from coopdigest.store.database import Database
from coopdigest.store.driver_errors import Translating, is_disconnect
from coopdigest.store.engines import name_of, read_url, secrets_of

ADVICE = [
    (sqlite3.OperationalError("database is locked"), "try again when that has ended"),
    (sqlite3.OperationalError("database or disk is full"), "make room on the disk"),
    (sqlite3.OperationalError("unable to open database file"), "does the folder exist"),
    (sqlite3.OperationalError("attempt to write a readonly database"), "may this user write there"),
    (sqlite3.OperationalError("disk I/O error"), "is the disk in order"),
    (sqlite3.OperationalError("something new"), r"see \[store\] url"),
    (sqlite3.DatabaseError("file is not a database"), "restore it from a backup"),
    (sqlite3.DatabaseError("database disk image is malformed"), "restore it from a backup"),
    (psycopg.errors.DeadlockDetected("deadlock detected"), "run again, nothing recorded is lost"),
    (psycopg.errors.SerializationFailure("could not serialize"), "run again, nothing recorded is lost"),
    (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), "try again when that has ended"),
    (psycopg.errors.DiskFull("could not extend file"), "make room on the disk"),
    (psycopg.errors.TooManyConnections("too many connections"), "the server is at its limits"),
    (psycopg.errors.AdminShutdown("terminating connection"), "run again when it is back"),
    (psycopg.errors.QueryCanceled("canceling statement"), "taking too long"),
    (psycopg.errors.InsufficientPrivilege("permission denied"), "GRANT"),
    (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "standby"),
    (psycopg.errors.IoError("could not read block"), "see its log"),
    (psycopg.errors.DataCorrupted("invalid page"), "see its log"),
    (psycopg.errors.InvalidPassword("password authentication failed"), "see user and password"),
    (psycopg.errors.InvalidCatalogName("database does not exist"), "create it"),
    (psycopg.OperationalError("consuming input failed: server closed the connection"), "run again when it is back"),
    (psycopg.OperationalError("the connection is closed"), "run again when it is back"),
    (psycopg.OperationalError("connection failed: FATAL: sorry, too many clients already"), "at its limits"),
    (psycopg.OperationalError("connection failed: FATAL: no pg_hba.conf entry for host"), "pg_hba.conf"),
    (psycopg.OperationalError("connection failed: FATAL: the database system is starting up"), "in a moment"),
    (psycopg.OperationalError("connection timeout expired"), "is the database running and reachable"),
    (PoolTimeout("QueuePool limit reached"), "all its connections are in use"),
]
BUGS = [
    sqlite3.OperationalError("no such column: colour"),
    sqlite3.OperationalError('near "SELCT": syntax error'),
    sqlite3.IntegrityError("UNIQUE constraint failed"),
    sqlite3.ProgrammingError("Incorrect number of bindings supplied"),
    psycopg.errors.UniqueViolation("duplicate key value violates unique constraint"),
    psycopg.errors.UndefinedColumn("column does not exist"),
    psycopg.errors.SyntaxError("syntax error"),
    psycopg.ProgrammingError("the query has 1 placeholder but 2 parameters were passed"),
    psycopg.DataError("can't adapt"),
    ValueError("a naive datetime has no place in the store"),
]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(("error", "advice"), ADVICE)
def test_trouble_is_one_line_with_the_next_step(error: Exception, advice: str, wrapped: bool) -> None:
    """What the surroundings do wrong names the store, the cause and what to do, wrapped by SQLAlchemy or not."""
    is_drivers = isinstance(error, sqlite3.Error | psycopg.Error)
    raised = DBAPIError("SELECT 1", {}, error) if wrapped and is_drivers else error
    with pytest.raises(StoreError, match=advice) as told, Translating("news.db"):
        raise raised
    assert str(told.value).startswith("news.db: ")
    assert told.value.__cause__ is raised


@pytest.mark.parametrize("error", BUGS)
def test_bugs_stay_what_they_are(error: Exception) -> None:
    """A wrong statement of ours is not excused as trouble of the database."""
    with pytest.raises(type(error)) as told, Translating("news.db"):
        raise error
    assert told.value is error


def test_connection_is_given_up_only_when_it_is_gone() -> None:
    """A lost connection is replaced; one on which a statement failed is kept."""
    assert is_disconnect(psycopg.errors.AdminShutdown("terminating connection"))
    assert is_disconnect(psycopg.OperationalError("the connection is lost"))
    assert not is_disconnect(psycopg.errors.LockNotAvailable("lock timeout"))
    assert not is_disconnect(ZeroDivisionError())


words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=8, max_size=20)


@given(password=words, other=words)
def test_no_message_holds_the_password(password: str, other: str) -> None:
    """Neither the store's name nor what a driver says shows a password of the URL, wherever it stands there."""
    query = {"password": other, "host": "db.example.org"}
    given_url = URL.create("postgresql+psycopg", "ana", password, port=5433, database="news", query=query)
    url = read_url(given_url.render_as_string(hide_password=False))
    assert name_of(url) == "postgresql://db.example.org:5433/news"
    with pytest.raises(StoreError) as told, Translating(name_of(url), secrets_of(url)):
        raise psycopg.OperationalError(f"invalid value: <{password}> <{other}> <{password}>\nsecond line")
    assert str(told.value).removeprefix(name_of(url)).startswith(": invalid value: <***> <***> <***>; see ")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////var/lib/coopdigest/news.db", "news.db"),
        ("postgresql://ana:hush@db.example.org/news", "postgresql://db.example.org/news"),
        ("postgres://ana@db.example.org:5433/news", "postgresql://db.example.org:5433/news"),
        ("postgresql:///news?host=/run/postgresql", "postgresql:///run/postgresql/news"),
        ("postgresql:///news", "postgresql:///news"),
    ],
)
def test_store_is_called_by_where_it_is(url: str, name: str) -> None:
    """Messages name the file, or the server and the database; never the user."""
    database = Database(url)
    assert database.name == name
    database.close()


@pytest.mark.parametrize(
    "url", ["", "news.db", "postgresql://ana:hush@db:port/news", "mysql://ana:hush@db/news", "hush://db", "http://[::1"]
)
def test_what_is_no_stores_url_is_told(url: str) -> None:
    """The message says how to write one, and shows nothing of what was given."""
    with pytest.raises(StoreError, match=r"the store's URL") as told:
        Database(url)
    assert "hush" not in str(told.value)


def test_missing_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg a PostgreSQL URL says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"install coopdigest\[postgresql\]"):
        Database("postgresql://db/news")
