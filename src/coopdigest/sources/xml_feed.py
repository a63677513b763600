"""Reads an RSS, Atom or RDF feed, however broken, without letting it take more than its share."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax import SAXParseException

import feedparser

from coopdigest.ports import Note
from coopdigest.sources.candidate import Picture
from coopdigest.sources.feed_entry import MOST_ENTRIES, Entry
from coopdigest.sources.markup import nests_too_deep, plain_line
from coopdigest.sources.pictures import find_picture

_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_MEDIA_PREFIX = re.compile(r"xmlns:(\w+)\s*=\s*[\"']http://search\.yahoo\.com/mrss/?[\"']")
_WORDS_OF = {"description": "caption", None: "headline"}
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{5000,}")
_MOST_ATTRIBUTES = 500
_DEEPEST = 2_000
_MENDABLE = 1_000_000  # characters that feedparser's second, lenient parser may try itself on
_ENTRY_TAG = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>/]", re.IGNORECASE)


def read_xml_feed(text: str, url: str | None) -> tuple[Sequence[Entry], list[Note]]:
    """The entries of a feed that came from `url`, and notes on what is wrong with it as a whole.

    Raises:
        ValueError: it is no feed, or one that is made to hurt its reader.
    """
    _refuse_bombs(text)
    # Always handed over as UTF-8 that the headers vouch for: feedparser need not guess, nor trust a declaration
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url or ""}
    parsed = feedparser.parse(
        io.BytesIO(_part_media_words(text).encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,  # ours is stricter
        resolve_relative_uris=False,  # in markup; seconds for a large feed, and done later for what is kept
    )
    if not parsed.entries and not parsed.version:
        raise ValueError("it is neither RSS, Atom nor RDF")
    notes = [Note("feed", f"not well-formed ({_complaint(parsed)}); read as far as it goes")] if parsed.bozo else []
    return [_read_entry(raw, place, parsed.feed) for place, raw in enumerate(parsed.entries, 1)], notes


def _refuse_bombs(text: str) -> None:
    """Refuse what takes feedparser minutes or gigabytes (measured: 3,000,000 nested elements 90 s and 1.5 GB,
    9 MB of broken tags 19 s, 800,000 attributes no end), and entity declarations: a feed needs none of its own,
    and expat lets them grow to a hundred times the document.
    """
    root = re.search(r"<[A-Za-z]", text)
    if re.search(r"<!ENTITY", text[: root.start() if root else None], re.IGNORECASE):
        raise ValueError("it declares XML entities, which feeds do not need")
    if sum(1 for _ in _ENTRY_TAG.finditer(text)) > MOST_ENTRIES:
        raise ValueError(f"it has more than {MOST_ENTRIES:,} entries")
    if any(match.group().count("=") > _MOST_ATTRIBUTES for match in _LONG_TAG.finditer(text)):
        raise ValueError("it has an element with more attributes than any feed needs")
    if nests_too_deep(text, _DEEPEST, is_xml=True):
        raise ValueError("its elements nest beyond reason")
    if len(text) > _MENDABLE and not _is_well_formed(text):
        raise ValueError("it is not well-formed, and too large to mend")


def _is_well_formed(text: str) -> bool:
    try:
        ParserCreate("utf-8").Parse(text.encode("utf-8", "replace"), True)
    except ExpatError:
        return False
    return True


def _part_media_words(text: str) -> str:
    """The feed with the words of Media RSS under names of their own.

    feedparser takes a picture's description for the entry's, whichever comes first; under a name it does not know,
    it keeps the words apart, as `media_caption`.
    """
    match = _MEDIA_PREFIX.search(text)
    if not match:
        return text
    prefix = re.escape(match.group(1))
    return re.sub(rf"(</?{prefix}:)(?:(description)|title)(?=[\s>/])", lambda m: m[1] + _WORDS_OF[m[2]], text)


def _complaint(parsed: Mapping[str, Any]) -> str:
    error = parsed.get("bozo_exception")
    return f"line {error.getLineNumber()}" if isinstance(error, SAXParseException) else type(error).__name__


def _read_entry(raw: Mapping[str, Any], place: int, feed: Mapping[str, Any]) -> Entry:
    guid = _get(raw, "id") or None
    summary, markup, base = _summary_of(raw)
    tag = _first(raw, "tags")
    content = _first(raw, "content")
    return Entry(
        place=guid[:80] if guid else f"entry {place}",
        title=_title_of(raw),
        # `updated` last: many feeds touch it for every comma
        date=next((date for name in ("published", "created", "updated") if (date := _get(raw, name))), None),
        category=tag.get("label") or tag.get("term"),
        author=_get(raw, "author"),
        feed_title=_title_of(feed),
        summary=summary,
        markup=markup,
        url=_get(raw, "link"),
        base=base or _web(_get(feed, "link")),
        picture=_picture_of(raw) or find_picture(content.get("value") or "") or find_picture(markup),
        language=_language_of(raw) or _get(feed, "language"),
        guid=guid,
    )


def _get(thing: Mapping[str, Any], name: str) -> Any:
    # FeedParserDict answers `updated` from `published` with a deprecation warning: ask the dict below it
    return dict.get(thing, name) if isinstance(thing, dict) else None


def _first(thing: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(iter(_get(thing, name) or []), {})


def _title_of(thing: Mapping[str, Any]) -> str | None:
    detail = _get(thing, "title_detail") or {}
    value = _get(thing, "title") or ""
    if detail.get("type") in ("text/html", "application/xhtml+xml"):
        return plain_line(value)
    return unescape(value)  # RSS does not say what a title is; most escape it as if it were markup


def _summary_of(raw: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Plain summary or markup, and the address relative links begin at."""
    content, detail = _first(raw, "content"), _get(raw, "summary_detail") or {}
    value = _get(raw, "summary") or ""
    if not value.strip():
        value, detail = content.get("value") or "", content
    base = detail.get("base") or content.get("base") or (_get(raw, "title_detail") or {}).get("base")
    if detail.get("type") == "text/plain":
        return value, None, _web(base)
    return None, value or None, _web(base)


def _language_of(raw: Mapping[str, Any]) -> str | None:
    details = (_get(raw, "title_detail") or {}, _get(raw, "summary_detail") or {}, _first(raw, "content"))
    return _get(raw, "language") or next((tag for detail in details if (tag := detail.get("language"))), None)


def _picture_of(raw: Mapping[str, Any]) -> Picture | None:
    """The picture that media elements or enclosures name."""
    credit = _first(raw, "media_credit").get("content")
    media = [one for one in _get(raw, "media_content") or [] if _is_picture(one)]
    enclosures = [one for one in _get(raw, "links") or [] if one.get("rel") == "enclosure" and _is_picture(one)]
    caption = _get(raw, "media_caption") if len(media) == 1 else None  # of several, only the last one's is kept
    for one in (*media, *enclosures, *(_get(raw, "media_thumbnail") or [])):
        if url := one.get("url") or one.get("href"):
            return Picture(url=url, alt=caption, credit=credit)
    return None


def _is_picture(media: Mapping[str, str]) -> bool:
    kind = media.get("medium") or (media.get("type") or "").partition("/")[0]
    address = media.get("url") or media.get("href") or ""
    return kind == "image" or (not kind and _PICTURE_FILE.search(_path_of(address)) is not None)


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _web(address: str | None) -> str | None:
    return address if address and address.startswith(("http://", "https://")) else None
