"""Makes what a source found into an item: cleaned, bounded, and every trouble noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coopdigest.domain.item import FoundItem, Image
from coopdigest.ports import Note
from coopdigest.sources.dates import UNDATED, Moment
from coopdigest.sources.markup import MARKUP_LIMIT, inline_markup, plain_text
from coopdigest.sources.sanitise import clean_language, clean_line, clean_paragraphs, clean_url, shorten

LIMITS = {"title": 1_000, "theme": 200, "credit": 500, "summary": 20_000, "alt": 1_000, "guid": 2_000, "kind": 100}
MOST_NOTES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as a source gives it."""

    url: str | None
    alt: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a source says of one item, in its own words. `place` is where it says so.

    The summary is plain text (`summary`) or markup (`markup`); relative addresses begin at `base`.
    """

    place: str
    title: str | None
    moment: Moment = UNDATED
    theme: str | None = None
    summary: str | None = None
    markup: str | None = None
    url: str | None = None
    base: str | None = None
    picture: Picture | None = None
    credit: str | None = None
    language: str | None = None
    kind: str | None = None
    guid: str | None = None


def make_item(found: Candidate, notes: list[Note]) -> FoundItem | None:
    """The item that `found` describes, None when it has no title; adds to `notes` what was left out or cut."""
    desk = _Desk(found, notes)
    title = desk.line("title", found.title)
    if not title:
        desk.note("no title; left out")
        return None
    summary, inline = desk.summary()
    return FoundItem(
        title=title,
        day=found.moment.day,
        published=found.moment.instant,
        theme=desk.line("theme", found.theme),
        summary=summary,
        summary_html=inline,
        url=desk.url(found.url),
        image=desk.image(found.picture),
        credit=desk.line("credit", found.credit),
        language=clean_language(found.language),
        kind=desk.line("kind", found.kind),
        guid=desk.line("guid", found.guid),
    )


def bound_notes(notes: Sequence[Note]) -> Sequence[Note]:
    """At most `MOST_NOTES` notes: of a file that is something else altogether, every line is a trouble."""
    if len(notes) <= MOST_NOTES:
        return notes
    return [*notes[: MOST_NOTES - 1], Note("further on", f"{len(notes) - MOST_NOTES + 1:,} more notes like these")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Cleans the fields of one candidate and notes what it changed."""

    found: Candidate
    notes: list[Note]

    def note(self, text: str) -> None:
        """Add a note at the candidate's place."""
        self.notes.append(Note(self.found.place, text))

    def line(self, field: str, text: str | None) -> str | None:
        """A one-line field within its limit."""
        line = clean_line(text)
        return self._bound(field, line) if line else None

    def summary(self) -> tuple[str | None, str | None]:
        """The summary as plain text and, where it has any, with inline markup."""
        raw = self.found.markup
        if raw is None:
            plain = clean_paragraphs(self.found.summary)
            return (self._bound("summary", plain) if plain else None), None
        plain = plain_text(raw).strip() or None
        if plain and (len(raw) > MARKUP_LIMIT or len(plain) > LIMITS["summary"]):
            # Cutting markup in the middle is no good: what is too long goes on as plain text.
            self.note(f"summary is longer than {LIMITS['summary']:,} characters; cut, and its links left out")
            return shorten(plain, LIMITS["summary"]), None
        return plain, inline_markup(raw, self.found.base) if plain else None

    def url(self, url: str | None) -> str | None:
        """The link, absolute."""
        clean = clean_url(url, self.found.base)
        if (url or "").strip() and not clean:
            self.note("its link is not an absolute http, https or mailto address; left out")
        return clean

    def image(self, picture: Picture | None) -> Image | None:
        """The picture, if its address can stand in a message."""
        if picture is None or not (picture.url or "").strip():
            return None
        url = clean_url(picture.url, self.found.base, ("http", "https"))
        if not url:
            self.note("its picture has no absolute http or https address; left out")
            return None
        return Image(url=url, alt=self.line("alt", picture.alt), credit=self.line("credit", picture.credit))

    def _bound(self, field: str, text: str) -> str:
        limit = LIMITS[field]
        if len(text) > limit:
            self.note(f"{field} is longer than {limit:,} characters; cut")
        return shorten(text, limit)
