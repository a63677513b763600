"""An edition's HTML part, parsed as a browser would, for the rules to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.domain.edition import Edition, Finding, Severity

HTML, TEXT, SUBJECT, CONFIGURATION = "HTML part", "text part", "subject", "coopdigest.toml"
_TEMPLATE = "mend the template that writes it, in templates/email/"
_SOURCE = "only the source can mend it"
_OWNED = {"item", "listed"}  # classes of what is an item's own: whole, and as a title in a list
_TITLE_SHOWN = 60  # characters of an item's title that name its place


Locate = Callable[[LexborNode], str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """The parsed HTML part, and the edition it belongs to."""

    edition: Edition
    tree: LexborHTMLParser
    locate: Locate | None = None

    @classmethod
    def of(cls, edition: Edition, locate: Locate | None = None) -> Page:
        """Parse the HTML part; `locate` tells where a template wrote an element."""
        return cls(edition, LexborHTMLParser(edition.html), locate)

    def find(self, selector: str) -> list[LexborNode]:
        """The elements that a CSS selector names, in reading order."""
        return self.tree.css(selector)

    def elements(self) -> list[LexborNode]:
        """Every element, in reading order."""
        return self.tree.css("*")

    def visible_text(self) -> str:
        """What a reader sees with images off: no preheader, no styles."""
        copy = LexborHTMLParser(self.edition.html)
        for node in copy.css("style, script, title, [style^='display:none']"):
            node.decompose()
        return text_of(copy.body) if copy.body else ""

    def place_of(self, node: LexborNode) -> str:
        """Where in the templates an element is written; the HTML part where nothing tells."""
        return (self.locate and self.locate(node)) or HTML

    def judge(self, rule: str, node: LexborNode, message: str, severity: Severity = Severity.ERROR) -> Finding:
        """A finding about `node`: a warning in an item, where only the source can mend it, else `severity`."""
        place = item_place(node)
        if place is None:
            return Finding(rule, severity, self.place_of(node), message, _TEMPLATE)
        return Finding(rule, Severity.WARNING, place, message, _SOURCE)


def text_of(node: LexborNode) -> str:
    """The words of an element, with the alternative words of its images."""
    images = " ".join(image.attributes.get("alt") or "" for image in node.css("img"))
    return " ".join(f"{node.text(deep=True, separator='')} {images}".split())


def attribute(node: LexborNode, name: str) -> str:
    """An attribute's value, empty where there is none."""
    return (node.attributes.get(name) or "").strip()


def ancestors(node: LexborNode) -> Iterator[LexborNode]:
    """The element and those around it, inside out."""
    current: LexborNode | None = node
    while current is not None:
        yield current
        current = current.parent


def item_place(node: LexborNode) -> str | None:
    """How findings name the item that owns the element, None for the template's own."""
    title = item_title(node)
    return None if title is None else f"item “{title}”"


def item_title(node: LexborNode) -> str | None:
    """The title of the item that owns the element, None for the template's own."""
    for outer in ancestors(node):
        if _OWNED & set((outer.attributes.get("class") or "").split()):
            heading = outer.css_first("h3")
            title = text_of(heading) if heading else text_of(outer)
            return title if len(title) <= _TITLE_SHOWN else f"{title[: _TITLE_SHOWN - 1]}…"
    return None
