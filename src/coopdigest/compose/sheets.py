"""Reads style sheets and style attributes as browsers do, and never fails on one (CSS Syntax Level 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from coopdigest.compose.contrast import parse_layer


class Declaration(NamedTuple):
    """One property, always a longhand where this module knows the shorthand; `value` is in lower case.

    `is_well_spelt` is false where `!important` is not in lower case with one space before, which some clients want.
    """

    name: str
    value: str
    important: bool
    is_well_spelt: bool = True


@dataclass(frozen=True, slots=True)
class StyleRule:
    """One selector and what it declares; `media` holds the conditions around it, outside in."""

    selector: str
    declarations: tuple[Declaration, ...]
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """How a reader looks at the page: in dark mode or not, and through how many CSS pixels."""

    dark: bool = False
    width: int = 800


COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_DEEPEST = 8  # at-rules inside each other; more is nonsense
_SIGN = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\\.|[{};]""", re.DOTALL)
_PIECE = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]{0,4000}\)|[^;"'(]|["'(])+""")
_COMMA = re.compile(r"""("[^"]*"|'[^']*'|\([^()]*\)|\[[^\[\]]*\])|,""")
_WORD = re.compile(r"(?:[^\s(]+(?:\([^()]*\))?|\([^()]*\))")
_IMPORTANT = re.compile(r"\s*!\s*important\Z")
_KEYWORDS = frozenset({"inherit", "initial", "unset", "revert", "currentcolor"})
_ALIGNMENTS = frozenset({"left", "right", "center", "justify", "start", "end", "-webkit-center", "inherit", "initial"})
_FONT_SIZE = re.compile(r"(?:\d|\.\d)[\d.]*(?:[a-z]+|%)|(?:xx?-)?(?:small|large)(?![a-z-])|medium|smaller|larger")
_BLOCK_RULES = ("@supports", "@layer", "@container", "@document")
_LENGTH = re.compile(r"\((min|max)-(?:device-)?width\s*:\s*(\d+(?:\.\d+)?)(px|em|rem)\)")


def parse_sheet(text: str, media: tuple[str, ...] = ()) -> list[StyleRule]:
    """Every rule of a style sheet in its order, each selector by itself; what cannot be read is left out."""
    return list(_parse_rules(COMMENT.sub(" ", text), media))


def _parse_rules(css: str, media: tuple[str, ...], depth: int = 0) -> Iterator[StyleRule]:
    for prelude, body in split_blocks(css):
        name, _, condition = prelude.partition(" ") if " " in prelude else prelude.partition("(")
        if not prelude.startswith("@"):
            declarations = parse_declarations(body)
            for selector in split_commas(prelude):
                yield StyleRule(selector, declarations, media)
        elif depth < _DEEPEST and name.lower() == "@media":
            yield from _parse_rules(body, (*media, prelude[len("@media") :].strip()), depth + 1)
        elif depth < _DEEPEST and name.lower() in _BLOCK_RULES and condition:
            yield from _parse_rules(body, media, depth + 1)


def split_blocks(css: str) -> Iterator[tuple[str, str]]:
    """What stands before each outer pair of braces, and what stands inside; `css` has no comments."""
    start, depth, prelude = 0, 0, ""
    for sign in _SIGN.finditer(css):
        if sign[0] == "{":
            if not depth:
                prelude, start = " ".join(css[start : sign.start()].split()), sign.end()
            depth += 1
        elif sign[0] == "}" and depth:
            depth -= 1
            if not depth:
                yield prelude, css[start : sign.start()]
                start = sign.end()
        elif sign[0] in "};" and not depth:
            start = sign.end()
    if depth:
        yield prelude, css[start:]


def split_commas(text: str) -> list[str]:
    """The parts between commas that stand in no string, bracket or parenthesis."""
    marked = _COMMA.sub(lambda found: found[1] or "\x00", text.replace("\x00", ""))
    return [part.strip() for part in marked.split("\x00") if part.strip()]


@lru_cache(maxsize=2048)
def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a block or of a style attribute, shorthands taken apart, invalid ones left out."""
    found: list[Declaration] = []
    for piece in _PIECE.findall(COMMENT.sub(" ", text)):
        name, colon, written = piece.partition(":")
        value = " ".join(written.lower().split())
        important = bool(_IMPORTANT.search(value))
        spelt = not important or written.rstrip().endswith(" !important")
        value = _IMPORTANT.sub("", value).strip()
        if colon and value and name.strip():
            longhands = _take_apart(name.strip().lower(), value)
            found += [Declaration(*longhand, important, spelt) for longhand in longhands if _is_valid(*longhand)]
    return tuple(found)


def _take_apart(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name in _SHORTHANDS:
        yield from _SHORTHANDS[name](name, value)
    else:
        yield name, value


def _is_valid(name: str, value: str) -> bool:
    if name in ("color", "background-color"):
        return value in _KEYWORDS or parse_layer(value) is not None
    return value in _ALIGNMENTS if name == "text-align" else True


def _background(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Only the last layer may have a colour; what the shorthand leaves out is reset."""
    words = _WORD.findall(value)
    colours = [word for word in words if word in _KEYWORDS or parse_layer(word)]
    pictures = [word for word in words if word.startswith(("url(", "linear-gradient(", "radial-gradient("))]
    if value == "none" or colours or pictures:
        yield "background-color", colours[-1] if colours else "transparent"
        yield "background-image", pictures[0] if pictures else "none"


def _font(name: str, value: str) -> Iterator[tuple[str, str]]:
    words = value.split()
    size = next((word for word in words if _FONT_SIZE.match(word)), None)
    if size:
        yield "font-size", size.partition("/")[0]
        yield "line-height", size.partition("/")[2] or "normal"
        weights = [word for word in words if word in ("bold", "bolder") or re.fullmatch(r"[1-9]00", word)]
        yield "font-weight", weights[0] if weights else "normal"


def _decoration(name: str, value: str) -> Iterator[tuple[str, str]]:
    yield "text-decoration-line", value


def _sides(name: str, value: str) -> Iterator[tuple[str, str]]:
    words = (value.split() * 4)[:4] if " " not in value else value.split()[:4]
    top, right, *rest = words
    yield f"{name}-top", top
    yield f"{name}-right", right
    yield f"{name}-bottom", rest[0] if rest else top
    yield f"{name}-left", rest[1] if len(rest) > 1 else right


def _block_sides(name: str, value: str) -> Iterator[tuple[str, str]]:
    words = value.split()
    yield name.replace("block", "top"), words[0]
    yield name.replace("block", "bottom"), words[-1]


def _borders(name: str, value: str) -> Iterator[tuple[str, str]]:
    for side in ("top", "right", "bottom", "left"):
        yield f"border-{side}", value


_SHORTHANDS: dict[str, Callable[[str, str], Iterator[tuple[str, str]]]] = {
    "background": _background,
    "border": _borders,
    "font": _font,
    "margin": _sides,
    "padding": _sides,
    "padding-block": _block_sides,
    "text-decoration": _decoration,
}


@lru_cache(maxsize=1024)
def applies(media: tuple[str, ...], sight: Sight) -> bool:
    """Whether rules under these conditions hold for a reader; conditions that are not known do not."""
    return all(any(_is_met(query.strip(), sight) for query in condition.lower().split(",")) for condition in media)


def _is_met(query: str, sight: Sight) -> bool:
    negated = query.startswith("not ")
    parts = re.split(r"\s+and\s+", re.sub(r"\A(?:not|only)\s+", "", query))
    return all(_has_feature(re.sub(r"\s+", " ", part.strip()), sight) for part in parts) != negated


def _has_feature(feature: str, sight: Sight) -> bool:
    if feature in ("", "all", "screen"):
        return True
    scheme = re.fullmatch(r"\(prefers-color-scheme ?: ?(dark|light)\)", feature)
    if scheme:
        return (scheme[1] == "dark") == sight.dark
    length = _LENGTH.fullmatch(feature)
    if not length:
        return False
    pixels = float(length[2]) * (1 if length[3] == "px" else 16)
    return sight.width >= pixels if length[1] == "min" else sight.width <= pixels
