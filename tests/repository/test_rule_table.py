"""docs/checks.md is in step with the rules and with the tests that prove them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from coopdigest.compose.lint import RULES
from coopdigest.mail.message_rules import RULES as MESSAGE_RULES
from coopdigest.services.language_coverage import RULES as LANGUAGE_RULES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([A-Z]\d\d)` \| (.+) \| `([\w/.]+)::(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "checks.md").read_text("utf-8"))


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of a test file's functions."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_rule_is_in_the_table_in_its_own_words() -> None:
    """No rule is missing, none is made up, and each says what `check` says."""
    rules = {*RULES.items(), *MESSAGE_RULES.items(), *LANGUAGE_RULES.items()}
    assert {(rule, sentence) for rule, sentence, _, _ in ROWS} == rules


@pytest.mark.parametrize(("rule", "sentence", "path", "test"), ROWS, ids=[f"{row[0]}-{row[3]}" for row in ROWS])
def test_the_test_that_proves_a_rule_is_there_and_names_it(rule: str, sentence: str, path: str, test: str) -> None:
    """So that nobody looks for it in vain."""
    assert test in functions_of(ROOT / path)
    assert rule in (ROOT / path).read_text("utf-8")
