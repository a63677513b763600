"""Rules about how style sheets are written and where they stand (part of A70, see `structure`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from coopdigest.compose.css import Kind, Statement, read_sheet
from coopdigest.compose.rules.page import Page, attribute
from coopdigest.compose.rules.seen import Seen, blame, is_dark, quote
from coopdigest.compose.sheets import parse_declarations
from coopdigest.domain.edition import Finding

_DATA = re.compile(r"url\(\s*[\"']?\s*data:", re.IGNORECASE)


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about the text of style sheets and style attributes."""
    yield from _check_places(seen.page)
    for sheet in seen.page.find("style"):
        yield from _check_sheet(sheet.text(deep=True))
    yield from _check_spelling(seen)


def _check_places(page: Page) -> Iterator[Finding]:
    for sheet in page.find("body style"):
        yield page.judge("A70", sheet, "a style sheet in the body, where some clients drop it")
    for node in page.find("[style]"):
        if _DATA.search(attribute(node, "style")):
            yield page.judge("A70", node, f"<{node.tag}> has a data: picture, which clients do not show")


def _check_sheet(css: str) -> Iterator[Finding]:
    statements = list(read_sheet(css))
    beside = next((rule for before, rule in pairwise(statements) if _is_right_before(before, rule)), None)
    if beside:
        message = f"a comment right before a rule, which Outlook then drops ({quote(beside.text)})"
        yield blame("A70", message)
    if _DATA.search(css):
        yield blame("A70", "a data: picture in a style sheet, which clients do not show")
    for statement in statements:
        outer = next((around for around in statement.outer() if around.kind is Kind.AT), None)
        if statement.kind is Kind.AT and outer:
            words = quote(f"@{outer.name} {outer.text}")
            yield blame("A70", f"an @-rule inside another, for which Gmail drops the style sheet ({words})")


def _is_right_before(comment: Statement, rule: Statement) -> bool:
    return comment.kind is Kind.COMMENT and rule.kind is Kind.RULE and comment.around is rule.around


def _check_spelling(seen: Seen) -> Iterator[Finding]:
    """The dark rules' spelling is A40's."""
    for rule in seen.cascade.rules:
        if not is_dark(rule.media) and "[data-ogs" not in rule.selector:
            for declaration in rule.declarations:
                if not declaration.is_well_spelt:
                    yield blame("A70", f"{quote(rule.selector)}: write “ !important” so, or some clients drop it")
    for node in seen.page.find("[style*=important i]"):
        if not all(declaration.is_well_spelt for declaration in parse_declarations(attribute(node, "style"))):
            yield seen.page.judge("A70", node, f"<{node.tag}>: write “ !important” so, or some clients drop it")
