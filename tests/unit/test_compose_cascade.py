"""What holds for an element, and how it looks, is decided as a browser decides it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.cascade import Cascade, specificity
from coopdigest.compose.looks import Look, Looks
from coopdigest.compose.sheets import Sight, applies, parse_declarations, parse_sheet

LIGHT, DARK, NARROW = Sight(), Sight(dark=True), Sight(width=320)
PIECES = st.sampled_from(
    [
        "<style>", "</style>", "@media (prefers-color-scheme: dark) {", "@media", "{", "}", "}}", ";", ":", "/*", "*/",
        "!important", "p", ".a > b", "[data-ogsc] ", ":not(", ")", "::before", "color", "font: 12px/1.5 x", '"', "'",
        "background: url(", "\\", '<p style="', '">', "<td bgcolor=red width=9 align=middle>", "<table>", "\x00",
        "<font size=7 color=#zz>", "\ud800", "line-height:", "9e9", "-3em", "150%", "rgb(1,2", "padding:1 2 3 4 5",
        "opacity:nan", "font-weight: 9999999", "<template>", "<svg><style>p{}", "<br>", "<a href>", "text", "dir=rtl",
        "<html>", "<head>",
    ]
)  # fmt: skip


def look(html: str, sight: Sight = LIGHT, selector: str = "#x") -> Look:
    """How the element of that selector looks."""
    tree = LexborHTMLParser(html)
    node = tree.css_first(selector)
    assert node is not None
    return Looks(tree, Cascade(tree)).of(node, sight)


def colour(html: str, sight: Sight = LIGHT) -> str:
    """The text colour of #x."""
    return "#{:02x}{:02x}{:02x}".format(*look(html, sight).colour)


@pytest.mark.parametrize(
    ("css", "style", "expected"),
    [
        ("p{color:#111}", "", "#111111"),
        ("p{color:#111}p{color:#222}", "", "#222222"),
        (".c{color:#111}p{color:#222}", "", "#111111"),
        ("#x{color:#111}.c.d{color:#222}", "", "#111111"),
        ("p{color:#111}", "color:#333", "#333333"),
        ("p{color:#111 !important}", "color:#333", "#111111"),
        ("p{color:#111!IMPORTANT}.c{color:#222}", "", "#111111"),
        ("p{color:#111 !important}", "color:#333 !important", "#333333"),
        ("p{color:#111;color:nonsense}", "", "#111111"),
        ("p{color:#111}p:hover{color:#222}p::before{color:#333}", "", "#111111"),
        ("div>p{color:#111}", "", "#111111"),
        ("a,p[class~=c],b{color:#111}", "", "#111111"),
        ("p{color:#111}p[{color:#222}", "", "#111111"),
        ("@media print{p{color:#222}}p{color:#111}", "", "#111111"),
        ("p{color:#111}@media screen{p{color:#222}}", "", "#222222"),
        ("@supports (color:red){p{color:#111}}", "", "#111111"),
        ("@font-face{color:#222}@import url(x);p{color:#111}", "", "#111111"),
        ("/*p{color:#222}*/p{/**/color:#111}", "", "#111111"),
        ("p{color:#111", "", "#111111"),
        ("div{color:#111}", "", "#111111"),
        ("div{color:#111}p{color:inherit}", "", "#111111"),
        ("", "", "#000000"),
    ],
)
def test_the_strongest_declaration_wins(css: str, style: str, expected: str) -> None:
    """By importance, place, specificity, order; what cannot be read does not count."""
    html = f'<style>{css}</style><div><p id=x class="c d" style="{style}">y</p></div>'
    assert colour(html) == expected


def test_dark_rules_hold_for_dark_readers_only() -> None:
    """And beat a style attribute only when they are important."""
    html = "<style>@media (prefers-color-scheme: dark){p{color:#eee !important}b{color:#eee}}</style>"
    html += '<p id=x style="color:#111">y</p>'
    assert (colour(html), colour(html, DARK)) == ("#111111", "#eeeeee")
    assert colour(html.replace("p{", "i{").replace("b{", "p{"), DARK) == "#111111"


def test_narrow_rules_hold_for_narrow_readers_only() -> None:
    """Sizes change with the width, as do whole sheets by their media attribute."""
    html = "<style>@media only screen and (max-width:479px){p{font-size:20px}}</style>"
    html += '<style media="(min-width: 480px)">p{color:#123456}</style><p id=x>y</p>'
    assert (look(html).size, look(html, NARROW).size) == (16, 20)
    assert (colour(html), colour(html, NARROW)) == ("#123456", "#000000")


@pytest.mark.parametrize(
    ("media", "holds"),
    [
        ("screen", (True, True)),
        ("print, (prefers-color-scheme:dark)", (False, True)),
        ("not all and (prefers-color-scheme: dark)", (True, False)),
        ("(prefers-color-scheme : light)", (True, False)),
        ("(min-width: 30em)", (True, True)),
        ("(min-width: 800px) and (max-width: 800px)", (True, True)),
        ("(max-width: 50em)", (True, True)),
        ("(max-width: 49em)", (False, False)),
        ("(max-width: 799.5px)", (False, False)),
        ("yahoo", (False, False)),
    ],
)
def test_a_media_query_is_met_or_not(media: str, holds: tuple[bool, bool]) -> None:
    """By light and by dark readers with a wide screen; what is unknown is not met."""
    assert (applies((media,), LIGHT), applies((media,), DARK)) == holds


@pytest.mark.parametrize(
    ("selector", "weight"),
    [
        ("p", (0, 0, 1)),
        ("*", (0, 0, 0)),
        ("div > p.a[b='c.d'] a:link", (0, 3, 3)),
        ("#a .b c", (1, 1, 1)),
        ("p:not(.a)", (0, 1, 1)),
        (":where(#a) p", (0, 0, 1)),
    ],
)
def test_a_selector_weighs_what_css_says(selector: str, weight: tuple[int, int, int]) -> None:
    """Ids, classes, elements."""
    assert specificity(selector) == weight


def test_shorthands_are_taken_apart() -> None:
    """Whatever they leave out is reset."""
    found = {
        d.name: d.value for d in parse_declarations("font: bold 14px/1.5 A; padding: 1px 2px; background: #FFF url(x)")
    }
    assert found == {
        "font-size": "14px", "line-height": "1.5", "font-weight": "bold", "padding-top": "1px", "padding-right": "2px",
        "padding-bottom": "1px", "padding-left": "2px", "background-color": "#fff", "background-image": "url(x)",
    }  # fmt: skip


def test_a_semicolon_in_an_address_parts_nothing() -> None:
    """Nor does one in quotes."""
    found = parse_declarations("background:url(data:a;b) #fff;font-family:'a;b';color:red")
    assert [d.name for d in found] == ["background-color", "background-image", "font-family", "color"]


def test_half_a_declaration_is_none() -> None:
    """Neither a name nor a value alone."""
    assert parse_declarations("color;:red;color:;!important;") == ()


def test_rules_may_nest_as_deep_as_they_like() -> None:
    """The reading gives up before Python does."""
    assert parse_sheet("@media screen {" * 5_000 + "p{color:red}") == ()


def test_a_sheet_keeps_its_conditions() -> None:
    """Outside in."""
    rules = parse_sheet("@media a{@media b{p,q{color:red}}}")
    assert [(rule.selector, rule.media) for rule in rules] == [("p", ("a", "b")), ("q", ("a", "b"))]


def test_a_rule_in_a_rule_is_left_out() -> None:
    """What stands around it is not; nor are selectors parted in what they hold."""
    rules = parse_sheet("p{color:red;b{color:blue}margin:0 1px}a:not(:is(b, c)), d{top:0}@page{top:0}")
    assert [(rule.selector, [d.name for d in rule.declarations]) for rule in rules] == [
        ("p", ["color", "margin-top", "margin-right", "margin-bottom", "margin-left"]),
        ("a:not(:is(b, c))", ["top"]),
        ("d", ["top"]),
    ]


@pytest.mark.parametrize(
    ("html", "ground"),
    [
        ("<p id=x>", (255, 255, 255)),
        ('<table bgcolor="#111111"><td id=x>', (17, 17, 17)),
        ('<div style="background:#111"><p id=x style="background:rgba(255,255,255,.5)">', (136, 136, 136)),
        ('<div style="background:#111"><p id=x style="background:none">', (17, 17, 17)),
        ('<p id=x style="background:#111;background:bogus">', (17, 17, 17)),
        ('<div style="background:#111"><p id=x style="background:url(a.png)">', None),
        ('<div style="background:#111 url(a.png)"><p id=x>', (17, 17, 17)),
        ('<p id=x style="color:#123456;background:currentcolor">', (18, 52, 86)),
    ],
)
def test_the_ground_is_the_nearest_opaque_one(html: str, ground: tuple[int, int, int] | None) -> None:
    """What shines through is blended, and a picture without a colour leaves it unknown."""
    assert look(html).ground == ground


def test_without_a_ground_dark_clients_bring_their_own() -> None:
    """Where the document says that it supports dark."""
    html = '<meta name="color-scheme" content="light dark"><p id=x>'
    assert look(html).colour == (0, 0, 0)
    assert look(html, DARK).colour == (255, 255, 255)
    assert look("<style>:root{color-scheme:light dark}</style><p id=x>", DARK).colour == (255, 255, 255)
    assert look("<p id=x>", DARK).colour == (0, 0, 0)


@pytest.mark.parametrize(
    ("html", "size", "line"),
    [
        ("<p id=x>", 16, 19.2),
        ("<h1 id=x>", 32, 38.4),
        ('<div style="font-size:20px;line-height:1.5"><p id=x style="font-size:50%">', 10, 15),
        ('<div style="font-size:20px;line-height:1.5em"><p id=x style="font-size:.5em">', 10, 30),
        ('<div style="line-height:150%"><p id=x style="font-size:12pt">', 16, 24),
        ('<p id=x style="font:large/20px x">', 18, 20),
        ('<p id=x style="font-size:large">', 18, 21.6),
        ('<p id=x style="font-size:12">', 16, 19.2),
        ('<p id=x style="font-size:larger">', 19.2, 23.04),
        ('<p id=x style="font-size:smaller">', 40 / 3, 16),
        ("<font id=x size=2>", 13, 15.6),
    ],
)
def test_sizes_are_computed_in_pixels(html: str, size: float, line: float) -> None:
    """Relative ones from what is around; a factor is inherited as one, a height as a height."""
    found = look(html)
    assert (found.size, found.line) == (pytest.approx(size), pytest.approx(line))


@pytest.mark.parametrize(
    ("html", "hidden"),
    [
        ("<p id=x>", False),
        ('<div style="display:none"><p id=x>', True),
        ('<div style="max-height:0;overflow:hidden"><p id=x>', True),
        ('<div style="max-height:0"><p id=x>', False),
        ('<p id=x style="height:1px;overflow:hidden">', True),
        ('<p id=x style="height:2px;overflow:hidden">', False),
        ('<p id=x style="opacity:0">', True),
        ('<p id=x style="visibility:hidden">', True),
        ("<p id=x hidden>", True),
    ],
)
def test_what_is_hidden_is_known(html: str, hidden: bool) -> None:
    """With what it holds."""
    assert look(html).hidden is hidden


def test_an_underline_runs_through_what_is_inside() -> None:
    """But not through boxes in the line."""
    assert look("<a href=y><b id=x>").underlined
    assert look('<a href=y><b id=x style="text-decoration:none">').underlined
    assert not look('<a href=y><b id=x style="text-decoration:none;display:inline-block">').underlined
    assert not look('<a href=y style="text-decoration:none"><b id=x>').underlined
    assert not look("<a><b id=x>").underlined


def test_direction_and_alignment_come_from_attributes_too() -> None:
    """Style goes first."""
    assert look("<div dir=rtl><p id=x>").direction == "rtl"
    assert look('<div dir=rtl><p id=x style="direction:ltr">').direction == "ltr"
    assert look("<div dir=rtl><bdi id=x>12 news").direction == "ltr"
    assert look("<bdi id=x>12 أخبار").direction == look("<p dir=auto id=x>أخبار a").direction == "rtl"
    assert look("<div dir=rtl><bdi id=x dir=rtl>a").direction == "rtl"
    assert look("<table><td align=right><p id=x>").align == "right"
    assert look('<table><td align=right style="text-align:left"><p id=x>').align == "left"


@pytest.mark.parametrize(
    ("html", "own"),
    [
        ("<div id=x align=right width=9 bgcolor=red>", {"text-align": "right"}),
        ("<table><tr><td id=x nowrap width=50% height=7 align=middle>", {
            "white-space": "nowrap", "width": "50%", "height": "7px", "text-align": "center"}),
        ("<img id=x align=right width=9 height=x nowrap size=3 color=red>", {"width": "9px"}),
        ("<font id=x color=red size=5 bgcolor=red>", {"color": "red", "font-size": "24px"}),
        ("<font id=x size=99>", {}),
        ("<p id=x text=red color=red size=3 nowrap background=y>", {}),
    ],
)  # fmt: skip
def test_attributes_of_old_count_where_they_mean_something(html: str, own: dict[str, str]) -> None:
    """By the elements that HTML gives them to."""
    assert look(html).own == own


def test_only_links_have_a_links_colour() -> None:
    """Whatever carries an address."""
    assert colour("<a id=x href=y>") == "#0000ee"
    assert colour("<a id=x>") == colour("<p id=x href=y>") == "#000000"


@pytest.mark.parametrize(
    ("html", "bold"),
    [
        ("<b id=x>", True),
        ("<b><i id=x>", True),
        ("<b id=x style='font-weight:normal'>", False),
        ("<p id=x style='font-weight:700'>", True),
        ("<p id=x style='font-weight:600'>", False),
        ("<b><b id=x style='font-weight:inherit'>", True),
        ("<p><b id=x style='font-weight:inherit'>", False),
    ],
)
def test_weight_is_inherited(html: str, bold: bool) -> None:
    """From the element, its tag, or what is around."""
    assert look(html).bold is bold


def test_long_words_break_where_it_is_said() -> None:
    """By any of the names of it, inherited until it is taken back."""
    assert look('<div style="word-break:break-word"><p id=x>').breaks_words
    assert look('<p id=x style="overflow-wrap:anywhere">').breaks_words
    assert not look('<div style="word-wrap:break-word"><p id=x style="overflow-wrap:normal">').breaks_words
    assert not look("<p id=x>").breaks_words


@settings(max_examples=300)
@given(st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join))
def test_no_document_breaks_the_cascade(html: str) -> None:
    """However broken it is."""
    tree = LexborHTMLParser(html.encode("utf-8", "replace").decode())
    looks = Looks(tree, Cascade(tree))
    for node in tree.css("*"):
        for sight in (LIGHT, DARK, NARROW):
            found = looks.of(node, sight)
            assert found.size >= 0
            assert found.ink()


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_no_sheet_breaks_the_reading(css: str) -> None:
    """Nor a declaration."""
    assert isinstance(parse_sheet(css), tuple)
    assert isinstance(parse_declarations(css), tuple)
