"""Finds the first picture in markup."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from coopdigest.sources.candidate import Picture
from coopdigest.sources.markup import MARKUP_LIMIT, nests_too_deep

_SMALLEST = 3  # pixels; what is smaller counts readers instead of showing them anything


def find_picture(markup: str | None) -> Picture | None:
    """The first picture in `markup` that shows something."""
    text = (markup or "")[:MARKUP_LIMIT]
    if "<img" not in text.lower() or nests_too_deep(text):
        return None
    pictures = map(picture_of, LexborHTMLParser(text).css("img"))
    return next(filter(None, pictures), None)


def picture_of(node: LexborNode) -> Picture | None:
    """The picture that an img element shows; its lazy-loaded address where a page fills `src` by script."""
    attributes = node.attributes
    if _is_tracker(attributes.get("width")) or _is_tracker(attributes.get("height")):
        return None
    sets = (attributes.get(name) for name in ("srcset", "data-srcset"))
    candidates = (
        *(attributes.get(name) for name in ("src", "data-src", "data-lazy-src", "data-original")),
        *((first.split() or [""])[0] for value in sets if (first := (value or "").strip().partition(", ")[0])),
    )
    url = next((text for text in candidates if text and not text.strip().lower().startswith("data:")), None)
    return Picture(url=url, alt=attributes.get("alt")) if url else None


def _is_tracker(size: str | None) -> bool:
    match = re.match(r"\s*(\d{1,4})(?:px)?\s*$", size or "")
    return match is not None and int(match.group(1)) < _SMALLEST
