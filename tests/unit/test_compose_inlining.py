"""Inlining puts rules into elements and loses nothing."""

from __future__ import annotations

import pytest
from premailer import Premailer
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.inlining import inline
from coopdigest.domain.errors import CompositionError

PAGE = (
    '<!doctype html><html lang="en"><head><title>t</title><style>@media (x:y) { .a { color: red !important } }</style>'
    '</head><body><!--[if mso]><table><tr><td><![endif]--><p class="a">x</p><!--[if mso]></td></tr></table><![endif]-->'
    '<a href="slot0123456789abcdef01234567unsubscribeend">u</a></body></html>'
)


def test_rules_go_into_elements_and_the_rest_stays() -> None:
    """Doctype, media rules, `!important`, comments for Outlook and markers survive."""
    html = inline(PAGE, ".a { color: blue }")
    assert html.startswith("<!DOCTYPE html>")
    assert '<p class="a" style="color:blue">' in html
    assert "@media (x:y) { .a { color: red !important } }" in html
    assert "<!--[if mso]><table><tr><td><![endif]-->" in html
    assert 'href="slot0123456789abcdef01234567unsubscribeend"' in html
    assert "data-premailer" not in html


def test_important_rules_stay_important() -> None:
    """Premailer would strip the word."""
    assert 'style="color:blue !important"' in inline(PAGE, ".a { color: blue !important }")


def test_no_rule_means_no_change() -> None:
    """A template without an inline sheet works too."""
    assert '<p class="a">x</p>' in inline(PAGE, "")


@pytest.mark.parametrize(
    "css",
    ["@import url(http://127.0.0.1:1/x.css);", r"\40 import 'x';", "@media print { p { color: red } }", "</style>"],
)
def test_a_sheet_with_at_rules_is_refused(css: str) -> None:
    """An at-rule cannot be inlined, and an import would be fetched."""
    with pytest.raises(CompositionError, match="plain <mj-style>"):
        inline(PAGE, css)


MAIL = """<!DOCTYPE html>
<html lang="en"><head><title>x</title></head><body><div lang="en" dir="ltr"><h1 style="color: blue">News</h1>
<p class="facts">29 May &#183; <a href="https://e.org/?a=1&amp;b=2">here</a> 漢</p>
<p class="facts late" style="margin: 1px">x</p>
<!--[if mso]><table><tr><td><![endif]-->
<ul class="list"><li>one<li><b>two</b></ul>
<!--[if mso]></td></tr></table><![endif]-->
<img src="https://e.org/a.png" alt="a &quot;b&quot;" width="9"></div></body></html>"""
SHEET = """
h1, h2 { color: red; font-family: Georgia, 'Times New Roman', serif; }
p { margin: 8px 0 0; color: #111 } p.facts { color: #222; font-size: 14px } .facts.late { color: #333 !important }
.list li { padding: 3px 0; } a { color: teal } a:hover { color: red } p a { text-decoration: underline }
"""


def said(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every element with its attributes, the declarations of its style without their spelling."""
    found = []
    for node in LexborHTMLParser(html).css("*"):
        attributes = dict(node.attributes)
        if attributes.get("style"):
            attributes["style"] = (attributes["style"] or "").replace('"', "'").replace(" ", "")
        found.append((node.tag or "", attributes))
    return found


def test_the_styles_are_those_that_premailer_writes() -> None:
    """What its parts and our walk make of a mail is what the whole of it makes with everything harmful turned off."""
    whole = Premailer(
        MAIL,
        css_text=[SHEET],
        keep_style_tags=True,
        strip_important=False,
        disable_leftover_css=True,
        disable_validation=True,
        align_floating_images=False,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        disable_link_rewrites=True,
        allow_network=False,
    )
    assert said(inline(MAIL, SHEET)) == said(whole.transform(pretty_print=False))
