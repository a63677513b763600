"""The store fails in the middle of a sending: the sender stops with one line, and nothing is lost or doubled."""

from __future__ import annotations

import resource
import select
import shutil
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coopdigest.testing.mailing import PERIOD, Mailing, Ran, finish, readers
from coopdigest.testing.smtp_script import Act, Moment, Step
from coopdigest.testing.smtp_server import MisbehavingServer

DONE, STORE, PARTLY = 0, 7, 8


class Trouble:
    """Brings about a trouble when a message is taken whose intent is committed and whose result is not."""

    def __init__(self, begin: Callable[[int], None], recipient: str) -> None:
        """`begin` gets the sender's process id, when the recipient's message comes."""
        self.process: subprocess.Popen[str] | None = None
        self._begin, self._recipient = begin, recipient

    def __call__(self, moment: Moment) -> Act | None:
        """Begin, once."""
        if self.process and moment.step is Step.DOT and moment.recipient == self._recipient:
            process, self.process = self.process, None
            self._begin(process.pid)
        return None


def send_into(mailing: Mailing, server: MisbehavingServer, trouble: Trouble) -> Ran:
    """Run `coopdigest send`, and let the server begin the trouble."""
    server.script = trouble
    mailing.use_server(server.port)
    with mailing.started("send", PERIOD) as process:
        trouble.process = process
        return finish(process)


def assert_stopped(failed: Ran) -> None:
    """Exit 7, and one line that names the store, the last one, behind those that say how far the sending is."""
    *before, last = failed.err.strip().splitlines()
    assert failed.code == STORE
    assert last.startswith(("coopdigest.db: ", "postgresql://"))
    assert [line for line in before if not line.startswith(("sending ", f"{PERIOD}: "))] == []


def assert_kept(mailing: Mailing, server: MisbehavingServer, people: int, most: int) -> None:
    """Send what is left: everybody is accepted or named in doubt, and nobody got it twice."""
    sent = mailing.send()
    counts, named = Counter(mailing.counts()), set(mailing.troubles("--in-doubt"))
    taken = Counter(to for message in server.accepted for to in message.recipients)
    assert sent.code == (PARTLY if named else DONE)
    assert counts["accepted"] + counts["in_doubt"] == people
    assert counts["in_doubt"] == len(named) <= most
    assert max(taken.values()) == 1
    assert set(readers(people)) - named <= set(taken)


def test_no_room_in_the_file(mailing: Mailing) -> None:
    """The system lets the ledger's file grow no more: exit 7; with room again everybody gets it once, or is named."""
    mailing.address_to(30)
    mailing.configure("connections = 2\n")

    def limit(pid: int) -> None:
        size = (mailing.path / "coopdigest.db-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))

    with MisbehavingServer() as server:
        assert_stopped(send_into(mailing, server, Trouble(limit, readers(30)[9])))
        assert_kept(mailing, server, 30, most=2)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_the_disk_is_full(approved_mailing: Mailing, small_disk: Path) -> None:
    """A full disk says so, exit 7; when there is room again everybody gets it once, or is named."""
    mailing = approved_mailing.copy_to(small_disk / "digest")
    mailing.address_to(60)
    mailing.configure("connections = 2\n")
    filler = small_disk / "filler"

    def fill(pid: int) -> None:
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(free - 40_000))

    with MisbehavingServer() as server:
        failed = send_into(mailing, server, Trouble(fill, readers(60)[9]))
        filler.unlink()
        assert_stopped(failed)
        assert "full" in failed.err
        assert_kept(mailing, server, 60, most=2)


def hold(mailing: Mailing, seconds: float) -> Callable[[int], None]:
    """Hold the database's write lock for so long, as another program may."""

    def begin(pid: int) -> None:
        locker = sqlite3.connect(mailing.path / "coopdigest.db", isolation_level=None, check_same_thread=False)
        locker.execute("BEGIN IMMEDIATE")
        threading.Timer(seconds, lambda: (locker.execute("ROLLBACK"), locker.close())).start()

    return begin


def test_the_database_is_locked_for_a_while(mailing: Mailing) -> None:
    """Another program that holds the database for a moment is waited for; nothing fails."""
    mailing.address_to(30)
    with MisbehavingServer() as server:
        sent = send_into(mailing, server, Trouble(hold(mailing, 1.5), readers(30)[9]))
        assert (sent.code, mailing.counts(), len(server.accepted)) == (DONE, {"accepted": 30}, 30)


@pytest.mark.long
def test_the_database_is_locked_for_too_long(mailing: Mailing) -> None:
    """One that holds it for longer than the wait ends the sender with exit 7; nothing is lost."""
    mailing.address_to(30)
    with MisbehavingServer() as server:
        failed = send_into(mailing, server, Trouble(hold(mailing, 33.0), readers(30)[9]))
        select.select([], [], [], 5.0)
        assert_stopped(failed)
        assert_kept(mailing, server, 30, most=1)


@pytest.mark.parametrize("anywhere", ["postgresql"], indirect=True)
def test_the_database_is_gone(anywhere: Mailing, postgresql: Any) -> None:
    """PostgreSQL ends every connection and takes no new one: exit 7; when it is back nothing is lost."""
    name = anywhere.environ["COOPDIGEST_DATABASE_URL"].partition("@/")[2].partition("?")[0]

    def go_away(pid: int) -> None:
        postgresql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        ours = f"application_name = 'coopdigest' AND datname = '{name}'"
        postgresql.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")  # noqa: S608

    with MisbehavingServer() as server:
        failed = send_into(anywhere, server, Trouble(go_away, readers(12)[6]))
        postgresql.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert_stopped(failed)
        assert_kept(anywhere, server, 12, most=1)
