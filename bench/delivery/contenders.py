"""Those who are compared: each sends a number of digests in a given setting and says what it took."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.delivery.folders import EDITION, PERIOD, Folders, Settings
from bench.delivery.places import ROOT, clean_environ
from bench.delivery.postfix import Postfix
from bench.delivery.running import Command, FailedError, Run, python, run_together

COOPDIGEST = str(Path(sys.executable).with_name("coopdigest"))
_USUAL = Settings()
_LEAST = 100  # recipients of the folder from which the others take their edition


@dataclass(frozen=True, slots=True)
class Setting:
    """What all have to do: how large the messages are, over how many connections, and the ports of the servers."""

    ports: tuple[int, ...]
    size: int = 45_000
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to send: its name, and what runs it. `pace` is how much of the full number of messages is enough."""

    name: str
    run: Callable[[Setting, int], Run]
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class Field:
    """Everybody who can be compared on this machine."""

    postfix: Postfix
    folders: Folders

    @property
    def source(self) -> Contender:
        """`smtp-source`, one process for each server."""
        return Contender("smtp-source (C, Postfix)", self._run_source)

    def _run_source(self, setting: Setting, count: int) -> Run:
        shares = len(setting.ports)
        each = (count // shares, max(1, setting.connections // shares), setting.size)
        return run_together([self.postfix.sending(port, *each) for port in setting.ports])

    def ours(self, name: str = "coopdigest send, everything on", changes: Settings = _USUAL) -> Contender:
        """The command `coopdigest send`; `changes` are made to its configuration."""
        return Contender(name, lambda setting, count: self._run_ours(setting, count, changes))

    def _run_ours(self, setting: Setting, count: int, changes: Settings) -> Run:
        settings = replace(changes, connections=setting.connections)
        with self.folders.copy(setting.size, count, settings) as folder:
            run = run_together([send_command(folder, setting.ports)])
            require_accepted(folder, count)
        return run

    @property
    def ours_twice(self) -> Contender:
        """Two of our processes on one ledger, one for each server."""
        return Contender("coopdigest send, two processes on one ledger", self._run_ours_twice)

    def _run_ours_twice(self, setting: Setting, count: int) -> Run:
        settings = Settings(connections=max(1, setting.connections // len(setting.ports)))
        with self.folders.copy(setting.size, count, settings) as folder:
            open_campaign(folder)
            unfinished = frozenset({0, 9})  # one has nothing more to do while the other still sends
            run = run_together([send_command(folder, (port,), unfinished) for port in setting.ports])
            require_accepted(folder, count)
        return run

    def transport(self, name: str, way: str) -> Contender:
        """Our transport with no ledger; `way` is `same` or `personal`."""

        def run(setting: Setting, count: int) -> Run:
            with self.folders.copy(setting.size, _LEAST, Settings()) as folder:
                amounts = (str(count), str(setting.connections), way)
                return run_together([Command(python("without_ledger", str(folder), *amounts), environ=url_of(setting))])

        return Contender(name, run)

    @property
    def aiosmtplib(self) -> Contender:
        """EmailMessage and aiosmtplib."""
        return self._other("EmailMessage + aiosmtplib", python("with_aiosmtplib"), 0.1)

    @property
    def smtplib(self) -> Contender:
        """EmailMessage and smtplib."""
        return self._other("EmailMessage + smtplib", python("with_smtplib"), 0.1)

    @property
    def nodemailer(self) -> Contender:
        """nodemailer's pool."""
        return self._other("nodemailer, pooled", ("node", str(ROOT / "bench/delivery/with_nodemailer.mjs")), 0.2)

    def _other(self, name: str, command: tuple[str, ...], pace: float) -> Contender:
        def run(setting: Setting, count: int) -> Run:
            edition = self.folders.prepared(setting.size, _LEAST) / EDITION
            amounts = (str(setting.ports[0]), str(count), str(setting.connections), str(edition))
            return run_together([Command((*command, *amounts))])

        return Contender(name, run, pace)


def explain_no_nodemailer() -> str:
    """Why nodemailer cannot be compared; empty where it can."""
    if shutil.which("node") is None:
        return "nodemailer is skipped: node is missing"
    return "" if (ROOT / "node_modules" / "nodemailer").is_dir() else "nodemailer is skipped: make tools"


def url_of(setting: Setting) -> dict[str, str]:
    """The environment that names the setting's first server."""
    return {"COOPDIGEST_SMTP_URL": f"smtp://127.0.0.1:{setting.ports[0]}"}


def send_command(folder: Path, ports: Sequence[int], good: frozenset[int] = frozenset({0})) -> Command:
    """`coopdigest send` in a folder; over several servers by the one module that makes this possible."""
    urls = [f"smtp://127.0.0.1:{port}" for port in ports]
    if len(urls) == 1:
        return Command((COOPDIGEST, "send", PERIOD), folder, {"COOPDIGEST_SMTP_URL": urls[0]}, good)
    path = {"PYTHONPATH": ":".join(filter(None, [str(ROOT), clean_environ().get("PYTHONPATH")]))}
    return Command(python("over_servers", *urls), folder, path, good)


def open_campaign(folder: Path) -> float:
    """Open the folder's campaign without sending; how many seconds it took."""
    done = subprocess.run(
        python("opening", str(folder)), cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FailedError(f"the campaign could not be opened:\n{done.stderr[-2000:]}")
    return float(done.stdout)


def require_accepted(folder: Path, count: int) -> None:
    """See that everybody was reached, as the user would.

    Raises:
        FailedError: not everybody was.
    """
    command = [COOPDIGEST, "status", PERIOD, "--json"]
    done = subprocess.run(command, cwd=folder, env=clean_environ(), capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout)["counts"]
    if counts["accepted"] != count:
        raise FailedError(f"{count} should have been accepted, but: {counts}")
