"""Tells what style sheets and style attributes declare, in longhands, and for which readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from coopdigest.compose.contrast import parse_layer
from coopdigest.compose.css import Kind, Statement, read_sheet, read_style, split_commas, split_important


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


class Sight(NamedTuple):
    """How a reader looks at the page: in dark mode or not, and through how many CSS pixels."""

    dark: bool = False
    width: int = 800


_DEEPEST = 8  # at-rules inside each other; more is nonsense
_WORD = re.compile(r"(?:[^\s(]+(?:\([^()]*\))?|\([^()]*\))")
_KEYWORDS = frozenset({"inherit", "initial", "unset", "revert", "currentcolor"})
_ALIGNMENTS = frozenset({"left", "right", "center", "justify", "start", "end", "-webkit-center", "inherit", "initial"})
_FONT_SIZE = re.compile(r"(?:\d|\.\d)[\d.]*(?:[a-z]+|%)|(?:xx?-)?(?:small|large)(?![a-z-])|medium|smaller|larger")
_BLOCK_RULES = frozenset({"supports", "layer", "container", "document"})
_LENGTH = re.compile(r"\((min|max)-(?:device-)?width\s*:\s*(\d+(?:\.\d+)?)(px|em|rem)\)")


@lru_cache(maxsize=16)
def parse_sheet(text: str, media: tuple[str, ...] = ()) -> tuple[StyleRule, ...]:
    """Every rule of a style sheet in its order, each selector by itself; what cannot be read is left out.

    `media` holds the conditions of the whole sheet. Rules in rules are left out, too: few clients follow them (C01).
    """
    blocks: dict[int, tuple[Statement, list[Declaration]]] = {}
    for statement in read_sheet(text):
        if statement.kind is Kind.RULE:
            blocks[id(statement)] = (statement, [])
        elif statement.kind is Kind.DECLARATION and id(statement.around) in blocks:
            blocks[id(statement.around)][1].extend(_declare(statement))
    return tuple(rule for block in blocks.values() for rule in _rules(*block, media))


def _rules(statement: Statement, declarations: list[Declaration], media: tuple[str, ...]) -> Iterator[StyleRule]:
    conditions = _conditions(statement)
    if conditions is not None:
        for selector in split_commas(" ".join(statement.text.split())):
            yield StyleRule(selector, tuple(declarations), (*media, *conditions))


def _conditions(statement: Statement) -> list[str] | None:
    """Those of the at-rules around a rule, outside in; None where its block is not read."""
    conditions: list[str] = []
    for depth, outer in enumerate(statement.outer()):
        if depth >= _DEEPEST or outer.kind is Kind.RULE:
            return None
        if outer.name == "media":
            conditions.insert(0, " ".join(outer.text.split()))
        elif outer.name not in _BLOCK_RULES or not outer.text:
            return None
    return conditions


@lru_cache(maxsize=2048)
def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """The declarations of a style attribute, shorthands taken apart, invalid ones left out."""
    statements = [statement for statement in read_style(text) if statement.kind is Kind.DECLARATION]
    return tuple(found for statement in statements if statement.around is None for found in _declare(statement))


def _declare(statement: Statement) -> Iterator[Declaration]:
    value, important = split_important(statement.text)
    value = " ".join(value.lower().split())
    spelt = not important or statement.text.endswith(" !important")
    if value:
        for longhand in _take_apart(statement.name, value):
            if _is_valid(*longhand):
                yield Declaration(*longhand, important, spelt)


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
