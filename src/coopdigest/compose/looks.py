"""Computes how each element looks to a reader: colours, ground, sizes, alignment, and whether it is seen at all.

Values are inherited as CSS 2.2 section 6 says, from a browser's defaults: black on white at 16 px, or a dark
client's white on dark grey where the document says that it supports dark mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.compose.cascade import Cascade
from coopdigest.compose.contrast import LARGE, LARGE_BOLD, Colour, blend, parse_layer
from coopdigest.compose.sheets import Sight
from coopdigest.compose.wording import direction_of_text

WIDE, NARROW = 800, 320  # CSS pixels; the second is the width of WCAG 2.2 SC 1.4.10
NORMAL_LINE = 1.2  # what browsers make of `line-height: normal`, about
_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "rem": 16.0}
_KEYWORD_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
_RELATIVE_SIZES = {
    "h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 5 / 6, "sub": 5 / 6, "sup": 5 / 6, "big": 1.2,
}  # fmt: skip
_BOLD = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
NEVER_SHOWN = frozenset({"head", "style", "script", "title", "template", "noscript", "meta", "link", "xml"})
_LENGTH = re.compile(r"(-?(?:\d{1,6}(?:\.\d{1,9})?|\.\d{1,9}))([a-z]+|%)?")
_WEIGHTS = {"normal": False, "bold": True, "bolder": True, "lighter": False, "initial": False}
_BOXES = frozenset({"inline-block", "inline-table", "inline-flex", "inline-grid"})
_DARK_CANVAS: tuple[Colour, Colour, Colour] = (30, 30, 30), (255, 255, 255), (158, 158, 255)
_LIGHT_CANVAS: tuple[Colour, Colour, Colour] = (255, 255, 255), (0, 0, 0), (0, 0, 238)


class Look(NamedTuple):
    """How one element looks. Sizes are CSS pixels; `ground` is None where a picture is all that lies behind.

    `line` is the height of a line, `underlined` also true where an ancestor's line runs through, `size` 0 for
    invisible text. `own` are the declarations of the element itself.
    """

    own: Mapping[str, str]
    colour: Colour
    ground: Colour | None
    size: float
    line: float
    line_factor: float | None
    bold: bool = False
    align: str = "start"
    direction: str = "ltr"
    white_space: str = "normal"
    breaks_words: bool = False
    underlined: bool = False
    hidden: bool = False
    opacity: float = 1.0
    text_opacity: float = 1.0

    @property
    def is_large(self) -> bool:
        """Whether WCAG 2.2 counts its text as large scale."""
        return self.size >= LARGE or (self.bold and self.size >= LARGE_BOLD)

    def ink(self) -> Colour:
        """The colour of its text as seen on its ground."""
        opacity = self.opacity * self.text_opacity
        return self.colour if opacity == 1 else blend(self.colour, opacity, self.ground or (255, 255, 255))

    def heritage(self) -> tuple[object, ...]:
        """All of it that what stands in the element can take over."""
        return self[1:]

    def length(self, name: str) -> float | None:
        """A length that the element itself declares, None where there is none or it is relative to the box."""
        return to_pixels(self.own.get(name, ""), self.size)


class _Kind(NamedTuple):
    """What of an element itself decides its look; `number` is that of what is declared for it."""

    number: int
    tag: str
    direction: str
    is_link: bool


class Looks:
    """The looks of a document's elements, computed once for each way of looking at it."""

    def __init__(self, tree: LexborHTMLParser, cascade: Cascade) -> None:
        """Take the document and what holds in it."""
        kinds: dict[_Kind, _Kind] = {}
        self._elements = [
            (node.mem_id, node.parent.mem_id if node.parent else 0, kinds.setdefault(kind, kind))
            for node, kind in ((node, _kind(node, cascade)) for node in tree.css("*"))
        ]
        self._schemes = [meta.attributes.get("content") or "" for meta in tree.css("meta[name=color-scheme]")]
        self._cascade = cascade
        self._roots = {canvas: _root(canvas) for canvas in (_LIGHT_CANVAS, _DARK_CANVAS)}
        self._heirs: dict[tuple[object, ...], Look] = {}
        self._shared: dict[tuple[int, int, int], tuple[Look, Look]] = {}
        self._of: dict[Sight, dict[int, Look]] = {}

    def of(self, node: LexborNode, sight: Sight) -> Look:
        """How the element looks to a reader with `sight`."""
        if sight not in self._of:
            self._of[sight] = self._compute(sight)
        return self._of[sight][node.mem_id]

    def _compute(self, sight: Sight) -> dict[int, Look]:
        """Parents stand before their children; those that cannot differ share one look, in other sights, too.

        For its children an element is stood for by the first that looks like it, whatever was declared for that.
        """
        canvas = _DARK_CANVAS if sight.dark and self._supports_dark() else _LIGHT_CANVAS
        root, declared, shared = self._roots[canvas], self._cascade.declared(sight), self._shared
        looks: dict[int, Look] = {}
        parents: dict[int, Look] = {}
        for element, around, kind in self._elements:
            parent, own = parents.get(around, root), declared[kind.number]
            key = (id(parent), id(kind), id(own))
            if key not in shared:
                look = _look(kind, parent, own, canvas[2])
                shared[key] = look, self._heirs.setdefault(look.heritage(), look)
            looks[element], parents[element] = shared[key]
        return looks

    def _supports_dark(self) -> bool:
        declared = [
            declaration.value
            for rule in self._cascade.rules
            if rule.selector in (":root", "html")
            for declaration in rule.declarations
            if declaration.name == "color-scheme"
        ]
        return any("dark" in scheme.lower().split() for scheme in [*self._schemes, *declared])


def to_pixels(value: str, size: float) -> float | None:
    """A CSS length in pixels, `size` being the font's; None for percentages, keywords and nonsense."""
    length = _LENGTH.fullmatch(value)
    if not length or length[2] == "%":
        return None
    number, unit = float(length[1]), length[2] or ""
    if unit in ("em", "ex", "ch"):
        return number * size * (1 if unit == "em" else 0.5)
    if not unit:
        return 0.0 if number == 0 else None
    return number * _UNITS[unit] if unit in _UNITS else None


def _root(canvas: tuple[Colour, Colour, Colour]) -> Look:
    return Look({}, canvas[1], canvas[0], 16.0, 16.0 * NORMAL_LINE, NORMAL_LINE)


def _kind(node: LexborNode, cascade: Cascade) -> _Kind:
    attributes = node.attributes
    direction = (attributes.get("dir") or "").strip().lower()
    if direction == "auto" or (node.tag == "bdi" and direction not in ("ltr", "rtl")):
        direction = direction_of_text(node.text(deep=True)) or "ltr"
    return _Kind(cascade.number(node.mem_id), node.tag or "", direction, "href" in attributes)


def _look(element: _Kind, parent: Look, own: Mapping[str, str], link_colour: Colour) -> Look:
    tag = element.tag
    size = _size(tag, own.get("font-size"), parent.size)
    line, factor = _line(own.get("line-height"), size, parent)
    colour, text_opacity = _colour(tag, own.get("color"), parent, link_colour if element.is_link else None)
    return Look(
        own=own,
        colour=colour,
        text_opacity=text_opacity,
        ground=_ground(own, parent, colour),
        size=size,
        line=line,
        line_factor=factor,
        bold=_is_bold(tag, own.get("font-weight"), parent),
        align=_align(tag, own.get("text-align"), parent),
        direction=_direction(element.direction, own, parent),
        white_space=own.get("white-space", parent.white_space),
        breaks_words=_breaks_words(own, parent),
        underlined=_is_underlined(element, own, parent),
        hidden=parent.hidden or tag in NEVER_SHOWN or _is_hidden(own),
        opacity=parent.opacity * _opacity(own.get("opacity", "1")),
    )


def _size(tag: str, value: str | None, around: float) -> float:
    if value is None:
        return around * _RELATIVE_SIZES.get(tag, 1.0)
    if value in _KEYWORD_SIZES:
        return _KEYWORD_SIZES[value]
    if value in ("smaller", "larger"):
        return around * (5 / 6 if value == "smaller" else 1.2)
    if value.endswith("%") and _LENGTH.fullmatch(value):
        return around * max(float(value[:-1]), 0) / 100
    pixels = to_pixels(value, around)
    return around if pixels is None else max(pixels, 0.0)


def _line(value: str | None, size: float, parent: Look) -> tuple[float, float | None]:
    """The height of a line, and the factor that descendants inherit, None where they inherit the height."""
    length = _LENGTH.fullmatch(value or "")
    if value == "normal":
        return size * NORMAL_LINE, NORMAL_LINE
    if length and not length[2]:
        return size * float(length[1]), float(length[1])
    if length and length[2] == "%":
        return size * float(length[1]) / 100, None
    pixels = to_pixels(value or "", size)
    if pixels is not None:
        return pixels, None
    return (parent.line, None) if parent.line_factor is None else (size * parent.line_factor, parent.line_factor)


def _colour(tag: str, value: str | None, parent: Look, link: Colour | None) -> tuple[Colour, float]:
    layer = parse_layer(value) if value else None
    if layer:
        return layer
    if value is None and link and tag in ("a", "area"):
        return link, 1.0
    return parent.colour, parent.text_opacity


def _ground(own: Mapping[str, str], parent: Look, colour: Colour) -> Colour | None:
    value = own.get("background-color", "transparent")
    layer = (colour, 1.0) if value == "currentcolor" else parse_layer(value)
    if layer and layer[1] == 1:
        return layer[0]
    if own.get("background-image", "none").startswith("url(") or parent.ground is None:
        return None
    return blend(*layer, parent.ground) if layer else parent.ground


def _is_bold(tag: str, value: str | None, parent: Look) -> bool:
    if value is None or value in ("inherit", "unset"):
        return parent.bold or (value is None and tag in _BOLD)
    return int(value) >= 700 if re.fullmatch(r"[0-9]{1,4}", value) else _WEIGHTS.get(value, parent.bold)


def _align(tag: str, value: str | None, parent: Look) -> str:
    if value is None:
        return "center" if tag in ("center", "th") else parent.align
    return {"inherit": parent.align, "initial": "start"}.get(value, value.removeprefix("-webkit-"))


def _direction(said: str, own: Mapping[str, str], parent: Look) -> str:
    if own.get("direction") in ("ltr", "rtl"):
        return own["direction"]
    return said if said in ("ltr", "rtl") else parent.direction


def _breaks_words(own: Mapping[str, str], parent: Look) -> bool:
    said = [own[name] for name in ("overflow-wrap", "word-wrap", "word-break") if name in own]
    if any(value in ("anywhere", "break-word", "break-all") for value in said):
        return True
    return parent.breaks_words and "normal" not in said


def _is_underlined(element: _Kind, own: Mapping[str, str], parent: Look) -> bool:
    default = "underline" if element.tag in ("u", "ins") or (element.tag == "a" and element.is_link) else "none"
    is_boxed = own.get("display") in _BOXES
    return "underline" in own.get("text-decoration-line", default) or (parent.underlined and not is_boxed)


def _is_hidden(own: Mapping[str, str]) -> bool:
    if own.get("display") == "none" or own.get("visibility") in ("hidden", "collapse"):
        return True
    if _opacity(own.get("opacity", "1")) == 0:
        return True
    heights = (to_pixels(own.get(name, ""), 16) for name in ("height", "max-height"))
    return own.get("overflow") == "hidden" and any(height is not None and height <= 1 for height in heights)


def _opacity(value: str) -> float:
    number = _LENGTH.fullmatch(value)
    if not number or number[2] not in (None, "%"):
        return 1.0
    return min(max(float(number[1]) / (100 if number[2] else 1), 0.0), 1.0)
