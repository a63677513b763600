"""Inlining puts rules into elements and loses nothing."""

from __future__ import annotations

import pytest

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
