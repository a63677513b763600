"""Rules about pictures."""

from __future__ import annotations

from collections.abc import Iterator

from coopdigest.compose.rules.page import Page, attribute, item_title
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A08": "Every picture has words for those who do not see it.",
    "A22": "Every picture says its width and comes by https.",
}


def check(page: Page) -> Iterator[Finding]:
    """Findings about pictures."""
    for image in page.find("img"):
        alt = image.attributes.get("alt")
        if "alt" not in image.attributes:
            yield page.judge("A08", image, "a picture without alt")
        elif not (alt or "").strip() and item_title(image) is not None:
            yield page.judge("A08", image, "the item's picture has no words for those who do not see it")
        if not attribute(image, "width").rstrip("%px").isdigit():
            yield page.judge("A22", image, "a picture without width", Severity.WARNING)
        source = attribute(image, "src")
        if not source.startswith("https://"):
            severity = Severity.WARNING if source.startswith("http://") else Severity.ERROR
            yield page.judge(
                "A22", image, f"the picture {source[:80] or '(no address)'} does not come by https", severity
            )
