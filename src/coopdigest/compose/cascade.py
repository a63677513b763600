"""Decides which declarations hold for an element: sheets, style attribute and presentational attributes.

Order of precedence as in CSS Cascading Level 4: important before normal, style attribute before sheets, then
specificity, then order; presentational attributes (HTML Living Standard 15) give way to all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from coopdigest.compose.sheets import Declaration, Sight, StyleRule, applies, parse_declarations, parse_sheet

_PRESENTATIONAL = frozenset(
    {"bgcolor", "background", "color", "text", "width", "height", "align", "size", "nowrap", "hidden"}
)
_ALIGNED = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6"})
_GROUNDED = frozenset({"body", "table", "tbody", "thead", "tfoot", "tr", "td", "th"})
_SIZED = frozenset({"table", "td", "th", "img", "col", "hr"})
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(%|px)?")
_FONT_SIZES = {"1": "10px", "2": "13px", "3": "16px", "4": "18px", "5": "24px", "6": "32px", "7": "48px"}
_NEVER_ITSELF = re.compile(
    r"::|:(?:before|after|first-line|first-letter|hover|focus|active|visited|checked|target|focus-within|focus-visible)\b",
    re.IGNORECASE,
)
_LINKED = re.compile(r":(?:any-)?link\b", re.IGNORECASE)
_NO_WEIGHT = re.compile(r":where\([^()]*\)|\*")
_TRANSPARENT_FUNCTION = re.compile(r":(?:not|is|has|matches)\(", re.IGNORECASE)
_CLASS_LIKE = re.compile(r"\.[\w-]+|\[[^\]]*\]|:[\w-]+")
_ID = re.compile(r"#[\w-]+")
_TYPE = re.compile(r"(?<![\w-])[a-zA-Z][\w-]*")


class _Reason(NamedTuple):
    """All that decides what holds for an element itself; `matched` are numbers of rules, the weightiest last."""

    tag: str
    style: str
    attributes: tuple[tuple[str, str], ...]
    matched: tuple[int, ...]


class _Layer(NamedTuple):
    """Declarations of one rule, or of one style attribute, by property: those without and those with !important."""

    normal: Mapping[str, str]
    important: Mapping[str, str]


class Cascade:
    """The declarations of a parsed document, by element. `rules` are those of its style sheets, in their order."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        """Read the style sheets of `tree` and match their selectors."""
        self.rules = tuple(_read_rules(tree))
        self._layers = [_layer(rule.declarations) for rule in self.rules]
        matched = self._match(tree)
        numbers: dict[_Reason, int] = {}
        self._numbers = {
            node.mem_id: numbers.setdefault(_reason(node, matched), len(numbers)) for node in tree.css("*")
        }
        self._reasons = list(numbers)
        self._own = [_layer(parse_declarations(reason.style)) for reason in self._reasons]
        self._decided: dict[tuple[int, tuple[int, ...]], Mapping[str, str]] = {}
        self._by_sight: dict[Sight, list[Mapping[str, str]]] = {}

    def number(self, element: int) -> int:
        """The number that the element (by its `mem_id`) shares with those that cannot differ in what holds."""
        return self._numbers[element]

    def declared(self, sight: Sight) -> list[Mapping[str, str]]:
        """What holds for elements themselves, by their number, as a mapping by property.

        The mapping is the same one for two sights that do not differ in it.
        """
        if sight not in self._by_sight:
            holds = [applies(rule.media, sight) for rule in self.rules]
            self._by_sight[sight] = [
                self._decide(number, tuple([rule for rule in reason.matched if holds[rule]]))
                for number, reason in enumerate(self._reasons)
            ]
        return self._by_sight[sight]

    def _match(self, tree: LexborHTMLParser) -> dict[int, list[int]]:
        """The numbers of the rules whose selector names an element, by element, the weightiest last."""
        named: dict[str, list[int]] = {}
        matched: dict[int, list[int]] = {}
        weights = {selector: specificity(selector) for selector in {rule.selector for rule in self.rules}}
        for number, rule in sorted(enumerate(self.rules), key=lambda numbered: weights[numbered[1].selector]):
            if rule.selector not in named:
                named[rule.selector] = _select(tree, rule.selector)
            for element in named[rule.selector]:
                matched.setdefault(element, []).append(number)
        return matched

    def _decide(self, number: int, rules: tuple[int, ...]) -> Mapping[str, str]:
        """What holds for elements of that number where of the rules just these do."""
        if (number, rules) not in self._decided:
            reason, own = self._reasons[number], self._own[number]
            winners = dict(_presentational(reason.tag, dict(reason.attributes)))
            for rule in rules:
                winners.update(self._layers[rule].normal)
            winners.update(own.normal)
            for rule in rules:
                winners.update(self._layers[rule].important)
            winners.update(own.important)
            self._decided[number, rules] = winners
        return self._decided[number, rules]


def _layer(declarations: tuple[Declaration, ...]) -> _Layer:
    normal = {declaration.name: declaration.value for declaration in declarations if not declaration.important}
    return _Layer(
        normal, {declaration.name: declaration.value for declaration in declarations if declaration.important}
    )


def _reason(node: LexborNode, matched: Mapping[int, list[int]]) -> _Reason:
    attributes = node.attributes
    own = tuple([(name, (value or "").strip()) for name, value in attributes.items() if name in _PRESENTATIONAL])
    return _Reason(node.tag or "", attributes.get("style") or "", own, tuple(matched.get(node.mem_id, ())))


def specificity(selector: str) -> tuple[int, int, int]:
    """How many ids, classes and the like, and element names a selector holds (Selectors Level 4, section 17)."""
    rest = _TRANSPARENT_FUNCTION.sub(" ", _NO_WEIGHT.sub(" ", selector))
    rest, classes = _CLASS_LIKE.subn(" ", rest)
    rest, ids = _ID.subn(" ", rest)
    return ids, classes, len(_TYPE.findall(rest))


def _read_rules(tree: LexborHTMLParser) -> Iterator[StyleRule]:
    for sheet in tree.css("style"):
        media = (sheet.attributes.get("media") or "").strip()
        yield from parse_sheet(sheet.text(deep=True), (media,) if media else ())


def _select(tree: LexborHTMLParser, selector: str) -> list[int]:
    """The elements that a selector names whatever the reader does; none where it cannot be read."""
    if _NEVER_ITSELF.search(selector):
        return []
    try:
        return [node.mem_id for node in tree.css(_LINKED.sub("[href]", selector))]
    except SelectolaxError:
        return []


def _presentational(tag: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if "hidden" in attributes:
        yield "display", "none"
    for declaration in parse_declarations(";".join(_as_css(tag, attributes))):
        yield declaration.name, declaration.value


def _as_css(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Attributes of old written as the declarations that they stand for."""
    for name, value in attributes.items():
        length = _LENGTH.fullmatch(value) if name in ("width", "height") and tag in _SIZED else None
        if length:
            yield f"{name}:{length[1]}{length[2] or 'px'}"
        elif name == "bgcolor" and tag in _GROUNDED:
            yield f"background-color:{value}"
        elif name == "background" and tag in _GROUNDED:
            yield "background-image:url(picture)"
        elif (name, tag) in (("color", "font"), ("text", "body")):
            yield f"color:{value}"
        elif name == "size" and tag == "font" and value in _FONT_SIZES:
            yield f"font-size:{_FONT_SIZES[value]}"
        elif name == "align" and tag in _ALIGNED:
            yield f"text-align:{value.replace('middle', 'center')}"
        elif name == "nowrap" and tag in ("td", "th"):
            yield "white-space:nowrap"
