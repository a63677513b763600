"""Finds the traits of features in statements of CSS (what a trait is: see `data`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from coopdigest.compose.css import Kind, Statement, empty_quoted, split_important

_PREFIX = re.compile(r"-(?:webkit|moz|ms|o)-")
_FUNCTION = re.compile(r"(?<![\w-])(-?[a-z][\w-]*+)\(")
_WORD = re.compile(r"(?<![\w#.-])[a-z][a-z-]*+(?![\w(])")
_UNIT = re.compile(r"(?<![\w.#-])[-+]?(?:\d++(?:\.\d++)?|\.\d++)([a-z]++|%)")
_RGB_SPACES = re.compile(r"rgba?\(\s*+[^\s,()]++\s++[^\s,()/]")
_MEDIA = re.compile(r"\(\s*+([a-z-]++)")
_BOUND = re.compile(r"\b(?:min|max)-")
_PAIRED = frozenset({"display", "flex-direction", "flex-wrap"})
_SELECTOR = re.compile(
    r"""
    (?P<pseudo>     ::?(?P<name>-?[a-z][\w-]*+)(?:\((?P<inside>[^()]*+)\))? )
  | (?P<class>      \.-?[\w-]++ )
  | (?P<id>         \#[\w-]++ )
  | (?P<attribute>  \[[^\]]*+\]? )
  | (?P<combinator> \s*+[>+~]\s*+ )
  | (?P<grouping>   \s*+,\s*+ )
  | (?P<descendant> \s++ )
  | (?P<universal>  \* )
  | (?P<nesting>    & )
  | (?P<type>       -?[a-z][\w-]*+ )
  | (?P<other>      \\. | . )
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_COMBINATORS = {">": "child", "+": "adjacent-sibling", "~": "general-sibling"}
_LISTS = frozenset({"not", "is", "where", "has", "matches", "any"})  # pseudo-classes that hold selectors
_STILL = frozenset({"keyframes", "font-face", "page"})  # at-rules whose blocks hold no selectors


def traits_of(statement: Statement) -> Iterator[str]:
    """The traits that a statement shows."""
    text, urls = empty_quoted(statement.text)
    match statement.kind:
        case Kind.COMMENT:
            yield "syntax:css-comment"
        case Kind.AT:
            yield from _of_at_rule(statement.name, text)
        case Kind.RULE:
            yield from _of_rule(statement.around, text)
        case Kind.DECLARATION:
            yield from _of_declaration(statement.name, text)
    for url in urls:
        yield from image_traits(url)


def media_traits(query: str) -> Iterator[str]:
    """The traits of a media query, be it in a style sheet or in a `media` attribute."""
    yield "at:media"
    for name in _MEDIA.findall(query.lower()):
        yield f"media:{_BOUND.sub('', name)}"


def image_traits(url: str) -> Iterator[str]:
    """The traits of a picture by its address: its format, where the address says it."""
    if url[:5].lower() == "data:":
        kind = url[5:64].partition(",")[0].lower()
        yield f"image:{kind.partition(';')[0].removeprefix('image/').removesuffix('+xml')}"
        if ";base64" in kind:
            yield "image:base64"
        return
    try:
        path = urlsplit(url).path
    except ValueError:
        return
    ending = path[-8:].rpartition(".")[2].lower()
    if ending.isalnum():
        yield f"image:{ending}"


def _of_at_rule(name: str, text: str) -> Iterator[str]:
    name = _PREFIX.sub("", name)
    if name == "media":
        yield from media_traits(text)
    else:
        yield f"at:{name}"


def _of_rule(around: Statement | None, selectors: str) -> Iterator[str]:
    if around and around.kind is Kind.RULE:
        yield "syntax:css-nesting"
    if not around or _PREFIX.sub("", around.name) not in _STILL:
        yield from _of_selectors(selectors)


def _of_selectors(selectors: str) -> Iterator[str]:
    """Selectors by their parts; two classes on one element are a chain."""
    classes = 0
    for part in _SELECTOR.finditer(selectors):
        kind = part.lastgroup
        if kind == "class":
            classes += 1
            if classes > 1:
                yield "selector:chaining"
        elif kind in ("combinator", "grouping", "descendant"):
            classes = 0
        if kind == "combinator":
            yield f"selector:{_COMBINATORS[part[0].strip()]}"
        elif kind == "nesting":
            yield "syntax:css-nesting"
        elif kind == "pseudo":
            yield from _of_pseudo(part["name"].lower(), part["inside"])
        else:
            yield f"selector:{kind}"


def _of_pseudo(name: str, inside: str | None) -> Iterator[str]:
    yield f"pseudo:{_PREFIX.sub('', name)}"
    if inside and name in _LISTS:
        yield from _of_selectors(inside.strip())


def _of_declaration(name: str, value: str) -> Iterator[str]:
    if name.startswith("--"):
        yield "syntax:custom-property"
    else:
        name = _PREFIX.sub("", name, count=1)
        yield f"property:{name}"
    value, important = split_important(value)
    if important:
        yield "syntax:important"
    yield from _of_value(name, value.lower())


def _of_value(name: str, value: str) -> Iterator[str]:
    for function in _FUNCTION.findall(value):
        yield f"function:{_PREFIX.sub('', function)}"
    for unit in _UNIT.findall(value):
        yield f"unit:{unit}"
    for word in _WORD.findall(value):
        yield f"word:{word}"
        if name in _PAIRED:
            yield f"pair:{name}:{word}"
    if _RGB_SPACES.search(value):
        yield "syntax:rgb-spaces"
