"""Rules about the document: its language, headings, head and what may not be in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.compose.rules.page import HTML, Page, attribute, text_of
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A01": "Every part of the body says its direction.",
    "A02": "Every part of the body says its language.",
    "A04": "There is one h1, and heading levels do not skip.",
    "A06": "The document says its language.",
    "A09": "The document has a title.",
    "A12": "The viewport lets readers zoom.",
    "A13": "No id occurs twice.",
    "A70": "The document is plain HTML that mail clients show: no scripts, forms, frames or foreign style sheets.",
}
_FORBIDDEN = (
    "script, iframe, frame, form, object, embed, applet, base, link, input, button, select, textarea, video, audio,"
    " meta[http-equiv=refresh i]"
)
_ADDRESSES = frozenset(
    {"action", "background", "cite", "formaction", "href", "longdesc", "poster", "src", "xlink:href"}
)
_JUDGED_ELSEWHERE = (("img", "src"), ("a", "href"), ("area", "href"))  # A22, L02
_CSS_LIMIT = 16_000  # bytes; Gmail drops the style tags beyond
_CHARSET_WITHIN = 1024  # bytes, WHATWG HTML 4.2.5.4
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47, but for tags of old
_IMPORT = re.compile(r"@import\b", re.IGNORECASE)


def check(page: Page) -> Iterator[Finding]:
    """Findings about the document's structure."""
    yield from _check_language(page)
    yield from _check_headings(page)
    yield from _check_head(page)
    yield from _check_ids(page)
    yield from _check_content(page)


def _check_language(page: Page) -> Iterator[Finding]:
    if _says_no_language(attribute(page.tree.root, "lang") if page.tree.root else ""):
        yield _error("A06", "<html> has no lang", "write lang on <mjml>")
    for child in page.find("body > *"):
        if child.tag in ("style", "script") or not (text_of(child) or child.css("img")):
            continue
        if attribute(child, "dir") not in ("ltr", "rtl"):
            yield page.judge("A01", child, f"<{child.tag}> directly in the body has no dir")
        if _says_no_language(attribute(child, "lang")):
            yield page.judge("A02", child, f"<{child.tag}> directly in the body has no lang")
    for node in page.find("[lang]"):
        tag = attribute(node, "lang")
        if not _says_no_language(tag) and not _LANGUAGE.fullmatch(tag):
            yield page.judge(
                "A06" if node.tag == "html" else "A02", node, f"<{node.tag}>: no language is called {tag!r}"
            )


def _says_no_language(tag: str) -> bool:
    return tag in ("", "und")


def _check_headings(page: Page) -> Iterator[Finding]:
    headings = page.find("h1, h2, h3, h4, h5, h6")
    first = sum(heading.tag == "h1" for heading in headings)
    if first != 1:
        yield Finding("A04", Severity.WARNING, HTML, f"{first} h1 headings", "give the digest's name the only h1")
    level = 0
    for heading in headings:
        deeper = int((heading.tag or "h1")[1])
        if deeper > level + 1:
            yield page.judge("A04", heading, f"<h{deeper}> follows <h{level}>", Severity.WARNING)
        if not text_of(heading):
            yield page.judge("A04", heading, f"an <h{deeper}> without words", Severity.WARNING)
        level = deeper


def _check_head(page: Page) -> Iterator[Finding]:
    title = page.tree.css_first("head title")
    if title is None or not text_of(title):
        yield _error("A09", "the document has no title", "write <mj-title>")
    viewport = "".join(attribute(meta, "content") for meta in page.find("meta[name=viewport]")).replace(" ", "").lower()
    scale = re.search(r"maximum-scale=(\d+(?:\.\d+)?)", viewport)
    if not viewport or re.search(r"user-scalable=(no|0)", viewport) or (scale and float(scale[1]) < 2):
        yield _error("A12", "the viewport is missing or forbids zooming", "leave the viewport to MJML")
    if not page.edition.html.startswith("<!DOCTYPE html>"):
        yield _error("A70", "no doctype: clients would draw it in quirks mode", "report this; MJML writes one")
    beginning = page.edition.html.encode("utf-8")[:_CHARSET_WITHIN].lower()
    if b"charset=utf-8" not in beginning and b'charset="utf-8"' not in beginning:
        yield _error("A70", f"no charset in the first {_CHARSET_WITHIN} bytes", "move long text in <mj-head> down")


def _check_ids(page: Page) -> Iterator[Finding]:
    seen: set[str] = set()
    for node in page.find("[id]"):
        name = attribute(node, "id")
        if name in seen:
            yield page.judge("A13", node, f"the id {name!r} occurs twice", Severity.WARNING)
        seen.add(name)


def _check_content(page: Page) -> Iterator[Finding]:
    for node in page.find(_FORBIDDEN):
        yield page.judge("A70", node, f"<{node.tag}> is dropped or distrusted by mail clients")
    yield from _check_attributes(page)
    css = [style.text(deep=True) for style in page.find("style")]
    if any(_IMPORT.search(sheet) for sheet in css):
        yield _error("A70", "a style sheet imports another one", "write its rules into the template")
    size = sum(len(sheet.encode("utf-8")) for sheet in css)
    if size > _CSS_LIMIT:
        yield _error("A70", f"{size:,} bytes of style sheets, of which Gmail keeps {_CSS_LIMIT:,}", "shorten them")


def _check_attributes(page: Page) -> Iterator[Finding]:
    for node in page.elements():
        for name, value in node.attributes.items():
            scheme = "".join((value or "").split()).lower().partition(":")[0] if name in _ADDRESSES else ""
            if name.startswith("on") or scheme in ("javascript", "vbscript"):
                yield page.judge("A70", node, f"<{node.tag}> carries a script in {name}")
            elif scheme == "data" and (node.tag, name) not in _JUDGED_ELSEWHERE:
                yield page.judge(
                    "A70", node, f"<{node.tag}> has a data: address in {name}, which clients do not follow"
                )


def _error(rule: str, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.ERROR, HTML, message, hint)
