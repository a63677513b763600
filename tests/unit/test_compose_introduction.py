"""The editor's introduction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.introduction import introduction_markup, introduction_paragraphs

WORDS = """Dear readers,

this month **three villages** saved
their ferry. Do come to the [orchard course](https://www.example.org/course)!

- one
- two, by <news@example.org>"""


def test_markdown_becomes_simple_html() -> None:
    """Paragraphs, emphasis, links and lists."""
    assert introduction_markup(WORDS) == (
        "<p>Dear readers,</p>\n<p>this month <strong>three villages</strong> saved\ntheir ferry. Do come to the "
        '<a href="https://www.example.org/course">orchard course</a>!</p>\n<ul>\n<li>one</li>\n<li>two, by '
        '<a href="mailto:news@example.org">news@example.org</a></li>\n</ul>'
    )


def test_links_are_written_out_in_plain_text() -> None:
    """Behind their words, unless the words are the address."""
    assert introduction_paragraphs(WORDS) == (
        "Dear readers,",
        "this month three villages saved their ferry. Do come to the orchard course (https://www.example.org/course)!",
        "• one",
        "• two, by news@example.org",
    )


def test_html_in_an_introduction_is_text() -> None:
    """An editor's slip does not break the mail."""
    assert "<script>" not in introduction_markup("a <script>alert(1)</script> </mj-text>")
    assert "&lt;script&gt;" in introduction_markup("a <script>alert(1)</script> </mj-text>")


def test_a_link_that_is_no_web_address_is_no_link() -> None:
    """The words stay."""
    assert introduction_markup("[here](javascript:alert)").count("href") == 0
    assert introduction_paragraphs("[here](/relative)") == ("here",)


def test_nothing_written_is_nothing_shown() -> None:
    """Neither an empty text nor blanks make a paragraph."""
    for nothing in (None, "", "  \n "):
        assert introduction_markup(nothing) == ""
        assert introduction_paragraphs(nothing) == ()


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    """No text is refused, and both forms are empty together."""
    assert bool(introduction_markup(text).strip()) or not "".join(introduction_paragraphs(text)).strip(" •0123456789.)")
