"""Rules about right-to-left pages: nothing of a left-to-right layout is left, and what is left-to-right stays so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.rules.colours import is_bordered
from coopdigest.compose.rules.page import ancestors, attribute
from coopdigest.compose.rules.seen import Seen, Words, blame, label, quote
from coopdigest.compose.sheets import Sight
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A50": "What reads from right to left is laid out so, and addresses and numbers in it keep their own direction.",
}
_ISLAND = re.compile(
    r"https?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+[0-9][0-9 ().\u00a0-]{5,}[0-9]", re.IGNORECASE
)
_ARROW = re.compile("[\u2192\u2794\u279c\u279d\u279e\u27f6]")  # unlike \u203a, bidi does not mirror these


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about what reads from right to left, in a page of any direction; the first place of each."""
    if not seen.page.find("[dir=rtl]"):
        return
    told: set[str] = set()
    for finding in (*_check_layout(seen), *_check_words(seen)):
        key = finding.place + finding.message.partition("(")[0]
        if key not in told:
            told.add(key)
            yield finding


def _check_layout(seen: Seen) -> Iterator[Finding]:
    for node in seen.page.find("body, body *"):
        look = seen.looks.of(node, Sight())
        if look.hidden or _reads(node) != "rtl":
            continue
        if look.own.get("direction") == "ltr":
            yield blame("A50", f"{label(node)} has direction: ltr where words read from right to left")
        if node.tag in ("td", "th") and look.own.get("text-align") == "left":
            yield blame("A50", f"{label(node)} is aligned left where words read from right to left")
        if is_bordered(look, "left") and not is_bordered(look, "right"):
            message = f"{label(node)} has its line at the left, where words that read from right to left end"
            yield blame("A50", message, Severity.WARNING)


def _check_words(seen: Seen) -> Iterator[Finding]:
    for line, words, look in seen.visible(Sight()):
        if words.element.tag == "img":
            continue
        if look.align == "left" and _reads(line.block) == "rtl":
            yield blame("A50", f"{label(line.block)}: words that read from right to left are aligned left")
        if _reads(words.element) == "rtl":
            yield from _check_signs(seen, words)


def _check_signs(seen: Seen, words: Words) -> Iterator[Finding]:
    island = _ISLAND.search(words.text)
    if island:
        message = f"{quote(island[0])} reads from left to right and needs <span dir=ltr> around"
        yield seen.page.judge("A50", words.element, message)
    if _ARROW.search(words.text):
        yield seen.page.judge("A50", words.element, f"an arrow points against the reading ({quote(words.text)})")


def _reads(node: LexborNode) -> str:
    """The direction that the nearest element says which says one; `auto` where the words decide."""
    for outer in ancestors(node):
        said = attribute(outer, "dir").lower()
        if said in ("ltr", "rtl", "auto"):
            return said
        if outer.tag == "bdi":
            return "auto"
    return "ltr"
