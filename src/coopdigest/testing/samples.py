"""A digest and an issue with every fact, in words of our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from coopdigest.domain.digest import Digest, Mailbox, MediaContact
from coopdigest.domain.issue import Issue
from coopdigest.domain.item import Image, Item
from coopdigest.domain.period import Cadence, period_of
from coopdigest.testing.builders import make_issue, make_item

ZONE = ZoneInfo("Europe/Zurich")


def sample_digest(**facts: Any) -> Digest:
    """A digest that knows everything about itself; `facts` replace what they name."""
    contact = MediaContact(
        "Lakeside Newsroom", "newsroom@example.org", "+41 22 555 01 23", "https://www.example.org/newsroom"
    )
    whole = Digest(
        slug="coop-news",
        name="Lakeside Cooperatives News",
        languages=("en",),
        zone=ZONE,
        cadence=Cadence.MONTH,
        sender=Mailbox("news@example.org", "Lakeside Cooperatives"),
        media_contact=contact,
        postal_address="Lakeside Federation of Cooperatives, 1 Example Street, 1200 Geneva, Switzerland",
        public_url="https://news.example.org",
    )
    return replace(whole, **facts)


def sample_items() -> list[Item]:
    """Five items of October 2026 that together have every fact an item can have, one of them carried over."""
    return [
        make_item(
            1,
            "Three valley dairies agree to share one cheese cellar",
            date(2026, 10, 28),
            theme="Cooperative development",
            url="https://www.example.org/stories/cheese-cellar",
            image=Image(
                url="https://www.example.org/pictures/cellar.jpg",
                alt="Wheels of cheese on long shelves",
                credit="© Upper Valley Dairies",
            ),
            summary="Instead of building three cellars, the dairies of the upper valley will age their cheese under one"
            " roof. The shared cellar saves a third of the energy.",
        ),
        make_item(
            2,
            "How a ferry line became a cooperative – and stayed on time",
            date(2026, 10, 15),
            theme="Cooperative development",
            credit="© Lakeside Archive 2026",
            url="https://www.example.org/stories/ferry",
            summary="When the operator gave up the winter timetable, the villages bought two boats.\n\nTen months later"
            " the line carries more passengers than before, and the captains have a vote.",
        ),
        make_item(
            3,
            "A week of safety training for orchard crews",
            date(2026, 10, 9),
            theme="Training",
            summary="Forty pickers practised ladder work, lifting and first aid. The course is free for members.",
            summary_html="<p>Forty pickers practised <em>ladder work</em>, lifting and first aid. The course is"
            ' <a href="https://www.example.org/course">free for members</a>.</p>',
        ),
        make_item(
            4,
            "Une coopérative de pêche ouvre sa criée aux visiteurs",
            date(2026, 10, 2),
            theme="Training",
            language="fr",
            url="https://www.example.org/fr/criee",
            summary="Chaque samedi, les pêcheurs montrent comment se fixe le prix du jour.",
        ),
        make_item(5, "Night market, one till", date(2026, 9, 14), theme="Video", url="https://www.example.org/night"),
    ]


def sample_issue(items: list[Item] | None = None, day: date = date(2026, 10, 1)) -> Issue:
    """The issue of October 2026 with `items`; those of another month are carried over."""
    period = period_of(Cadence.MONTH, day, ZONE)
    issue = make_issue(sample_items() if items is None else items, period)
    sections = tuple(
        replace(
            section,
            items=tuple(replace(entry, carried_over=not period.contains(entry.item.day)) for entry in section.items),
        )
        for section in issue.sections
    )
    return replace(issue, sections=sections)
