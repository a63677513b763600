"""What a person sees of a send: on a terminal, in a log, and from another terminal."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from digest_folder import LISTING, Folder
from terminal import on_terminal

from coopdigest.testing.smtp_script import Act, Moment, Step
from coopdigest.testing.smtp_server import MisbehavingServer

PEOPLE = ("amina@example.org", "luc@example.org", "nour@full.example", "olga@full.example", "rosa@gone.example")
REPLIES = {"full.example": "452 4.2.2 صندوق البريد ممتلئ", "gone.example": "550 5.1.1 [red]No\x1b[2Jbody"}


@pytest.fixture
def gate() -> Iterator[Event]:
    """Shut until a test opens it: so long the server keeps its answer to Luc's message to itself."""
    opened = Event()
    yield opened
    opened.set()


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A digest folder with an approved issue that was never sent, and one connection; only to be copied."""
    made = Folder(tmp_path_factory.mktemp("approved") / "digest")
    made.path.mkdir()
    made.configure()
    config = made.path / "coopdigest.toml"
    config.write_text(config.read_text("utf-8").replace("[smtp]", "[smtp]\nconnections = 1"), "utf-8")
    (made.path / "news.txt").write_text(LISTING, encoding="utf-8")
    (made.path / "subscribers.csv").write_text("\n".join(["email", *PEOPLE, ""]), encoding="utf-8")
    for command in (("collect",), ("approve", "2021-11")):
        assert made.run(*command).code == 0
    return made.path


@pytest.fixture
def folder(approved: Path, tmp_path: Path) -> Folder:
    """A digest folder of the test's own."""
    return Folder(Path(shutil.copytree(approved, tmp_path / "digest")))


@pytest.fixture
def server(folder: Folder, gate: Event) -> Iterator[MisbehavingServer]:
    """A server that defers one domain, refuses another, and waits for the gate."""

    def answer(moment: Moment) -> Act | None:
        if moment.step is Step.RCPT and (reply := REPLIES.get(moment.recipient.rpartition("@")[2])):
            return Act(reply.encode() + b"\r\n")
        if moment.step is Step.DOT and moment.recipient.startswith("luc@"):
            assert gate.wait(60)  # it serves nobody else meanwhile: there is one connection
        return None

    with MisbehavingServer(answer) as running:
        folder.environ["COOPDIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{running.port}"
        yield running
        gate.set()


def test_a_terminal_shows_how_far_and_where_it_sticks(folder: Folder, server: MisbehavingServer, gate: Event) -> None:
    """While it goes on, and left standing at the end: counts, domains, replies as plain text; nobody's address."""
    with on_terminal(folder, "send", "2021-11") as terminal:
        terminal.read_until("1 of 5")
        gate.set()
        assert terminal.wait() == 9
    shown = terminal.text
    assert "sending 2021-11" in shown
    last = shown[shown.rindex("sending 2021-11 ") :]
    assert re.search(r"2 accepted +2 deferred +1 refused +0 in doubt", last), last
    assert re.search(r"full\.example +2 +452 4\.2\.2 صندوق البريد ممتلئ", last), last
    assert re.search(r"gone\.example +1 +550 5\.1\.1 \[red\]No \[2Jbody", last), last
    assert "\x1b[2J" not in terminal.raw
    assert [name for name in ("amina", "luc", "nour") if name in shown] == []


def test_a_log_has_nothing_that_steers_a_terminal(folder: Folder, server: MisbehavingServer, gate: Event) -> None:
    """Without a terminal: one line at the start, the tally at the end."""
    gate.set()
    sent = folder.run("send", "2021-11")
    first, *_, last = sent.err.splitlines()
    assert first == "sending 2021-11: 5 to go"
    assert last.startswith("2021-11 sending: 5 recipients: 2 accepted, 2 deferred, 1 refused")
    assert "\x1b" not in sent.err


def test_status_tells_the_pace_from_elsewhere(folder: Folder, server: MisbehavingServer, gate: Event) -> None:
    """Speed, senders and domains while it is sent; the JSON document keeps to its seven counts."""
    sending = folder.start("send", "2021-11")
    try:
        while len(server.accepted) < 1:
            assert sending.poll() is None
        told = folder.run("status", "2021-11").out
        document = folder.run("status", "2021-11", "--json").json
    finally:
        gate.set()
        assert sending.wait(timeout=30) == 9
    assert re.search(r"^2021-11  .*in the last minute, 1 sender at work, last heard \d+ s ago", told, re.M), told
    assert list(document) == ["digest", "period", "state", "recipients", "counts"]
    assert len(document["counts"]) == 7
    after = folder.run("status", "2021-11").out
    assert "no sender at work" in after
    assert "2021-11  full.example: 2 deferred; last reply 452 4.2.2 صندوق البريد ممتلئ" in after
    assert "2021-11  gone.example: 1 refused; last reply 550 5.1.1 [red]No [2Jbody" in after
    assert "\x1b" not in after


def test_the_terminal_is_whole_after_ctrl_c(folder: Folder, server: MisbehavingServer, gate: Event) -> None:
    """The cursor is shown again, and what is in flight is finished."""
    with on_terminal(folder, "send", "2021-11") as terminal:
        terminal.read_until("1 of 5")
        terminal.process.send_signal(signal.SIGINT)
        terminal.read_until("stopping")
        gate.set()
        assert terminal.wait() == 9
    assert terminal.raw.rindex("\x1b[?25h") > terminal.raw.rindex("\x1b[?25l")
