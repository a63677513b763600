"""The sender killed at each step of a message, then started again: nobody twice, everybody reached or named."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from failing_send import STEPS

from coopdigest.testing.mailing import PERIOD, Mailing, finish, readers
from coopdigest.testing.smtp_script import Act, Ending, Moment, Script, Step, at, first_of
from coopdigest.testing.smtp_server import MisbehavingServer

PROGRAM = Path(__file__).with_name("failing_send.py")
PEOPLE = 12  # as the fixture `anywhere` has them
SEVENTH = readers(PEOPLE)[6]
DONE, HELD, PARTLY = 0, 5, 8


def assert_kept(mailing: Mailing, server: MisbehavingServer, most: int) -> Counter[str]:
    """Send what is left; then everybody is accepted once, or named as in doubt and there at most once."""
    sent = mailing.send()
    taken = Counter(to for message in server.accepted for to in message.recipients)
    counts = Counter(mailing.counts())
    named = set(mailing.troubles("--in-doubt"))
    assert counts["accepted"] + counts["in_doubt"] == PEOPLE
    assert (counts["in_doubt"], sent.code) == (len(named), PARTLY if named else DONE)
    assert counts["in_doubt"] <= most
    assert max(taken.values()) == 1
    assert set(readers(PEOPLE)) - named <= set(taken)
    return counts


SHORT = {("sqlite", "after-claim", 1), ("sqlite", "after-intent", 3), ("sqlite", "before-result", 1)}
SHORT |= {("sqlite", "inside-commit", 3), ("postgresql", "before-commit", 3)}
KILLS = [
    pytest.param(where, step, connections, marks=() if (where, step, connections) in SHORT else pytest.mark.long)
    for where in ("sqlite", "postgresql")
    for step in STEPS
    for connections in (1, 3)
    if (where, step) != ("postgresql", "inside-commit")  # a server commits for itself
]


@pytest.mark.parametrize(("anywhere", "step", "connections"), KILLS, indirect=["anywhere"])
def test_killed_at_a_step_of_the_ledger(step: str, connections: int, anywhere: Mailing) -> None:
    """Killed between any two steps of claim, intent and result: at most one message a connection is in doubt."""
    anywhere.configure(f"connections = {connections}\n")
    with MisbehavingServer() as server:
        anywhere.use_server(server.port)
        with anywhere.started(step, "1" if step == "after-claim" else "7", program=PROGRAM) as process:
            ended = finish(process)
        left = anywhere.counts()
        assert_kept(anywhere, server, 0 if step == "after-claim" else connections)

    assert ended.code in (-signal.SIGKILL, -signal.SIGXFSZ)
    assert left.get("accepted", 0) < PEOPLE


class Killer:
    """Kills a sender from the other end of its line, when the seventh reader's turn comes to a step."""

    def __init__(self, step: Step, *, keeps: bool | None = None) -> None:
        """Wait for that moment."""
        self.process: subprocess.Popen[str] | None = None
        self._step, self._keeps = step, keeps

    def __call__(self, moment: Moment) -> Act | None:
        """Kill, at the seventh reader's step; MAIL comes without a name, and is counted."""
        is_theirs = moment.message == 7 if self._step is Step.MAIL else moment.recipient == SEVENTH
        if self.process is None or moment.step is not self._step or not is_theirs:
            return None
        process, self.process = self.process, None
        process.kill()
        with suppress(ChildProcessError):  # the test itself has waited for it
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return Act(ending=Ending.CLOSE, keeps=self._keeps)


KILLED: dict[str, Callable[[], Killer]] = {
    "at MAIL": lambda: Killer(Step.MAIL),
    "at RCPT": lambda: Killer(Step.RCPT),
    "before 354": lambda: Killer(Step.DATA),
    "before the dot": lambda: Killer(Step.BODY),
    "after the dot, kept": lambda: Killer(Step.DOT, keeps=True),
    "after the dot, not kept": lambda: Killer(Step.DOT, keeps=False),
}


SHOWN = ("at MAIL", "after the dot, kept")
MOMENTS = [pytest.param(name, marks=() if name in SHOWN else pytest.mark.long) for name in KILLED]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_step_of_the_session(moment: str, mailing: Mailing) -> None:
    """Killed when the server hears MAIL, RCPT, DATA, the body or the dot: at most that one message is in doubt."""
    mailing.address_to(PEOPLE)
    killer = KILLED[moment]()
    with MisbehavingServer(killer) as server:
        mailing.use_server(server.port)
        with mailing.started("send", PERIOD) as process:
            killer.process = process
            ended = finish(process)
        counts = assert_kept(mailing, server, 1)
        taken = {to for message in server.accepted for to in message.recipients}

    assert ended.code == -signal.SIGKILL
    if "the dot" in moment:
        assert list(counts.elements()).count("in_doubt") == 1
        assert (SEVENTH in taken) == moment.endswith(", kept")


def run_during(mailing: Mailing, *arguments: str) -> Script:
    """Run a command once, when the seventh reader's DATA has come and before it is answered with 354."""
    left = [arguments]

    def choose(moment: Moment) -> Act | None:
        if moment.step is Step.DATA and moment.recipient == SEVENTH and left:
            assert mailing.run(*left.pop()).code == DONE
        return None

    return choose


def test_an_intent_refused_after_354(mailing: Mailing) -> None:
    """Who unsubscribes between RCPT and the dot gets nothing, not even an empty mail; all others get theirs."""
    mailing.address_to(PEOPLE)
    with MisbehavingServer(run_during(mailing, "subscribers", "unsubscribe", SEVENTH)) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    taken = Counter(to for message in server.accepted for to in message.recipients)
    assert (sent.code, mailing.counts()) == (DONE, {"accepted": PEOPLE - 1, "skipped": 1})
    assert taken == dict.fromkeys(set(readers(PEOPLE)) - {SEVENTH}, 1)
    assert server.unfinished == 1
    assert server.commands.count(".") == PEOPLE - 1


STOPS = [("pause", "pending", HELD), pytest.param("cancel", "skipped", DONE, marks=pytest.mark.long)]


@pytest.mark.parametrize(("command", "state", "code"), STOPS)
def test_stopped_after_354(command: str, state: str, code: int, mailing: Mailing) -> None:
    """`pause` and `cancel` reach even the message whose 354 is there: its dot is not written."""
    mailing.address_to(PEOPLE)
    with MisbehavingServer(run_during(mailing, command, PERIOD)) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    assert (sent.code, mailing.counts()) == (code, {"accepted": 6, state: PEOPLE - 6})
    assert [to for message in server.accepted for to in message.recipients] == readers(6)


@pytest.mark.long
def test_the_connection_is_lost_while_the_ledger_says_no(mailing: Mailing) -> None:
    """A fence and a lost line at once: the reader is skipped, nobody else is touched, nobody is in doubt."""
    mailing.address_to(PEOPLE)
    unsubscribe = run_during(mailing, "subscribers", "unsubscribe", SEVENTH)
    cut = at(Step.DATA, Act(ending=Ending.RESET), recipient=SEVENTH)
    with MisbehavingServer(first_of(unsubscribe, cut)) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    assert (sent.code, mailing.counts()) == (DONE, {"accepted": PEOPLE - 1, "skipped": 1})
    assert len(server.accepted) == PEOPLE - 1
