"""Rules about pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.rules.page import Page, ancestors, attribute, item_title
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A08": "Every picture has words for those who do not see it.",
    "A22": "Every picture says its width and comes by https.",
    "I02": "Every picture of an item says who made it.",
}
_FILE_NAME = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)\Z|\A(?:img|dsc[nf]?|image|photo|picture)[ _-]?\d*\Z",
    re.IGNORECASE,
)


def check(page: Page) -> Iterator[Finding]:
    """Findings about pictures."""
    for image in page.find(".item img"):
        if not _has_credit(image):
            yield page.judge("I02", image, "nobody is named who made the item's picture")
    for image in page.find("img"):
        alt = image.attributes.get("alt")
        if "alt" not in image.attributes:
            yield page.judge("A08", image, "a picture without alt")
        elif not (alt or "").strip() and item_title(image) is not None:
            yield page.judge("A08", image, "the item's picture has no words for those who do not see it")
        elif _FILE_NAME.search((alt or "").strip()):
            yield page.judge("A08", image, f"a picture's words are a file's name: {alt}", Severity.WARNING)
        if not attribute(image, "width").rstrip("%px").isdigit():
            yield page.judge("A22", image, "a picture without width", Severity.WARNING)
        source = attribute(image, "src")
        if not source.startswith("https://"):
            severity = Severity.WARNING if source.startswith("http://") else Severity.ERROR
            yield page.judge(
                "A22", image, f"the picture {source[:80] or '(no address)'} does not come by https", severity
            )


def _has_credit(image: LexborNode) -> bool:
    """Whether the item that holds the picture names its maker, under the picture or among its facts."""
    item = next((outer for outer in ancestors(image) if "item" in attribute(outer, "class").split()), image)
    return item.css_first(".credit, .picture-credit") is not None
