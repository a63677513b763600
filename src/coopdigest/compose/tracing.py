"""Knows for every character of a rendered text in which file, line and column of a template it was written.

A tracing environment lexes templates as any other does, after which it puts marks of private characters before every
expression and every line of the templates' own text. What is rendered with it is the same text with marks between.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from jinja2 import Environment
from jinja2.lexer import Lexer

_BEGIN, _END = "\ue000", "\ue001"
_DIGITS = {ord(digit): 0xE010 + number for number, digit in enumerate("0123456789abcdef")}
_PLAIN_DIGITS = {private: digit for digit, private in _DIGITS.items()}
_MARK = re.compile(f"{_BEGIN}([\ue010-\ue01f]+){_END}")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a template; line and column count from 1, the column in characters."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where the text behind it was written: from this position on, or, by an expression, all of it there."""

    position: Position
    is_literal: bool

    def __str__(self) -> str:
        at = self.position
        code = f"{int(self.is_literal)}:{at.line}:{at.column}:{at.name}".encode().hex()
        return _BEGIN + code.translate(_DIGITS) + _END

    @classmethod
    def read(cls, found: re.Match[str]) -> _Mark | None:
        """The mark in a rendered text; None for characters that an item brought along."""
        try:
            literal, line, column, name = (
                bytes.fromhex(found[1].translate(_PLAIN_DIGITS)).decode("utf-8").split(":", maxsplit=3)
            )
            return cls(Position(name, int(line), int(column)), literal == "1")
        except ValueError:
            return None


class TracingEnvironment(Environment):
    """An environment of which the rendered texts can be read by `Trace`."""

    @property
    def lexer(self) -> Lexer:
        """A lexer that marks a template's own text."""
        return _TracingLexer(self)


class _TracingLexer(Lexer):
    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """Every token, with marks; what trimming takes away is always blank, and before a token that is not."""
        lines = re.split("\r\n|\r|\n", source)
        source = "\n".join(lines)
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        at = 0
        for lineno, kind, value in super().tokeniter(source, name, filename, state):
            while not source.startswith(value, at):
                at += 1
            if kind == "data":
                yield lineno, kind, _mark_lines(name or "", value, at, starts)
            else:
                if kind == "variable_begin":
                    yield lineno, "data", str(_Mark(_position(name or "", at, starts), is_literal=False))
                yield lineno, kind, value
            at += len(value)


def _position(name: str, at: int, starts: list[int]) -> Position:
    line = bisect_right(starts, at)
    return Position(name, line, at - starts[line - 1] + 1)


def _mark_lines(name: str, text: str, at: int, starts: list[int]) -> str:
    """`text`, which begins at offset `at`, with a mark before each of its lines."""
    marked = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        marked.append(f"{_Mark(_position(name, at, starts), is_literal=True)}{line}")
        at += len(line)
    return "".join(marked)


class Trace:
    """What a tracing environment has rendered, read: the places of the characters of the text without marks."""

    def __init__(self, name: str, traced: str) -> None:
        """Take the text of template `name` with its marks."""
        self._starts, self._marks = [0], [_Mark(Position(name, 1, 1), is_literal=False)]
        parts: list[str] = []
        length = end = 0
        for found in _MARK.finditer(traced):
            mark = _Mark.read(found)
            if mark:
                parts.append(traced[end : found.start()])
                length += found.start() - end
                end = found.end()
                self._starts.append(length)
                self._marks.append(mark)
        self.text = "".join([*parts, traced[end:]])

    def locate(self, offset: int) -> Position:
        """The place of the character at `offset` of the text."""
        index = bisect_right(self._starts, offset) - 1
        mark, at = self._marks[index], self._marks[index].position
        ahead = offset - self._starts[index] if mark.is_literal else 0
        return Position(at.name, at.line, at.column + ahead)
