"""Rules about links: that they have words, lead somewhere, each its own way, and that one lets the reader leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from coopdigest.compose.rules.page import HTML, TEXT, Page, attribute, item_place, text_of
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, marker
from coopdigest.domain.item import canonical_link, fold_title
from coopdigest.ports import Link

RULES = {
    "A05": "Every link has words.",
    "A10": "A link's words say where it leads, and the same words lead to the same place.",
    "B12": "Both parts let the reader unsubscribe.",
    "L01": "A link inside the document has a target.",
    "L02": "Links are absolute and of http, https, mailto or tel.",
    "L03": "Somebody answers at every link, with a page (asked for by --links only).",
    "L04": "No link has moved for good to another site or to a front page (--links only).",
    "L05": "Every link can be asked for (--links only).",
    "L06": "No two items lead to the same page.",
}
_VAGUE = frozenset(
    {
        "click", "click here", "here", "link", "this link", "more", "read more", "learn more", "see more", "details",
        "cliquez ici", "ici", "lire la suite", "en savoir plus", "plus",
        "haga clic aquí", "clic aquí", "aquí", "leer más", "más información", "más",
        "اضغط هنا", "انقر هنا", "هنا", "اقرأ المزيد", "المزيد",
    }
)  # fmt: skip
_SCHEMES = ("http", "https", "mailto", "tel")


def check(page: Page, digest: Digest) -> Iterator[Finding]:
    """Findings about links."""
    links = page.find("a[href], area[href]")
    for link in links:
        yield from _check_words(page, link)
        yield from _check_target(page, link)
    yield from _check_same_words(page, links)
    yield from _check_same_page(page)
    yield from _check_unsubscribe(page, links, digest)


def _check_words(page: Page, link: LexborNode) -> Iterator[Finding]:
    words = text_of(link)
    if not words:
        yield page.judge("A05", link, f"a link to {_target(link)} without words")
    if re.sub(r"[\W_]+", " ", words).strip().casefold() in _VAGUE:
        yield page.judge("A10", link, f"the link “{words}” does not say where it leads", Severity.WARNING)


def _check_target(page: Page, link: LexborNode) -> Iterator[Finding]:
    target = _target(link)
    if target == marker(page.edition.nonce, Slot.UNSUBSCRIBE_URL):
        return
    if target in ("", "#") or (target.startswith("#") and not _has_anchor(page, unquote(target[1:]))):
        yield page.judge("L01", link, f"the link “{text_of(link)}” leads nowhere ({target or 'empty'})")
    elif not target.startswith("#") and not _is_absolute(target):
        yield page.judge("L02", link, f"the link {target} is not an absolute http, https, mailto or tel link")


def _target(link: LexborNode) -> str:
    return attribute(link, "href")


def _has_anchor(page: Page, name: str) -> bool:
    return any(name in (attribute(node, "id"), attribute(node, "name")) for node in page.find("[id], a[name]"))


def _is_absolute(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    if parts.scheme.lower() not in _SCHEMES:
        return False
    return bool(parts.netloc if parts.scheme.lower() in ("http", "https") else parts.path)


def _check_same_words(page: Page, links: list[LexborNode]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for link in links:
        words = text_of(link).casefold()
        if words and first.setdefault(words, _target(link)) != _target(link):
            yield page.judge("A10", link, f"“{text_of(link)}” links to more than one place", Severity.WARNING)


def _check_same_page(page: Page) -> Iterator[Finding]:
    """Two items under different titles; copies that share a link to the letter were merged when drafting."""
    first: dict[str, str] = {}
    for link in page.find(".item h3 a[href], .listed a[href]"):
        title = text_of(link)
        address = (canonical_link(_target(link)) or "").replace("//www.", "//", 1)
        if address and fold_title(first.setdefault(address, title)) != fold_title(title):
            message = f"leads to the same page as “{first[address]}”: {_target(link)}"
            yield page.judge("L06", link, message, Severity.WARNING)


def links_of(edition: Edition) -> list[Link]:
    """The links of the HTML part in reading order, for asking whether somebody answers there; no personal ones."""
    page = Page.of(edition)
    personal = f"slot{edition.nonce}"
    links = [link for link in page.find("a[href], area[href]") if personal not in _target(link)]
    return [Link(_target(link), text_of(link), item_place(link) or HTML, bool(item_place(link))) for link in links]


def _check_unsubscribe(page: Page, links: list[LexborNode], digest: Digest) -> Iterator[Finding]:
    if digest.public_url:
        wanted = marker(page.edition.nonce, Slot.UNSUBSCRIBE_URL)
        in_html = any(_target(link) == wanted for link in links)
    else:
        wanted = digest.unsubscribe_address()
        in_html = any(unquote(_target(link)).startswith(f"mailto:{wanted}?") for link in links)
    for part, is_there in ((HTML, in_html), (TEXT, wanted in unquote(page.edition.text))):
        if not is_there:
            yield Finding(
                "B12", Severity.ERROR, part, "no unsubscribe link", "print {{ unsubscribe_url }} in both parts"
            )
