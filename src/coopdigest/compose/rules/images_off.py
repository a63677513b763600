"""Rules about what is seen where clients hold pictures back (part of A22, see `images`)."""

from __future__ import annotations

from collections.abc import Iterator

from coopdigest.compose.rules.page import Page, attribute
from coopdigest.compose.rules.seen import Seen, blame, label, quote
from coopdigest.compose.sheets import Sight, parse_declarations
from coopdigest.domain.edition import Finding, Severity


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about the place of a missing picture, its words, and words that stand on one."""
    yield from _check_heights(seen.page)
    told: set[str] = set()
    for _, words, look in seen.visible(Sight()):
        name = label(words.element)
        if look.ground is None and name not in told:
            told.add(name)
            message = (
                f"{name} stands on a picture that may not be shown, without a background-color ({quote(words.text)})"
            )
            yield seen.placed(blame("A22", message), words.element)
    for image in seen.page.find("img[alt]"):
        look = seen.looks.of(image, Sight())
        if attribute(image, "alt") and look.size == 0 and not look.hidden:
            message = "a picture's words have no size (font-size: 0), so nobody sees them instead of it"
            yield seen.placed(blame("A22", message), image)


def _check_heights(page: Page) -> Iterator[Finding]:
    """`auto` is a height: some clients else stretch what they make narrower."""
    for image in page.find("img"):
        height = attribute(image, "height").lower().rstrip("%px")
        own = {declaration.name for declaration in parse_declarations(attribute(image, "style"))}
        if not height.isdigit() and height != "auto" and "height" not in own:
            yield page.judge("A22", image, "a picture without height", Severity.WARNING)
