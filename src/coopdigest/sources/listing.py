"""Reads a newsroom listing: the text of a newsroom page as one gets it by copying or saving the page."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from coopdigest.domain.digest import MediaContact
from coopdigest.domain.errors import SourceError
from coopdigest.domain.item import FoundItem
from coopdigest.ports import Note, Reading, Validators
from coopdigest.sources.candidate import Candidate, bound_notes, make_item
from coopdigest.sources.dates import Moment
from coopdigest.sources.fetch import Fetched
from coopdigest.sources.listing_entry import read_contact, read_entry
from coopdigest.sources.listing_lines import Line, cut_lines
from coopdigest.sources.listing_outline import Entry, outline
from coopdigest.sources.location import Location

_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MOST_LINES = 200_000
_HEADING_LENGTH = 100  # characters; a line outside every entry that is longer is no heading


@dataclass(frozen=True, slots=True)
class ListingSource:
    """A newsroom listing. `language`, `theme` and `item_kind` hold for all its items; `theme` stands in for kickers."""

    name: str
    location: Location
    language: str | None = None
    theme: str | None = None
    item_kind: str | None = None

    @property
    def shows_whole_state(self) -> bool:
        """A listing is a page as it stands: what is no longer on it is gone."""
        return True

    def read(self, validators: Validators | None) -> Reading:
        """Read the listing once.

        Raises:
            SourceError: it cannot be read, is not UTF-8 text, or is an HTML page.
        """
        fetched = self.location.read(validators)
        if fetched.unchanged:
            return Reading(validators=fetched.validators, unchanged=True)
        items, notes, contact = self._read_text(self._decode(fetched))
        return Reading(items, bound_notes(notes), contact, fetched.validators)

    def _decode(self, fetched: Fetched) -> str:
        try:
            text = fetched.body.decode(_strict_codec(fetched.charset))
        except UnicodeDecodeError as error:
            line = fetched.body[: error.start].count(b"\n") + 1
            raise SourceError(f"line {line} is not UTF-8; save the listing as UTF-8", place=self.name) from error
        if _HTML.match(text[:2_000]):
            raise SourceError('is an HTML page, not a text listing; use kind = "page" for it', place=self.name)
        return text

    def _read_text(self, text: str) -> tuple[list[FoundItem], list[Note], MediaContact | None]:
        if text.count("\n") > _MOST_LINES:
            raise SourceError(f"has more than {_MOST_LINES:,} lines; is it the right file?", place=self.name)
        lines = cut_lines(text)
        parts = outline(lines)
        notes = _note_stray(parts.stray)
        items = [item for entry in parts.entries if (item := self._read_entry(entry, notes))]
        if lines and not parts.entries:
            notes.append(Note(f"line {lines[0].number}", "no numbered entries in this listing"))
        notes.sort(key=lambda note: int(note.place.rpartition(" ")[2]))
        return items, notes, read_contact(parts.contact)

    def _read_entry(self, entry: Entry, notes: list[Note]) -> FoundItem | None:
        facts = read_entry(entry.lines)
        place = f"line {entry.first.number}"
        if isinstance(facts, str):
            notes.append(Note(place, facts))
            return None
        notes.extend(
            Note(f"line {line.number}", "neither credit, kicker nor title; left out") for line in facts.left_out
        )
        if not facts.theme:
            notes.append(Note(place, "no kicker; its one line above the date is taken for the title"))
        found = Candidate(
            place=place,
            title=facts.title,
            moment=Moment(facts.day),
            theme=self.theme or facts.theme,
            summary=facts.summary,
            credit=facts.credit,
            language=self.language,
            kind=self.item_kind,
        )
        return make_item(found, notes)


def _note_stray(lines: list[Line]) -> list[Note]:
    """A note for what stands outside every entry and is more than a heading."""
    return [
        Note(f"line {line.number}", "text outside every numbered entry; left out")
        for line in lines
        if line.day or line.marker is not None or len(line.text) > _HEADING_LENGTH
    ]


def _strict_codec(charset: str | None) -> str:
    """The codec for the server's charset; UTF-8 (with or without a mark) when it names none that is known."""
    try:
        name = codecs.lookup(charset or "utf-8").name
        b"".decode(name)
    except (LookupError, ValueError):
        return "utf-8-sig"
    return "utf-8-sig" if name in ("utf-8", "ascii") else name
