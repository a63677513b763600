"""MJML becomes HTML, and what the parser would refuse or spoil is taken care of."""

from __future__ import annotations

from html import unescape

import pytest
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.markup import MarkupError, check_markup, compile_mjml, take_inline_styles


def document(body: str = "", head: str = "") -> str:
    """A whole MJML document around one text block."""
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column><mj-text>{body}</mj-text></mj-column>"
        "</mj-section></mj-body></mjml>"
    )


def html_of(source: str, language: str = "en", direction: str = "ltr") -> str:
    """The HTML alone."""
    return compile_mjml(source, language, direction)[0]


def test_the_first_error_is_raised_with_its_offset() -> None:
    """So that the template's line can be found; what only warns keeps nothing from being composed."""
    source = document("<b>x</i><mj-txt></mj-txt>", '<mj-raw position="file-start"></mj-raw>')
    with pytest.raises(MarkupError, match="</i> where <b> is still open") as caught:
        check_markup(source)
    assert source[caught.value.offset :].startswith("</i>")
    check_markup(document("x", '<mj-raw position="file-start"></mj-raw>'))


def test_child_signs_and_trailing_blanks_are_allowed() -> None:
    """MJML allows `>` in style sheets and blanks at line ends; the parser does not."""
    html = html_of(document("x <b>y</b> <i>z</i>", "<mj-style> a > b { color: red } </mj-style>  \n "))
    assert "a > b { color: red }" in html
    assert "<b>y</b> <i>z</i>" in html


@pytest.mark.parametrize("blank", [" ", "\n", "\t\n ", " <!-- c --> ", "  \n  \n"])
def test_elements_without_children_may_hold_blanks(blank: str) -> None:
    """A loop that yields nothing leaves them."""
    nothing = "".join(f"<{name}>{blank}</{name}>" for name in ("mj-social", "mj-navbar", "mj-accordion"))
    source = document("", blank).replace("<mj-text></mj-text>", nothing)
    assert "<body" in html_of(source)


def test_the_preheader_says_language_and_direction() -> None:
    """MJML leaves them out, and does not hide it in Outlook (A01, A02, A30)."""
    html = html_of(document("x", "<mj-preview>words</mj-preview>"), "ar", "rtl")
    assert '<div lang="ar" dir="rtl" style="display:none;' in html
    assert "mso-hide:all" in html


def test_no_web_font_is_asked_for() -> None:
    """A font from elsewhere tells its owner who reads."""
    source = document("x", '<mj-attributes><mj-all font-family="Ubuntu, Roboto" /></mj-attributes>')
    assert "fonts.googleapis" not in html_of(source)


def test_inline_styles_are_taken_out_with_offsets_kept() -> None:
    """What is left is as long as it was."""
    source = document("x", '<mj-style inline="inline">b { color: red }</mj-style><mj-style>i { }</mj-style>')
    without, css = take_inline_styles(source)
    assert css == "b { color: red }" == compile_mjml(source, "en", "ltr")[1]
    assert len(without) == len(source)
    assert "i { }" in without


@pytest.mark.parametrize(
    ("text", "html"), [("éx>", "éx&gt;"), ("é>", "é&gt;"), ("a]]>b", "a]]&gt;b"), ("a > b", "a > b")]
)
def test_a_bare_sign_is_text(text: str, html: str) -> None:
    """`é>` would crash the parser, which looks back by bytes, and `]]>` is refused."""
    assert html in html_of(document(text))


def test_conditional_comments_stay_as_they_are() -> None:
    """Their halves may stand around what is between them."""
    halves = "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->"
    assert halves in html_of(document(halves))
    others = "<!--[if !mso]><!--><b>x</b><!--<![endif]-->"
    assert others in html_of(document(others))


@pytest.mark.parametrize(
    "words",
    ["العبّارات", "e\u0301", "👩\u200d🌾", "soft\u00adhyphen", "a\\b \\n \\u{41}", "&quot;x&quot; 'y'", "two\nlines"],
)
def test_attributes_come_out_as_they_went_in(words: str) -> None:
    """The parser writes marks, joiners and backslashes as Rust does for debugging; readers see letters."""
    source = f'<img src="https://e.org/a.png" alt="{words}" width="9" />'
    html, _ = compile_mjml(document(source), "en", "ltr")
    image = LexborHTMLParser(html).css_first("img")
    assert image is not None
    assert image.attributes["alt"] == unescape(words)
