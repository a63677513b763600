"""Builds a source from plain values, for the wiring."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from coopdigest.domain.errors import ConfigurationError
from coopdigest.ports import Source
from coopdigest.sources.fetch import Limits
from coopdigest.sources.location import Location


def build_source(
    kind: str, name: str, location: str, base: Path, zone: ZoneInfo, options: Mapping[str, object]
) -> Source:
    """The source of `kind` (listing, page, feed, folder) at `location`, a URL or a path relative to `base`.

    `options` may hold allow_private, language, theme, item_kind, theme_from (category, author, feed_title, none:
    feeds), select (a mapping of item, title, link, date, theme, summary, image, credit, kind: pages) and timeouts (a
    mapping of connect, read, total in seconds). Adapters are imported only when they are needed.

    Raises:
        ConfigurationError: an unknown kind, or options that do not fit it.
    """
    where = f"source {name}"
    chosen = cast("Mapping[str, Any]", options)
    try:
        limits = Limits(**chosen.get("timeouts") or {})
    except TypeError as error:
        raise ConfigurationError("its timeouts are connect, read and total, in seconds", place=where) from error
    spot = Location(name, location, base, bool(chosen.get("allow_private")), limits)
    shared: dict[str, Any] = {"name": name, "location": spot}
    shared |= {key: chosen[key] for key in ("language", "theme", "item_kind") if chosen.get(key)}
    if kind == "listing":
        from coopdigest.sources.listing import ListingSource

        return ListingSource(**shared)
    if kind == "folder":
        from coopdigest.sources.folder import FolderSource

        return FolderSource(**shared, zone=zone)
    if kind == "feed":
        return _build_feed(shared | {"zone": zone}, chosen, where)
    if kind == "page":
        return _build_page(shared | {"zone": zone}, chosen, where)
    raise ConfigurationError(f"its kind {kind!r} is none of listing, page, feed, folder", place=where)


def _build_feed(shared: dict[str, Any], options: Mapping[str, Any], where: str) -> Source:
    from coopdigest.sources.feed import FeedSource, ThemeFrom

    try:
        theme_from = ThemeFrom(options.get("theme_from") or ThemeFrom.CATEGORY)
    except ValueError as error:
        known = ", ".join(ThemeFrom)
        raise ConfigurationError(f"its theme_from is none of {known}", place=where) from error
    return FeedSource(**shared, theme_from=theme_from)


def _build_page(shared: dict[str, Any], options: Mapping[str, Any], where: str) -> Source:
    from coopdigest.sources.page import PageSource, Selectors

    try:
        select = Selectors(**options.get("select") or {})
    except TypeError as error:
        text = "its select needs `item` and `title`, and may have link, date, theme, summary, image, credit, kind"
        raise ConfigurationError(text, place=where) from error
    return PageSource(**shared, select=select)
