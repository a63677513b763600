"""Reads CSS into its statements, in one pass, whatever the text: what is malformed is skipped, nothing raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

# Every alternative is possessive or a single character, so that no text takes more than one pass.
_TOKEN = re.compile(
    r"""
    (?P<comment> /\*.*?(?:\*/|\Z) )
  | (?P<string>  "(?:[^"\\\n]|\\.)*+"? | '(?:[^'\\\n]|\\.)*+'? )
  | (?P<url>     (?<![\w-]) url\( [ \t\r\n\f]*+ (?:[^"'()\\ \t\r\n\f]|\\.)++ [ \t\r\n\f]*+ \) )
  | (?P<mark>    [{};()\[\]] )
  | (?P<text>    [^"'/{};()\[\]uU]++ | . )
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ENTRY = re.compile(r"<!--|-->")  # an HTML comment around a whole sheet says nothing (CSS Syntax 3, 4.2)
_AT = re.compile(r"@(-?[a-z][\w-]*)", re.IGNORECASE)
_DECLARATION = re.compile(r"(--[^\s:]+|[*_]?-?[a-z][\w-]*)\s*:(.*)", re.IGNORECASE | re.DOTALL)
_SHOWN = 60  # characters of a rule that name its place


class Kind(Enum):
    """What a statement is."""

    AT = auto()
    RULE = auto()
    DECLARATION = auto()
    COMMENT = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. The words of strings and addresses are left out of `text`, addresses are in `urls`.

    `name` is the at-rule's or the property's, in small letters; `text` the rest: prelude, selectors or value.
    `rule` is the innermost rule around it as one names it, `nested` whether a rule of selectors stands in another.
    """

    kind: Kind
    name: str
    text: str
    rule: str
    nested: bool = False
    urls: tuple[str, ...] = ()


@dataclass(slots=True)
class _Block:
    """An open block: what its at-rule is called (empty for a rule of selectors) and how one names it."""

    at: str
    words: str


def read_sheet(css: str) -> Iterator[Statement]:
    """The statements of a style sheet, in their order."""
    return _Reader([]).read(_ENTRY.sub(" ", css))


def read_style(style: str) -> Iterator[Statement]:
    """The statements of a `style` attribute."""
    return _Reader([_Block("", "")]).read(style)


class _Reader:
    """Collects the pieces of a statement until a mark ends it."""

    def __init__(self, blocks: list[_Block]) -> None:
        self._blocks = blocks
        self._pieces: list[str] = []
        self._urls: list[str] = []
        self._brackets = 0

    def read(self, css: str) -> Iterator[Statement]:
        for token in _TOKEN.finditer(css):
            match token.lastgroup:
                case "comment":
                    self._pieces.append(" ")
                    yield Statement(Kind.COMMENT, "", "", self._place())
                case "string":
                    self._take_string(token[0])
                case "url":
                    self._urls.append(token[0][4:-1].strip())
                    self._pieces.append("url()")
                case "mark":
                    yield from self._mark(token[0])
                case _:
                    self._pieces.append(token[0])
        yield from self._end()

    def _take_string(self, text: str) -> None:
        if "".join(self._pieces[-4:]).rstrip().lower().endswith("url("):
            self._urls.append(text.strip("\"'"))
        self._pieces.append('""')

    def _mark(self, mark: str) -> Iterator[Statement]:
        if mark in "([":
            self._brackets += 1
        elif mark in ")]":
            self._brackets = max(0, self._brackets - 1)
        elif mark == "{":
            yield from self._open()
            return
        elif mark == "}" or not self._brackets:
            yield from self._end()
            if mark == "}" and self._blocks:
                self._blocks.pop()
            return
        self._pieces.append(mark)

    def _open(self) -> Iterator[Statement]:
        """Begin a block; what was collected is its at-rule or its selectors."""
        text, urls = self._take()
        around = self._blocks[-1] if self._blocks else None
        if at := _AT.match(text):
            name = at[1].lower()
            yield Statement(Kind.AT, name, text[at.end() :], _shorten(text), False, urls)
            self._blocks.append(_Block(name, _shorten(text)))
        else:
            name = around.at if around else ""
            yield Statement(Kind.RULE, name, text, _shorten(text), around is not None and not around.at)
            self._blocks.append(_Block("", _shorten(text)))

    def _end(self) -> Iterator[Statement]:
        """End a declaration, or an at-rule without a block."""
        text, urls = self._take()
        if at := _AT.match(text):
            yield Statement(Kind.AT, at[1].lower(), text[at.end() :], _shorten(text), False, urls)
        elif self._blocks and (found := _DECLARATION.match(text)):
            yield Statement(Kind.DECLARATION, found[1].lower(), found[2].strip(), self._place(), False, urls)

    def _take(self) -> tuple[str, tuple[str, ...]]:
        text, urls = "".join(self._pieces).strip(), tuple(self._urls)
        self._pieces.clear()
        self._urls.clear()
        self._brackets = 0
        return text, urls

    def _place(self) -> str:
        return self._blocks[-1].words if self._blocks else ""


def _shorten(text: str) -> str:
    words = " ".join(text[: 4 * _SHOWN].split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
