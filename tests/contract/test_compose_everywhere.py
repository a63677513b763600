"""The same issue and templates give the same bytes in any process, wherever and whenever it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, sys
from pathlib import Path
from coopdigest.compose.composer import EmailComposer
from coopdigest.testing.issues import digest_of, issue_of

for language in ("en", "ar"):
    composer = EmailComposer(digest_of(language), [Path(sys.argv[1])])
    for count in (2, 120):
        print(hashlib.sha256(repr(composer.compose(issue_of(count, language), language)).encode()).hexdigest())
"""
PLACES = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "ar", "TZ": "America/Los_Angeles", "PYTHONUTF8": "1"},
]


def compose_in(place: dict[str, str], folder: Path) -> str:
    """The hashes of four editions, composed by a process of its own."""
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "templates" / "email")]
    environment = {**os.environ, **place}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.timeout(100)
def test_composition_does_not_depend_on_the_process(tmp_path: Path) -> None:
    """Neither hash seed, locale, zone nor working folder changes a byte."""
    hashes = {compose_in(place, tmp_path) for place in PLACES}
    assert len(hashes) == 1
    assert len(hashes.pop().split()) == 4
