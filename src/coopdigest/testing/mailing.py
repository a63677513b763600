"""A digest folder with an approved issue for many subscribers, and the real command that sends it."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coopdigest.domain.errors import ExitCode

PERIOD = "2021-11"
_CONFIG = """\
[digest]
slug = "coop-news"
name = "COOP News"
timezone = "Europe/Zurich"
from = "COOP News <news@example.org>"
postal_address = "1 Example Street, 1200 Geneva, Switzerland"
public_url = "https://news.example.org"
approval = "auto"
[media_contact]
name = "Newsroom"
email = "newsroom@example.org"
[[sources]]
name = "newsroom"
kind = "listing"
location = "news.txt"
[smtp]
url = "smtp://127.0.0.1:9"
"""
_NEWS = """\
News

  1. Video

    Ten minutes with the ferry crews

    24 November 2021

    They row on time.
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


Quick = Callable[[Path, Mapping[str, str], Sequence[str]], Ran]


@dataclass(slots=True)
class Mailing:
    """A digest folder, driven by the command line only; `environ` is what the command finds in its environment.

    `quick` may run the commands that only prepare or look in this process, which saves the start of another.
    """

    path: Path
    environ: dict[str, str] = field(default_factory=dict)
    quick: Quick | None = None

    def prepare(self, people: int, *, smtp: str = "") -> Mailing:
        """Collect and approve one item for so many subscribers. `smtp` are more lines for `[smtp]`."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / "news.txt").write_text(_NEWS, "utf-8")
        self.address_to(people)
        self.configure(smtp)
        for command in (["collect"], ["approve", PERIOD]):
            ran = self.ask(*command)
            if ran.code:
                raise RuntimeError(f"{command[0]} ended with {ran.code}: {ran.err}")
        return self

    def copy_to(self, path: Path) -> Mailing:
        """The same folder elsewhere, as it stands; nothing of it may be in use."""
        shutil.copytree(self.path, path)
        return Mailing(path, dict(self.environ), self.quick)

    def configure(self, smtp: str) -> None:
        """Write the configuration with these lines at the end, in `[smtp]`."""
        (self.path / "coopdigest.toml").write_text(_CONFIG + smtp, "utf-8")

    def address_to(self, people: int) -> None:
        """Let the roster file name so many readers."""
        (self.path / "subscribers.csv").write_text("\n".join(["email", *readers(people), ""]), "utf-8")

    def use_server(self, port: int) -> None:
        """Send by the mail server on this port of this machine."""
        self.environ["COOPDIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{port}"

    def run(self, *arguments: str, **options: Any) -> Ran:
        """Run `coopdigest` with these arguments in the folder until it ends; `options` are Popen's."""
        with self.started(*arguments, **options) as process:
            return finish(process)

    def ask(self, *arguments: str) -> Ran:
        """Run a command that sends nothing, the quick way if there is one."""
        return self.quick(self.path, self.environ, arguments) if self.quick else self.run(*arguments)

    @contextmanager
    def started(self, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """`coopdigest` running for as long as the `with` block, at whose end it is killed if it still does."""
        process = self.start(*arguments, **options)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def start(self, *arguments: str, program: Path | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start `coopdigest`, or another program, in the folder and go on."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("COOPDIGEST_")}
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, *([str(program)] if program else ["-m", "coopdigest"]), *arguments]
        return subprocess.Popen(command, cwd=self.path, env={**environ, **self.environ}, **{**piped, **options})  # noqa: S603

    def send(self, *arguments: str, **options: Any) -> Ran:
        """Run `coopdigest send` for the issue."""
        return self.run("send", PERIOD, *arguments, **options)

    def send_until_nobody_waits(self, seconds: float = 60.0) -> Ran:
        """Run `coopdigest send` again and again, until it does not say that somebody waits; its last answer.

        Raises:
            AssertionError: somebody still waits after so many seconds.
        """
        end = time.monotonic() + seconds
        while (ran := self.send()).code == int(ExitCode.DEFERRED):
            if time.monotonic() > end:
                raise AssertionError("the deferred stay deferred")
            select.select([], [], [], 0.3)
        return ran

    def status(self) -> Any:
        """What `coopdigest status` says of the issue."""
        return self.ask("status", PERIOD, "--json").json

    def counts(self) -> dict[str, int]:
        """How many readers are in each state, by `coopdigest status`; states that nobody is in are left out.

        Raises:
            AssertionError: the report does not add up.
        """
        status = self.status()
        if sum(status["counts"].values()) != status["recipients"]:
            raise AssertionError(f"the report does not add up: {status}")
        return {state: count for state, count in status["counts"].items() if count}

    def troubles(self, *options: str) -> dict[str, Any]:
        """Whom `coopdigest status` lists with these options (``--refused`` ...), by address."""
        listed = self.ask("status", PERIOD, *options, "--json").json
        return {delivery["address"]: delivery for delivery in listed["deliveries"]}


def finish(process: subprocess.Popen[str]) -> Ran:
    """Wait until a command ends; a traceback is a bug.

    Raises:
        AssertionError: it ended with a traceback.
    """
    out, err = process.communicate()
    if err and "Traceback" in err:
        raise AssertionError(err)
    return Ran(process.returncode, out or "", err or "")


def readers(people: int) -> list[str]:
    """The addresses of so many readers."""
    return [f"reader{number:06}@example.org" for number in range(1, people + 1)]
