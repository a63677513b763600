"""What the templates see of an issue: clean words and links, and nothing left to decide.

The variables of every template:

    language, direction     of the edition: a BCP 47 tag; `ltr` or `rtl`
    start, end              `left`, `right` for ltr and the other way round for rtl
    words                   the catalogue of fixed words (translations/LANGUAGE.toml)
    light, dark             the colours of both looks (`coopdigest.compose.palette.Palette`)
    fonts                   font stacks: `body` and `title`
    logo                    of the brand: `url`, `alt`, `width`; or none
    name                    of the digest
    period, period_key      in words, and as in links
    number                  of the issue, in words; or none
    subject                 the subject line
    preheader               the line that inboxes show beside the subject
    introduction            the editor's words as HTML
    introduction_blocks     the same as plain text: each `words`, `bullet` and `links` (each `words` and `url`)
    contents                the sections to announce at the top: each `theme`, `anchor`, `stories` (how many, in words)
    sections                each with `theme`, `anchor`, `accent` (a colour) and `items` (ItemView)
    overflow                items that are only listed by title (none in nearly every issue)
    beyond                  how many items not even that (0 in nearly every issue)
    whole_url               where all of them can be read on the web, or none
    contact                 the media contact: `name`, `email`, `phone`, `tel`, `url`
    postal_address          one line, or none
    view_url                the issue in the browser, or none
    unsubscribe_url         where a reader leaves: a link to a page, or to a mailbox
    unsubscribe_address     the mailbox, where there is no page
    preferences_url         where a reader chooses what to get, or none
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from coopdigest.compose import cleaning, wording, wrapping
from coopdigest.compose.density import WHOLE, Plan
from coopdigest.compose.introduction import introduction_blocks, introduction_markup
from coopdigest.compose.item_views import ItemView, ItemViewer
from coopdigest.compose.palette import dark_palette, light_palette, theme_accent
from coopdigest.compose.subject import write_subject
from coopdigest.domain.digest import Brand, Digest, MediaContact
from coopdigest.domain.edition import Slot, marker
from coopdigest.domain.issue import Issue

_CONTENTS_FROM = 5  # items; a shorter issue is seen at a glance
_FONTS = {
    "ltr": ("'Helvetica Neue', Helvetica, Arial, sans-serif", "Georgia, 'Times New Roman', serif"),
    "rtl": ("'Segoe UI', Tahoma, Arial, sans-serif", "'Segoe UI', Tahoma, Arial, sans-serif"),
}


@dataclass(frozen=True, slots=True)
class SectionView:
    """One theme and its items; `size` counts those that are only listed further down, too."""

    theme: str
    anchor: str
    accent: str
    items: tuple[ItemView, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """Shows an issue of `digest` in one language, with the words of its catalogue, by any number of plans."""

    digest: Digest
    language: str
    words: Mapping[str, wording.Word]
    issue: Issue
    items: ItemViewer
    nonce: str

    def context(self, plan: Plan = WHOLE) -> dict[str, Any]:
        """The variables of the templates, with as much of each item as `plan` says."""
        direction = wording.direction_of(self.language)
        sections = tuple(self._sections(plan))
        shown = [section for section in sections if section.items]
        overflow, beyond = self._overflow(plan)
        introduction = self.issue.words_in(self.language).introduction
        blocks = introduction_blocks(introduction)
        return {
            "language": self.language,
            "direction": direction,
            "start": "right" if direction == "rtl" else "left",
            "end": "left" if direction == "rtl" else "right",
            "words": self.words,
            **self._look(direction),
            **self._names(),
            "preheader": preheader(shown or [_list_section(overflow)], [block.words for block in blocks]),
            "introduction": introduction_markup(introduction),
            "introduction_blocks": blocks,
            "contents": self._contents(sections),
            "sections": shown,
            "overflow": overflow,
            "beyond": beyond,
            "contact": _contact(self.digest.media_contact),
            "postal_address": cleaning.clean_line(self.digest.postal_address),
            **self._links(),
        }

    def _sections(self, plan: Plan) -> Iterator[SectionView]:
        place = 0
        for number, section in enumerate(self.issue.sections, 1):
            left = len(section.items) if plan.shown is None else max(0, plan.shown - place)
            views = tuple(
                self.items.view(entry, plan.form_of(place + rank, rank))
                for rank, entry in enumerate(section.items[:left])
            )
            theme = cleaning.clean_line(section.theme) or self.digest.themes.default
            accent = theme_accent(self.digest.brand, section.theme)
            yield SectionView(theme, f"section-{number}", accent, views, len(section.items))
            place += len(section.items)

    def _contents(self, sections: Sequence[SectionView]) -> list[dict[str, str]]:
        """The themes with how many stories each has; empty where the issue is short or has one theme only."""
        if self.issue.size < _CONTENTS_FROM or len(sections) < 2:
            return []
        return [
            {
                "theme": section.theme,
                "anchor": section.anchor if section.items else "",
                "stories": wording.fill(self._word("stories"), count=section.size),
            }
            for section in sections
        ]

    def _look(self, direction: str) -> dict[str, Any]:
        brand = self.digest.brand
        body, title = _FONTS[direction]
        fonts = {"body": brand.font or body, "title": brand.title_font or brand.font or title}
        return {
            "light": asdict(light_palette(brand)),
            "dark": asdict(dark_palette(brand)),
            "fonts": fonts,
            "logo": _logo(brand, self.digest.name),
        }

    def _names(self) -> dict[str, str | None]:
        name = cleaning.clean_line(self.digest.name)
        period = wording.period_in_words(self.issue.period, self.language)
        number = wording.fill(self._word("issue_number"), number=self.issue.number) if self.issue.number else None
        lead = next((cleaning.clean_line(entry.item.title) for entry in self.issue.items()), "")
        facts = {"name": name, "period": period, "number": self.issue.number or "", "count": self.issue.size}
        own = cleaning.clean_line(self.issue.words_in(self.language).subject)
        return {
            "name": name,
            "period": period,
            "period_key": self.issue.period.key,
            "number": number,
            "subject": own or write_subject(self._word("subject"), lead, **facts),
        }

    def _links(self) -> dict[str, str | None]:
        if self.digest.public_url:
            view = f"{self.digest.public_url}/issues/{self.issue.period.key}/{self.language}"
            leave = marker(self.nonce, Slot.UNSUBSCRIBE_URL)
            links = {"view_url": view, "whole_url": f"{view}/text", "unsubscribe_url": leave}
            return {**links, "unsubscribe_address": None, "preferences_url": None}
        address = cleaning.clean_line(self.digest.unsubscribe_address())
        leave = f"mailto:{quote(address, safe='@')}?subject=unsubscribe"
        nowhere = {"view_url": None, "whole_url": None, "preferences_url": None}
        return {**nowhere, "unsubscribe_url": leave, "unsubscribe_address": address}

    def _overflow(self, plan: Plan) -> tuple[tuple[ItemView, ...], int]:
        """The items that are only listed, and how many not even that."""
        if plan.shown is None:
            return (), 0
        rest = list(self.issue.items())[plan.shown :]
        listed = rest if plan.listed is None else rest[: plan.listed]
        return tuple(self.items.list_view(entry) for entry in listed), len(rest) - len(listed)

    def _word(self, key: str) -> wording.Word:
        return wording.require_word(self.words, key, self.language)


def preheader(sections: Sequence[SectionView], introduction: Sequence[str] = ()) -> str:
    """The introduction's beginning, else the titles in printed order, with the first summary where they say little.

    40 to 130 characters (A30).
    """
    items = [item for section in sections for item in section.items]
    least, most = wrapping.PREHEADER_LENGTHS
    line = " ".join(introduction)
    for item in items if len(line) < least else ():
        longer = f"{line} · {item.title}" if line else item.title
        if line and len(longer) > most:
            break
        line = longer
    if len(line) < least:
        line = " – ".join(filter(None, [line, *(" ".join(item.paragraphs) for item in items[:1])]))
    return wrapping.cut(line, most)


def _list_section(items: tuple[ItemView, ...]) -> SectionView:
    return SectionView("", "", "", items, len(items))


def _logo(brand: Brand, name: str) -> dict[str, str | int] | None:
    url = cleaning.clean_url(brand.logo)
    alt = cleaning.clean_line(brand.logo_alt or name)
    return {"url": url, "alt": alt, "width": brand.logo_width} if url else None


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
