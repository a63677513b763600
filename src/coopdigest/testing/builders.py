"""Small items, issues, editions and roster rows, each with only the facts a test names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from coopdigest.domain.edition import Edition, Slot, marker, nonce_for
from coopdigest.domain.issue import Issue, IssueItem, IssueState, Section
from coopdigest.domain.item import FoundItem, Item, identity_of
from coopdigest.domain.period import Cadence, Period, period_of
from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Subscriber, parse_address

UTC_ZONE = ZoneInfo("UTC")
SEEN = datetime(2021, 11, 30, 8, tzinfo=UTC)


def make_period(day: date = date(2021, 11, 1), cadence: Cadence = Cadence.MONTH) -> Period:
    """The period of `cadence` that holds `day`, in UTC."""
    return period_of(cadence, day, UTC_ZONE)


def make_found(title: str = "A mill reopens", day: date | None = date(2021, 11, 15), **facts: Any) -> FoundItem:
    """An item as a source yields it."""
    return FoundItem(title=title, day=day, **facts)


def make_item(id_: int = 1, title: str = "A mill reopens", day: date = date(2021, 11, 15), **facts: Any) -> Item:
    """A collected item; unnamed facts are absent, its source is `newsroom`."""
    plain: dict[str, Any] = dict.fromkeys(
        ("published", "theme", "summary", "summary_html", "url", "image", "credit", "language", "kind")
    )
    usual = {"source": "newsroom", "position": id_, "undated": False, "first_seen": SEEN}
    whole = {**plain, **usual, **facts}
    found = FoundItem(title=title, day=day, url=whole["url"])
    return Item(**{"id": id_, "title": title, "day": day, "identity": identity_of(whole["source"], found), **whole})


def make_issue(items: Sequence[Item] = (), period: Period | None = None, digest: str = "coop-news") -> Issue:
    """A draft with one section per theme, in the order of the items."""
    themes = dict.fromkeys(item.theme or "News" for item in items)
    sections = tuple(
        Section(theme, tuple(IssueItem(item, theme) for item in items if (item.theme or "News") == theme))
        for theme in themes
    )
    return Issue(digest, period or make_period(), IssueState.DRAFT, sections)


def make_edition(issue: Issue, language: str = "en") -> Edition:
    """The issue as plain titles with an unsubscribe slot at the end of both parts."""
    nonce = nonce_for(issue)
    slot = marker(nonce, Slot.UNSUBSCRIBE_URL)
    titles = [entry.item.title for entry in issue.items()]
    html = "".join(f"<p>{title}</p>" for title in titles)
    return Edition(
        language=language,
        subject=f"{issue.digest} {issue.period.key} ({language})",
        html=f'<html lang="{language}"><body>{html}<a href="{slot}">Unsubscribe</a></body></html>',
        text="\n".join([*titles, f"Unsubscribe: {slot}", ""]),
        nonce=nonce,
    )


def make_row(address: str = "amina@example.org", **facts: Any) -> RosterRow:
    """A good row of a roster file."""
    return RosterRow(parse_address(address), **facts)


def make_subscriber(id_: int = 1, address: str = "amina@example.org", **facts: Any) -> Subscriber:
    """A subscriber on the roster."""
    return Subscriber(id=id_, address=parse_address(address), **facts)
