"""The page as readers see it, in light and dark, wide and narrow, for the rules about what is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.compose.cascade import Cascade
from coopdigest.compose.looks import NARROW, NEVER_SHOWN, WIDE, Look, Looks
from coopdigest.compose.rules.page import HTML, Page
from coopdigest.compose.sheets import Sight
from coopdigest.domain.edition import Finding, Severity

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = HEADINGS | {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_HINTS = {
    "A07": "choose colours that differ more, in [brand] of coopdigest.toml or in templates/email/",
    "A11": "underline the link, or give it a colour that differs more",
    "A20": "set font-size, line-height and align of <mj-text> in <mj-attributes>, or in a style sheet",
    "A21": "give the link padding or higher lines",
    "A22": "give a colour beside the picture, and its words a size",
    "A30": "write one <mj-preview>, which MJML hides, and no other hidden words",
    "A40": "declare dark mode as templates/email/partials/ of coopdigest does",
    "A50": "set direction and align of all parts in <mj-attributes>, and mirror sides with {{ start }} and {{ end }}",
    "A70": "mend the style sheet, in templates/email/",
    "W10": "let it shrink (max-width: 100%) or break (overflow-wrap: anywhere)",
    "W22": "take the animation out, or let it end soon",
}
_SAID = re.compile(r"[^\W_]")
_SHOWN = 40  # characters of the words that a message quotes


@dataclass(frozen=True, slots=True)
class Words:
    """Words that stand together in an element: its text, or what a picture says instead of itself."""

    element: LexborNode
    text: str

    @property
    def is_said(self) -> bool:
        """Whether there is more than decoration, such as a dot between two links."""
        return _SAID.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in a block between two line breaks that the document itself makes, in reading order."""

    block: LexborNode
    words: list[Words]


@dataclass(frozen=True, slots=True)
class Seen:
    """A page, how its elements look, and what it says line by line."""

    page: Page
    cascade: Cascade
    looks: Looks
    lines: list[Line]
    _visible: dict[Sight, list[tuple[Line, Words, Look]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, page: Page) -> Seen:
        """Compute it all, once for all rules."""
        cascade = Cascade(page.tree)
        return cls(page, cascade, Looks(page.tree, cascade), list(_read_lines(page.tree)))

    def placed(self, finding: Finding, node: LexborNode) -> Finding:
        """The finding, at the place in the templates where the element is written, if that is known."""
        return replace(finding, place=self.page.place_of(node))

    def has_dark(self) -> bool:
        """Whether the document declares a dark palette of its own."""
        return any(is_dark(rule.media) for rule in self.cascade.rules)

    def sights(self) -> Iterator[Sight]:
        """The ways of looking that can differ here: light before dark, wide before narrow."""
        depends_on_width = any("width" in condition for rule in self.cascade.rules for condition in rule.media)
        widths = (WIDE, NARROW) if depends_on_width else (WIDE,)
        for dark, width in product((False, True) if self.has_dark() else (False,), widths):
            yield Sight(dark, width)

    def visible(self, sight: Sight) -> list[tuple[Line, Words, Look]]:
        """All words that a reader sees, with their line and how they look."""
        if sight not in self._visible:
            said = [(line, words) for line in self.lines for words in line.words if words.is_said]
            found = [(line, words, self.looks.of(words.element, sight)) for line, words in said]
            self._visible[sight] = [each for each in found if not each[2].hidden and each[2].size > 0]
        return self._visible[sight]


def is_dark(media: tuple[str, ...]) -> bool:
    """Whether these conditions are those of the dark palette."""
    return any("prefers-color-scheme" in condition and "dark" in condition for condition in media)


def link_of(element: LexborNode) -> LexborNode | None:
    """The link that the element belongs to, None outside of links."""
    node: LexborNode | None = element
    while node is not None and not (node.tag == "a" and "href" in node.attributes):
        node = node.parent
    return node


def blame(rule: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    """A finding about how something looks: never the source's fault, for no style of a source is kept."""
    return Finding(rule, severity, HTML, message, _HINTS[rule])


def label(node: LexborNode) -> str:
    """An element as its author finds it in a template: its tag, and its id or classes."""
    name = node.attributes.get("id")
    classes = (node.attributes.get("class") or "").split()
    return f"<{node.tag}{f' id={name}' if name else ''}{f' class={chr(32).join(classes)}' if classes else ''}>"


def quote(text: str) -> str:
    """The first words, for a message."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _SHOWN else f'{line[: _SHOWN - 1]}…'}”"


def _read_lines(tree: LexborHTMLParser) -> Iterator[Line]:
    line: Line | None = None
    blocks: dict[int, LexborNode] = {}
    for node in tree.body.traverse(include_text=True) if tree.body else ():
        if node.tag == "br":
            if line:
                yield line
            line = None
        words = _words(node)
        if words is None:
            continue
        block = _block_of(words.element, blocks)
        if line is None or line.block.mem_id != block.mem_id:
            if line:
                yield line
            line = Line(block, [])
        line.words.append(words)
    if line:
        yield line


def _words(node: LexborNode) -> Words | None:
    if node.tag == "img":
        return Words(node, node.attributes.get("alt") or "")
    if not node.is_text_node or node.parent is None or node.parent.tag in NEVER_SHOWN:
        return None
    return Words(node.parent, node.text_content or "")


def _block_of(element: LexborNode, known: dict[int, LexborNode]) -> LexborNode:
    if element.mem_id not in known:
        block = element
        while block.tag not in _BLOCKS and block.parent is not None and block.parent.is_element_node:
            block = block.parent
        known[element.mem_id] = block
    return known[element.mem_id]
