"""Rules about dark mode: the document says that it has one, in every way that some client listens to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.compose.rules.page import attribute
from coopdigest.compose.rules.seen import Seen, blame, is_dark, quote
from coopdigest.compose.sheets import Declaration, StyleRule
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A40": "Dark mode is declared by both metas, :root and @media, its colours !important and copied for Outlook.",
}
_METAS = ("color-scheme", "supported-color-schemes")
_COPY = re.compile(r"\[data-ogs[cb]\]\s*")
_ROOTS = frozenset({":root", "html", "body"})  # Outlook makes other elements of them: no copy could match


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about dark mode; only a warning where the document has none at all."""
    rules = seen.cascade.rules
    dark = [rule for rule in rules if is_dark(rule.media)]
    copies = [rule for rule in rules if _COPY.match(rule.selector)]
    contents = {name: _meta(seen, name) for name in _METAS}
    if not dark and not copies and not any("dark" in content.split() for content in contents.values()):
        yield blame("A40", "no dark mode: clients darken the colours by their own guess", Severity.WARNING)
        return
    for name, content in contents.items():
        if {"light", "dark"} - set(content.split()):
            yield blame("A40", f'no <meta name="{name}" content="light dark">')
    yield from _check_root(rules)
    if not any(_colours(rule) for rule in dark):
        yield blame("A40", "no colours in @media (prefers-color-scheme: dark)")
    yield from _check_importance([*dark, *copies])
    yield from _check_copies(dark, copies)


def _meta(seen: Seen, name: str) -> str:
    return " ".join(attribute(meta, "content") for meta in seen.page.find(f"meta[name={name}]")).lower()


def _check_root(rules: tuple[StyleRule, ...]) -> Iterator[Finding]:
    said = {
        declaration.name: declaration.value.split()
        for rule in rules
        if rule.selector == ":root" and not rule.media
        for declaration in rule.declarations
    }
    for name in _METAS:
        if {"light", "dark"} - set(said.get(name, ())):
            yield blame("A40", f"no {name}: light dark for :root in a style sheet")


def _check_importance(rules: list[StyleRule]) -> Iterator[Finding]:
    for rule in rules:
        for declaration in _colours(rule):
            if not declaration.important:
                yield blame("A40", f"{quote(rule.selector)}: {declaration.name} is not !important, so it has no effect")
            elif not declaration.is_well_spelt:
                yield blame("A40", f"{quote(rule.selector)}: write “ !important” so, or some clients drop it")


def _check_copies(dark: list[StyleRule], copies: list[StyleRule]) -> Iterator[Finding]:
    copied = {(_COPY.sub("", rule.selector), declaration.name) for rule in copies for declaration in rule.declarations}
    for rule in dark:
        for declaration in _colours(rule):
            if rule.selector not in _ROOTS and (rule.selector, declaration.name) not in copied:
                yield blame("A40", f"{quote(rule.selector)}: {declaration.name} has no copy behind [data-ogsc]")


def _colours(rule: StyleRule) -> list[Declaration]:
    return [
        declaration
        for declaration in rule.declarations
        if declaration.name.endswith("color") or declaration.name == "background-image"
    ]
