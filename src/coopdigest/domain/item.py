"""An item is one piece of news; its identity decides whether two collects saw the same one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_cid|mc_eid", re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of an item: an absolute http(s) URL, words for those who do not see it, and who made it."""

    url: str
    alt: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundItem:
    """An item as a source yields it. Absent facts are None; `summary` is plain text.

    `summary_html` is the same summary as simple, sanitised inline markup where the source had any. `kind` says
    what sort of thing it is (Video, Blog), where the source says so apart from the theme.
    `day` is the day of publication on the digest's wall calendar; `published` the instant, if known.
    """

    title: str
    day: date | None = None
    published: datetime | None = None
    theme: str | None = None
    summary: str | None = None
    summary_html: str | None = None
    url: str | None = None
    image: Image | None = None
    credit: str | None = None
    language: str | None = None
    kind: str | None = None
    guid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A collected item. `position` is its place in the source; `undated` says `day` is the day first seen."""

    id: int
    source: str
    identity: str
    title: str
    day: date
    published: datetime | None
    theme: str | None
    summary: str | None
    summary_html: str | None
    url: str | None
    image: Image | None
    credit: str | None
    language: str | None
    position: int
    undated: bool
    first_seen: datetime
    kind: str | None = None

    @property
    def link(self) -> str | None:
        """The canonical link, by which copies are recognised."""
        return canonical_link(self.url)

    @property
    def headline(self) -> tuple[str, date]:
        """Title and day, by which copies across sources are recognised."""
        return (fold_title(self.title), self.day)


def canonical_link(url: str | None) -> str | None:
    """The link without what does not name the page: scheme, default port, fragment, tracking parameters."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").rstrip(".")
    if not host:
        return url.strip()
    if port and port != _DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    query = [(name, value) for name, value in parse_qsl(parts.query, True) if not _TRACKING.fullmatch(name)]
    return urlunsplit(("", host, parts.path.rstrip("/"), urlencode(query), ""))


def fold_title(title: str) -> str:
    """A title for comparison: case, spacing and the shape of quotes and dashes do not count."""
    plain = title.translate(str.maketrans("‘’“”–—", "''\"\"--"))
    return " ".join(plain.casefold().split())


def identity_of(source: str, item: FoundItem) -> str:
    """What makes a later collect see the same item: guid, else canonical link, else source+title+day."""
    if item.guid:
        return f"guid:{_digest(item.guid)}"
    link = canonical_link(item.url)
    if link:
        return f"link:{_digest(link)}"
    day = item.day.isoformat() if item.day else ""
    return f"text:{_digest(chr(0).join((source, fold_title(item.title), day)))}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
