"""What can only go wrong on PostgreSQL: no server, no leave, a server that goes and comes back, other clocks."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from coopdigest.domain.errors import ExitCode, StoreError
from coopdigest.domain.period import Cadence
from coopdigest.domain.subscriber import Origin
from coopdigest.store.database import Database
from coopdigest.store.open_store import open_store
from coopdigest.testing.builders import make_edition, make_found, make_issue, make_item, make_row
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import Store, claim_all, collect, open_campaign
from postgresql_server import PostgresqlServer

pytestmark = pytest.mark.parametrize("stores", ["postgresql"], indirect=True)

PASSWORD = "hush-7"
ADD = "INSERT INTO digests (slug) VALUES ('one')"
SILENT = timedelta(seconds=91)


def slugs(database: Database) -> list[str]:
    """What the table of the tests holds."""
    with database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT slug FROM digests").scalars())


def use_for_reading(database: Database, between: Callable[[], object]) -> None:
    """Ask twice in one transaction, with something between."""
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT slug FROM digests")
        between()
        connection.exec_driver_sql("SELECT slug FROM digests")


def use_for_writing(database: Database, between: Callable[[], object]) -> None:
    """Write in a transaction, with something before it is committed."""
    with database.writing() as connection:
        connection.exec_driver_sql(ADD)
        between()


def use_for_sharing(database: Database, between: Callable[[], object]) -> None:
    """Write in a lean transaction, with something before it is committed."""
    with database.sharing() as lean:
        lean.execute(ADD)
        between()


def use_for_locking(database: Database, between: Callable[[], object]) -> None:
    """Ask for a lock in vain."""
    between()
    with database.locked("migrate"):
        pass


USES = [use_for_reading, use_for_writing, use_for_sharing]


# --- errors, and never a password -------------------------------------------------------------------------


def open_and_close(url: str) -> None:
    """Open the store at this URL, as the program does at its start."""
    open_store(url, "coop-news", Cadence.MONTH, ZoneInfo("UTC")).close()


@pytest.fixture
def guest(stores: Any, postgresql: PostgresqlServer) -> str:
    """The name of somebody who may log in and no more."""
    postgresql.execute("DROP ROLE IF EXISTS guest")
    postgresql.execute("CREATE ROLE guest LOGIN")
    return "guest"


@pytest.mark.parametrize("in_query", [False, True])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url, "permission denied for schema public; .*GRANT USAGE, CREATE"),
        (lambda url: url.replace("guest", "nobody"), 'role "nobody" does not exist; see user and password'),
        (lambda url: url.replace("/bare", "/nowhere"), 'database "nowhere.*" does not exist; create it'),
        (lambda url: url.split("?")[0].replace("@/", "@127.0.0.1:1/"), "refused; is the database running"),
        (lambda url: url.split("?")[0].replace("@/", "@127.0.0.1:99999/"), r"port.*; see \[store\] url"),
        (lambda url: url.split("?")[0].replace("@/", f"@127.0.0.1:{PASSWORD}/"), "is not one; write sqlite:///"),
        (lambda url: f"{url}&sslmode={PASSWORD}", r"invalid sslmode value: \"\*\*\*\"; see \[store\] url"),
        (lambda url: f"{url}&colour={PASSWORD}", r"colour.*; see \[store\] url"),
    ],
    ids=[
        "no leave",
        "no such user",
        "no such database",
        "no server",
        "no port",
        "no number",
        "wrong value",
        "no option",
    ],
)
def test_unusable_server_is_told_without_the_password(
    stores: Any, guest: str, in_query: bool, change: Callable[[str], str], words: str
) -> None:
    """One line says what is wrong and what to do; the password stands nowhere in it, wherever the URL held it."""
    url = change(stores.make_url(bare=True).replace("postgres@", f"{guest}@"))
    given = f"{url}{'&' if '?' in url else '?'}password={PASSWORD}" if in_query else url.replace("@", f":{PASSWORD}@")
    with pytest.raises(StoreError, match=words) as told:
        open_and_close(given)
    assert told.value.exit_code is ExitCode.STORE
    assert PASSWORD not in str(told.value)
    assert "\n" not in str(told.value)


def test_standby_is_told(stores: Any, postgresql: PostgresqlServer) -> None:
    """A server that takes no writes is named as such."""
    url = stores.make_url(bare=True)
    name = url.partition("@/")[2].partition("?")[0]
    postgresql.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreError, match="read-only transaction; the database takes no writes now"):
        open_and_close(url)


def test_connection_that_the_server_ends_is_told_and_replaced(
    stores: Any, store: Any, postgresql: PostgresqlServer
) -> None:
    """An administrator who ends the connection in the middle undoes the transaction; the next one has a new one."""
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coopdigest'"
    for use in USES:
        with pytest.raises(StoreError, match="run again when it is back, nothing recorded is lost") as told:
            use(store.database, lambda: postgresql.execute(end))
        assert told.value.exit_code is ExitCode.STORE
        assert slugs(store.database) == []
    postgresql.execute(end)  # while nothing runs
    for use in USES[1:]:
        use(store.database, lambda: None) if not slugs(store.database) else None
    assert slugs(store.database) == ["one"]


class Relay:
    """The way to a server, which can be cut and mended as by a network, or by a restart of the server."""

    def __init__(self, target: str) -> None:
        self._target, self._sockets = target, list[socket.socket]()
        self.port = 0
        self.mend()

    def mend(self) -> None:
        """Let connections through from now on, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """End every connection, and let no new one through."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        while self._sockets:
            with suppress(OSError):
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client = listener.accept()[0]
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._sockets += [client, server]
                for pair in ((client, server), (server, client)):
                    Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with source, suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def relay(stores: Any) -> Iterator[Relay]:
    """A way to the server of the tests."""
    folder = stores.make_url().partition("host=")[2]
    made = Relay(f"{folder}/.s.PGSQL.5432")
    yield made
    made.cut()


@pytest.mark.parametrize("use", USES)
def test_server_that_goes_is_told_and_used_again_when_it_is_back(
    stores: Any, store: Any, relay: Relay, use: Callable[[Database, Callable[[], object]], None]
) -> None:
    """The store ends what it was at with advice, says that the server is gone, and works again when it is there."""
    near = Database(store.database.url.replace("@/", f"@127.0.0.1:{relay.port}/").partition("?")[0])
    assert slugs(near) == []
    with pytest.raises(StoreError, match="run again when it is back, nothing recorded is lost"):
        use(near, relay.cut)
    for attempt in (use, use_for_locking):
        with pytest.raises(StoreError, match="refused; is the database running and reachable"):
            attempt(near, lambda: None)
    relay.mend()
    assert slugs(near) == []
    use_for_sharing(near, lambda: None)
    assert slugs(store.database) == ["one"]
    near.close()


# --- what PostgreSQL's types do not take --------------------------------------------------------------------


def test_odd_values_are_told(store: Store) -> None:
    """A NUL and a number beyond the column, which no adapter lets through, end as one line and change nothing."""
    with pytest.raises(StoreError, match="take the odd character out"):
        collect(store, make_found("A\0mill"))
    issue = replace(make_issue([make_item()]), number=2**40)
    with pytest.raises(StoreError, match="take the large number out"):
        store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)
    assert store.issues.records() == []
    assert store.items.present(["newsroom"]) == []


def test_long_words_of_others_are_kept(store: Store) -> None:
    """However long a source's name or a language on the roster is, it is kept whole, as on SQLite."""
    name, language = "newsroom " * 50, "x-" + "long" * 20
    assert [item.source for item in collect(store, make_found(language=language), source=name)] == [name]
    store.roster.put([replace(make_row(), language=language)], Origin.HAND, NOON)
    assert [person.language for person in store.roster.subscribers()] == [language]


def test_addresses_and_periods_are_ordered_by_code_points(stores: Any, store: Any) -> None:
    """The order that lists promise is the one of SQLite and Python, whatever the locale of the database."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'"
    with store.database.reading() as connection:
        found = {tuple(row) for row in connection.exec_driver_sql(query)}
    assert found >= {("subscribers", "address_key"), ("issues", "period"), ("campaigns", "period")}


# --- side by side -------------------------------------------------------------------------------------------


def test_senders_work_side_by_side(stores: Any, store: Any) -> None:
    """Two lean transactions are open at once; who writes alone waits for both, and they for it."""
    impatient = Database(store.database.url, wait=0.2)
    with store.database.sharing() as one, impatient.sharing() as two, impatient.writing(shared=True):
        one.execute(ADD)
        assert two.execute("SELECT slug FROM digests").fetchall() == []
        with pytest.raises(StoreError, match="another program holds it"), impatient.writing():
            pass
    assert slugs(impatient) == ["one"]
    impatient.close()


def test_locks_do_not_survive_their_transaction(stores: Any, store: Any) -> None:
    """A connection that goes back to the pool holds nothing."""
    for use in (*USES, use_for_locking):
        with store.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM digests")
        use(store.database, lambda: None)
    with store.database.reading() as connection:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = ("
        held += "SELECT oid FROM pg_database WHERE datname = current_database())"
        assert connection.exec_driver_sql(held).scalar() == 0


# --- who is alive -------------------------------------------------------------------------------------------


def runtime_folder() -> Path:
    """Where this user's lock files are in the tests."""
    return Path(os.environ["XDG_RUNTIME_DIR"]) / "coopdigest"


def test_lock_files_are_this_users_alone(stores: Any, store: Any) -> None:
    """Nobody else may read or write there, and the names tell nothing of the database."""
    store.ledger.enlist(NOON)
    (senders,) = [folder for folder in runtime_folder().iterdir() if list(folder.glob("*.lock"))]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (runtime_folder(), senders)} == {0o700}
    assert "store" not in senders.name


def test_without_a_runtime_folder_the_systems_temporary_one_will_do(
    stores: Any, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each user has a folder of their own there, and a crash is noticed at once."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one, two = stores.open_beside(store), stores.open_beside(store)
    sender = one.ledger.enlist(NOON)
    assert list(tmp_path.glob(f"coopdigest-{os.getuid()}/senders-*/*.lock"))
    one.ledger.abandon(sender)
    two.ledger.reap(NOON)
    assert not one.ledger.beat(sender, NOON)


def elsewhere(tmp_path: Path) -> Path:
    """Another container of the same name, or another user."""
    return tmp_path


def open_to_all(_tmp_path: Path) -> Path:
    """The same folder, but anybody may write there."""
    runtime_folder().chmod(0o777)
    return runtime_folder().parent


def nowhere(tmp_path: Path) -> Path:
    """A folder that is not there."""
    return tmp_path / "nowhere"


@pytest.mark.parametrize("place", [elsewhere, open_to_all, nowhere])
def test_lock_files_of_another_place_prove_nothing(
    stores: Any, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], Path]
) -> None:
    """Who cannot see a sender's lock file, or may not trust it, takes it for dead only after its silence."""
    sender = store.ledger.enlist(NOON)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place(tmp_path)))
    other = stores.open_beside(store)
    runtime_folder().exists() and runtime_folder().chmod(0o700)
    mine = other.ledger.enlist(NOON)
    other.ledger.reap(NOON)
    assert store.ledger.beat(sender, NOON)
    store.ledger.abandon(sender)
    other.ledger.reap(NOON)
    assert store.ledger.beat(sender, NOON)
    assert other.ledger.beat(mine, NOON + SILENT)
    other.ledger.reap(NOON + SILENT)
    assert not store.ledger.beat(sender, NOON + SILENT)


@pytest.mark.parametrize("hours", [-1, 1])
def test_clocks_of_hosts_may_differ(stores: Any, store: Any, neighbour: Any, hours: int) -> None:
    """Heartbeats go by the database's clock: a host whose own is wrong is neither taken for dead nor immortal."""
    campaign = open_campaign(store, "amina@example.org")
    start = datetime.now(UTC)
    with time_machine.travel(start + timedelta(hours=hours)):
        sender = store.ledger.enlist(datetime.now(UTC))
        (delivery,) = claim_all(store, campaign, sender)
    neighbour.ledger.reap(start)
    assert store.ledger.claim(campaign.id, sender, 1, NOON) == []
    assert store.ledger.beat(sender, start + timedelta(hours=hours))
    neighbour.ledger.reap(start + 2 * SILENT)
    assert not store.ledger.beat(sender, start + timedelta(hours=hours) + 2 * SILENT)
    other = neighbour.ledger.enlist(NOON)
    assert [again.id for again in claim_all(neighbour, campaign, other)] == [delivery.id]
