"""Holds one entry of a feed, whatever format it came in."""

from __future__ import annotations

from dataclasses import dataclass

from coopdigest.sources.candidate import Picture

MOST_ENTRIES = 5_000  # no newsroom lists more; reading 100,000 would take minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as the feed words it. `title` is plain text; the summary is plain text or markup, as in Candidate."""

    place: str
    title: str | None = None
    date: str | None = None
    category: str | None = None
    author: str | None = None
    feed_title: str | None = None
    summary: str | None = None
    markup: str | None = None
    url: str | None = None
    base: str | None = None
    picture: Picture | None = None
    credit: str | None = None
    language: str | None = None
    guid: str | None = None
