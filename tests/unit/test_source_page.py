"""How a newsroom page becomes items by CSS selectors."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.errors import ConfigurationError, SourceError
from coopdigest.domain.item import Image
from coopdigest.ports import Note, Reading
from coopdigest.sources.build import build_source

FIXTURES = Path(__file__).parents[1] / "fixtures/sources"
SELECT = {
    "item": "li.story",
    "title": "h3",
    "date": "time, .when",
    "theme": ".kicker",
    "summary": ".teaser",
    "image": "figure",
    "credit": "figcaption",
}


def read_file(path: Path, select: dict[str, str], **options: object) -> Reading:
    """What a page in a file gives."""
    source = build_source(
        "page", "page", path.name, path.parent, ZoneInfo("Europe/Zurich"), {"select": select, **options}
    )
    assert source.shows_whole_state
    return source.read(None)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Reads a page from its text."""

    def read_text(text: str, **select: str) -> Reading:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        return read_file(path, {"item": "article", "title": "h2", **select})

    return read_text


def test_a_page_gives_items_with_their_facts() -> None:
    """Every selector's fact is read, relative links begin at the page's base, a time element counts."""
    first, second, third = read_file(FIXTURES / "page.html", SELECT).items
    assert (first.title, first.theme, first.credit) == ("Boat school opens its doors", "Training", "© Dock Photo")
    assert first.day == date(2021, 12, 1)  # 23:30 in Greenwich is the next day in Zurich
    assert first.url == "https://www.example.org/newsroom/boat-school"
    assert first.summary_html == (
        'Twenty apprentices, <strong>one</strong> <a href="https://www.example.org/newsroom/boats">dock</a>.'
    )
    assert first.image == Image(url="https://www.example.org/newsroom/img/boats.jpg", alt="Boats")
    assert first.language == "en"
    assert (second.url, second.day) == ("https://www.example.org/grain", date(2021, 11, 12))
    assert third.url is None


def test_what_is_missing_on_a_page_is_noted() -> None:
    """Items without a date, theme or link are kept and named, those without a title left out."""
    assert read_file(FIXTURES / "page.html", SELECT).notes == [
        Note("item 2", "has no theme"),
        Note("item 3", "has no date that can be read, no theme, no link"),
        Note("item 4", "no title; left out"),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<article><h2><a href="/x">T</a></h2></article>',
        '<article><a href="/x"><div><h2>T</h2></div></a></article>',
        '<a href="/x"><article><h2>T</h2></article></a>',
        '<article><h2>T</h2><p class="go"><a href="/x">more</a></p></article>',
    ],
)
def test_the_link_is_found_where_pages_put_it(read, markup: str) -> None:
    """In the title, around it, around the item, or where a selector says."""
    select = {"link": ".go"} if "go" in markup else {}
    reading = read(f'<base href="https://x.example/">{markup}', **select)
    assert [item.url for item in reading.items] == ["https://x.example/x"]


def test_a_link_around_the_whole_page_is_no_items(read) -> None:
    """Only the nearest surroundings count."""
    assert read('<a href="https://x.example/"><main><article><h2>T</h2></article></main></a>').items[0].url is None


def test_nothing_that_matches_is_noted(read) -> None:
    """A redesigned page is told from a quiet month."""
    reading = read("<main><section>News</section></main>")
    assert not reading.items
    assert reading.notes == [Note("page", "nothing matches select.item = 'article'; has the page changed?")]


def test_an_empty_page_fails(read) -> None:
    """An empty body is no newsroom."""
    with pytest.raises(SourceError, match=r"^page: is an empty page"):
        read(" \n")


def test_a_page_that_nests_beyond_reason_fails_at_once(read) -> None:
    """The parser makes quadratic work of it."""
    with pytest.raises(SourceError, match="nest beyond reason"):
        read("<div>" * 1_000_000)


def test_an_invalid_selector_is_a_mistake_of_the_configuration() -> None:
    """It is found before anything is fetched, and named."""
    with pytest.raises(ConfigurationError, match=r"^source page: select\.title = 'h2\[' is no CSS selector"):
        read_file(FIXTURES / "page.html", {"item": "li", "title": "h2["})


@pytest.mark.parametrize("select", [{}, {"item": "li"}, {"item": "li", "title": "h3", "author": "b"}])
def test_selectors_that_do_not_fit_are_a_mistake_of_the_configuration(select: dict[str, str]) -> None:
    """Item and title are needed, unknown names refused."""
    with pytest.raises(ConfigurationError, match="needs `item` and `title`"):
        read_file(FIXTURES / "page.html", select)


def test_a_fixed_theme_and_language_hold_for_all() -> None:
    """What the configuration says goes before the page."""
    for item in read_file(FIXTURES / "page.html", SELECT, theme="Fixed", language="fr").items:
        assert (item.theme, item.language) == ("Fixed", "fr")


def test_an_item_may_say_of_what_kind_it_is(tmp_path: Path) -> None:
    """The words of the selector's element, else the kind that holds for the source; its absence is no trouble."""
    path = tmp_path / "page.html"
    path.write_text("<article><h2><a href=/a>A</a></h2><i>Podcast</i></article><article><h2><a href=/b>B</a></h2>")
    select = {"item": "article", "title": "h2", "kind": "i"}
    reading = read_file(path, select, item_kind="Blog")
    assert [item.kind for item in reading.items] == ["Podcast", "Blog"]
    assert not any("kind" in note.text for note in reading.notes)
