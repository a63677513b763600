"""Reads a JSON Feed (jsonfeed.org, versions 1 and 1.1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from coopdigest.ports import Note
from coopdigest.sources.candidate import Picture
from coopdigest.sources.feed_entry import MOST_ENTRIES, Entry
from coopdigest.sources.pictures import find_picture


def read_json_feed(text: str) -> tuple[Sequence[Entry], list[Note]]:
    """The entries of a JSON Feed, and notes on what is no entry.

    Raises:
        ValueError: it is no JSON Feed.
    """
    try:
        feed = json.loads(text)
    except RecursionError as error:
        raise ValueError("its JSON nests too deep") from error
    except ValueError as error:
        raise ValueError("it begins like JSON but is none") from error
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in str(feed.get("version", ""))[:100]:
        raise ValueError("it is JSON, but no JSON Feed")
    listed = feed.get("items")
    if not isinstance(listed, list):
        raise ValueError("its `items` are missing")
    if len(listed) > MOST_ENTRIES:
        raise ValueError(f"it has more than {MOST_ENTRIES:,} entries")
    notes = [
        Note(f"entry {n}", "no JSON object; left out") for n, one in enumerate(listed, 1) if not isinstance(one, dict)
    ]
    return [_read_entry(one, f"entry {n}", feed) for n, one in enumerate(listed, 1) if isinstance(one, dict)], notes


def _read_entry(one: dict[str, Any], place: str, feed: dict[str, Any]) -> Entry:
    summary, markup = _word(one.get("summary")), _word(one.get("content_html"))
    text = summary or (None if markup else _word(one.get("content_text")))
    base = _word(feed.get("home_page_url")) or _word(feed.get("feed_url"))
    guid = _word(one.get("id"))
    tags = one.get("tags")
    image = _word(one.get("image")) or _word(one.get("banner_image"))
    return Entry(
        place=guid[:80] if guid else place,
        title=_word(one.get("title")),
        date=_word(one.get("date_published")) or _word(one.get("date_modified")),
        category=next(filter(None, map(_word, tags)), None) if isinstance(tags, list) else None,
        author=_author(one) or _author(feed),
        feed_title=_word(feed.get("title")),
        summary=text,
        markup=None if text else markup,
        url=_word(one.get("url")) or _word(one.get("external_url")),
        base=base,
        picture=Picture(url=image) if image else find_picture(markup),
        language=_word(one.get("language")) or _word(feed.get("language")),
        guid=guid,
    )


def _author(thing: dict[str, Any]) -> str | None:
    listed = thing.get("authors")
    first = listed[0] if isinstance(listed, list) and listed else thing.get("author")
    return _word(first.get("name")) if isinstance(first, dict) else None


def _word(value: object) -> str | None:
    """The words of a value that should be a string; ids may be numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None
