"""Which links of an edition are asked for and whose they are, and items that lead to the same page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.lint import RULES, lint
from coopdigest.compose.rules.links import links_of
from coopdigest.compose.rules.page import Page, item_place
from coopdigest.domain.edition import Edition, Severity, Slot, marker
from coopdigest.domain.item import Item
from coopdigest.ports import Link
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue

DIGEST = sample_digest()
COMPOSER = EmailComposer(DIGEST, [Path(__file__).parents[2] / "templates" / "email"])


def compose(*items: Item) -> Edition:
    """The English edition of an issue."""
    return COMPOSER.compose(sample_issue(list(items) or None), "en")


def item(number: int, title: str, url: str, **facts: str) -> Item:
    """An item of October 2026 that leads somewhere."""
    return make_item(number, title, date(2026, 10, 1), url=url, summary="Words. " * 20, **facts)


def same_page(*items: Item) -> list[tuple[str, Severity]]:
    """Places and severities of L06."""
    return [(found.place, found.severity) for found in lint(compose(*items), DIGEST) if found.rule == "L06"]


def test_links_are_told_with_words_place_and_whose_they_are() -> None:
    """Items' links are the source's; those of contact and closing lines are ours."""
    links = links_of(compose())
    title = "How a ferry line became a cooperative – and stayed on time"
    assert Link("https://www.example.org/stories/ferry", title, f"item “{title}”", True) in links
    course = "item “A week of safety training for orchard crews”"
    assert Link("https://www.example.org/course", "free for members", course, True) in links
    contact = "https://www.example.org/newsroom"
    assert Link(contact, contact, "HTML part", False) in links


def test_personal_links_are_not_told() -> None:
    """No slot, not even inside another address: whoever asked for it would act for a reader."""
    edition = compose()
    slot = marker(edition.nonce, Slot.UNSUBSCRIBE_URL)
    assert slot in edition.html
    wrapped = f'<a href="https://example.org/leave?to={slot}">Leave</a></body>'
    html = edition.html.replace("</body>", wrapped)
    assert not any(slot in link.url for link in links_of(replace(edition, html=html)))
    assert links_of(replace(edition, html=html)) == links_of(edition)


def test_a_title_in_the_overflow_is_still_the_sources() -> None:
    """However little room an item gets, its dead link never stops an automatic digest."""
    day = date(2026, 10, 1)
    items = [
        make_item(
            n, f"Story {n} of the lake", day + timedelta(days=n % 28), url=f"https://e.org/{n}", summary="W. " * 60
        )
        for n in range(300)
    ]
    edition = compose(*items)
    assert "listed" in edition.html
    stories = [link for link in links_of(edition) if link.url.startswith("https://e.org/")]
    assert all(link.is_items_own and link.place == f"item “{link.words}”" for link in stories)


@pytest.mark.parametrize(
    "other",
    [
        *("https://e.org/mill", "http://e.org/mill/", "https://www.e.org/mill", "https://e.org/mill#photos"),
        *("https://e.org/mill?utm_source=feed", "https://E.org:443/mill"),
    ],
)
def test_two_items_that_lead_to_the_same_page_are_told(other: str) -> None:
    """L06 warns at the second; the first is named."""
    found = same_page(item(1, "A mill reopens", "https://e.org/mill"), item(2, "Grain is ground again", other))
    assert found == [("item “Grain is ground again”", Severity.WARNING)]


def test_items_that_lead_to_pages_of_their_own_are_fine() -> None:
    """Another path, another query, another host are other pages; no link leads nowhere in common."""
    urls = ["https://e.org/mill", "https://e.org/mill?id=2", "https://e.org/Mill", "https://f.org/mill"]
    items = [item(number, f"Story {number}", url) for number, url in enumerate(urls)]
    assert same_page(*items, make_item(8, "No link", date(2026, 10, 1)), make_item(9, "None", date(2026, 10, 2))) == []


def test_one_items_picture_and_title_share_its_page() -> None:
    """Only titles that differ are told."""
    url = "https://e.org/mill"
    assert same_page(item(1, "A mill – reopened", url), item(2, "A MILL - reopened", url)) == []


def test_every_rule_about_asking_has_its_sentence() -> None:
    """Findings of --links can be looked up like all others."""
    assert {"L03", "L04", "L05", "L06"} <= set(RULES)


def test_what_stands_in_no_item_has_no_item() -> None:
    """Words outside items are the template's."""
    page = Page.of(compose())
    assert item_place(page.find("h1")[0]) is None
