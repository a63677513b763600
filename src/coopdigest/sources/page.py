"""Reads a newsroom page in HTML by the CSS selectors of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from coopdigest.domain.errors import ConfigurationError, SourceError
from coopdigest.domain.item import FoundItem
from coopdigest.ports import Note, Reading, Validators
from coopdigest.sources.candidate import Candidate, Picture, bound_notes, make_item
from coopdigest.sources.charsets import decode_document
from coopdigest.sources.dates import UNDATED, Moment, read_moment
from coopdigest.sources.location import Location
from coopdigest.sources.markup import nests_too_deep, plain_line
from coopdigest.sources.pictures import picture_of
from coopdigest.sources.sanitise import clean_url

_DEEPEST = 2_000  # nested elements; builders of pages nest tens
_MOST_ITEMS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """Where a page keeps the facts of an item: CSS selectors, all but `item` searched inside the item."""

    item: str
    title: str
    link: str | None = None
    date: str | None = None
    theme: str | None = None
    summary: str | None = None
    image: str | None = None
    credit: str | None = None
    kind: str | None = None

    def check(self, source: str) -> None:
        """Refuse what is no selector.

        Raises:
            ConfigurationError: names the selector.
        """
        empty = LexborHTMLParser("<p></p>")
        for fact in self.__dataclass_fields__:
            selector = getattr(self, fact)
            try:
                if selector is not None:
                    empty.css(selector)
            except SelectolaxError as error:
                text = f"select.{fact} = {selector!r} is no CSS selector; check its spelling"
                raise ConfigurationError(text, place=f"source {source}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """A newsroom page. `language` and `theme`, when given, hold for all its items, `item_kind` for those without one.

    Raises:
        ConfigurationError: at construction, for what is no CSS selector.
    """

    name: str
    location: Location
    select: Selectors
    zone: ZoneInfo
    language: str | None = None
    theme: str | None = None
    item_kind: str | None = None

    def __post_init__(self) -> None:
        """Check the selectors."""
        self.select.check(self.name)

    @property
    def shows_whole_state(self) -> bool:
        """A page as it stands: what is no longer on it is gone."""
        return True

    def read(self, validators: Validators | None) -> Reading:
        """Read the page once.

        Raises:
            SourceError: it cannot be read, is empty, or nests beyond reason.
        """
        fetched = self.location.read(validators)
        if fetched.unchanged:
            return Reading(validators=fetched.validators, unchanged=True)
        text = decode_document(fetched.body, fetched.charset)
        if not text.strip():
            raise SourceError("is an empty page; check its address", place=self.name)
        if nests_too_deep(text, _DEEPEST):
            raise SourceError("is a page whose elements nest beyond reason; check its address", place=self.name)
        notes: list[Note] = []
        items = self._read_page(LexborHTMLParser(text), fetched.url, notes)
        return Reading(items, bound_notes(notes), None, fetched.validators)

    def _read_page(self, page: LexborHTMLParser, url: str | None, notes: list[Note]) -> list[FoundItem]:
        nodes = page.css(self.select.item)
        if not nodes:
            notes.append(Note("page", f"nothing matches select.item = {self.select.item!r}; has the page changed?"))
        if len(nodes) > _MOST_ITEMS:
            raise SourceError(f"select.item matches more than {_MOST_ITEMS:,} elements; narrow it", place=self.name)
        if nodes and not self.select.date:
            notes.append(Note("page", "no select.date; items take the day they were first seen"))
        base = _base_of(page, url)
        language = self.language or _language_of(page)
        readers = (_Teaser(node, self.select, f"item {place}", notes) for place, node in enumerate(nodes, 1))
        return [item for teaser in readers if (item := self._make_item(teaser, base, language))]

    def _make_item(self, teaser: _Teaser, base: str | None, language: str | None) -> FoundItem | None:
        found = Candidate(
            place=teaser.place,
            title=teaser.words("title"),
            moment=teaser.moment(self.zone),
            theme=self.theme or teaser.words("theme"),
            markup=teaser.markup("summary"),
            url=teaser.link(),
            base=base,
            picture=teaser.picture(),
            credit=teaser.words("credit"),
            language=teaser.node.attributes.get("lang") or language,
            kind=teaser.words("kind") or self.item_kind,
        )
        item = make_item(found, teaser.notes)
        missing = [fact for fact in teaser.missing if fact != "title"]
        if item and missing:
            teaser.notes.append(Note(teaser.place, f"has no {', no '.join(missing)}"))
        return item


@dataclass(frozen=True, slots=True)
class _Teaser:
    """One item's element on the page. `missing` gathers the facts that a selector was given for in vain."""

    node: LexborNode
    select: Selectors
    place: str
    notes: list[Note]
    missing: list[str] = field(default_factory=list)

    def words(self, fact: str) -> str | None:
        """The words of a fact on one line."""
        found = self._find(fact)
        words = plain_line(found.html or "") if found else None
        if fact in ("title", "theme") and getattr(self.select, fact) and not words:
            self.missing.append(fact)
        return words

    def markup(self, fact: str) -> str | None:
        """The markup inside a fact's element."""
        found = self._find(fact)
        return found.html if found else None

    def moment(self, zone: ZoneInfo) -> Moment:
        """The date: a time element's `datetime`, or the words of the element."""
        found = self._find("date")
        moment = _moment_of(found, zone) if found else UNDATED
        if moment.day is None and self.select.date:
            self.missing.append("date that can be read" if found else "date")
        return moment

    def link(self) -> str | None:
        """The address: of the link's element, else of the link in, around or on the title, else of the whole item."""
        found = self._find("link") if self.select.link else self._find("title")
        node = _anchor_of(found, self.node) if found else None
        if node is None and not self.select.link:
            node = self.node if self.node.tag == "a" else None
        href = node.attributes.get("href") if node else None
        if not href:
            self.missing.append("link")
        return href

    def picture(self) -> Picture | None:
        """The picture that the image's element is or holds."""
        found = self._find("image")
        node = found if found is None or found.tag == "img" else found.css_first("img")
        return picture_of(node) if node else None

    def _find(self, fact: str) -> LexborNode | None:
        selector = getattr(self.select, fact)
        return self.node.css_first(selector) if selector else None


def _moment_of(node: LexborNode, zone: ZoneInfo) -> Moment:
    stamped = node if node.attributes.get("datetime") else node.css_first("[datetime]")
    texts = (
        (stamped.attributes.get("datetime") if stamped else None),
        node.attributes.get("content"),
        plain_line(node.html or ""),
    )
    moments = (read_moment(text, zone) for text in texts if text)
    return next((moment for moment in moments if moment.day), UNDATED)


def _anchor_of(node: LexborNode, item: LexborNode) -> LexborNode | None:
    """The link that `node` is, holds, or stands in, looking no further than around the item."""
    if node.tag == "a" and node.attributes.get("href"):
        return node
    if inner := node.css_first("a[href]"):
        return inner
    above, around = node.parent, item.parent
    while above is not None:
        if above.tag == "a" and above.attributes.get("href"):
            return above
        # by identity: == would serialise both, the whole page perhaps
        above = None if around is not None and above.mem_id == around.mem_id else above.parent
    return None


def _base_of(page: LexborHTMLParser, url: str | None) -> str | None:
    """Where relative links begin: the page's base element (HTML 4.2.3), else its address."""
    node = page.css_first("base[href]")
    href = node.attributes.get("href") if node else None
    return clean_url(urljoin(url or "", href), schemes=("http", "https")) or url if href else url


def _language_of(page: LexborHTMLParser) -> str | None:
    return page.root.attributes.get("lang") if page.root else None
