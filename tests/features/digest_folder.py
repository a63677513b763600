"""A digest folder and the command `coopdigest`, as a user has them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coopdigest.testing.mailing import Ran

CONFIG = """\
[digest]
slug = "coop-news"
name = "COOP News"
timezone = "Europe/Zurich"
from = "COOP News <news@example.org>"
postal_address = "1 Example Street, 1200 Geneva, Switzerland"
public_url = "https://news.example.org"
approval = "{approval}"
[media_contact]
name = "Newsroom"
email = "newsroom@example.org"
phone = "+41 22 555 01 23"
url = "https://www.example.org/newsroom"
[schedule]
send = "{send}"
[[sources]]
name = "newsroom"
kind = "listing"
location = "{listing}"
[themes]
order = ["Cooperative development"]
[smtp]
url = "smtp://127.0.0.1:9"
[subscribers]
file = "subscribers.csv"
"""
LISTING = """\
News

November 2021

  1. Cooperative development

    Growers open a shared drying floor

    29 November 2021

    The floor dries the beans of forty families.

  2. Video

    Ten minutes with the ferry crews

    24 November 2021

October 2021

  1. © Lakeside Archive 2021

    Blog

    Letters from the hatchery

    12 October 2021

    Two hundred pupils asked, the fishers answered.
"""
ROSTER = "email,name\namina@example.org,Amina Diallo\nluc@example.org,Luc Perret\nnour@example.org,Nour Haddad\n"


@dataclass
class Folder:
    """A digest folder, driven by the command line only."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None) -> Ran:
        """Run `coopdigest` with these arguments in the folder."""
        done = subprocess.run(
            [sys.executable, "-m", "coopdigest", *arguments],
            cwd=self.path,
            env={**clean_environ(), **self.environ, **(environ or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start `coopdigest` and go on."""
        environ = {**clean_environ(), **self.environ}
        command = [sys.executable, "-m", "coopdigest", *arguments]
        return subprocess.Popen(command, cwd=self.path, env=environ, text=True, **options)

    def configure(self, *, approval: str = "manual", send: str = "day 1 09:00", listing: str = "news.txt") -> None:
        """Write the configuration."""
        text = CONFIG.format(approval=approval, send=send, listing=listing)
        (self.path / "coopdigest.toml").write_text(text, encoding="utf-8")


def clean_environ() -> dict[str, str]:
    """The environment without anything that would steer coopdigest."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COOPDIGEST_")}
