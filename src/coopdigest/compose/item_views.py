"""What the templates see of one item: clean words, and as much of them as its form shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from markupsafe import Markup, escape

from coopdigest.compose import bidi, cleaning, wording, wrapping
from coopdigest.compose.density import Form
from coopdigest.domain.digest import Digest
from coopdigest.domain.issue import IssueItem
from coopdigest.domain.item import Image, Item
from coopdigest.domain.period import Period, period_of

_SUMMARY = {Form.LEAD: 900, Form.RICH: 600, Form.MID: 220, Form.LEAN: 0}  # characters; cut at a sentence
_TITLE = {Form.LEAD: 1_000, Form.RICH: 1_000, Form.MID: 240, Form.LEAN: 240}
_LISTED_TITLE = 120


@dataclass(frozen=True, slots=True)
class ImageView:
    """A picture; `alt` is empty when the source gave no words for it."""

    url: str
    alt: str
    credit: str


class ItemView(NamedTuple):
    """An item as a template prints it.

    `summary` is HTML and fits the `form`; `paragraphs` is the whole summary as plain text. `language` and `direction`
    are empty where they are the edition's own. `kind` and `carried_over` are marks in words, or empty.
    """

    form: Form
    title: str
    has_title: bool
    url: str | None
    date: str
    kind: str
    credit: str
    carried_over: str
    summary: Markup
    paragraphs: tuple[str, ...]
    image: ImageView | None
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class ItemViewer:
    """Shows the items of an issue of `period` in one language."""

    digest: Digest
    language: str
    words: Mapping[str, wording.Word]
    period: Period
    _known: dict[int, tuple[IssueItem, ItemView]] = field(default_factory=dict, repr=False, compare=False)
    _summaries: dict[tuple[int, int], Markup] = field(default_factory=dict, repr=False, compare=False)

    def view(self, entry: IssueItem, form: Form) -> ItemView:
        """The item in a form."""
        whole = self._whole(entry)
        return whole._replace(
            form=form,
            title=wrapping.cut(whole.title, _TITLE[form]),
            summary=self._summary(entry.item, whole, _SUMMARY[form]),
            image=whole.image if form in (Form.LEAD, Form.RICH) else None,
        )

    def list_view(self, entry: IssueItem) -> ItemView:
        """The item as an entry of a list of titles."""
        whole = self._whole(entry)
        return whole._replace(title=wrapping.cut(whole.title, _LISTED_TITLE), image=None)

    def _summary(self, item: Item, whole: ItemView, length: int) -> Markup:
        """The summary as HTML of at most `length` characters; with its own markup where all of it fits."""
        key = (id(item), length)
        if length and key not in self._summaries:
            written = _write_summary(whole.paragraphs, item.summary_html, length)
            way = whole.direction or wording.direction_of(self.language)
            self._summaries[key] = bidi.keep_islands(written, way)
        return self._summaries.get(key, Markup(""))

    def _whole(self, entry: IssueItem) -> ItemView:
        """The item with everything but its summary; made once, for an issue is shown by several plans."""
        if id(entry) not in self._known:
            self._known[id(entry)] = (entry, self._make(entry))  # the entry is kept, so that its id stays its own
        return self._known[id(entry)][1]

    def _make(self, entry: IssueItem) -> ItemView:
        item = entry.item
        language = self._foreign_language(item)
        day = wording.day_in_words(item.day, self.language)
        title = cleaning.clean_line(item.title)
        return ItemView(
            form=Form.LEAN,
            title=title or wording.fill(self._word("untitled")),
            has_title=bool(title),
            url=cleaning.clean_url(item.url),
            date=wording.fill(self._word("undated"), date=day) if item.undated else day,
            kind=cleaning.clean_line(self.digest.themes.kind_of(item.kind, item.theme, entry.theme)),
            credit=cleaning.clean_line(item.credit),
            carried_over=self._carried_over(item) if entry.carried_over else "",
            summary=Markup(""),
            paragraphs=cleaning.clean_paragraphs(item.summary),
            image=_image(item.image, item.credit),
            language=language or "",
            direction=self._foreign_direction(item, language),
        )

    def _foreign_language(self, item: Item) -> str | None:
        """The item's language where it is not the edition's."""
        spoken = cleaning.clean_language(item.language)
        return spoken if spoken and spoken.split("-")[0].lower() != self.language.split("-")[0].lower() else None

    def _foreign_direction(self, item: Item, language: str | None) -> str:
        """The item's direction where the edition's would not do: by its language, else by the words of its title."""
        own = wording.direction_of(self.language)
        if language:
            return wording.direction_of(language)
        if cleaning.clean_language(item.language):
            return ""
        actual = bidi.prevailing_direction(item.title) or own
        return actual if actual != own else ""

    def _carried_over(self, item: Item) -> str:
        if self.period.cadence is None:
            return wording.fill(self._word("carried_over"))
        own = period_of(self.period.cadence, item.day, self.period.zone)
        return wording.fill(self._word("carried_over_from"), period=wording.period_in_words(own, self.language))

    def _word(self, key: str) -> wording.Word:
        return wording.require_word(self.words, key, self.language)


def _write_summary(paragraphs: tuple[str, ...], markup: str | None, length: int) -> Markup:
    if sum(map(len, paragraphs)) > length:
        return _paragraph(wrapping.cut(" ".join(paragraphs), length))
    kept = cleaning.clean_markup(markup)
    if kept is None:
        return Markup("").join(map(_paragraph, paragraphs))
    return Markup(kept if re.match(r"<(p|ul|ol|blockquote)>", kept) else f"<p>{kept}</p>")  # noqa: S704 - sanitised


def _paragraph(words: str) -> Markup:
    return Markup(f"<p>{escape(words)}</p>")  # noqa: S704 - escaped


def _image(image: Image | None, item_credit: str | None) -> ImageView | None:
    url = cleaning.clean_url(image.url) if image else None
    if image is None or url is None:
        return None
    credit = cleaning.clean_line(image.credit)
    return ImageView(url, cleaning.clean_line(image.alt), "" if credit == cleaning.clean_line(item_credit) else credit)
