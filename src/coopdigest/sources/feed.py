"""Reads a feed: RSS, Atom and RDF by feedparser, JSON Feed by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from coopdigest.domain.errors import SourceError
from coopdigest.domain.item import FoundItem, canonical_link
from coopdigest.ports import Note, Reading, Validators
from coopdigest.sources.candidate import Candidate, bound_notes, make_item
from coopdigest.sources.charsets import decode_document
from coopdigest.sources.dates import UNDATED, read_moment
from coopdigest.sources.feed_entry import Entry
from coopdigest.sources.json_feed import read_json_feed
from coopdigest.sources.location import Location
from coopdigest.sources.xml_feed import read_xml_feed

_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


class ThemeFrom(StrEnum):
    """What names the theme of a feed's entry."""

    CATEGORY = "category"
    AUTHOR = "author"
    FEED_TITLE = "feed_title"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """A feed. A fixed `theme` or `language` goes before what the entries say; `item_kind` is that of all items.

    Dates without a zone stand in `zone`, the digest's.
    """

    name: str
    location: Location
    zone: ZoneInfo
    language: str | None = None
    theme: str | None = None
    theme_from: ThemeFrom = ThemeFrom.CATEGORY
    item_kind: str | None = None

    @property
    def shows_whole_state(self) -> bool:
        """A feed shows its newest entries: what is no longer in it is merely old."""
        return False

    def read(self, validators: Validators | None) -> Reading:
        """Read the feed once.

        Raises:
            SourceError: it cannot be read, or is no feed.
        """
        fetched = self.location.read(validators)
        if fetched.unchanged:
            return Reading(validators=fetched.validators, unchanged=True)
        entries, notes = self._read_entries(decode_document(fetched.body, fetched.charset), fetched.url)
        items = [item for entry in _drop_copies(entries, notes) if (item := self._make_item(entry, notes))]
        return Reading(items, bound_notes(notes), None, fetched.validators)

    def _read_entries(self, text: str, url: str | None) -> tuple[Sequence[Entry], list[Note]]:
        start = text.lstrip()[:4_000]
        if not start:
            raise SourceError("is empty; check the address of the feed", place=self.name)
        if _HTML.match(start):
            raise SourceError('is an HTML page, not a feed; look for its feed, or use kind = "page"', place=self.name)
        try:
            return read_json_feed(text) if start.startswith("{") else read_xml_feed(text, url)
        except ValueError as error:
            raise SourceError(f"is no feed that can be read: {error}; check its address", place=self.name) from error

    def _make_item(self, entry: Entry, notes: list[Note]) -> FoundItem | None:
        moment = read_moment(entry.date, self.zone) if entry.date else UNDATED
        found = Candidate(
            place=entry.place,
            title=entry.title,
            moment=moment,
            theme=self.theme or self._find_theme(entry),
            summary=entry.summary,
            markup=entry.markup,
            url=entry.url,
            base=entry.base,
            picture=entry.picture,
            credit=entry.credit,
            language=self.language or entry.language,
            kind=self.item_kind,
            guid=entry.guid,
        )
        item = make_item(found, notes)
        if item and moment.day is None:
            trouble = f"date {entry.date[:40]!r} cannot be read" if entry.date else "no date"
            notes.append(Note(entry.place, f"{trouble}; it takes the day it was first seen"))
        return item

    def _find_theme(self, entry: Entry) -> str | None:
        match self.theme_from:
            case ThemeFrom.CATEGORY:
                return entry.category
            case ThemeFrom.AUTHOR:
                return entry.author
            case ThemeFrom.FEED_TITLE:
                return entry.feed_title
            case ThemeFrom.NONE:
                return None


def _drop_copies(entries: Iterable[Entry], notes: list[Note]) -> list[Entry]:
    """The entries with a guid each can be known by: copies go, and so does a guid that different entries share."""
    listed = list(entries)
    links: dict[str, set[str | None]] = {}
    for entry in listed:
        if entry.guid:
            links.setdefault(entry.guid, set()).add(canonical_link(entry.url))
    shared = {guid for guid, seen in links.items() if len(seen) > 1}
    if shared:
        notes.append(
            Note("feed", f"guids that stand on different entries: {len(shared)}; these are known by their links")
        )
    listed = [replace(entry, guid=None) if entry.guid in shared else entry for entry in listed]
    nameless = sum(not entry.guid for entry in listed) if not shared else 0
    if nameless:
        notes.append(Note("feed", f"entries without a guid: {nameless}; known by link, or by title and date"))
    kept = {(entry.guid, 0 if entry.guid else place): entry for place, entry in reversed(list(enumerate(listed)))}
    copies = Counter(entry.guid for entry in listed if entry.guid)
    notes.extend(
        Note(guid[:80], f"stands {times} times in the feed; the first is kept")
        for guid, times in copies.items()
        if times > 1
    )
    return list(reversed(kept.values()))
