"""Digest folders that only have to be sent: prepared once, copied for every run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench.delivery.places import CACHE, ROOT, clean_environ
from bench.delivery.running import FailedError, python

PERIOD = "2021-11"
LISTING, EDITION, KEY = "news.txt", "edition.json", "dkim.pem"
CONFIGURATION = f"""\
[digest]
slug = "coop-news"
name = "COOP News"
timezone = "Europe/Zurich"
from = "COOP News <news@example.org>"
postal_address = "1 Example Street, 1200 Geneva, Switzerland"
public_url = "https://news.example.org"
[media_contact]
name = "Newsroom"
email = "newsroom@example.org"
[[sources]]
name = "newsroom"
kind = "listing"
location = "{LISTING}"
[smtp]
url = "smtp://127.0.0.1:9"
"""
_DKIM = f"""\
[dkim]
selector = "bench"
key = "{KEY}"
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run changes of the configuration; nothing that an approval covers."""

    connections: int = 8
    dkim: bool = False
    durability: str = "normal"

    def write(self) -> str:
        """The whole configuration."""
        store = f'[store]\ndurability = "{self.durability}"\n'
        return f"{CONFIGURATION}connections = {self.connections}\n{store}{_DKIM if self.dkim else ''}"


@dataclass(slots=True)
class Folders:
    """Prepared folders by size of message and number of recipients, in a place that is emptied when all is done."""

    base: Path = CACHE / f"folders-{os.getpid()}"  # others may measure at the same time
    _numbers: Iterator[int] = field(default_factory=count)

    def prepared(self, size: int, recipients: int) -> Path:
        """The folder with an approved issue of `size` bytes a message and a roster of so many.

        Raises:
            FailedError: it could not be prepared.
        """
        folder = self.base / f"{size}-{recipients}"
        if not folder.exists():
            command = python("prepare", str(folder), str(size), str(recipients))
            done = subprocess.run(command, cwd=ROOT, env=clean_environ(), capture_output=True, text=True, check=False)
            if done.returncode:
                raise FailedError(f"no folder could be prepared:\n{done.stderr[-2000:]}")
        return folder

    @contextmanager
    def copy(self, size: int, recipients: int, settings: Settings) -> Iterator[Path]:
        """A copy of the prepared folder for one run."""
        folder = self.base / f"run-{next(self._numbers)}"
        shutil.copytree(self.prepared(size, recipients), folder)
        (folder / "coopdigest.toml").write_text(settings.write(), "utf-8")
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def clear(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.base, ignore_errors=True)
