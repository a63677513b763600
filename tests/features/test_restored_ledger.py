"""A ledger that was restored from a backup, or copied with its folder, does not go on sending by itself: it asks."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from digest_folder import LISTING, Folder, Ran
from terminal import on_terminal

from coopdigest.testing.smtp_script import behave
from coopdigest.testing.smtp_server import MisbehavingServer

PEOPLE = ("amina@example.org", "luc@example.org", "nour@example.org", "rosa@example.org")
STAGED = '[smtp]\nonly_to = ["amina@example.org"]'


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest folder with two approved issues that were never sent; only to be copied."""
    made = Folder(tmp_path_factory.mktemp("approved") / "digest")
    made.path.mkdir()
    made.configure()
    (made.path / "news.txt").write_text(LISTING, encoding="utf-8")
    (made.path / "subscribers.csv").write_text("\n".join(["email", *PEOPLE, ""]), encoding="utf-8")
    for command in (("collect",), ("approve", "2021-11"), ("approve", "2021-10")):
        assert made.run(*command).code == 0
    return made.path


@pytest.fixture
def folder(approved: Path, tmp_path: Path) -> Folder:
    """A digest folder of the test's own."""
    return Folder(Path(shutil.copytree(approved, tmp_path / "digest")))


@pytest.fixture
def server(folder: Folder) -> Iterator[MisbehavingServer]:
    """A server that takes everything. The issue was sent to Amina only: a staging list held the others back."""
    config = folder.path / "coopdigest.toml"
    whole = config.read_text("utf-8")
    config.write_text(whole.replace("[smtp]", STAGED), "utf-8")
    with MisbehavingServer(behave) as running:
        folder.environ["COOPDIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{running.port}"
        assert send(folder).code == 9
        config.write_text(whole, "utf-8")
        yield running


def send(folder: Folder, *options: str) -> Ran:
    """Send the issue, away from a terminal."""
    return folder.run("send", "2021-11", *options)


def received(server: MisbehavingServer) -> Counter[str]:
    """How often each recipient has the message."""
    return Counter(message.recipients[0] for message in server.accepted)


def elsewhere(folder: Folder, name: str) -> Folder:
    """A copy of the folder."""
    return Folder(Path(shutil.copytree(folder.path, folder.path.parent / name)), folder.environ)


def is_held(ran: Ran) -> bool:
    """Whether a command was held with one line that names the way out."""
    return ran.code == 5 and len(ran.err.splitlines()) == 1 and "coopdigest send 2021-11 --here" in ran.err


def test_a_database_put_back_from_a_backup_asks(folder: Folder, server: MisbehavingServer) -> None:
    """The three who were sent to since are not sent to again, until somebody says that they should be."""
    database = folder.path / "coopdigest.db"
    backup = database.read_bytes()
    assert send(folder).code == 0
    database.write_bytes(backup)
    held = send(folder)
    assert is_held(held), held.err
    assert "a backup was put back" in held.err
    assert received(server) == Counter(PEOPLE)
    assert "does not go on by itself" in folder.run("status", "2021-11").out
    assert folder.run("status", "2021-11", "--json").json["counts"]["pending"] == 3
    assert send(folder, "--here").code == 0
    assert received(server) == Counter([*PEOPLE, *PEOPLE[1:]])
    assert send(folder).code == 0


def test_a_copied_folder_asks_and_the_original_goes_on(folder: Folder, server: MisbehavingServer) -> None:
    """Both hold the same open campaign; the copy waits for a word."""
    copy = elsewhere(folder, "copy")
    held = send(copy)
    assert is_held(held), held.err
    assert "a copy of the one that began this issue" in held.err
    assert send(folder).code == 0
    assert received(server) == Counter(PEOPLE)


def test_a_folder_that_was_restored_as_a_whole_asks(folder: Folder, server: MisbehavingServer) -> None:
    """The folder is gone and comes back from a copy, with all that stands beside the database."""
    copy = elsewhere(folder, "backup")
    assert send(folder).code == 0
    shutil.rmtree(folder.path)
    copy.path.rename(folder.path)
    held = send(folder)
    assert is_held(held), held.err
    assert received(server) == Counter(PEOPLE)


def test_a_database_from_before_the_first_send_asks(folder: Folder, server: MisbehavingServer) -> None:
    """A lost database is made anew from the sources; the issue in it was never sent, as far as it knows."""
    for path in folder.path.glob("coopdigest.db*"):
        if path.is_file() and path.name != "coopdigest.db-home":
            path.unlink()
    folder.run("collect")
    folder.run("approve", "2021-11")
    held = send(folder)
    assert is_held(held), held.err
    assert received(server) == Counter(PEOPLE[:1])


def test_run_says_it_once_and_does_not_send(folder: Folder, server: MisbehavingServer) -> None:
    """The scheduler holds that campaign, and goes on with the rest of its work."""
    copy = elsewhere(folder, "copy")
    running = copy.start("run", stderr=subprocess.PIPE)
    try:
        assert running.stderr is not None
        lines = [running.stderr.readline()]
        while "does not" not in lines[-1] and "--here" not in lines[-1]:
            lines.append(running.stderr.readline())
            assert lines[-1], lines
    finally:
        running.send_signal(signal.SIGTERM)
        _, rest = running.communicate(timeout=30)
    assert (running.returncode, rest.count("--here")) == (0, 0)
    assert received(server) == Counter(PEOPLE[:1])


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 5)])
def test_on_a_terminal_it_asks(folder: Folder, server: MisbehavingServer, answer: str, code: int) -> None:
    """Yes goes on, and for good; nothing, which means no, does not."""
    copy = elsewhere(folder, "copy")
    with on_terminal(copy, "send", "2021-11") as terminal:
        terminal.read_until("Go on with this ledger? [y/N]")
        terminal.type(answer)
        assert terminal.wait() == code
    assert received(server) == Counter(PEOPLE if code == 0 else PEOPLE[:1])
    assert send(copy).code == code


def test_nothing_is_asked_after_a_kill_or_a_move(folder: Folder, server: MisbehavingServer) -> None:
    """Killed with -9 at work and started again, then renamed: the same ledger goes on."""
    sending = folder.start("send", "2021-11", stderr=subprocess.DEVNULL)
    while len(server.accepted) < 2 and sending.poll() is None:
        pass
    sending.kill()
    sending.wait()
    moved = Folder(folder.path.rename(folder.path.with_name("renamed")), folder.environ)
    assert send(moved).code in (0, 8)
    assert max(received(server).values()) == 1


def test_the_next_issue_of_a_copied_folder_goes_out(folder: Folder, server: MisbehavingServer) -> None:
    """Who moved to another place is not asked about an issue that begins there; about the old one they still are."""
    copy = elsewhere(folder, "copy")
    assert copy.run("send", "2021-10").code == 0
    assert is_held(send(copy))
    assert received(server) == Counter([*PEOPLE, PEOPLE[0]])
