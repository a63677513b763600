"""A mail server in a process of its own that misbehaves towards every nth recipient or connection.

Its log outlives every client: `python -m coopdigest.testing.mail_process --log FILE --defer-every 10`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coopdigest.testing.smtp_script import Act, Ending, Moment, Step
from coopdigest.testing.smtp_server import MisbehavingServer


@dataclass(slots=True, kw_only=True)
class Turns:
    """A script by turns: recipients are numbered as they first come, and 0 means never.

    Every `defer_every`th, counted from the first, is deferred once, every `refuse_every`th, counted from the sixth,
    refused, after the dot of every `hang_up_every`th, counted from the eighth, the line is cut; of these messages the
    server keeps every other one. So the three never meet with 10, 10 and 50. After `most` messages a connection is
    closed with 421. `delay` holds back the answer to the dot, in seconds.
    """

    defer_every: int = 0
    refuse_every: int = 0
    hang_up_every: int = 0
    most: int = 0
    delay: float = 0.0
    _numbers: dict[str, int] = field(default_factory=dict)
    _deferred: set[str] = field(default_factory=set)
    _hung_up: int = 0

    def __call__(self, moment: Moment) -> Act | None:
        """What to do at this moment."""
        if moment.step is Step.MAIL and self.most and moment.message > self.most:
            return Act(reply="421 4.7.0 that is enough for one connection", ending=Ending.CLOSE)
        if moment.step is Step.RCPT:
            return self._meet(moment.recipient)
        if moment.step is Step.DOT:
            return self._answer(moment.recipient)
        return None

    def _meet(self, recipient: str) -> Act | None:
        number = self._numbers.setdefault(recipient, len(self._numbers))
        if _is_turn(number, self.defer_every) and recipient not in self._deferred:
            self._deferred.add(recipient)
            return Act(reply="451 4.3.0 not now")
        if _is_turn(number - 5, self.refuse_every):
            return Act(reply="550 5.1.1 nobody here has that name")
        return None

    def _answer(self, recipient: str) -> Act | None:
        if _is_turn(self._numbers.get(recipient, 0) - 7, self.hang_up_every):
            self._hung_up += 1
            return Act(ending=Ending.CLOSE, keeps=bool(self._hung_up % 2))
        return Act(delay=self.delay) if self.delay else None


def _is_turn(number: int, every: int) -> bool:
    return every > 0 and number >= 0 and number % every == 0


class MailProcess:
    """A running server and the log of what it accepted."""

    def __init__(self, port: int, log: Path) -> None:
        """Know where it listens and where it writes."""
        self.port, self.log = port, log
        self._read, self._lines = 0, 0

    def count(self) -> int:
        """How many messages it accepted so far; only what is new is read."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        self._read += len(fresh)
        self._lines += fresh.count(b"\n")
        return self._lines

    def accepted(self) -> Counter[str]:
        """How often it accepted a message for each address."""
        return Counter(recipient for entry in self.entries() for recipient in entry["recipients"])

    def message_ids(self) -> dict[str, set[str]]:
        """The Message-IDs that each address got."""
        found: dict[str, set[str]] = {}
        for entry in self.entries():
            for recipient in entry["recipients"]:
                found.setdefault(recipient, set()).add(entry["message_id"])
        return found

    def entries(self) -> Iterator[dict[str, Any]]:
        """What the log tells of each accepted message: connection, recipients, message_id, octets."""
        yield from map(json.loads, self.log.read_text("ascii").splitlines())


@contextmanager
def mail_process(log: Path, *options: str) -> Iterator[MailProcess]:
    """A server of its own process for as long as the `with` block."""
    log.touch()
    command = [sys.executable, "-m", "coopdigest.testing.mail_process", "--log", str(log), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield MailProcess(int(process.stdout.readline() if process.stdout else 0), log)
        finally:
            process.send_signal(signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent is gone; the first line on stdout is the port."""
    parser = argparse.ArgumentParser(description="A mail server for tests that misbehaves by turns.")
    parser.add_argument("--log", type=Path, help="one JSON line for each accepted message, before it is answered")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="how long the answer to the dot is held back")
    parser.add_argument("--defer-every", type=int, default=0, help="answer 451 to every nth recipient, once")
    parser.add_argument("--refuse-every", type=int, default=0, help="answer 550 to every nth recipient")
    parser.add_argument("--hang-up-after-dot-every", type=int, default=0, help="cut the line after every nth's dot")
    parser.add_argument("--limit-per-connection", type=int, default=0, help="answer 421 after so many messages")
    options = parser.parse_args(arguments)
    script = Turns(
        defer_every=options.defer_every,
        refuse_every=options.refuse_every,
        hang_up_every=options.hang_up_after_dot_every,
        most=options.limit_per_connection,
        delay=options.delay_ms / 1000,
    )
    parent = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with MisbehavingServer(script, log=options.log, port=options.port) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        while os.getppid() == parent and not signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 1.0):
            pass


if __name__ == "__main__":
    main()
