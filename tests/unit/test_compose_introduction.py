"""The editor's introduction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.introduction import Block, WrittenLink, introduction_blocks, introduction_markup

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
    """After their paragraph, unless the words are the address."""
    assert introduction_blocks(WORDS) == (
        Block("Dear readers,", "", ()),
        Block(
            "this month three villages saved their ferry. Do come to the orchard course!",
            "",
            (WrittenLink("orchard course", "https://www.example.org/course"),),
        ),
        Block("one", "• ", ()),
        Block("two, by news@example.org", "• ", ()),
    )


def test_lists_keep_their_depth_and_numbers() -> None:
    """A list inside a list is indented, and a second paragraph of an entry stands below the first."""
    blocks = introduction_blocks("1. one\n\n   more\n\n2. two\n   - deeper\n\nend")
    assert [(block.bullet, block.words) for block in blocks] == [
        ("1. ", "one"), ("   ", "more"), ("2. ", "two"), ("  • ", "deeper"), ("", "end"),
    ]  # fmt: skip


def test_html_in_an_introduction_is_text() -> None:
    """An editor's slip does not break the mail."""
    assert "<script>" not in introduction_markup("a <script>alert(1)</script> </mj-text>")
    assert "&lt;script&gt;" in introduction_markup("a <script>alert(1)</script> </mj-text>")


def test_a_link_that_is_no_web_address_is_no_link() -> None:
    """The words stay."""
    assert introduction_markup("[here](javascript:alert)").count("href") == 0
    assert introduction_blocks("[here](/relative)") == (Block("here", "", ()),)


def test_nothing_written_is_nothing_shown() -> None:
    """Neither an empty text nor blanks make a paragraph."""
    for nothing in (None, "", "  \n "):
        assert introduction_markup(nothing) == ""
        assert introduction_blocks(nothing) == ()


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    """No text is refused, and both forms are empty together."""
    assert bool(introduction_markup(text).strip()) or not introduction_blocks(text)


def test_what_else_editors_write_is_no_litter() -> None:
    """A heading is a bold paragraph, a rule is nothing, a quotation one, and a bare address a link."""
    written = "# Welcome\n\n> so they say\n\n---\n\nAsk news@example.org, or see https://www.example.org/a."
    markup = introduction_markup(written).replace("\n", "")
    assert markup == (
        "<p><strong>Welcome</strong></p><blockquote><p>so they say</p></blockquote>"
        '<p>Ask <a href="mailto:news@example.org">news@example.org</a>, or see '
        '<a href="https://www.example.org/a">https://www.example.org/a</a>.</p>'
    )
    words = ["Welcome", "so they say", "Ask news@example.org, or see https://www.example.org/a."]
    assert [block.words for block in introduction_blocks(written)] == words
