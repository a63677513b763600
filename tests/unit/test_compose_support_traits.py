"""Statements of CSS show the traits of features."""

from __future__ import annotations

import pytest

from coopdigest.compose.css import read_sheet, read_style
from coopdigest.compose.support.traits import image_traits, media_traits, traits_of


def of_style(style: str) -> set[str]:
    """The traits of a style attribute."""
    return {trait for statement in read_style(style) for trait in traits_of(statement)}


def of_sheet(css: str) -> set[str]:
    """The traits of a style sheet."""
    return {trait for statement in read_sheet(css) for trait in traits_of(statement)}


@pytest.mark.parametrize(
    ("style", "traits"),
    [
        ("display:flex", {"property:display", "pair:display:flex"}),
        ("display: INLINE-FLEX !important", {"pair:display:inline-flex", "syntax:important"}),
        ("-webkit-transform:none", {"property:transform"}),
        ("--x:1px", {"syntax:custom-property", "unit:px"}),
        ("color:var(--x, red)", {"function:var"}),
        ("width:calc(1vw + 2.5rem)", {"function:calc", "unit:vw", "unit:rem"}),
        ("margin:-8px auto .5em 50%", {"unit:px", "unit:em", "unit:%"}),
        ("background:-webkit-linear-gradient(red, blue)", {"function:linear-gradient"}),
        ("background:url(x.webp)", {"image:webp"}),
        ("color:rgb(0 0 0 / 50%)", {"function:rgb", "syntax:rgb-spaces"}),
        ("color:red!IMPORTANT", {"syntax:important", "word:red"}),
        ("width:fit-content", {"word:fit-content"}),
        ("all:initial", {"word:initial"}),
        ("/* x */color:red", {"syntax:css-comment", "property:color"}),
    ],
)
def test_declarations_show_their_traits(style: str, traits: set[str]) -> None:
    """Properties, pairs, functions, units, words and ways of writing."""
    assert traits <= of_style(style)


@pytest.mark.parametrize(
    ("style", "trait"),
    [
        ("color:rgb( 0 , 0,0 )", "syntax:rgb-spaces"),
        ("color:#5ec0de", "unit:ec"),
        ("background:url(a5em.png)", "unit:em"),
        ("content:'calc(1px)'", "function:calc"),
        ("font-family:h1px", "unit:px"),
        ("color:red", "syntax:important"),
    ],
)
def test_what_only_looks_like_a_trait_is_none(style: str, trait: str) -> None:
    """Colours, names, strings and addresses hold letters that mean nothing."""
    assert trait not in of_style(style)


@pytest.mark.parametrize(
    ("css", "traits"),
    [
        ("@import url(x.css);", {"at:import"}),
        ("@font-face{src:url(x.woff)}", {"at:font-face"}),
        ("@-webkit-keyframes x{from{top:0}}", {"at:keyframes"}),
        ("@media (prefers-color-scheme: dark){a{b:c}}", {"at:media", "media:prefers-color-scheme"}),
        ("@media (-webkit-min-device-pixel-ratio:2){}", {"media:-webkit-device-pixel-ratio"}),
        ("a{&:hover{b:c}}", {"syntax:css-nesting", "pseudo:hover"}),
        (".a.b{}", {"selector:class", "selector:chaining"}),
        ("a>b+c~d{}", {"selector:child", "selector:adjacent-sibling", "selector:general-sibling", "selector:type"}),
        ("a b{}", {"selector:descendant"}),
        ("a,b{}", {"selector:grouping"}),
        ("*{}", {"selector:universal"}),
        ("#a{}", {"selector:id"}),
        ("[data-x='y z'] a{}", {"selector:attribute", "selector:descendant"}),
        ("a:has(> img.b){}", {"pseudo:has", "selector:child", "selector:class"}),
        ("a:not(:has(b)){}", {"pseudo:not", "pseudo:has"}),
        ("p::before{}", {"pseudo:before"}),
        ("li:nth-child(2n + 1){}", {"pseudo:nth-child"}),
    ],
)  # fmt: skip
def test_rules_show_their_traits(css: str, traits: set[str]) -> None:
    """At-rules, media features and selectors of every sort."""
    assert traits <= of_sheet(css)


@pytest.mark.parametrize(
    ("css", "trait"),
    [
        (".a .b{}", "selector:chaining"),
        (".a,.b{}", "selector:chaining"),
        ("li:nth-child(2n + 1){}", "selector:adjacent-sibling"),
        ("@keyframes x{from{top:0}}", "selector:type"),
        ("a[b=c d]{}", "selector:descendant"),
        ("@media x{a{b:c}}", "syntax:css-nesting"),
        ("<!-- a{b:c} -->", "pseudo:b"),
    ],
)
def test_what_only_looks_like_a_selector_is_none(css: str, trait: str) -> None:
    """The scanner does not cry wolf."""
    assert trait not in of_sheet(css)


@pytest.mark.parametrize(
    ("url", "traits"),
    [
        ("https://e.org/a.WEBP?x=.png#y", {"image:webp"}),
        ("data:image/svg+xml;base64,AA", {"image:svg", "image:base64"}),
        ("https://e.org/picture", set()),
        ("https://[e.org/a.png", set()),
        ("", set()),
    ],
)
def test_a_picture_is_known_by_its_address(url: str, traits: set[str]) -> None:
    """By the end of its path, or by its own type."""
    assert set(image_traits(url)) == traits


def test_a_media_attribute_is_a_media_rule() -> None:
    """MJML writes some."""
    assert set(media_traits("screen and (min-width:480px)")) == {"at:media", "media:width"}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["(", "[a", '"', "\\", "/*", "url(a\\", ":not(", "a,", "a:a-", "!", "a:rgb( ", ".a", "a-", " ", "1", "@"]
)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """A hundred thousand characters are read in well under a second; in as many passes they would take a minute."""
    endless = piece * (100_000 // len(piece))
    for css in (f"a:{endless}", f"{endless}{{"):
        assert all(trait for statement in read_style(css) for trait in traits_of(statement))
