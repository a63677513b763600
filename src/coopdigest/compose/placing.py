"""Says in which template, line and column an element of the HTML part was written.

MJML makes HTML of its own around what a template writes, and keeps no positions. So a probe issue is compiled with a
number on every element; what comes out tells for each kind of element, by its tag and classes and those around it,
where that kind is written. An element of a real issue is then looked up by what it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.compose.markup import MarkupError, compile_mjml
from coopdigest.compose.rendering import MAIL, Renderer

_BODY = re.compile(r"<mj-body\b.*</mj-body>", re.DOTALL)
_TAG = re.compile(r"""<([a-z][\w-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
_CLASS = re.compile(r"""(\scss-class\s*=\s*["'])""")
_NUMBERED = re.compile(r"placed(\d+)")
_AROUND = 4  # how many elements, from the inside out, tell one kind from another

_Kind = tuple[str, ...]


class Places:
    """The places of all kinds of elements that some contexts bring forth."""

    def __init__(self, renderer: Renderer, contexts: Iterable[Mapping[str, Any]]) -> None:
        """Compile every context with numbers on; one that cannot be compiled tells nothing."""
        self._known: dict[_Kind, set[str]] = defaultdict(set)
        for context in contexts:
            self._learn(renderer, context)

    def place_of(self, node: LexborNode) -> str | None:
        """Where an element of a real issue is written: `file:line:column`, or the file; None where nothing tells."""
        candidates = [places for kind in _kinds(node) if (places := self._known.get(kind))]
        exact = next((places for places in candidates if len(places) == 1), None)
        if exact:
            return next(iter(exact))
        files = {place.rsplit(":", 2)[0] for place in candidates[0]} if candidates else set()
        return files.pop() if len(files) == 1 else None

    def _learn(self, renderer: Renderer, context: Mapping[str, Any]) -> None:
        source = renderer.templates.render(MAIL, context)
        numbered, offsets = _number(source)
        try:
            html, _ = compile_mjml(numbered, context["language"], context["direction"])
        except MarkupError:
            return
        places = renderer.templates.locate(MAIL, context, *offsets)
        for node in LexborHTMLParser(html).css("body *"):
            number = _number_of(node)
            for kind in _kinds(node) if number is not None else ():
                self._known[kind].add(places[number or 0])


def _number(source: str) -> tuple[str, list[int]]:
    """The MJML with a class that names its number on every element of the body, and where each of them begins."""
    body = _BODY.search(source)
    offsets: list[int] = []

    def add_number(tag: re.Match[str]) -> str:
        name, rest = tag[1], tag[2]
        offsets.append(tag.start())
        mark = f"placed{len(offsets) - 1}"
        if not name.startswith("mj-"):
            return f'<{name} data-placed="{mark}"{rest}>'
        marked, count = _CLASS.subn(rf"\1{mark} ", rest, count=1)
        return f"<{name}{marked}>" if count else f'<{name} css-class="{mark}"{rest}>'

    if body is None:
        return source, offsets
    start, end = body.span()
    return source[:start] + _TAG.sub(add_number, source[:end][start:]) + source[end:], [start + at for at in offsets]


def _number_of(node: LexborNode) -> int | None:
    """The number of the element, or of the nearest around it that has one."""
    current: LexborNode | None = node
    while current is not None:
        found = _NUMBERED.search(f"{current.attributes.get('data-placed')} {current.attributes.get('class')}")
        if found:
            return int(found[1])
        current = current.parent
    return None


def _kinds(node: LexborNode) -> Iterator[_Kind]:
    """What an element is, from the most exact to the least: with its words, and with the elements around it."""
    chain: list[str] = []
    current: LexborNode | None = node
    while current is not None and len(chain) < _AROUND:
        classes = sorted((current.attributes.get("class") or "").split())
        chain.append(" ".join([current.tag or "", *(name for name in classes if not _NUMBERED.match(name))]))
        current = current.parent
    words = node.text(deep=True).strip()
    for length in range(len(chain), 0, -1):
        if words or length > 1:
            yield (*chain[:length], f"“{words}”")
        if length > 1 or " " in chain[0]:  # by itself a mere <a> is any link
            yield tuple(chain[:length])
