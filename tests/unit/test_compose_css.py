"""CSS is read into statements, whatever it is."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.css import (
    Kind,
    Statement,
    empty_quoted,
    read_sheet,
    read_style,
    split_commas,
    split_important,
)
from coopdigest.compose.sheets import parse_declarations, parse_sheet
from coopdigest.compose.support.traits import traits_of

PIECES = (
    *"{}()[];:,@>+~*& \n\0\"'\\-%", "@media", "@import", "!important", "/*", "*/", "url(", "<!--", "-->", "a", ".b",
    "#c", "::after", ":not(", "\u202e", "é", "\ud800", "1px", "--x", "rgb(0 0 0 / 5%)", "data:", "var(--x)",
)  # fmt: skip
soups = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=60).map("".join)


def shape(statements: Iterable[Statement]) -> list[tuple[str, str, str]]:
    """Statements as kind, name and text."""
    return [(statement.kind.name, statement.name, statement.text) for statement in statements]


def test_a_sheet_is_read_in_its_order() -> None:
    """At-rules, selectors, declarations and comments, each with the rule around it."""
    css = '@import "x.css"; @media (min-width: 1px) { /* note */ .a > b, c { color: red; margin: 0 } } p{float:left}'
    statements = list(read_sheet(css))
    assert shape(statements) == [
        ("AT", "import", '"x.css"'),
        ("AT", "media", "(min-width: 1px)"),
        ("COMMENT", "", ""),
        ("RULE", "", ".a > b, c"),
        ("DECLARATION", "color", "red"),
        ("DECLARATION", "margin", "0"),
        ("RULE", "", "p"),
        ("DECLARATION", "float", "left"),
    ]
    assert [s.rule for s in statements[1:7]] == ["@media (min-width: 1px)"] * 2 + [".a > b, c"] * 3 + ["p"]
    assert [[outer.name or outer.text for outer in s.outer()] for s in statements[3:7]] == [
        ["media"], [".a > b, c", "media"], [".a > b, c", "media"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ("color: red; ; margin:0", [("color", "red"), ("margin", "0")]),
        ("COLOR:Red", [("color", "Red")]),
        ('content:";}a:b"; top:0', [("content", '";}a:b"'), ("top", "0")]),
        ("content:'it\\'s;'; top:0", [("content", "'it\\'s;'"), ("top", "0")]),
        ("content:'open\n;top:0", [("content", "'open"), ("top", "0")]),
        ("a:url(x;y.png);b:c", [("a", "url(x;y.png)"), ("b", "c")]),
        ("a:url(/*/x.png);b:c/*;d:e*/", [("a", "url(/*/x.png)"), ("b", "c")]),
        ("a:URL(it's;b:c);d:e", [("a", "URL(it's;b:c);d:e")]),
        ("a:f(x;y);b:c", [("a", "f(x;y)"), ("b", "c")]),
        ("a:f(x;y}b:c", [("a", "f(x;y"), ("b", "c")]),
        ("a:[x;y];b:c", [("a", "[x;y]"), ("b", "c")]),
        ("a:\\;b;c:d", [("a", "\\;b"), ("c", "d")]),
        ("a/* ; */:/**/b/**/c;d:e", [("a", "b c"), ("d", "e")]),
        ("--x:1;*zoom:1;-webkit-x:1", [("--x", "1"), ("*zoom", "1"), ("-webkit-x", "1")]),
        ("no colon here;:x;1:x", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_style_attribute_is_read(style: str, found: list[tuple[str, str]]) -> None:
    """What is malformed is skipped, and what stands in strings, addresses, brackets and escapes ends nothing."""
    read = [(s.name, s.text) for s in read_style(style) if s.kind is Kind.DECLARATION]
    assert read == found


def test_a_declaration_stands_in_a_block() -> None:
    """Outside of all blocks of a sheet there is none, but in a style attribute."""
    assert shape(read_sheet("color:red; a{b:c} d:e")) == [("RULE", "", "a"), ("DECLARATION", "b", "c")]
    assert shape(read_style(";;}}{{")) == [("RULE", "", ""), ("RULE", "", "")]


def test_a_brace_ends_the_innermost_block() -> None:
    """And one too many ends nothing."""
    rules = [statement for statement in read_sheet("@media x{a{b:c} d{}}}} e{}") if statement.kind is Kind.RULE]
    assert [(rule.text, [outer.name for outer in rule.outer()]) for rule in rules] == [
        ("a", ["media"]), ("d", ["media"]), ("e", []),
    ]  # fmt: skip


def test_an_html_comment_around_a_sheet_says_nothing() -> None:
    """As in pages of old."""
    assert shape(read_sheet("<!-- a{b:c} -->")) == shape(read_sheet("a{b:c}"))


@pytest.mark.parametrize(
    ("text", "emptied", "urls"),
    [
        ("URL( 'a.webp' ), url( b.png ), url(\"c.gif\")", 'URL( "" ), url(), url("")', ("a.webp", "b.png", "c.gif")),
        ("format('x') curl(b.png) url(c d)", 'format("") curl(b.png) url(c d)', ()),
        ("'url(x.png)' 'open", '"" ""', ()),
        ("\\'url(a\\)b)", "\\'url()", ("a\\)b",)),
        ("red", "red", ()),
    ],
)  # fmt: skip
def test_strings_and_addresses_are_emptied(text: str, emptied: str, urls: tuple[str, ...]) -> None:
    """The addresses are kept apart, quoted or not, so that a picture's format can be seen."""
    assert empty_quoted(text) == (emptied, urls)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, b ,c", ["a", "b", "c"]),
        (",, ,", []),
        (" a ", ["a"]),
        (" ", []),
        ("a:not(:is(b, c), d), e[x=','] , f[y", ["a:not(:is(b, c), d)", "e[x=',']", "f[y"]),
        ("a\\,b,c),d", ["a\\,b", "c)", "d"]),
    ],
)
def test_commas_part_what_stands_in_nothing(text: str, parts: list[str]) -> None:
    """No bracket, parenthesis or string."""
    assert split_commas(text) == parts


@pytest.mark.parametrize(
    ("value", "split"),
    [
        ("red !important", ("red", True)),
        ("red! IMPORTANT", ("red", True)),
        ("!important", ("", True)),
        ("red !importante", ("red !importante", False)),
        ("'!important' x", ("'!important' x", False)),
        ("red", ("red", False)),
    ],
)
def test_importance_is_said_at_the_end(value: str, split: tuple[str, bool]) -> None:
    """However it is spaced and spelt."""
    assert split_important(value) == split


def test_a_long_rule_is_named_by_its_beginning() -> None:
    """A place is to be read at a glance."""
    (rule,) = read_sheet(f"{'.long-name ' * 99}{{}}")
    assert rule.rule.startswith(".long-name .long-name")
    assert len(rule.rule) == 60


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["(", "[a", '"', "\\", "/*", "/**/", "url(a\\", "url(a", "url( ", "url(\\(", "a,", "(,", "'", "!", ".a", "a-", " ",
     "\n", "1", "@", "@a", "a{", "}", "a:b;", "<!--"],
)  # fmt: skip
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """A hundred thousand characters are read in well under a second; in as many passes they would take a minute."""
    endless = piece * (100_000 // len(piece))
    for css in (f"a:{endless}", f"{endless}{{", f"a,{endless}{{b:{endless}!}}", f"a{{b:x{endless}x !important"):
        parse_sheet(css)
        parse_declarations(css)
        for statement in (*read_sheet(css), *read_style(css)):
            assert len(statement.rule) <= 60
            empty_quoted(statement.text)
            split_commas(statement.text)


@given(soups)
def test_no_css_makes_the_reader_raise(css: str) -> None:
    """Nor the search for traits, and whatever comes out is a statement with a short place."""
    for statement in (*read_sheet(css), *read_style(css)):
        assert isinstance(statement, Statement)
        assert len(statement.rule) <= 60
        assert all(":" in trait for trait in traits_of(statement))


@given(soups, soups)
def test_what_follows_a_closed_sheet_is_still_seen(one: str, other: str) -> None:
    """A block that is whole is read the same whatever follows it."""
    before = shape(read_sheet("a{b:c}"))
    assert shape(read_sheet(f"a{{b:c}}{one}{other}"))[: len(before)] == before


@given(soups.map(lambda css: css.replace("}", "").replace("--", "")))
def test_a_sheet_and_an_attribute_say_the_same(css: str) -> None:
    """What a style attribute declares, a rule with the same block declares, where it closes no block."""
    _, *inside = read_sheet(f"p{{{css}")
    assert shape(inside) == shape(read_style(css))
