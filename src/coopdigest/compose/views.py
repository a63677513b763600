"""What the templates see of an issue: clean words and links, and nothing left to decide.

The variables of every template:

    language, direction     of the edition: a BCP 47 tag; `ltr` or `rtl`
    start, end              `left`, `right` for ltr and the other way round for rtl
    words                   the catalogue of fixed words (translations/LANGUAGE.toml)
    name                    of the digest
    period, period_key      in words, and as in links
    preheader               the line that inboxes show beside the subject
    more                    how many items `sections` leaves out (0 in nearly every issue)
    sections                each with `theme` and `items` (ItemView)
    contact                 the media contact: `name`, `email`, `phone`, `tel`, `url`
    postal_address          one line, or none
    view_url                the issue in the browser, or none
    unsubscribe_url         where a reader leaves: a link to a page, or to a mailbox
    unsubscribe_address     the mailbox, where there is no page
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from coopdigest.compose import cleaning, wording, wrapping
from coopdigest.domain.digest import Digest, MediaContact
from coopdigest.domain.edition import Slot, marker, nonce_for
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue, IssueItem
from coopdigest.domain.item import Image, Item
from coopdigest.domain.period import Period, period_of

PREHEADER_LENGTHS = (40, 130)  # A30
_BRIEF = 240  # characters of a title or a summary in the brief form


class Form(IntEnum):
    """How much of each item the HTML part shows: less when it would be clipped (B28)."""

    FULL = 0
    BRIEF = 1  # no images, no formatting, summaries cut at a sentence
    TITLES = 2  # no summaries


@dataclass(frozen=True, slots=True)
class ImageView:
    """A picture; `alt` is empty when the source gave no words for it."""

    url: str
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as a template prints it.

    `summary` is HTML, `paragraphs` the whole summary as plain text. `language` and `direction` are empty
    where they are the edition's own. `carried_over` is the mark of a late item, in words, or empty.
    """

    title: str
    has_title: bool
    url: str | None
    date: str
    credit: str
    carried_over: str
    summary: Markup
    paragraphs: tuple[str, ...]
    image: ImageView | None
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """One theme and its items."""

    theme: str
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Shows an issue of `digest` in one language, with the words of its catalogue."""

    digest: Digest
    language: str
    words: Mapping[str, str]

    def context(self, issue: Issue, form: Form, limit: int | None = None) -> dict[str, Any]:
        """The variables of the templates; `limit` leaves out items beyond that many."""
        direction = wording.direction_of(self.language)
        sections = tuple(self._sections(issue, form, limit))
        return {
            "language": self.language,
            "direction": direction,
            "start": "right" if direction == "rtl" else "left",
            "end": "left" if direction == "rtl" else "right",
            "words": self.words,
            "name": cleaning.clean_line(self.digest.name),
            "period": wording.period_in_words(issue.period, self.language),
            "period_key": issue.period.key,
            "preheader": preheader(sections),
            "sections": sections,
            "more": max(0, issue.size - limit) if limit is not None else 0,
            "contact": _contact(self.digest.media_contact),
            "postal_address": cleaning.clean_line(self.digest.postal_address),
            **self._links(issue),
        }

    def _sections(self, issue: Issue, form: Form, limit: int | None) -> Iterator[SectionView]:
        left = issue.size if limit is None else limit
        for section in issue.sections:
            items = tuple(self._item(entry, issue, form) for entry in section.items[:left])
            left -= len(items)
            if items:
                yield SectionView(cleaning.clean_line(section.theme), items)

    def _links(self, issue: Issue) -> dict[str, str | None]:
        if self.digest.public_url:
            view = f"{self.digest.public_url}/issues/{issue.period.key}/{self.language}"
            leave = marker(nonce_for(issue), Slot.UNSUBSCRIBE_URL)
            return {"view_url": view, "unsubscribe_url": leave, "unsubscribe_address": None}
        address = cleaning.clean_line(self.digest.unsubscribe_address())
        leave = f"mailto:{quote(address, safe='@')}?subject=unsubscribe"
        return {"view_url": None, "unsubscribe_url": leave, "unsubscribe_address": address}

    def _item(self, entry: IssueItem, issue: Issue, form: Form) -> ItemView:
        item = entry.item
        language = self._foreign_language(item)
        day = wording.day_in_words(item.day, self.language)
        title = cleaning.clean_line(item.title)
        return ItemView(
            title=(title if form is Form.FULL else wrapping.cut(title, _BRIEF)) or self._word("untitled"),
            has_title=bool(title),
            url=cleaning.clean_url(item.url),
            date=wording.fill(self._word("undated"), date=day) if item.undated else day,
            credit=cleaning.clean_line(item.credit),
            carried_over=self._carried_over(item, issue.period) if entry.carried_over else "",
            summary=_summary(item, form),
            paragraphs=cleaning.clean_paragraphs(item.summary),
            image=_image(item.image, item.credit) if form is Form.FULL else None,
            language=language or "",
            direction=self._foreign_direction(item, language),
        )

    def _foreign_language(self, item: Item) -> str | None:
        """The item's language when it is not the edition's."""
        tag = cleaning.clean_language(item.language)
        return tag if tag and tag.split("-")[0].lower() != self.language.split("-")[0].lower() else None

    def _foreign_direction(self, item: Item, language: str | None) -> str:
        """The item's direction where the edition's would not do: by its language, else by its first letter."""
        own = wording.direction_of(self.language)
        if language:
            return wording.direction_of(language)
        actual = wording.direction_of_text(item.title) or own
        return actual if actual != own else ""

    def _word(self, key: str) -> str:
        if key not in self.words:
            place = f"templates/email/translations/{self.language}.toml"
            raise CompositionError(f"there is no word for {key}, not even in en.toml", place=place)
        return self.words[key]

    def _carried_over(self, item: Item, period: Period) -> str:
        if period.cadence is None:
            return self._word("carried_over")
        own = period_of(period.cadence, item.day, period.zone)
        return wording.fill(self._word("carried_over_from"), period=wording.period_in_words(own, self.language))


def preheader(sections: tuple[SectionView, ...]) -> str:
    """The titles in printed order, with the first summary where they say little; 40 to 130 characters (A30)."""
    items = [item for section in sections for item in section.items]
    least, most = PREHEADER_LENGTHS
    line = ""
    for item in items:
        longer = f"{line} · {item.title}" if line else item.title
        if line and len(longer) > most:
            break
        line = longer
    if len(line) < least:
        line = " – ".join(filter(None, [line, *(" ".join(item.paragraphs) for item in items[:1])]))
    return wrapping.cut(line, most)


def _summary(item: Item, form: Form) -> Markup:
    if form is Form.TITLES:
        return Markup("")
    paragraphs = cleaning.clean_paragraphs(item.summary)
    if form is Form.BRIEF:
        return Markup("<p>{}</p>").format(wrapping.cut(" ".join(paragraphs), _BRIEF)) if paragraphs else Markup("")
    markup = cleaning.clean_markup(item.summary_html)
    if markup is None:
        return Markup("").join(Markup("<p>{}</p>").format(paragraph) for paragraph in paragraphs)
    return Markup(markup if re.match(r"<(p|ul|ol|blockquote)>", markup) else f"<p>{markup}</p>")  # noqa: S704 - sanitised


def _image(image: Image | None, item_credit: str | None) -> ImageView | None:
    url = cleaning.clean_url(image.url) if image else None
    if image is None or url is None:
        return None
    credit = cleaning.clean_line(image.credit)
    return ImageView(url, cleaning.clean_line(image.alt), "" if credit == cleaning.clean_line(item_credit) else credit)


def _contact(contact: MediaContact) -> dict[str, str | None]:
    phone = cleaning.clean_line(contact.phone) or None
    number = re.sub(r"\(0\)|[^\d+]", "", phone or "")
    return {
        "name": cleaning.clean_line(contact.name),
        "email": cleaning.clean_line(contact.email),
        "phone": phone,
        "tel": f"tel:{number}" if number else None,
        "url": cleaning.clean_url(contact.url),
    }
