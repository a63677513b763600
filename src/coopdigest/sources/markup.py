"""Turns the markup that sources give into plain text and into simple inline markup."""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape

import nh3

from coopdigest.sources.sanitise import clean_url, drop_controls

MARKUP_LIMIT = 100_000  # characters; beyond any summary
_DEEPEST = 200  # html5ever and lexbor take quadratic time over nested elements: 100,000 of them 15 seconds

_INLINE = {"a", "b", "strong", "i", "em"}
_PARAGRAPHS = {
    *("p", "div", "section", "article", "header", "footer", "aside", "main", "blockquote", "pre", "figure"),
    *("figcaption", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "address"),
}
_LINES = {"br", "li", "tr", "dt", "dd"}
_SILENT = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "form", "title", "head"}
_CLOSES_ITSELF = {
    "p",
    "li",
    "td",
    "th",
    "tr",
    "dt",
    "dd",
    "option",
    "hr",
    "br",
    "img",
    "input",
    "meta",
    "link",
    "source",
}

_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>|[^<]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*?(/?)(?=[<>]|$)")
_BARE_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_EMPTY = re.compile(r"<(a|b|strong|i|em)(?: [^>]*)?>\s*</\1>")
_BREAK = re.compile(r"[ \n]*\n[ \n]*")
_ANY_TAG = re.compile(r"<[^<>]*>")


def plain_line(markup: str) -> str:
    """The words of `markup` on one line."""
    return " ".join(plain_text(markup).split())


def plain_text(markup: str) -> str:
    """The words of `markup`; paragraphs are separated by a blank line, forced breaks by a line end."""
    return unescape(_fold_breaks(_ANY_TAG.sub("", _flatten(markup, None)))).strip()


def inline_markup(markup: str, base: str | None) -> str | None:
    """`markup` with nothing but a, b, strong, i, em and br; None when it holds no markup but breaks.

    Links are absolute (`base` is where relative ones begin) and lead to http, https or mailto; of others the
    words stay. Paragraphs are separated by two breaks, so that the result may stand inside any element.
    """
    flat = _flatten(markup, base)
    if not re.search(r"<(?:a|b|strong|i|em)\b", flat):
        return None
    return flat.replace("\n", "<br>")


def nests_too_deep(markup: str, deepest: int = _DEEPEST, *, is_xml: bool = False) -> bool:
    """Whether elements of `markup` nest deeper than people write; a scan that costs no tree.

    In XML ``<x/>`` holds nothing, in HTML it opens an element all the same.
    """
    opened: Counter[str] = Counter()
    depth = 0
    for match in _TAG.finditer(markup):
        slash, tag, hollow = match.group(1), match.group(2).lower(), match.group(3)
        if tag in _CLOSES_ITSELF or (hollow and is_xml):
            continue
        if not slash:
            opened[tag] += 1
            depth += 1
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
        if depth > deepest:
            return True
    return False


def _flatten(markup: str, base: str | None) -> str:
    """Sanitised inline markup whose only white space is single spaces, LF for a break and LF LF for a paragraph."""
    text = drop_controls(markup[:MARKUP_LIMIT])
    if nests_too_deep(text):
        text = escape(_ANY_TAG.sub(" ", text), quote=False)
    clean = nh3.clean(
        text,
        tags=_INLINE | _PARAGRAPHS | _LINES,
        clean_content_tags=_SILENT,
        attributes={"a": {"href"}},
        attribute_filter=lambda tag, name, value: clean_url(value, base),
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return _fold_breaks(_drop_hollow("".join(_lay_out(clean)))).strip()


def _fold_breaks(text: str) -> str:
    """`text` with one blank, one LF or two in a row at most."""
    single = re.sub("  +", " ", text)
    return _BREAK.sub(lambda gap: "\n\n" if gap.group().count("\n") > 1 else "\n", single)


def _lay_out(clean: str) -> list[str]:
    """The pieces of sanitised markup, with LF in place of elements that break the line.

    nh3 escapes every < in text, and `clean_url` encodes every > in the one attribute left: a pattern is enough.
    """
    pieces = []
    for match in _TOKEN.finditer(clean):
        closing, tag = match.group(1), match.group(2)
        if tag is None:
            pieces.append(" ".join(f"x{match.group()}x".split())[1:-1].replace("&nbsp;", " "))
        elif tag in _PARAGRAPHS:
            pieces.append("\n\n")
        elif tag in _LINES:
            pieces.append("" if closing else "\n")
        else:
            pieces.append(match.group())
    return pieces


def _drop_hollow(markup: str) -> str:
    """`markup` without links that lead nowhere and elements without words."""
    text = _BARE_LINK.sub(r"\1", markup)
    while (shorter := _EMPTY.sub("", text)) != text:
        text = shorter
    return text
