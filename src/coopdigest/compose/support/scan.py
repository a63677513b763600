"""Finds the features of HTML and CSS that an HTML part uses, and where; in comments, conditional ones too, nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.compose.css import Statement, read_sheet, read_style
from coopdigest.compose.support.data import SupportData, support_data
from coopdigest.compose.support.traits import image_traits, media_traits, traits_of

_DOCTYPE = re.compile(r"\s*<!doctype\s+html\s*>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?!\[if|<!\[endif|>)")
_PICTURES = ("background", "poster")
_TYPED = ("input", "button")
_CLASS_SHOWN = 40  # characters


@dataclass(frozen=True, slots=True)
class Use:
    """A feature in use: its slug, where in words, and the element, None for what is the document's own."""

    slug: str
    where: str
    node: LexborNode | None


def scan(html: str, tree: LexborHTMLParser, ignored: frozenset[str] = frozenset()) -> Iterator[Use]:
    """Every use of a feature that is not `ignored`, in reading order; never raises, whatever the CSS.

    `tree` is `html` parsed. A style attribute and a statement of a style sheet count a feature once each.
    """
    return _Scanner(support_data(), ignored).scan(html, tree)


class _Scanner:
    """Remembers what each style attribute uses: templates repeat the same few hundreds of times."""

    def __init__(self, data: SupportData, ignored: frozenset[str]) -> None:
        self._data = data
        self._ignored = ignored
        self._styles: dict[str, frozenset[str]] = {}
        self._shapes: dict[tuple[str, ...], frozenset[str]] = {}

    def scan(self, html: str, tree: LexborHTMLParser) -> Iterator[Use]:
        for slug in self._name(_of_document(html)):
            yield Use(slug, "the document", None)
        for node in tree.css("*"):
            attributes = node.attributes
            tag = node.tag or ""
            slugs = self._of_shape((tag, *attributes)) | self._name(_of_values(tag, attributes))
            if style := attributes.get("style"):
                slugs |= self._of_style(style)
            if slugs:
                where = describe(node)
                yield from (Use(slug, where, node) for slug in sorted(slugs))
            if tag == "style":
                yield from self._of_sheet(node)

    def _name(self, traits: Iterator[str]) -> frozenset[str]:
        return self._data.named(traits) - self._ignored

    def _of_shape(self, shape: tuple[str, ...]) -> frozenset[str]:
        """What an element's name and its attributes' names say."""
        found = self._shapes.get(shape)
        if found is None:
            names = (f"element:{shape[0]}", *(f"attribute:{name}" for name in shape[1:]))
            found = self._shapes[shape] = self._name(iter(names))
        return found

    def _of_style(self, style: str) -> frozenset[str]:
        found = self._styles.get(style)
        if found is None:
            found = self._name(trait for statement in read_style(style) for trait in traits_of(statement))
            self._styles[style] = found
        return found

    def _of_sheet(self, node: LexborNode) -> Iterator[Use]:
        for statement in read_sheet(node.text(deep=True)):
            for slug in sorted(self._name(traits_of(statement))):
                yield Use(slug, _place(statement), node)


def describe(node: LexborNode) -> str:
    """An element as its author knows it again: `<td class="gutter">`."""
    kind = " ".join((node.attributes.get("class") or "").split())
    if len(kind) > _CLASS_SHOWN:
        kind = f"{kind[: _CLASS_SHOWN - 1]}…"
    return f'<{node.tag} class="{kind}">' if kind else f"<{node.tag}>"


def _place(statement: Statement) -> str:
    return f"the rule {statement.rule}" if statement.rule else "a style sheet"


def _of_document(html: str) -> Iterator[str]:
    if _DOCTYPE.match(html):
        yield "syntax:doctype"
    if _COMMENT.search(html):
        yield "syntax:html-comment"


def _of_values(tag: str, attributes: dict[str, str | None]) -> Iterator[str]:
    """What the values of an element's attributes say."""
    if tag in _TYPED:
        yield f"typed:{tag}:{(attributes.get('type') or '').strip().lower()}"
    elif tag == "a":
        yield from _of_link(attributes)
    elif tag == "meta" and (attributes.get("name") or "").strip().lower() == "color-scheme":
        yield "syntax:meta-color-scheme"
    if media := attributes.get("media"):
        yield from media_traits(media)
    for name in ("src", *_PICTURES) if tag in ("img", "input") else _PICTURES:
        if url := attributes.get(name):
            yield from image_traits(url)
    for candidate in (attributes.get("srcset") or "").split(","):
        yield from image_traits(candidate.strip().partition(" ")[0])


def _of_link(attributes: dict[str, str | None]) -> Iterator[str]:
    target = (attributes.get("href") or "").strip()
    if target.startswith("#"):
        yield "syntax:local-anchor"
    elif target[:7].lower() == "mailto:":
        yield "syntax:mailto"
