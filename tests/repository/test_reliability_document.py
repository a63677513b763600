"""docs/reliability.md names tests that are there, for every sentence of the promise, and its figures are good ones."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:features|contract|unit)/\w+\.py)::(\w+)`", TEXT)))


@cache
def functions_of(path: str) -> frozenset[str]:
    """The names of a test file's functions."""
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("path", "test"), NAMED, ids=[test for _, test in NAMED])
def test_a_test_that_is_named_is_there(path: str, test: str) -> None:
    """So that nobody looks for a proof in vain."""
    assert test in functions_of(path)


def test_every_sentence_of_the_promise_is_in_the_table() -> None:
    """The promise is told whole in the first table, in its own words and order, each part with its proof."""
    promise = " ".join(line.removeprefix("> ") for line in TEXT.splitlines() if line.startswith("> "))
    table = TEXT.partition("## The promise, sentence by sentence")[2].partition("\n## ")[0]
    parts = re.findall(r"^\| (.+?) \| `", table, re.MULTILINE)
    assert " ".join(parts) == promise


def test_the_figures_are_of_two_hundred_kills_and_nobody_was_doubled_or_missing() -> None:
    """What the last long run wrote down keeps the promise, and its control doubled somebody."""
    figures, control = (dict(_rows(name)) for name in ("figures", "control"))
    assert figures["kills (SIGKILL)"] >= 200
    assert figures["doubled"] == figures["missing: neither in the server's log nor named"] == 0
    assert control["doubled"] > 0


def _rows(name: str) -> list[tuple[str, int]]:
    part = TEXT.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \|$", part, re.MULTILINE)
    return [(words, int(figure.replace(",", ""))) for words, figure in rows]


def test_readme_makes_the_same_promise_and_names_tests_that_are_there(root: Path) -> None:
    """Word for word, and each sentence with a test."""
    readme = (root / "README.md").read_text("utf-8")
    promise = "\n".join(line for line in TEXT.splitlines() if line.startswith("> "))
    assert promise in readme
    named = re.findall(r"`(tests/\w+/\w+\.py)::(\w+)`", readme)
    assert len(named) >= 4
    for file, test in named:
        assert f"def {test}(" in (root / file).read_text("utf-8")
