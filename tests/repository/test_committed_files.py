"""What is committed belongs to the project alone: no path of a machine, no package index, no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# The patterns are written in pieces, so that this file does not hold what it looks for.
FOREIGN = {
    "a path of somebody's machine": re.compile("/" + r"(?:work|root|home/\w+|Users/\w+)/|/tmp/" + "bash"),
    "a host of a package index": re.compile(r"(?:pypi|pythonhosted|npmjs|devpi|artifactory)\.[a-z]", re.IGNORECASE),
    "an option that names a package index": re.compile(
        "--(?:extra-)?index" + "-url|--find" + "-links|--trusted" + "-host"
    ),
    "a private key": re.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE" + " KEY-----"),
}
_TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".csv",
    ".j2",
    ".mjml",
    ".html",
    ".css",
    ".js",
    ".mjs",
    ".json",
    ".yml",
    ".yaml",
    ".xml",
    "",
}


def _lines(files: list[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        if path.suffix in _TEXTS:
            for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
                yield f"{path.name}:{number}", line


@pytest.mark.parametrize("what", sorted(FOREIGN))
def test_committed_files_are_free_of(what: str, committed: list[Path]) -> None:
    """No committed text holds what belongs to one machine or to nobody else's eyes."""
    assert [place for place, line in _lines(committed) if FOREIGN[what].search(line)] == []


def test_committed_files_are_what_a_repository_keeps(committed: list[Path]) -> None:
    """No database, key, cache or mail of a run is committed, and no file is large."""
    made = {".db", ".key", ".pyc", ".eml", ".log", ".pem"}
    assert [path.name for path in committed if path.suffix in made and "fixtures" not in path.parts] == []
    assert [path.name for path in committed if path.stat().st_size > 1_000_000] == []


def test_nothing_is_left_to_do(committed: list[Path]) -> None:
    """No committed text carries a note about work that is not done, and no code is a stub."""
    undone = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + "Error")
    sources = [path for path in committed if path.suffix in {".py", ".j2", ".toml"}]
    assert [place for place, line in _lines(sources) if undone.search(line)] == []
