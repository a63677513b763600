"""How feeds of every format become items, and how broken ones fail."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.errors import SourceError
from coopdigest.domain.item import Image
from coopdigest.ports import Note, Reading
from coopdigest.sources.build import build_source

ZURICH = ZoneInfo("Europe/Zurich")
FIXTURES = Path(__file__).parents[1] / "fixtures/sources"
RSS = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>C</title>{}</channel></rss>'


def read_file(path: Path, **options: object) -> Reading:
    """What a feed in a file gives."""
    return build_source("feed", "feed", path.name, path.parent, ZURICH, options).read(None)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Reads a feed from its text."""

    def read_text(text: str | bytes, **options: object) -> Reading:
        path = tmp_path / "feed"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_file(path, **options)

    return read_text


def test_an_rss_feed_gives_items_with_their_facts() -> None:
    """Title, day in the digest's zone, category, cleaned summary, link, picture, language and guid are read."""
    reading = read_file(FIXTURES / "feed-rss.xml")
    fish, market, undated = reading.items
    assert fish.title == "Fish & chips, the cooperative way"
    assert (fish.day, fish.published) == (date(2021, 11, 30), datetime(2021, 11, 29, 23, 30, tzinfo=UTC))
    assert (fish.theme, fish.language, fish.guid) == ("Cooperative development", "en-GB", "lakeside-101")
    assert fish.url == "https://news.example.org/stories/fish?utm_source=feed"
    assert fish.summary == "Members voted yes.\n\nA second paragraph."
    assert fish.summary_html == (
        'Members <b>voted</b> <a href="https://news.example.org/vote">yes</a>.<br><br>A second paragraph.'
    )
    assert fish.image == Image(url="https://img.example.org/fish.jpg", credit="Ana Lake")
    assert market.image == Image(url="https://news.example.org/pictures/market.jpg", alt="Lamps over stalls")
    assert market.summary == "Twelve stalls."
    assert undated.day is None
    assert [note.place for note in reading.notes] == ["feed", "entry 3", "entry 4"]


def test_a_date_without_a_zone_is_on_the_digests_clock() -> None:
    """Half past eleven at night stays on its day."""
    market = read_file(FIXTURES / "feed-rss.xml").items[1]
    assert (market.day, market.published) == (date(2021, 11, 30), datetime(2021, 11, 30, 22, 30, tzinfo=UTC))


def test_an_atom_feed_gives_items_with_their_facts() -> None:
    """Publication goes before update, links and languages are inherited, plain text stays plain."""
    reading = read_file(FIXTURES / "feed-atom.xml")
    first, second = reading.items
    assert (first.title, first.day, first.theme) == ("La cooperativa abre", date(2021, 11, 28), "Cooperativas")
    assert (first.url, first.language) == ("https://noticias.example.org/2021/abre", "es")
    assert (first.summary, first.summary_html) == ("Menos de 5 < 6 &amp; más", None)
    assert (second.day, second.published, second.language) == (date(2021, 11, 27), None, "pt-BR")
    assert second.summary_html == 'Ver <a href="https://noticias.example.org/2021/mais">mais</a>'
    assert not reading.notes


def test_a_json_feed_gives_items_with_their_facts() -> None:
    """JSON Feed is known by what it holds."""
    reading = read_file(FIXTURES / "feed.json")
    picking, cider = reading.items
    assert (picking.guid, picking.url, picking.theme) == ("7", "https://orchard.example.org/picking", "Harvest")
    assert (picking.summary, picking.summary_html) == ("Bring gloves.", "Bring <em>gloves</em>.")
    assert picking.image == Image(url="https://orchard.example.org/p.png")
    assert (cider.day, cider.language, cider.summary) == (date(2021, 9, 2), "fr", "All day.")
    assert [note.place for note in reading.notes] == ["entry 4", "c"]


@pytest.mark.parametrize(
    ("options", "theme"),
    [
        ({}, "Cooperative development"),
        ({"theme_from": "author"}, "Desk A"),
        ({"theme_from": "feed_title"}, "Lakeside newsroom"),
        ({"theme_from": "none"}, None),
        ({"theme": "Fixed"}, "Fixed"),
    ],
)
def test_the_theme_comes_from_where_the_configuration_says(options: dict[str, str], theme: str | None) -> None:
    """Category, author, feed title, nothing, or one theme for all."""
    assert read_file(FIXTURES / "feed-rss.xml", **options).items[0].theme == theme


def test_a_configured_language_goes_before_the_feeds(read) -> None:
    """Many feeds say en and mean something else."""
    assert read_file(FIXTURES / "feed-rss.xml", language="fr").items[0].language == "fr"


CAPTION = (
    '<media:content url="https://x.example/p.jpg" medium="image">'
    "<media:description>Alt</media:description><media:title>MT</media:title></media:content>"
)


@pytest.mark.parametrize(
    "entry",
    [
        f"{CAPTION}<description>Words</description><title>T</title>",
        f"<title>T</title><description>Words</description>{CAPTION}",
    ],
)
def test_a_pictures_words_are_not_the_entrys(read, entry: str) -> None:
    """Whatever comes first, the caption is the picture's and the summary the entry's."""
    (item,) = read(RSS.format(f"<item>{entry}</item>")).items
    assert (item.title, item.summary) == ("T", "Words")
    assert item.image == Image(url="https://x.example/p.jpg", alt="Alt")


def test_a_guid_that_different_entries_share_is_ignored(read) -> None:
    """Such entries are known by their links, so that none swallows the other; true copies are one."""
    entry = "<item><title>{0}</title><link>https://x.example/{0}</link><guid isPermaLink='false'>{1}</guid></item>"
    reading = read(
        RSS.format("".join(entry.format(*pair) for pair in [("a", "same"), ("b", "same"), ("c", "c"), ("c", "c")]))
    )
    assert [(item.title, item.guid) for item in reading.items] == [("a", None), ("b", None), ("c", "c")]
    assert Note("c", "stands 2 times in the feed; the first is kept") in reading.notes


def test_a_date_that_cannot_be_read_is_said(read) -> None:
    """The entry is kept without a day."""
    reading = read(
        RSS.format(
            "<item><guid isPermaLink='false'>g</guid><title>T</title><pubDate>Mon, 31 Feb 2021 10:00:00 GMT</pubDate></item>"
        )
    )
    assert reading.items[0].day is None
    assert reading.notes == [
        Note("g", "date 'Mon, 31 Feb 2021 10:00:00 GMT' cannot be read; it takes the day it was first seen")
    ]


def test_a_feed_that_is_not_well_formed_is_read_as_far_as_it_goes(read) -> None:
    """A bare ampersand and a missing end are noted, not fatal."""
    reading = read(
        '<rss version="2.0"><channel><item><title>Bread & roses</title><guid>https://x.example/1</guid></item>'
    )
    assert [item.title for item in reading.items] == ["Bread & roses"]
    assert reading.notes[0].text.startswith("not well-formed")


def test_an_empty_feed_is_good(read) -> None:
    """A newsroom may have said nothing yet."""
    assert read(RSS.format("")) == Reading([], [])


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        ("hello", "neither RSS, Atom nor RDF"),
        ("<!-- x --><!DOCTYPE html><html></html>", "HTML page"),
        ("<?xml version='1.0'?><svg/>", "neither RSS"),
        ("{", "begins like JSON"),
        ("{}", "no JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "`items` are missing"),
        ('{"a":' + "[" * 200_000, "nests too deep"),
        ('<!DOCTYPE r [<!ENTITY a "aaa">]>' + RSS.format("<item><title>&a;</title></item>"), "declares XML entities"),
        (
            '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + RSS.format("<item><title>&a;</title></item>"),
            "entities",
        ),
        (RSS.format("<item><title>x</title></item>" * 5_001), "more than 5,000 entries"),
        (RSS.format("<item>" + "<a>" * 100_000), "nest beyond reason"),
        (RSS.format("<item>" + "<" * 2_000_000), "too large to mend"),
        (RSS.format("<item " + " ".join(f"a{n}='1'" for n in range(20_000)) + "/>"), "more attributes"),
        ("x" * 10_000_001, "larger than 10 MB"),
        (b"\0" * 1000, "neither RSS"),
    ],
)
def test_what_is_no_feed_fails_in_one_line_and_at_once(read, body: str | bytes, cause: str) -> None:
    """The source is named, the cause is told, and nothing blows up."""
    begun = time.process_time()
    with pytest.raises(SourceError, match=f"^feed: .*{cause}") as caught:
        read(body)
    assert "\n" not in str(caught.value)
    assert time.process_time() - begun < 10


def test_an_external_dtd_is_not_fetched(read) -> None:
    """RSS 0.91 names a DTD; it is none of our business."""
    dtd = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:1/rss.dtd">'
    assert len(read(dtd + RSS.format("<item><title>T</title></item>")).items) == 1


def test_a_feed_in_another_charset_is_read(read) -> None:
    """The declaration counts."""
    text = '<?xml version="1.0" encoding="windows-1250"?>' + RSS.format("<item><title>Žižkov</title></item>")
    assert read(text.encode("windows-1250")).items[0].title == "Žižkov"


def test_json_values_of_wrong_kinds_are_passed_over(read) -> None:
    """Nothing in a JSON Feed is trusted to be a string, not even half of a surrogate pair."""
    items = [
        {"id": {}, "title": ["x"]},
        {"id": True, "title": "A\ud800", "tags": "no", "authors": [1], "image": 5, "summary": {}},
    ]
    reading = read(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}))
    assert [(item.title, item.guid, item.theme) for item in reading.items] == [("A", None, None)]


@given(
    st.lists(
        st.sampled_from(
            [
                "<item>",
                "</item>",
                "<title>",
                "</title>",
                "<link>",
                "x",
                "&",
                "&amp;",
                "<![CDATA[",
                "]]>",
                "<guid>",
                "<pubDate>",
                "2021",
                "</rss>",
                "<description>",
                "\0",
                "<media:content",
                ' url="',
                ">",
            ]
        ),
        max_size=30,
    )
)
def test_no_broken_feed_is_a_trap(tmp_path_factory, parts: list[str]) -> None:
    """Whatever is broken, the reader gives items or a SourceError."""
    path = tmp_path_factory.mktemp("feed") / "feed"
    path.write_text(RSS.replace("</channel></rss>", "").format("".join(parts)), encoding="utf-8")
    try:
        items = read_file(path).items
    except SourceError:
        return
    assert all(item.title for item in items)
