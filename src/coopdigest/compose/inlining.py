"""Puts a template's inline style sheet into the elements, by the parts of premailer that do just that.

premailer as a whole does more than is good for a mail. Measured: it drops a lower-case doctype, strips `!important`
even inside `@media`, rewrites style tags, and lets cssutils fetch an `@import` from the network even when told not to.
So its reading of a sheet and its merging of declarations are used, and the walk between them is ours: it touches no
style tag, asks for nothing, and merges once what many elements share. What comes out says what premailer would say.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from operator import itemgetter

import cssutils
from premailer import Premailer
from premailer.merge_style import csstext_to_pairs, merge_styles
from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.domain.errors import CompositionError

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MARKER = re.compile(r"[0-9a-f]{24}[a-z]+end")  # behind its first four letters
_KEPT = ("@media", "!important", "<!--[if", "<![endif]-->")

cssutils.log.setLevel(logging.CRITICAL)  # it prints a line for every rule it does not know


def inline(html: str, css: str) -> str:
    """`html` with the rules of `css` in style attributes; nothing else of it changes its meaning.

    Raises:
        CompositionError: the sheet holds an at-rule, or something was lost on the way.
    """
    sheet = _COMMENT.sub("", css)
    if "@" in sheet or "\\" in sheet or "<" in sheet:  # an escaped at-rule is one too
        raise CompositionError('no @rule, backslash or < in <mj-style inline="inline">; move it to a plain <mj-style>')
    page = LexborHTMLParser(html)
    _apply(_read(sheet), page)
    inlined = page.html or ""
    _require_all_kept(html, inlined)
    return inlined


_Declarations = list[tuple[str, str]]


@lru_cache(maxsize=32)  # languages times digests in one process
def _read(sheet: str) -> list[tuple[str, _Declarations]]:
    """Selectors and declarations of a sheet, the weightiest last; what no attribute can say (`:hover`) left out."""
    reader = Premailer("", disable_validation=True, strip_important=False)
    rules, _ = reader._parse_style_rules(sheet, 0)  # the public way does the rest, too
    return [
        (selector, csstext_to_pairs(declarations, validate=False))
        for _, selector, declarations in sorted(rules, key=itemgetter(0))
    ]


def _apply(rules: list[tuple[str, _Declarations]], page: LexborHTMLParser) -> None:
    elements: dict[int, LexborNode] = {}
    matched: dict[int, list[int]] = {}
    for number, (selector, _) in enumerate(rules):
        for element in page.css(selector):
            elements[element.mem_id] = element
            matched.setdefault(element.mem_id, []).append(number)
    merged: dict[tuple[str, tuple[int, ...]], str] = {}
    for which, numbers in matched.items():
        attributes = elements[which].attrs
        key = (attributes.get("style") or "", tuple(numbers))
        if key not in merged:
            style = merge_styles(key[0], [rules[number][1] for number in numbers], [""] * len(numbers))
            merged[key] = style if "'" in style else style.replace('"', "'")  # written out, `"` has six letters
        attributes["style"] = merged[key]


def _require_all_kept(before: str, after: str) -> None:
    """Raise when the doctype, a media rule, an `!important` or a marker went missing."""
    lost = [token for token in _KEPT if after.count(token) < before.count(token)]
    if not after.startswith("<!DOCTYPE html>"):
        lost.append("the doctype")
    if _markers(before) != _markers(after):
        lost.append("a marker")
    if lost:
        raise CompositionError(f"inlining lost {', '.join(lost)}; simplify the template's style sheet")


def _markers(html: str) -> list[str]:
    """The personal slots of the HTML, whatever their order."""
    return sorted(found[0] for piece in html.split("slot")[1:] if (found := _MARKER.match(piece)))
