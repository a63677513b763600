"""A program that sends as `coopdigest send` does, and is killed or stopped at a named step of the nth message.

`python failing_send.py STEP N [--signal STOP]` in a digest folder. It wraps what the services see of the ledger and
what the store sees of its driver; nothing in coopdigest knows of it.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from coopdigest.domain.errors import CoopdigestError
from coopdigest.testing.mailing import PERIOD
from coopdigest.wiring import open_workplace

STEPS = {
    "after-claim": "the nth batch of rows is claimed",
    "before-intent": "the nth message may be sent but for its intent",
    "after-intent": "the nth intent is committed, and not one octet of its dot written",
    "before-result": "the nth answer is there, and not written down",
    "after-result": "the nth answer is written down",
    "before-commit": "the transaction of the nth answer is complete but for its COMMIT",
    "inside-commit": "a part of that COMMIT is on the disk (SQLite only)",
}
_PART = 5_000  # octets of a commit that reach the disk: one whole page of the write-ahead log, and a torn one


@dataclass(slots=True)
class FailingLedger:
    """A ledger that calls `fail` when the `left`th message comes to a step; everything else is the real one's."""

    inner: Any
    step: str
    left: int
    fail: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        """What the real ledger has."""
        return getattr(self.inner, name)

    def claim(self, *arguments: Any, **options: Any) -> Any:
        """Claim, and perhaps fail."""
        rows = self.inner.claim(*arguments, **options)
        self._reach("after-claim", min(len(rows), 1))
        return rows

    def record(self, sender: int, results: Sequence[Any], intents: Sequence[Any], now: Any) -> Any:
        """Record, and perhaps fail before, after or inside it."""
        self._reach("before-intent", len(intents))
        for step in ("before-result", "before-commit", "inside-commit"):
            self._reach(step, len(results))
        holding = self.inner.record(sender, results, intents, now)
        self._reach("after-intent", len(holding))
        self._reach("after-result", len(results))
        return holding

    def _reach(self, step: str, count: int) -> None:
        if step == self.step and 0 < self.left <= count:
            self.fail()
        self.left -= count if step == self.step else 0


class Doom:
    """Ends this process by a signal: at once, when the driver is told to commit, or in the middle of that."""

    def __init__(self, number: signal.Signals) -> None:
        """Wait for the moment."""
        self._number, self._waits = number, False

    def now(self) -> None:
        """End it; one that was stopped goes on from here when it is woken."""
        self._waits = False
        os.kill(os.getpid(), self._number)

    def at_commit(self) -> None:
        """End it when COMMIT is said next."""
        self._waits = True

    def inside_commit(self) -> None:
        """End it when so many octets more are in the write-ahead log: the system kills who writes beyond its limit."""
        size = Path("coopdigest.db-wal").stat().st_size + _PART
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    def hear(self, statement: str) -> None:
        """Learn that the driver is about to run a statement."""
        if self._waits and statement.startswith("COMMIT"):
            self.now()

    def listen(self, driver: Any, _record: object) -> None:
        """Hear every statement of a new connection."""
        if isinstance(driver, sqlite3.Connection):
            driver.set_trace_callback(self.hear)
            return
        execute = driver.execute

        def hear_and_execute(statement: Any, *arguments: Any, **options: Any) -> Any:
            self.hear(str(statement))
            return execute(statement, *arguments, **options)

        driver.execute = hear_and_execute


def main() -> int:
    """Send the issue; the exit code is that of `coopdigest send`, if it lives to give one."""
    parser = argparse.ArgumentParser(description="Sends an issue and is killed at a step.")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("number", type=int)
    parser.add_argument("--signal", choices=["KILL", "STOP"], default="KILL")
    options = parser.parse_args()
    doom = Doom(signal.Signals[f"SIG{options.signal}"])
    event.listen(Engine, "connect", doom.listen)
    place = open_workplace(Path("coopdigest.toml"))
    fail = {"before-commit": doom.at_commit, "inside-commit": doom.inside_commit}.get(options.step, doom.now)
    ledger = FailingLedger(place.store.ledger, options.step, options.number, fail)
    place.store = replace(place.store, ledger=ledger)
    try:
        place.sync_roster(lambda text: None)
        required = place.required_sources()
        campaign = place.campaigns().prepare(place.period(PERIOD), place.composer, early=False, required=required)
        return int(place.campaigns().drain(campaign).exit_code)
    except CoopdigestError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    finally:
        place.close()


if __name__ == "__main__":
    sys.exit(main())
