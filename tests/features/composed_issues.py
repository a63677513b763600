"""Issues of any size as their subscribers get them: composed by the shipped templates, personal parts filled in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.edition import Slot, blank
from coopdigest.testing.issues import digest_of, issue_of

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
SIZES = (2, 12, 40, 120)
WHOLE = [(count, language) for language in ("en", "ar") for count in SIZES] + [(12, "fr"), (12, "es")]
LEAVE = "https://news.example.org/unsubscribe/a1b2c3"


@cache
def html_of(count: int, language: str) -> str:
    """The HTML part of the issue of `count` items in `language`."""
    edition = EmailComposer(digest_of(language), [TEMPLATES]).compose(issue_of(count, language), language)
    return blank(edition, edition.html, {Slot.UNSUBSCRIBE_URL: LEAVE})
