"""How words, addresses and markup of sources are made harmless and bounded."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.ports import Note
from coopdigest.sources.candidate import Candidate, Picture, make_item
from coopdigest.sources.charsets import decode_document
from coopdigest.sources.dates import Moment
from coopdigest.sources.markup import inline_markup, nests_too_deep, plain_text
from coopdigest.sources.pictures import find_picture
from coopdigest.sources.sanitise import clean_language, clean_line, clean_paragraphs, clean_url, shorten


def make(**facts: object):
    """An item and its notes from a candidate."""
    notes: list[Note] = []
    return make_item(Candidate(place="here", **{"title": "T", **facts}), notes), [note.text for note in notes]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        *(("  two\t words \r\n here ", "two words here"), ("a\u202eb\u2066c\0d\ud800e\ufefff\x1b[0m", "abcdef[0m")),
        *(
            ("a\u2028b\x0bc", "a b c"),
            ("\u200b \u00ad", None),
            (None, None),
            ("می\u200cخواهم 👩\u200d🌾", "می\u200cخواهم 👩\u200d🌾"),
        ),
    ],
)
def test_a_line_keeps_only_what_one_can_read(text: str | None, line: str | None) -> None:
    """Controls, overrides and surrogates go; joiners that scripts and emoji need stay."""
    assert clean_line(text) == line


@given(st.text())
def test_no_text_leaves_a_line_that_harms(text: str) -> None:
    """Any text becomes one encodable line without control characters, or nothing."""
    line = clean_line(text)
    if line is not None:
        assert line.encode()
        assert line.isprintable() or not re.search("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)


def test_paragraphs_are_parted_by_blank_lines() -> None:
    """Line ends inside a paragraph are blanks."""
    assert clean_paragraphs("one\r\nline\r\n \t\r\n\r\ntwo\n") == "one line\n\ntwo"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ('https://example.org/a b?q="x"#y', "https://example.org/a%20b?q=%22x%22#y"),
        ("/rel", "https://base.example.org/rel"),
        ("//other.example.org/x", "https://other.example.org/x"),
        ("mailto:desk@example.org", "mailto:desk@example.org"),
        ("java\nscript:alert(1)", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://bank.example.org@evil.example/", None),
        ("https://[::1", None),
        ("https://example.org:99999/", None),
        ("mailto:", None),
        ("https://example.org/" + "x" * 3000, None),
        ("https://example.org/ü", "https://example.org/ü"),
    ],
)
def test_an_address_is_absolute_and_of_a_known_scheme(url: str, clean: str | None) -> None:
    """Whatever is not plain http, https or mailto is no address."""
    assert clean_url(url, "https://base.example.org/news/") == clean


@given(st.text(max_size=80))
def test_no_address_breaks_out_of_its_attribute(text: str) -> None:
    """Whatever passes has a known scheme and no character that ends an attribute."""
    clean = clean_url(text, "https://example.org/")
    assert clean is None or (re.match(r"https?://|mailto:", clean) and not re.search(r"[\s\"<>]", clean, re.ASCII))


@pytest.mark.parametrize(
    ("tag", "clean"),
    [("en_US", "en-US"), (" fr ", "fr"), ("english language", None), ("", None), (None, None), ("x" * 40, None)],
)
def test_a_language_is_a_tag(tag: str | None, clean: str | None) -> None:
    """What is no BCP 47 tag is no language."""
    assert clean_language(tag) == clean


def test_markup_becomes_paragraphs_and_simple_inline_elements() -> None:
    """Blocks part paragraphs, breaks stay, scripts and pictures go, links are absolute."""
    raw = (
        "<div><h2>Head</h2><p>one <strong>two</strong>\n<i>three</i><br>four &lt; 5 &amp;&nbsp;6</p>"
        '<script>x()</script><ul><li>a</li><li>b</li></ul><a href="/x?a=1&b=2" onclick="y()">go</a>'
        '<a href="javascript:z">words</a><img src="p.png"></div>'
    )
    assert plain_text(raw) == "Head\n\none two three\nfour < 5 & 6\n\na\nb\n\ngowords"
    assert inline_markup(raw, "https://example.org/") == (
        "Head<br><br>one <strong>two</strong> <i>three</i><br>four &lt; 5 &amp; 6<br><br>a<br>b<br><br>"
        '<a href="https://example.org/x?a=1&amp;b=2">go</a>words'
    )


def test_markup_without_inline_elements_is_only_text() -> None:
    """Paragraphs alone need no markup, and empty elements are none."""
    assert inline_markup("<p>one</p><p>two<b></b><a href='https://x.example/'><img src=y></a></p>", None) is None


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</b>",
                "<a href='/x'>",
                "</a>",
                "<br>",
                "<script>",
                "<li>",
                "<",
                ">",
                "&",
                "&lt;",
                "&amp;",
                "x",
                " ",
                '"',
                "<svg>",
                "<!--",
                "]]>",
                "<table>",
                "<i onload=x>",
            ]
        ),
        max_size=25,
    )
)
def test_no_markup_leaves_more_than_simple_elements(parts: list[str]) -> None:
    """Whatever comes in, only known elements come out, each closed, and the plain text says the same words."""
    raw = "".join(parts)
    inline = inline_markup(raw, "https://example.org/") or ""
    assert re.fullmatch(r'(?:[^<>]|<br>|</?(?:a|b|strong|i|em)>|<a href="https://example\.org/x">)*', inline)
    for tag in ("a", "b", "i"):
        assert len(re.findall(rf"<{tag}\b", inline)) == inline.count(f"</{tag}>")
    assert "\n\n\n" not in plain_text(raw)


@pytest.mark.parametrize(
    "unit", ["<div>", "<b>", "<a href=x><b>", "<table>", "<div></x>", "<", "<a", "<div/>", "&lt;", "<p><b>"]
)
def test_deep_or_broken_markup_costs_no_time(unit: str) -> None:
    """Nested elements, of which the parsers make quadratic work, are read as plain words."""
    raw = unit * (100_000 // len(unit)) + "words"
    begun = time.process_time()
    plain_text(raw)
    inline_markup(raw, None)
    find_picture(raw + "<img src=x>")
    assert time.process_time() - begun < 5


def test_markup_that_nests_beyond_people_is_read_as_plain_words() -> None:
    """A few nested elements are markup, hundreds are an attack and lose theirs."""
    assert inline_markup("<b>" * 3 + "words", None) == "<b><b><b>words</b></b></b>"
    assert inline_markup("<b>" * 500 + "words", None) is None
    assert plain_text("<b>" * 500 + "words") == "words"


def test_hollow_elements_nest_in_html_but_not_in_xml() -> None:
    """An element closed by its own slash opens one in HTML."""
    assert nests_too_deep("<x/>" * 500)
    assert not nests_too_deep("<x/>" * 500, is_xml=True)


def test_the_first_picture_that_shows_something_is_found() -> None:
    """Counting pixels and inline data are no pictures; a lazily loaded one is."""
    raw = (
        '<img src="https://t.example/x" height="1"><img src="data:image/gif;base64,R0" data-src="/p.jpg" alt="A boat">'
    )
    assert find_picture(raw) == Picture(url="/p.jpg", alt="A boat")
    assert find_picture('<img srcset="/s.jpg 1x, /l.jpg 2x">') == Picture(url="/s.jpg")
    assert find_picture("<p>none</p>") is None


def test_what_cannot_stand_in_a_message_is_left_out_and_said() -> None:
    """A link or a picture that is no web address goes, the item stays."""
    item, notes = make(url="ftp://example.org/x", picture=Picture(url="/p.png"), language="not a tag")
    assert item is not None
    assert (item.url, item.image, item.language) == (None, None, None)
    assert notes == [
        "its link is not an absolute http, https or mailto address; left out",
        "its picture has no absolute http or https address; left out",
    ]


def test_an_item_without_a_title_is_left_out_and_said() -> None:
    """A title of invisible characters is none."""
    assert make(title=" \u200b\u202e ") == (None, ["no title; left out"])


def test_endless_fields_are_cut_and_said() -> None:
    """Titles end at 1,000 characters and summaries at 20,000, at a word."""
    item, notes = make(title="word " * 500, summary="word " * 9_000)
    assert item is not None
    assert item.summary is not None
    assert len(item.title) <= 1_000
    assert item.title.endswith("word…")
    assert len(item.summary) <= 20_000
    assert notes == ["title is longer than 1,000 characters; cut", "summary is longer than 20,000 characters; cut"]
    item, notes = make(markup="<b>word</b> " * 9_000)
    assert item is not None
    assert item.summary_html is None
    assert "cut, and its links left out" in notes[0]


@given(st.text(min_size=1), st.integers(1, 20))
def test_shortening_keeps_the_limit(text: str, limit: int) -> None:
    """A cut text is never longer than agreed, and a short one is not touched."""
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


def test_facts_pass_as_they_are() -> None:
    """Credit, theme, day and guid are kept as written."""
    item, notes = make(credit="© SEWA 2022", theme=" ILO  at Expo ", moment=Moment(date(2021, 1, 2)), guid="g 1")
    assert item is not None
    assert (item.credit, item.theme, item.day, item.guid, notes) == (
        "© SEWA 2022",
        "ILO at Expo",
        date(2021, 1, 2),
        "g 1",
        [],
    )


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<p>é – ž</p>".encode(), None),
        ("\ufeff<p>é – ž</p>".encode(), "iso-8859-1"),
        ("\ufeff<p>é – ž</p>".encode("utf-16-le"), None),
        ("<p>é – ž</p>".encode("windows-1252"), None),
        ("<p>é – ž</p>".encode("windows-1252"), "iso-8859-1"),
        ("<meta charset=windows-1250><p>é – ž</p>".encode("windows-1250"), None),
        ("<?xml version='1.0' encoding='windows-1257'?><p>é – ž</p>".encode("windows-1257"), None),
        ("<?xml version='1.0'?><p>é – ž</p>".encode("utf-16-be"), None),
        ("<p>é – ž</p>".encode(), "no-such-charset"),
        ("<p>é – ž</p>".encode(), "base64"),
    ],
)
def test_a_document_is_read_in_its_charset(body: bytes, charset: str | None) -> None:
    """Marks, the server, the document and the habit of browsers decide, in this order."""
    assert decode_document(body, charset).endswith("<p>é – ž</p>")


@given(st.binary(max_size=200), st.none() | st.text(max_size=10))
def test_any_bytes_are_text(body: bytes, charset: str | None) -> None:
    """No bytes and no charset break the decoder."""
    assert isinstance(decode_document(body, charset), str)
