"""Finds the features of HTML and CSS that an HTML part uses, and where; in comments, conditional ones too, nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.compose.css import Statement, read_sheet, read_style
from coopdigest.compose.support.data import support_data
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
    for slug in _name(_of_document(html)) - ignored:
        yield Use(slug, "the document", None)
    for node in tree.css("*"):
        tag = node.tag or ""
        slugs = _of_element(tag, tuple(node.attributes.items())) - ignored
        if slugs:
            where = describe(node)
            yield from (Use(slug, where, node) for slug in sorted(slugs))
        if tag == "style":
            for slugs, where in _of_sheet(node.text(deep=True)):
                yield from (Use(slug, where, node) for slug in sorted(slugs - ignored))


def _name(traits: Iterable[str]) -> frozenset[str]:
    return support_data().named(traits)


@lru_cache(maxsize=4096)  # templates repeat the same few elements and styles; so does the next issue that is checked
def _of_element(tag: str, attributes: tuple[tuple[str, str | None], ...]) -> frozenset[str]:
    values = dict(attributes)
    shape = _of_shape((tag, *values))
    return shape | _of_style(values.get("style") or "") | _name(_of_values(tag, values))


@lru_cache(maxsize=1024)
def _of_shape(shape: tuple[str, ...]) -> frozenset[str]:
    """What an element's name and its attributes' names say."""
    return _name((f"element:{shape[0]}", *(f"attribute:{name}" for name in shape[1:])))


@lru_cache(maxsize=2048)
def _of_style(style: str) -> frozenset[str]:
    return _name(trait for statement in read_style(style) for trait in traits_of(statement))


@lru_cache(maxsize=16)
def _of_sheet(css: str) -> tuple[tuple[frozenset[str], str], ...]:
    """What each statement of a style sheet says, and where that is."""
    return tuple((_name(traits_of(statement)), _place(statement)) for statement in read_sheet(css))


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
