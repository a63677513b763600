"""Two senders on one ledger, one of them asleep: it is taken over, and when it wakes it sends nothing twice."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from coopdigest.testing.kill_rounds import age_heartbeats
from coopdigest.testing.mailing import PERIOD, Mailing, finish, readers
from coopdigest.testing.smtp_script import Act, Moment, Step
from coopdigest.testing.smtp_server import MisbehavingServer

PROGRAM = Path(__file__).with_name("failing_send.py")
PEOPLE = 12  # as the fixture `anywhere` has them
SEVENTH = readers(PEOPLE)[6]
DONE, PARTLY, DEFERRED = 0, 8, 9
BOTH = pytest.mark.parametrize(
    "anywhere", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)


def wait_until_stopped(process: subprocess.Popen[str]) -> None:
    """Wait until a process sleeps by SIGSTOP."""
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


def let_silence_pass(mailing: Mailing) -> None:
    """Every sender was last heard of an hour ago."""
    usual = f"sqlite:///{mailing.path / 'coopdigest.db'}"
    age_heartbeats(mailing.environ.get("COOPDIGEST_DATABASE_URL", usual))


def taken_by(server: MisbehavingServer) -> Counter[str]:
    """How often the server took a message for each reader."""
    return Counter(to for message in server.accepted for to in message.recipients)


class Lullaby:
    """Puts a sender to sleep when the seventh reader's message is taken, and answers it all the same."""

    process: subprocess.Popen[str] | None = None

    def __call__(self, moment: Moment) -> Act | None:
        """Stop the process, once."""
        if self.process and moment.step is Step.DOT and moment.recipient == SEVENTH:
            self.process.send_signal(signal.SIGSTOP)
            wait_until_stopped(self.process)
            self.process = None
        return None


@BOTH
def test_a_sender_sleeps_after_the_dot(anywhere: Mailing) -> None:
    """Its message is in doubt, the rest goes out by another; awake it hears the 250, and sends nothing more."""
    lullaby = Lullaby()
    with MisbehavingServer(lullaby) as server:
        anywhere.use_server(server.port)
        with anywhere.started("send", PERIOD) as sleeper:
            lullaby.process = sleeper
            while lullaby.process and sleeper.poll() is None:
                select.select([], [], [], 0.01)
            let_silence_pass(anywhere)
            other = anywhere.send()
            named, meanwhile = list(anywhere.troubles("--in-doubt")), anywhere.counts()
            sleeper.send_signal(signal.SIGCONT)
            woken = finish(sleeper)

    assert (other.code, named, meanwhile) == (PARTLY, [SEVENTH], {"accepted": PEOPLE - 1, "in_doubt": 1})
    assert (woken.code, anywhere.counts()) == (DONE, {"accepted": PEOPLE})
    assert taken_by(server) == dict.fromkeys(readers(PEOPLE), 1)


@BOTH
@pytest.mark.parametrize("step", ["after-claim", pytest.param("before-intent", marks=pytest.mark.long)])
def test_a_sender_sleeps_before_its_intent(step: str, anywhere: Mailing) -> None:
    """What it had claimed goes out by another; awake it is fenced: not one of those messages gets its dot."""
    with MisbehavingServer() as server:
        anywhere.use_server(server.port)
        with anywhere.started(step, "1", "--signal", "STOP", program=PROGRAM) as sleeper:
            wait_until_stopped(sleeper)
            let_silence_pass(anywhere)
            other = anywhere.send()
            sleeper.send_signal(signal.SIGCONT)
            woken = finish(sleeper)

    assert (other.code, woken.code, anywhere.counts()) == (DONE, DONE, {"accepted": PEOPLE})
    assert taken_by(server) == dict.fromkeys(readers(PEOPLE), 1)


@pytest.mark.parametrize("anywhere", ["sqlite"], indirect=True)
def test_a_sender_sleeps_inside_a_write(anywhere: Mailing) -> None:
    """On SQLite it keeps the others waiting, and they do not fail: when it wakes all of them go on."""
    with MisbehavingServer() as server:
        anywhere.use_server(server.port)
        with anywhere.started("before-commit", "3", "--signal", "STOP", program=PROGRAM) as sleeper:
            wait_until_stopped(sleeper)
            with anywhere.started("send", PERIOD) as other:
                ready, _, _ = select.select([other.stdout], [], [], 2.5)  # the end of the process would show
                is_waiting = other.poll() is None and not ready
                sleeper.send_signal(signal.SIGCONT)
                ran = [finish(other), finish(sleeper)]
        last = anywhere.send()

    assert is_waiting
    assert {each.code for each in ran} <= {DONE, DEFERRED}
    assert (last.code, anywhere.counts()) == (DONE, {"accepted": PEOPLE})
    assert taken_by(server) == dict.fromkeys(readers(PEOPLE), 1)
