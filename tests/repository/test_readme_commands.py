"""The README tells every command that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from coopdigest.cli import app as command_line


def commands(group: Any, before: str = "") -> Iterator[str]:
    """The full name of every command that `coopdigest --help` leads to, hidden ones left out."""
    for name, command in group.commands.items():
        if not command.hidden:
            yield from commands(command, f"{before}{name} ") if hasattr(command, "commands") else [f"{before}{name}"]


ALL = sorted(commands(typer.main.get_command(command_line.app)))


@pytest.mark.parametrize("command", ALL)
def test_readme_mentions_the_command(command: str, root: Path) -> None:
    """Every command stands in the README as one types it, or in a list after `coopdigest`."""
    readme = (root / "README.md").read_text("utf-8")
    words = r"[\w /`,|\[\]-]*?\b".join(re.escape(word) for word in command.split())
    assert re.search(rf"(?:coopdigest |`){words}\b", readme)


def test_contract_is_complete() -> None:
    """The commands of the public contract are all there."""
    people = "import export list add unsubscribe resubscribe erase"
    plain = (
        "init demo collect issue compose check preview approve send status pause resume cancel schedule run web doctor"
    )
    assert {*plain.split(), *(f"subscribers {name}" for name in people.split())} <= set(ALL)
