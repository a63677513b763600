"""MJML is looked through before the parser sees it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.markup import MarkupError, check_markup, render_mjml, take_inline_styles


def document(body: str = "", head: str = "") -> str:
    """A whole MJML document around one text block."""
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column><mj-text>{body}</mj-text></mj-column>"
        "</mj-section></mj-body></mjml>"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (document("<b>x"), "</mj-text> where <b> is still open"),
        (document("</b>"), "</b> where <mj-text> is still open"),
        (document("1 < 2"), "a lone <"),
        (document('<a href="x>y</a>'), "a lone <"),
        (document("<a href=x>y</a>"), "without quotes"),
        (document("<BR>"), "not in lower case"),
        (document("<!-- a -- b -->"), "a comment with --"),
        (document("a\x08b"), "a control character"),
        (document("<i>" * 200 + "</i>" * 200), "deeper than 100"),
        ("<mjml><mj-body>", "<mj-body> is never closed"),
        ("</mjml>", "</mjml> closes nothing"),
        ("<mjml></mjml>", "0 <mj-body>"),
        ("<mjml><mj-body></mj-body><mj-body></mj-body></mjml>", "2 <mj-body>"),
        ("<mjml><mj-body><mj-txt></mj-txt></mj-body></mjml>", "<mj-txt> is no MJML element"),
        ("<mjml><mj-body><mj-text></mj-text></mj-body></mjml>", "<mj-text> has no effect directly in <mj-body>"),
        ('<mjml><mj-body><mj-include path="x" /></mj-body></mjml>', "{% include"),
    ],
)
def test_what_is_not_well_formed_is_named(source: str, message: str) -> None:
    """The parser would accept it silently, refuse it without a line, or crash."""
    with pytest.raises(MarkupError) as caught:
        check_markup(source)
    assert message in str(caught.value)


def test_the_offset_points_at_the_fault() -> None:
    """So that the template's line can be found."""
    source = document("<b>x</i>")
    with pytest.raises(MarkupError) as caught:
        check_markup(source)
    assert source[caught.value.offset :].startswith("</i>")


def test_child_signs_and_trailing_blanks_are_allowed() -> None:
    """MJML allows `>` in style sheets and blanks at line ends; the parser does not."""
    html = render_mjml(document("x <b>y</b> <i>z</i>", "<mj-style> a > b { color: red } </mj-style>  \n "), "en", "ltr")
    assert "a > b { color: red }" in html
    assert "<b>y</b> <i>z</i>" in html


def test_the_preheader_says_language_and_direction() -> None:
    """MJML leaves them out, and does not hide it in Outlook (A01, A02, A30)."""
    html = render_mjml(document("x", "<mj-preview>words</mj-preview>"), "ar", "rtl")
    assert '<div lang="ar" dir="rtl" style="display:none;' in html
    assert "mso-hide:all" in html


def test_no_web_font_is_asked_for() -> None:
    """A font from elsewhere tells its owner who reads."""
    source = document("x", '<mj-attributes><mj-all font-family="Ubuntu, Roboto" /></mj-attributes>')
    assert "fonts.googleapis" not in render_mjml(source, "en", "ltr")


def test_inline_styles_are_taken_out_with_offsets_kept() -> None:
    """What is left is as long as it was."""
    source = document("x", '<mj-style inline="inline">b { color: red }</mj-style><mj-style>i { }</mj-style>')
    without, css = take_inline_styles(source)
    assert css == "b { color: red }"
    assert len(without) == len(source)
    assert "i { }" in without


def test_a_bare_sign_after_an_accent_is_text() -> None:
    """`é>` would crash the parser, which looks back by bytes."""
    assert "éx&gt;" in render_mjml(document("éx>"), "en", "ltr")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<br>", "<br/>", "x", " ", "&lt;", "<", ">", '<a href="u">', "</a>", "<!-- c -->", "é"]
        )
    )
)
def test_what_passes_the_check_is_taken_by_the_parser(pieces: list[str]) -> None:
    """Nothing that looks well formed to us fails later without a line."""
    source = document("".join(pieces))
    try:
        check_markup(source)
    except MarkupError:
        return
    render_mjml(source, "en", "ltr")
