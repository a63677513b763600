"""Rules about right-to-left pages: nothing of a left-to-right layout is left, and what is left-to-right stays so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coopdigest.compose.bidi import ISLAND
from coopdigest.compose.rules.colours import is_bordered
from coopdigest.compose.rules.page import Page, attribute
from coopdigest.compose.rules.seen import Seen, Words, blame, label, quote
from coopdigest.compose.sheets import Sight
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A50": "What reads from right to left is laid out so, and addresses and numbers in it keep their own direction.",
}
_ARROW = re.compile("[\u2192\u2794\u279c\u279d\u279e\u27f6]")  # unlike \u203a, bidi does not mirror these


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about what reads from right to left, in a page of any direction; the first place of each."""
    if not seen.page.find("[dir=rtl]"):
        return
    reads = _directions(seen.page)
    told: set[str] = set()
    for finding in (*_check_layout(seen, reads), *_check_words(seen, reads)):
        key = finding.place + finding.message.partition("(")[0]
        if key not in told:
            told.add(key)
            yield finding


def _check_layout(seen: Seen, reads: Mapping[int, str]) -> Iterator[Finding]:
    for node in seen.page.find("body, body *"):
        look = seen.looks.of(node, Sight())
        if reads[node.mem_id] != "rtl" or look.hidden:
            continue
        if look.own.get("direction") == "ltr":
            message = f"{label(node)} has direction: ltr where words read from right to left"
            yield seen.placed(blame("A50", message), node)
        if node.tag in ("td", "th") and look.own.get("text-align") == "left":
            message = f"{label(node)} is aligned left where words read from right to left"
            yield seen.placed(blame("A50", message), node)
        if is_bordered(look, "left") and not is_bordered(look, "right"):
            message = f"{label(node)} has its line at the left, where words that read from right to left end"
            yield seen.placed(blame("A50", message, Severity.WARNING), node)


def _check_words(seen: Seen, reads: Mapping[int, str]) -> Iterator[Finding]:
    for line, words, look in seen.visible(Sight()):
        if words.element.tag == "img":
            continue
        if look.align == "left" and reads[line.block.mem_id] == "rtl":
            message = f"{label(line.block)}: words that read from right to left are aligned left"
            yield seen.placed(blame("A50", message), line.block)
        if reads[words.element.mem_id] == "rtl":
            yield from _check_signs(seen, words)


def _check_signs(seen: Seen, words: Words) -> Iterator[Finding]:
    island = ISLAND.search(words.text)
    if island:
        message = f"{quote(island[0])} reads from left to right and needs <span dir=ltr> around"
        yield seen.page.judge("A50", words.element, message)
    if _ARROW.search(words.text):
        yield seen.page.judge("A50", words.element, f"an arrow points against the reading ({quote(words.text)})")


def _directions(page: Page) -> dict[int, str]:
    """For each element the direction that it or the nearest around it says; `auto` where the words decide."""
    said: dict[int, str] = {}
    for node in page.elements():
        own = attribute(node, "dir").lower()
        if own not in ("ltr", "rtl", "auto"):
            around = said.get(node.parent.mem_id, "ltr") if node.parent else "ltr"
            own = "auto" if node.tag == "bdi" else around
        said[node.mem_id] = own
    return said
