"""Rules about colours: everybody can read the words and tell links from them, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

from coopdigest.compose.contrast import contrast, least_ratio, write_colour
from coopdigest.compose.looks import NARROW, Look
from coopdigest.compose.rules.seen import HEADINGS, Line, Seen, Words, blame, label, link_of, quote
from coopdigest.compose.sheets import Sight
from coopdigest.domain.edition import Finding

RULES = {
    "A07": "Words stand out from their ground, 4.5 to 1 or, where they are large, 3 to 1, in light and in dark.",
    "A11": "A link among other words is underlined, or differs from them by 3 to 1.",
}
_NARROW = ", narrow"
_LINK_CONTRAST = 3.0  # WCAG 2.2 technique G183
_BUTTON_PADDING = 4.0  # px at the sides, from which a link with a ground of its own is a button


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about colours, the first place of each."""
    told: set[tuple[str, ...]] = set()
    for sight in seen.sights():
        for line, words, look in seen.visible(sight):
            for finding in (_check_contrast(words, look, sight), _check_link(seen, line, words, sight)):
                key = (finding.rule, finding.message.partition("(")[0].replace(_NARROW, "")) if finding else ()
                if finding and key not in told:
                    told.add(key)
                    yield seen.placed(finding, words.element)


def _check_contrast(words: Words, look: Look, sight: Sight) -> Finding | None:
    if look.ground is None:
        return None  # a picture lies behind: A22
    ratio, needed = contrast(look.ink(), look.ground), least_ratio(look.is_large)
    if ratio >= needed:
        return None
    message = (
        f"{label(words.element)} in {palette(sight)}: {write_colour(look.ink())} on {write_colour(look.ground)}"
        f" has a contrast of {ratio:.2f} to 1 and needs {needed:g} ({quote(words.text)})"
    )
    return blame("A07", message)


def _check_link(seen: Seen, line: Line, words: Words, sight: Sight) -> Finding | None:
    link = link_of(words.element)
    if link is None or line.block.tag in HEADINGS or words.element.tag == "img":
        return None
    look = seen.looks.of(link, sight)
    if seen.looks.of(words.element, sight).underlined or is_bordered(look, "bottom") or is_button(look):
        return None
    around = [other for other in line.words if other.is_said and link_of(other.element) is None]
    inks = [seen.looks.of(other.element, sight) for other in around]
    inks = [other for other in inks if not other.hidden and other.size > 0]
    ratio = min((contrast(look.ink(), other.ink()) for other in inks), default=_LINK_CONTRAST)
    if ratio >= _LINK_CONTRAST:
        return None
    message = (
        f"{label(link)} in {palette(sight)} is not underlined and differs from the words around it"
        f" by {ratio:.2f} to 1 only ({quote(words.text)})"
    )
    return blame("A11", message)


def is_bordered(look: Look, side: str) -> bool:
    """Whether the element itself has a line on a side."""
    words = look.own.get(f"border-{side}", "none").split()
    return "none" not in words and "hidden" not in words and not any(word in ("0", "0px") for word in words)


def is_button(look: Look) -> bool:
    """Whether a link is drawn as a box with a ground or a line of its own around."""
    has_ground = look.own.get("background-color", "transparent") != "transparent" or is_bordered(look, "top")
    return has_ground and (look.length("padding-left") or 0) >= _BUTTON_PADDING


def palette(sight: Sight) -> str:
    """How messages name the palette, and the width where it is the narrow one."""
    return ("the dark palette" if sight.dark else "the light palette") + (_NARROW if sight.width <= NARROW else "")
