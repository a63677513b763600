"""Rules about the preheader: the hidden line at the beginning that inboxes show beside the subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.looks import NARROW, WIDE, to_pixels
from coopdigest.compose.rules.page import ancestors, attribute, text_of
from coopdigest.compose.rules.seen import Seen, blame, label, quote
from coopdigest.compose.sheets import Sight, parse_declarations
from coopdigest.compose.wrapping import PREHEADER_LENGTHS
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Finding, Severity, Slot, marker

RULES = {
    "A30": "The body begins with one preheader of 40 to 130 characters, hidden everywhere, in words of its own.",
}
SHORTEST, LONGEST = PREHEADER_LENGTHS
_FILLER = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2007\u2060\ufeff]")  # invisible, only there to fill


def check(seen: Seen, digest: Digest) -> Iterator[Finding]:
    """Findings about the preheader; how it is worded only warns, for it is made from what the sources say."""
    first = next((words for line in seen.lines for words in line.words if words.is_said), None)
    if first is None:
        return
    if not seen.looks.of(first.element, Sight()).hidden:
        message = f"no preheader: inboxes show {quote(first.text)} beside the subject"
        yield blame("A30", message, Severity.WARNING)
        return
    hidden = _outermost_hidden(first.element, seen)
    yield from _check_hiding(hidden)
    yield from _check_words(seen, " ".join(_FILLER.sub("", text_of(hidden)).split()), digest)
    yield from _check_others(seen, hidden)


def _check_others(seen: Seen, preheader: LexborNode) -> Iterator[Finding]:
    """Words that no reader sees on any screen look like a trick, to filters too (B25)."""
    for line in seen.lines:
        for words in line.words:
            is_hidden = all(seen.looks.of(words.element, Sight(width=width)).hidden for width in (WIDE, NARROW))
            if words.is_said and is_hidden:
                outer = _outermost_hidden(words.element, seen)
                if outer.mem_id != preheader.mem_id:
                    yield blame("A30", f"{label(outer)}: more hidden words than the preheader ({quote(words.text)})")


def _outermost_hidden(element: LexborNode, seen: Seen) -> LexborNode:
    around = [outer for outer in ancestors(element) if outer.is_element_node and outer.tag not in ("html", "body")]
    return [outer for outer in around if seen.looks.of(outer, Sight()).hidden][-1]


def _check_hiding(hidden: LexborNode) -> Iterator[Finding]:
    own = {declaration.name: declaration.value for declaration in parse_declarations(attribute(hidden, "style"))}
    missing = [
        f"{name}:{wanted}"
        for name, wanted in (("display", "none"), ("max-height", "0"), ("overflow", "hidden"), ("mso-hide", "all"))
        if own.get(name) != wanted and not (wanted == "0" and to_pixels(own.get(name, ""), 16) == 0)
    ]
    if missing:
        yield blame("A30", f"some clients show the preheader {label(hidden)}: its style lacks {'; '.join(missing)}")


def _check_words(seen: Seen, words: str, digest: Digest) -> Iterator[Finding]:
    if not SHORTEST <= len(words) <= LONGEST:
        message = f"the preheader has {len(words)} characters; {SHORTEST} to {LONGEST} are shown beside the subject"
        yield blame("A30", message, Severity.WARNING)
    if words.casefold() == seen.page.edition.subject.strip().casefold():
        yield blame("A30", "the preheader repeats the subject", Severity.WARNING)
    if words.casefold() in _view_words(seen, digest):
        yield blame("A30", "the preheader only says where the digest can be read", Severity.WARNING)


def _view_words(seen: Seen, digest: Digest) -> set[str]:
    """What the links to the digest's own public pages say."""
    if not digest.public_url:
        return set()
    own = [link for link in seen.page.find("a[href]") if attribute(link, "href").startswith(digest.public_url)]
    unsubscribe = marker(seen.page.edition.nonce, Slot.UNSUBSCRIBE_URL)
    return {text_of(link).casefold() for link in own if attribute(link, "href") != unsubscribe}
