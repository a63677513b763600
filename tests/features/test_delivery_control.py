"""A sending steered from outside: paused, resumed, cancelled, stopped by a signal, shared by several processes."""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from coopdigest.testing.mail_process import MailProcess, mail_process
from coopdigest.testing.mailing import PERIOD, Mailing, finish
from coopdigest.testing.smtp_script import Act, Ending, Step, at
from coopdigest.testing.smtp_server import MisbehavingServer

PEOPLE = 300
DONE, HELD, TRANSPORT, DEFERRED = 0, 5, 6, 9


@pytest.fixture
def server(mailing: Mailing, tmp_path: Path) -> Iterator[MailProcess]:
    """A server that takes its time, so that a sending can be met in the middle, on however slow a machine."""
    mailing.address_to(PEOPLE)
    mailing.configure("connections = 2\n")
    with mail_process(tmp_path / "log.jsonl", "--delay-ms", "100") as running:
        mailing.use_server(running.port)
        yield running


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that another process brings about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        select.select([], [], [], 0.01)


def send_the_rest(mailing: Mailing, server: MailProcess) -> int:
    """Send what is left by a server that does not take its time, and writes to the same log."""
    with mail_process(server.log) as quick:
        mailing.use_server(quick.port)
        return mailing.send().code


def assert_nobody_twice(server: MailProcess, people: int) -> None:
    """Everybody got it once."""
    taken = server.accepted()
    assert (len(taken), max(taken.values())) == (people, 1)


def test_pause_from_another_process(mailing: Mailing, server: MailProcess) -> None:
    """`pause` stops a running `send` at once: exit 5, nobody in doubt, the rest pending; `resume` and it goes on."""
    with mailing.started("send", PERIOD) as process:
        wait_until(lambda: server.count() >= 20)
        paused = mailing.run("pause", PERIOD)
        there = server.count()
        ran = finish(process)
    counts = mailing.counts()
    refused = mailing.send()
    resumed = mailing.ask("resume", PERIOD)

    assert (paused.code, ran.code, refused.code, resumed.code) == (DONE, HELD, HELD, DONE)
    assert counts["accepted"] + counts["pending"] == PEOPLE
    assert 20 <= counts["accepted"] <= there + 4  # what was in flight on two connections, and what came meanwhile
    assert (send_the_rest(mailing, server), mailing.counts()) == (DONE, {"accepted": PEOPLE})
    assert_nobody_twice(server, PEOPLE)


def test_cancel_from_another_process(mailing: Mailing, server: MailProcess) -> None:
    """`cancel` stops a running `send` at once: what was handed over is told, everybody else is skipped for good."""
    with mailing.started("send", PERIOD) as process:
        wait_until(lambda: server.count() >= 20)
        cancelled = mailing.run("cancel", PERIOD)
        there = server.count()
        finish(process)
    counts = mailing.counts()
    send_the_rest(mailing, server)

    assert cancelled.code == DONE
    assert counts["accepted"] + counts["skipped"] == PEOPLE
    assert 20 <= counts["accepted"] <= there + 4
    assert mailing.counts() == counts
    assert_nobody_twice(server, counts["accepted"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_drains_what_is_in_flight(number: signal.Signals, mailing: Mailing, server: MailProcess) -> None:
    """SIGTERM and Ctrl-C: what is in flight gets its answer, the rest is pending, exit 9; the next send goes on."""
    with mailing.started("send", PERIOD) as process:
        wait_until(lambda: server.count() >= 20)
        process.send_signal(number)
        ran = finish(process)
    counts, taken = mailing.counts(), server.count()

    assert ran.code == DEFERRED
    assert counts == {"accepted": taken, "pending": PEOPLE - taken}
    assert 20 <= taken < PEOPLE
    assert (send_the_rest(mailing, server), mailing.counts()) == (DONE, {"accepted": PEOPLE})
    assert_nobody_twice(server, PEOPLE)


def test_a_signal_before_anything_was_sent(mailing: Mailing) -> None:
    """A signal while the server does not even greet ends `send`, everybody pending, without a traceback."""
    mailing.configure('timeouts = { command = "2s" }\n')
    with MisbehavingServer(at(Step.GREETING, Act(ending=Ending.SILENCE))) as server:
        mailing.use_server(server.port)
        with mailing.started("send", PERIOD) as process:
            wait_until(lambda: server.connections > 0)
            process.terminate()
            ran = finish(process)
    assert ran.code in (TRANSPORT, DEFERRED)
    assert mailing.counts() == {"pending": 6}


def test_several_processes_share_the_work(mailing: Mailing, server: MailProcess) -> None:
    """Three `send` on one ledger: each sends some, nobody gets it twice, and each says how the campaign stands."""
    mailing.address_to(400)
    with ExitStack() as stack:
        running = [stack.enter_context(mailing.started("send", PERIOD)) for _ in range(3)]
        ran = [finish(process) for process in running]

    by_connection = {entry["connection"] for entry in server.entries()}
    assert {each.code for each in ran} <= {DONE, DEFERRED}
    assert (mailing.send().code, mailing.counts()) == (DONE, {"accepted": 400})
    assert len(by_connection) >= 3
    assert_nobody_twice(server, 400)
