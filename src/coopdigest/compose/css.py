"""Reads CSS into its statements, in one pass, whatever the text: what is malformed is skipped, nothing raises.

As browsers read it (CSS Syntax Level 3), but that a closing brace ends what stands open, even in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

_STRING = r'"(?:[^"\\\n]|\\.)*+"?' + r"|'(?:[^'\\\n]|\\.)*+'?"  # possessive: no text takes more than one pass
_ADDRESS = r"""\([ \t\r\n\f]*+((?:[^"'()\\ \t\r\n\f]|\\.)++)[ \t\r\n\f]*+\)"""
_MARK = re.compile(  # each alternative begins with a sign of its own, which makes the search fast
    rf"/\*.*?(?:\*/|\Z)|{_STRING}|url(?<![\w-]url){_ADDRESS}|URL(?<![\w-]URL){_ADDRESS}|\\.|\{{|\}}|;|\(|\)|\[|\]",
    re.DOTALL,
)
_COMMA = re.compile(rf",|{_STRING}|\\.|\(|\)|\[|\]", re.DOTALL)
_QUOTED = re.compile(rf"(?<![\w-])url{_ADDRESS}|((?<![\w-])url\(\s*+)?({_STRING})|\\.", re.DOTALL | re.IGNORECASE)
_ENTRY = re.compile(r"<!--|-->")  # an HTML comment around a whole sheet says nothing (CSS Syntax 3, 4.2)
_AT = re.compile(r"@(-?[a-z][\w-]*+)", re.IGNORECASE)
_DECLARATION = re.compile(r"(--[^\s:]++|[*_]?-?[a-z][\w-]*+)\s*+:(.*)", re.IGNORECASE | re.DOTALL)
_SHOWN = 60  # characters of a rule that name its place


class Kind(Enum):
    """What a statement is."""

    AT = auto()
    RULE = auto()
    DECLARATION = auto()
    COMMENT = auto()


class Statement(NamedTuple):
    """One statement, as it is written but for its comments.

    `name` is the at-rule's or the property's, in small letters; `text` the rest: prelude, selectors or value.
    `around` is the innermost at-rule or rule whose block it stands in, None outside of all.
    """

    kind: Kind
    name: str
    text: str
    around: Statement | None = None

    @property
    def rule(self) -> str:
        """The first words of the innermost at-rule or rule that it is or stands in, empty outside of all."""
        if self.kind is Kind.AT:
            return _shorten(f"@{self.name} {self.text}")
        if self.kind is Kind.RULE:
            return _shorten(self.text)
        return self.around.rule if self.around else ""

    def outer(self) -> Iterator[Statement]:
        """The at-rules and rules around it, inside out."""
        statement = self.around
        while statement is not None:
            yield statement
            statement = statement.around


def read_sheet(css: str) -> Iterator[Statement]:
    """The statements of a style sheet, in their order; a block comes after its selectors or its at-rule."""
    return _Reader(_ENTRY.sub(" ", css) if "--" in css else css, is_style=False).read()


def read_style(style: str) -> Iterator[Statement]:
    """The statements of a `style` attribute."""
    return _Reader(style, is_style=True).read()


class _Reader:
    """Looks for the marks that end a statement, and keeps what stands before them."""

    def __init__(self, css: str, is_style: bool) -> None:
        self._css = css
        self._is_style = is_style
        self._around: Statement | None = None
        self._start = 0
        self._pieces: list[str] = []  # what comments left of the statement so far
        self._brackets = 0

    def read(self) -> Iterator[Statement]:
        for found in _MARK.finditer(self._css):
            mark = found[0]
            if mark in "{};":
                if mark != ";" or not self._brackets:
                    yield from self._end(mark, found.start())
            elif mark in "([":
                self._brackets += 1
            elif mark in ")]":
                self._brackets = max(0, self._brackets - 1)
            elif mark[0] == "/":
                self._pieces.append(f"{self._css[self._start : found.start()]} ")
                self._start = found.end()
                yield Statement(Kind.COMMENT, "", "", self._around)
        yield from self._end(";", len(self._css))

    def _end(self, mark: str, position: int) -> Iterator[Statement]:
        """End a statement before `mark`, and begin or end a block if it is a brace."""
        text = self._css[self._start : position]
        if self._pieces:
            text = "".join([*self._pieces, text])
            self._pieces.clear()
        self._start = position + 1
        self._brackets = 0
        statement = self._statement(text.strip(), mark == "{")
        if statement:
            yield statement
        if mark == "{":
            self._around = statement
        elif mark == "}" and self._around:
            self._around = self._around.around

    def _statement(self, text: str, opens: bool) -> Statement | None:
        """At-rules begin with @; else what opens a block are selectors, and what does not is a declaration."""
        if text[:1] == "@" and (at := _AT.match(text)):
            return Statement(Kind.AT, at[1].lower(), text[at.end() :].strip(), self._around)
        if opens:
            return Statement(Kind.RULE, "", text, self._around)
        if (self._is_style or self._around) and (found := _DECLARATION.match(text)):
            return Statement(Kind.DECLARATION, found[1].lower(), found[2].strip(), self._around)
        return None


def _shorten(text: str) -> str:
    words = " ".join(text[: 4 * _SHOWN].split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def split_commas(text: str) -> list[str]:
    """The parts between commas that stand in no string, bracket or parenthesis, without the empty ones."""
    if "," not in text:
        return [text.strip()] if text.strip() else []
    parts, start, depth = [], 0, 0
    for found in _COMMA.finditer(text):
        mark = found[0]
        if mark in "([":
            depth += 1
        elif mark in ")]":
            depth = max(0, depth - 1)
        elif mark == "," and not depth:
            parts.append(text[start : found.start()])
            start = found.end()
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def split_important(value: str) -> tuple[str, bool]:
    """A declaration's value without its `!important`, and whether it had one."""
    before, mark, word = value.rpartition("!")
    if mark and word.strip().lower() == "important":
        return before.rstrip(), True
    return value, False


def empty_quoted(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without the words of its strings and addresses, which are no CSS; and the addresses."""
    urls: list[str] = []

    def empty(found: re.Match[str]) -> str:
        address, function, string = found.groups()
        if address is not None:
            urls.append(address)
            return "url()"
        if function:
            urls.append(string.strip("\"'"))
        return found[0] if string is None else f'{function or ""}""'

    if "(" in text or '"' in text or "'" in text:
        text = _QUOTED.sub(empty, text)
    return text, tuple(urls)
