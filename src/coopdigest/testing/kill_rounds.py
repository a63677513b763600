"""Kills the sender with SIGKILL at random moments, starts it again each time, and counts what became of everybody.

`python -m coopdigest.testing.kill_rounds --kills 200 --recipients 5000` prints the figures and exits with 1 if anybody
was doubled or missing.
"""

from __future__ import annotations

import argparse
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coopdigest.domain.errors import ExitCode
from coopdigest.testing.mail_process import MailProcess, mail_process
from coopdigest.testing.mailing import PERIOD, Mailing, Quick, readers

_START_UP = 1.5  # seconds within which a kill hits a process that may not have sent anything yet
_MORE_TRIES = 50  # sends after the last kill; each is one that left somebody waiting
_WAITING = {int(ExitCode.DEFERRED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done: so many kills in all, at most `kills_each` in the sending of one issue.

    `resend` sends again what is in doubt at every start: the negative control, which must double somebody.
    """

    kills: int = 200
    recipients: int = 5000
    connections: int = 8
    kills_each: int = 20
    delay_ms: float = 2.0
    resend: bool = False
    seed: int = 0


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of it, over all rounds. `taken` is by the server's own log, everything else by `status`."""

    kills: int = 0
    rounds: int = 0
    audience: int = 0
    accepted: int = 0
    in_doubt: int = 0
    unfinished: int = 0
    taken: int = 0
    doubled: int = 0
    missing: int = 0
    false: int = 0
    most_in_doubt: float = 0.0
    seconds: float = 0.0
    complaints: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether the promise was kept."""
        return not (self.doubled or self.missing or self.false or self.unfinished or self.complaints)

    def lines(self) -> list[str]:
        """The figures as rows of a table in Markdown."""
        rows = {
            "kills (SIGKILL)": self.kills,
            "issues sent": self.rounds,
            "audience": self.audience,
            "accepted, by the ledger": self.accepted,
            "in doubt, each named by `status --in-doubt`": self.in_doubt,
            "in doubt per kill, at most in one issue": f"{self.most_in_doubt:.2f}",
            "taken, by the server's own log": self.taken,
            "in any other state at the end": self.unfinished,
            "called accepted, but not in the server's log": self.false,
            "doubled": self.doubled,
            "missing: neither in the server's log nor named": self.missing,
        }
        return ["| | |", "|---|---:|", *(f"| {name} | {_thousands(value)} |" for name, value in rows.items())]


def _thousands(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def run_rounds(
    plan: Plan, folder: Path, environ: dict[str, str] | None = None, *, quick: Quick | None = None
) -> Figures:
    """Do what is planned in `folder`; `environ` may name a PostgreSQL database, in which one round is done.

    `quick` is how commands that send nothing may be run; see `Mailing`.
    """
    figures, chance, began = Figures(), random.Random(plan.seed), time.monotonic()  # noqa: S311 - no secret
    options = f"connections = {plan.connections}\n"
    template = Mailing(folder / "template", dict(environ or {}), quick).prepare(plan.recipients, smtp=options)
    while figures.kills < plan.kills:
        path = folder / f"round-{figures.rounds}"
        mailing = template if environ else template.copy_to(path)
        with mail_process(folder / f"{path.name}.jsonl", "--delay-ms", str(plan.delay_ms)) as server:
            mailing.use_server(server.port)
            kills = _Round(plan, chance, mailing, server).run(min(plan.kills_each, plan.kills - figures.kills))
            _add(figures, mailing, server, kills)
        if environ or not kills:
            break
    figures.seconds = time.monotonic() - began
    return figures


@dataclass(slots=True)
class _Round:
    """The sending of one issue, interrupted again and again."""

    plan: Plan
    chance: random.Random
    mailing: Mailing
    server: MailProcess

    def run(self, wanted: int) -> int:
        """Kill so many times, or until there is nothing left to send; then let it end. How many kills there were."""
        kills = 0
        pace = 2 * self.plan.recipients // (wanted + 1)
        while kills < wanted and self._start_and_kill(self.chance.randint(0, pace)):
            kills += 1
            self._let_silence_pass()
        self._send_the_rest()
        return kills

    def _arguments(self) -> list[str]:
        return ["send", PERIOD, *(["--resend-in-doubt"] if self.plan.resend else [])]

    def _start_and_kill(self, growth: int) -> bool:
        """Start a sender and kill it when it has sent about `growth` messages; False if it ended before that."""
        with self.mailing.started(*self._arguments(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            if self.chance.random() < 1 / 6:
                _wait(self.chance.uniform(0, _START_UP))
            else:
                goal = self.server.count() + growth
                while process.poll() is None and self.server.count() < goal:
                    _wait(0.001)
                _wait(self.chance.uniform(0, 0.005))
            process.kill()
            return process.wait() < 0

    def _let_silence_pass(self) -> None:
        """On PostgreSQL only silence tells that a sender is dead; here it passes at once."""
        if url := self.mailing.environ.get("COOPDIGEST_DATABASE_URL"):
            age_heartbeats(url)

    def _send_the_rest(self) -> None:
        for _ in range(_MORE_TRIES):
            if self.mailing.run(*self._arguments()).code not in _WAITING:
                return


def _wait(seconds: float) -> None:
    select.select([], [], [], seconds)


def age_heartbeats(url: str, by: timedelta = timedelta(hours=1)) -> None:
    """Make every sender of a store look as if it had been silent for so long."""
    from sqlalchemy import update

    from coopdigest.store.database import Database
    from coopdigest.store.schema import senders

    database = Database(url)
    try:
        with database.writing() as connection:
            connection.execute(update(senders).values(heartbeat=datetime.now(UTC) - by))
    finally:
        database.close()


def _add(figures: Figures, mailing: Mailing, server: MailProcess, kills: int) -> None:
    """Add one round's figures."""
    counts, audience = mailing.status()["counts"], set(readers_of(mailing))
    named, taken = set(mailing.troubles("--in-doubt")), server.accepted()
    figures.rounds, figures.kills = figures.rounds + 1, figures.kills + kills
    figures.audience += len(audience)
    figures.accepted += counts["accepted"]
    figures.in_doubt += counts["in_doubt"]
    figures.unfinished += len(audience) - counts["accepted"] - counts["in_doubt"]
    figures.taken += sum(taken.values())
    figures.doubled += sum(1 for count in taken.values() if count > 1)
    figures.missing += len(audience - set(taken) - named)
    figures.false += max(0, counts["accepted"] - len(set(taken) - named))
    figures.most_in_doubt = max(figures.most_in_doubt, counts["in_doubt"] / max(kills, 1))
    if sum(counts.values()) != len(audience) or len(named) != counts["in_doubt"]:
        figures.complaints.append(f"round {figures.rounds}: the report does not add up: {counts}")


def readers_of(mailing: Mailing) -> list[str]:
    """Everybody on the roster file of a mailing."""
    return readers(len((mailing.path / "subscribers.csv").read_text("utf-8").splitlines()) - 1)


def write_figures(document: Path, name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the marks `<!-- name -->` and `<!-- /name -->` of a document.

    Raises:
        ValueError: the marks are not there.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, mark, rest = document.read_text("utf-8").partition(begin)
    _, close, after = rest.partition(end)
    if not (mark and close):
        raise ValueError(f"{document.name} has no place for {name}")
    document.write_text(before + begin + "\n".join(["", *lines, "", ""]) + end + after, "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds, print the figures, and say by the exit code whether the promise was kept."""
    parser = argparse.ArgumentParser(
        description="Kills the sender again and again and counts what became of everybody."
    )
    usual = Plan()
    for name in ("kills", "recipients", "connections", "kills_each", "seed"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(usual, name))
    parser.add_argument("--delay-ms", type=float, default=usual.delay_ms, help="how long the server holds back its 250")
    parser.add_argument("--resend", action="store_true", help="resend what is in doubt: the control that must double")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document, too")
    options = vars(parser.parse_args(arguments))
    document = options.pop("write")
    plan = Plan(**options)
    with tempfile.TemporaryDirectory(prefix="kill-rounds-") as folder:
        figures = run_rounds(plan, Path(folder))
    said = f"{plan.recipients:,} recipients an issue, {plan.connections} connections, seed {plan.seed}"
    lines = [*figures.lines(), "", f"{said}; {figures.seconds:.0f} s on {os.cpu_count()} cores."]
    sys.stdout.write("\n".join([*lines, *figures.complaints, ""]))
    if document:
        write_figures(document, "figures", lines)
    return 0 if figures.is_good != plan.resend else 1


if __name__ == "__main__":
    sys.exit(main())
