"""Items and issues as JSON-able mappings and back: what an approved issue keeps of its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from coopdigest.domain.issue import EditorWords, Issue, IssueItem, IssueState, Merge, Section
from coopdigest.domain.item import Image, Item
from coopdigest.domain.period import period_of_key

_PLAIN = ("id", "source", "identity", "title", "theme", "summary", "summary_html", "url", "credit", "language")
_PLAIN_TOO = ("kind", "position", "undated")


def image_to_json(image: Image | None) -> dict[str, str | None] | None:
    """An image as the column `items.image` keeps it."""
    return {"url": image.url, "alt": image.alt, "credit": image.credit} if image else None


def image_from_json(data: Mapping[str, Any] | None) -> Image | None:
    """The image that `image_to_json` was given."""
    return Image(url=data["url"], alt=data["alt"], credit=data["credit"]) if data else None


def item_from_row(row: Row[Any]) -> Item:
    """An item from a row of the table `items`."""
    plain = {name: getattr(row, name) for name in (*_PLAIN, *_PLAIN_TOO, "day", "published", "first_seen")}
    return Item(**plain, image=image_from_json(row.image))


def issue_to_json(issue: Issue) -> dict[str, Any]:
    """The content of an issue; the period by its key, the state left out."""
    return {
        "digest": issue.digest,
        "sections": [
            {"theme": section.theme, "items": [_entry_to_json(entry) for entry in section.items]}
            for section in issue.sections
        ],
        "number": issue.number,
        "words": words_to_json(issue.words),
        "merges": [[m.kept, m.kept_source, m.dropped_source, m.reason] for m in issue.merges],
    }


def issue_from_json(data: Mapping[str, Any], period: str, state: IssueState, zone: ZoneInfo) -> Issue:
    """The issue that `issue_to_json` was given; one of schema 0001 has neither number, words nor kinds."""
    sections = tuple(
        Section(section["theme"], tuple(_entry_from_json(entry) for entry in section["items"]))
        for section in data["sections"]
    )
    return Issue(
        data["digest"],
        period_of_key(period, zone),
        state,
        sections,
        tuple(Merge(*merge) for merge in data["merges"]),
        data.get("number"),
        words_from_json(data.get("words")),
    )


def words_to_json(words: Iterable[EditorWords]) -> list[list[str | None]]:
    """The editor's words as the column `issues.words` keeps them."""
    return [[each.language, each.introduction, each.subject] for each in words]


def words_from_json(data: Sequence[Sequence[Any]] | None) -> tuple[EditorWords, ...]:
    """The words that `words_to_json` was given."""
    return tuple(EditorWords(*each) for each in data or ())


def _entry_to_json(entry: IssueItem) -> dict[str, Any]:
    item = entry.item
    return {
        "theme": entry.theme,
        "carried_over": entry.carried_over,
        "copies": list(entry.copies),
        "item": {
            **{name: getattr(item, name) for name in (*_PLAIN, *_PLAIN_TOO)},
            "day": item.day.isoformat(),
            "published": item.published.isoformat() if item.published else None,
            "first_seen": item.first_seen.isoformat(),
            "image": image_to_json(item.image),
        },
    }


def _entry_from_json(data: Mapping[str, Any]) -> IssueItem:
    fields = dict(data["item"])
    fields["day"] = date.fromisoformat(fields["day"])
    fields["published"] = datetime.fromisoformat(fields["published"]) if fields["published"] else None
    fields["first_seen"] = datetime.fromisoformat(fields["first_seen"])
    fields["image"] = image_from_json(fields["image"])
    return IssueItem(Item(**fields), data["theme"], data["carried_over"], tuple(data["copies"]))
