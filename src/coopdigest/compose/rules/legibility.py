"""Rules about sizes: words are large enough to read, links to hit, and nothing is wider than a telephone.

A20 and A21 warn only: A20 is practice without a norm, and SC 2.5.8 lets a small target pass that has room around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.looks import NARROW, Look, to_pixels
from coopdigest.compose.rules.colours import is_button
from coopdigest.compose.rules.page import ancestors
from coopdigest.compose.rules.seen import HEADINGS, Line, Seen, Words, blame, label, link_of, quote
from coopdigest.compose.sheets import Sight
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A20": "Words are large enough: 12 px at least, running text 14 px with lines of 1.4, and nothing is justified.",
    "A21": "Buttons and links that stand alone are at least 24 px high.",
    "W10": "Nothing is wider than a screen of 320 px (WCAG 2.2, 1.4.10).",
}
SMALLEST, SMALLEST_RUNNING = 12, 14  # px
LEAST_LINE, LEAST_HEADING_LINE = 1.4, 1.2  # of the font's size
LEAST_TARGET = 24  # px, WCAG 2.2 SC 2.5.8
_RUNNING = 60  # characters in a block, from which its words are running text and no label
_PREFERRED = frozenset({"td", "th", "col"})  # their width is a wish: browsers shrink them with their table
_SHARE = 0.5  # of the font's size that a character is wide, about
_UNBROKEN = re.compile(r"[^\s\u00ad\u200b\u2e80-\uffff-]{20,}")


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about sizes, the first place of each."""
    told: set[str] = set()
    for sight in seen.sights():
        if sight.dark:
            continue  # nobody changes sizes by night
        for finding in (*_check_words(seen, sight), *_check_targets(seen, sight)):
            key = finding.rule + finding.message.partition("(")[0]
            if key not in told:
                told.add(key)
                yield finding
    yield from _check_widths(seen)


def _check_words(seen: Seen, sight: Sight) -> Iterator[Finding]:
    lengths: dict[int, int] = {}
    for line, words, _ in seen.visible(sight):
        block = line.block.mem_id
        lengths[block] = lengths.get(block, 0) + len(words.text)
    for line, words, look in seen.visible(sight):
        if words.element.tag == "img":
            continue
        is_heading = line.block.tag in HEADINGS
        if not any(_faults(look, is_heading, is_running=True)):
            continue  # nor are there any in words that are not running
        is_raised = any(outer.tag in ("sup", "sub") for outer in ancestors(words.element))
        is_running = not is_heading and not is_raised and lengths[line.block.mem_id] >= _RUNNING
        faults = "; ".join(_faults(look, is_heading, is_running))
        if faults:
            holder = _holder(seen, line, words, sight)
            message = f"{label(holder)}: {faults} ({quote(words.text)})"
            yield seen.placed(blame("A20", message, Severity.WARNING), holder)


def _holder(seen: Seen, line: Line, words: Words, sight: Sight) -> LexborNode:
    """The outermost element inside the block whose words have the same size, for that is where to mend it."""
    holder, look = words.element, seen.looks.of(words.element, sight)
    while holder.mem_id != line.block.mem_id and holder.parent is not None:
        outer = seen.looks.of(holder.parent, sight)
        if (outer.size, outer.line, outer.align) != (look.size, look.line, look.align):
            break
        holder = holder.parent
    return holder


def _faults(look: Look, is_heading: bool, is_running: bool) -> Iterator[str]:
    smallest = SMALLEST_RUNNING if is_running else SMALLEST
    if look.size < smallest - 0.01:
        yield f"{look.size:g} px are too small, {smallest} at least"
    least = LEAST_HEADING_LINE if is_heading else LEAST_LINE
    if (is_heading or is_running) and look.line < look.size * least - 0.01:
        yield f"lines of {look.line / look.size:.2g} times the font's size are too narrow, {least} at least"
    if look.align == "justify":
        yield "justified words are hard to read"


def _check_targets(seen: Seen, sight: Sight) -> Iterator[Finding]:
    for line in seen.lines:
        said = [(words, link_of(words.element)) for words in line.words if words.is_said]
        stands_alone = all(link is not None for _, link in said)
        for words, link in said:
            if link is None or words.element.tag == "img" or link.css("img"):
                continue  # a picture's height is the picture's
            look, inner = seen.looks.of(link, sight), seen.looks.of(words.element, sight)
            height = max(look.line, inner.line) + _padding(look)
            if (stands_alone or is_button(look)) and not inner.hidden and 0 < height < LEAST_TARGET - 0.01:
                message = f"{label(link)} is {height:.3g} px high, {LEAST_TARGET} at least ({quote(words.text)})"
                yield seen.placed(blame("A21", message, Severity.WARNING), link)


def _padding(look: Look) -> float:
    return sum(max(look.length(name) or 0, 0) for name in ("padding-top", "padding-bottom"))


def _check_widths(seen: Seen) -> Iterator[Finding]:
    sight = Sight(width=NARROW)
    told: set[str] = set()
    for node in seen.page.find("body *"):
        look = seen.looks.of(node, sight)
        is_sized = "width" in look.own or "min-width" in look.own
        width = _forced_width(node, look) if is_sized and not look.hidden else None
        message = f"{label(node)} is {width:g} px wide on every screen" if width else ""
        if message and message not in told:
            told.add(message)
            yield seen.placed(blame("W10", message), node)
    for line, words, look in seen.visible(sight):
        if words.element.tag != "img":
            yield from (seen.placed(finding, words.element) for finding in _check_breaks(line, words, look))


def _forced_width(node: LexborNode, look: Look) -> float | None:
    """The pixels over 320 that an element takes whatever there is; None where it gives way."""
    least = to_pixels(look.own.get("min-width", ""), look.size) or 0
    width = to_pixels(look.own.get("width", ""), look.size) or 0
    most = look.own.get("max-width", "none")
    limit = to_pixels(most, look.size)
    if node.tag in _PREFERRED or (most.endswith("%") and not most.startswith("-")):
        width = 0
    elif limit is not None:
        width = min(width, limit)
    forced = max(least, width)
    return forced if forced > NARROW else None


def _check_breaks(line: Line, words: Words, look: Look) -> Iterator[Finding]:
    text = " ".join(words.text.split())
    longest = max(_UNBROKEN.findall(text), key=len, default="")
    if look.white_space in ("nowrap", "pre") and len(text) * look.size * _SHARE > NARROW:
        yield blame("W10", f"{label(words.element)} keeps on one line what is longer ({quote(text)})")
    elif not look.breaks_words and len(longest) * look.size * _SHARE > NARROW:
        yield blame("W10", f"{label(line.block)} does not break long words ({quote(longest)})")
