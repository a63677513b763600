"""MJML is looked through before the parser sees it: every fault is found, by its rule, where it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.markup import compile_mjml
from coopdigest.compose.mjml_faults import RULES
from coopdigest.compose.mjml_grammar import ELEMENTS, Holds, homes_of
from coopdigest.compose.mjml_rules import DEEPEST, find_faults
from coopdigest.domain.edition import Severity


def in_body(content: str) -> str:
    """A document with `content` in its body."""
    return f"<mjml><mj-body>{content}</mj-body></mjml>"


def in_column(content: str) -> str:
    """A document with `content` in a column."""
    return in_body(f"<mj-section><mj-column>{content}</mj-column></mj-section>")


def in_text(content: str) -> str:
    """A document with `content` in a text block."""
    return in_column(f"<mj-text>{content}</mj-text>")


def in_head(content: str) -> str:
    """A document with `content` in its head."""
    return f"<mjml><mj-head>{content}</mj-head><mj-body></mj-body></mjml>"


# Source, rule, what the source says where the fault is, message.
FAULTS = [
    (in_text("<b>x"), "J01", "</mj-text>", "</mj-text> where <b> is still open"),
    (in_text("x</b>"), "J01", "</b>", "</b> where <mj-text> is still open"),
    (in_text("<b>x</i>"), "J01", "</i>", "</i> where <b> is still open"),
    (in_text("<br></br>"), "J01", "</br>", "</br> closes nothing"),
    (in_text("1 < 2"), "J01", "< 2", "a lone <"),
    (in_text('<a href="x>y</a>'), "J01", '<a href="', "a lone <, an unclosed tag"),
    (in_text("<a href=x>y</a>"), "J01", " href=x", "without quotes"),
    (in_text('<a href="x"rel="y">z</a>'), "J01", ' href="x"rel', "without a space"),
    (in_text('<a href="x" href="y">z</a>'), "J01", 'href="y"', "the attribute href is given twice"),
    (in_column('<mj-text color="red" color="red" />'), "J01", 'color="red" />', "the attribute color is given twice"),
    (in_text("<BR>"), "J01", "<BR>", "<BR> is not in lower case"),
    (in_text("<b>x</B>"), "J01", "</B>", "</B> is not in lower case"),
    (in_text("<b>x</b a='c'>"), "J01", "</b a", "</b> with attributes"),
    (in_text("<!-- a -- b -->"), "J01", "<!-- a", "a comment with -- inside"),
    (in_text("<!-- a --->"), "J01", "<!-- a", "a comment with -- inside"),
    (in_text("<!-- a"), "J01", "<!-- a", "a comment that does not end"),
    (in_text("<![CDATA[x]]>"), "J01", "<![CDATA", "a CDATA section"),
    ("<!doctype html>" + in_body(""), "J01", "<!doctype", "a doctype"),
    (in_text("<!--[if a]b]>x<![endif]-->"), "J01", "<!--[if a]b", "a conditional comment that is not written"),
    (in_text("<!--[if mso]>x"), "J01", "<!--[if", "a conditional comment is never closed"),
    (in_text("x<![endif]-->"), "J01", "<![endif]", "<![endif] closes nothing"),
    (in_text("<!--[if mso]>x<!--[if mso]>y<![endif]-->"), "J01", "<!--[if mso]>y", "a conditional comment inside"),
    (in_text("a\x08b"), "J01", "\x08b", "a control character"),
    ("<mjml><mj-body></mj-body>", "J01", "<mjml>", "<mjml> is never closed"),
    ("<mjml></mjml>", "J01", "<mjml>", "0 <mj-body>"),
    (in_body("") + "</mjml>", "J01", "</mjml>", "</mjml> closes nothing"),
    (in_body("") + "<mj-raw></mj-raw>", "J03", "<mj-raw>", "<mj-raw> has no effect outside <mjml>"),
    ("<mjml><mj-body></mj-body><mj-body /></mjml>", "J01", "<mj-body />", "2 <mj-body>"),
    (in_body("<mj-sektion></mj-sektion>"), "J02", "<mj-sektion>", "<mj-sektion> is no MJML element"),
    (in_text("<mj-tabel />"), "J02", "<mj-tabel", "<mj-tabel> is no MJML element"),
    (in_body('<mj-include path="x" />'), "J02", "<mj-include", "<mj-include> is not available"),
    (in_head("<mj-html-attributes></mj-html-attributes>"), "J02", "<mj-html", "<mj-html-attributes> is not available"),
    (in_body("<mj-text>x</mj-text>"), "J03", "<mj-text>", "<mj-text> has no effect directly in <mj-body>"),
    (in_text("<mj-button>x</mj-button>"), "J03", "<mj-button>", "<mj-button> has no effect inside <mj-text>"),
    (in_text("<p><mj-raw>x</mj-raw></p>"), "J03", "<mj-raw>", "<mj-raw> has no effect inside <mj-text>"),
    (in_column("<mj-section></mj-section>"), "J03", "<mj-section></mj-s", "<mj-section> has no effect directly"),
    (in_column("<mj-text>x</mj-text> y"), "J03", "y</mj-column>", "text has no effect directly in <mj-column>"),
    (in_column("<div>y <b>z</b></div>"), "J03", "<div>", "HTML (<div>) has no effect directly in <mj-column>"),
    (in_column("<mj-image>x</mj-image>"), "J03", "x</mj-image>", "text has no effect directly in <mj-image>"),
    (in_head("<mj-title>a <b>c</b></mj-title>"), "J03", "<b>", "HTML (<b>) has no effect directly in <mj-title>"),
    (in_head("<mj-style><!-- x --></mj-style>"), "J03", "<!-- x", "a comment is not possible directly in <mj-style>"),
    (in_body("") + "x", "J03", "x", "text has no effect outside <mjml>"),
    ("<p></p>" + in_body(""), "J03", "<p>", "HTML (<p>) has no effect outside <mjml>"),
    (in_body("<mj-all />"), "J03", "<mj-all", "<mj-all> has no effect directly in <mj-body>"),
    (
        in_head('<mj-attributes><mj-class name="x"><mj-text /></mj-class></mj-attributes>'),
        "J03",
        "<mj-text />",
        "<mj-text> has no effect directly in <mj-class>",
    ),
    (in_column('<mj-text padding="0" colour="red" />'), "J04", "colour", "<mj-text> does not take colour"),
    (in_column('<mj-text Color="red" />'), "J04", "Color", "<mj-text> does not take Color"),
    (in_column('<mj-image lang="en" />'), "J04", "lang", "<mj-image> does not take lang"),
    (in_head('<mj-attributes><mj-text href="x" /></mj-attributes>'), "J04", "href", "<mj-text> does not take href"),
    (in_head("<mj-attributes><mj-class /></mj-attributes>"), "J04", " /></mj-attr", "<mj-class> has no name"),
    (in_head("<mj-attributes><mj-class></mj-class></mj-attributes>"), "J04", "></mj-class>", "<mj-class> has no name"),
    (in_body('<mj-raw position="file-start" css-class="x" />'), "J04", 'css-class="x"', "<mj-raw> takes no two"),
    (in_column('<mj-text color="reed" />'), "J05", "reed", 'color="reed" is no value for <mj-text>'),
    (in_column('<mj-text padding="12" />'), "J05", "12", 'padding="12" is no value for <mj-text>'),
    (in_column("<mj-text padding='1px 2px 3px 4px 5px' />"), "J05", "1px", "padding="),
    (in_column('<mj-text align="start" />'), "J05", "start", 'align="start" is no value for <mj-text>'),
    (in_column("<mj-image fluid-on-mobile />"), "J05", " /></mj-column>", 'fluid-on-mobile="" is no value'),
    (in_head('<mj-attributes><mj-all color="reed" /></mj-attributes>'), "J05", "reed", 'color="reed" is no value'),
    (in_text("<i>" * DEEPEST + "</i>" * DEEPEST), "J06", "<i>", f"deeper than {DEEPEST}"),
    (in_column('<mj-image border-top="0" />'), "J07", "border-top", "border-top has no effect on <mj-image> here"),
    ('<mjml owa="desktop"><mj-body /></mjml>', "J07", "owa", "owa has no effect on <mjml> here"),
    ('<mjml langg="en"><mj-body /></mjml>', "J07", "langg", "<mjml> leaves langg unused"),
    (in_head('<mj-attributes><mj-all colour="red" /></mj-attributes>'), "J07", "colour", "colour has no effect"),
    (in_column('<mj-image mj-class="a" />'), "J07", "a", "there is no <mj-class> a"),
    (
        in_head('<mj-attributes><mj-class name="a" color="red" /><mj-text mj-class="a red" /></mj-attributes>'),
        "J07",
        'red" /></mj-attr',
        "there is no <mj-class> red",
    ),
    (in_head('<mj-style inline="true">a { b: c }</mj-style>'), "J07", "true", 'inline="true" inlines nothing'),
    (in_head('<mj-style inline="inline">@import x;</mj-style>'), "J08", "@import", "no @rule and no backslash"),
    (in_head('<mj-style inline="inline">/* @ */ a{b:\\63 }</mj-style>'), "J08", "\\63", "no @rule and no backslash"),
]


@pytest.mark.parametrize(("source", "rule", "at", "message"), FAULTS)
def test_a_fault_is_found_alone_and_where_it_is(source: str, rule: str, at: str, message: str) -> None:
    """The parser would accept it silently, refuse it without a line, or crash."""
    (fault,) = [fault for fault in find_faults(source) if rule == "J07" or fault.rule != "J07"]
    assert fault.rule == rule
    assert message in fault.message
    assert fault.hint
    assert source[fault.offset :].startswith(at)


def test_every_rule_has_a_bad_example() -> None:
    """And only J07 lets an issue pass."""
    assert {rule for _, rule, _, _ in FAULTS} == set(RULES)
    severities = {fault.rule: fault.severity for source, *_ in FAULTS for fault in find_faults(source)}
    assert [rule for rule, severity in severities.items() if severity is Severity.WARNING] == ["J07"]


def test_all_faults_are_found_in_their_order() -> None:
    """Reading goes on after each, as if it were mended."""
    source = in_body('x<mj-sektion a="b">y</mj-sektion><mj-section><mj-column paddin="0"><b>z<mj-text>< </mj-column>')
    faults = find_faults(source)
    assert [fault.rule for fault in faults] == ["J03", "J02", "J04", "J03", "J01", "J01", "J01", "J01"]
    assert [fault.offset for fault in faults] == sorted(fault.offset for fault in faults)


def test_elements_may_nest_a_hundred_deep() -> None:
    """The text block is the fifth; the one that is too deep is named, and nothing behind it."""
    deepest = DEEPEST - 5
    good, bad = (in_text("<i>" * depth + "x" + "</i>" * depth) for depth in (deepest, deepest + 1))
    assert find_faults(good) == []
    assert "<i>x</i>" in compile_mjml(good, "en", "ltr")[0]
    assert [(fault.rule, bad[fault.offset :][:4]) for fault in find_faults(bad)] == [("J06", "<i>x")]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        (in_body("<mj-text>x</mj-text>"), "put it into <mj-column> or <mj-hero>"),
        (in_body("<mj-all />"), "put it into <mj-attributes>"),
        (in_text(in_body("")), "remove it"),
        (in_head("<mj-attributes><mj-class name='x'><mj-text /></mj-class></mj-attributes>"), "write its attributes"),
        (in_body("<mj-sektion />"), "did you mean <mj-section>?"),
        (in_body("<mj-zzz />"), "use an element of MJML"),
        (in_body('<mj-include path="x" />'), 'write {% include "partials/x.mjml" %}'),
        (in_column('<mj-text colour="red" />'), "did you mean color?"),
        (in_head('<mj-preview zzz="red" />'), "it takes css-class, mj-class"),
        (in_head('<mj-attributes zzz="red" />'), "it takes none"),
        (in_column('<mj-text align="start" />'), "write one of left, right, center, justify"),
        (in_column('<mj-text padding="12" />'), "write one to 4 lengths in px or %"),
        (in_column('<mj-text line-height="x" />'), "write a length in px or % or without a unit"),
        (in_column('<mj-image height="x" />'), "write a length in px, or auto"),
    ],
)
def test_the_hint_says_what_to_write(source: str, hint: str) -> None:
    """As far as one can know."""
    assert any(fault.hint.startswith(hint) for fault in find_faults(source))


def test_conditional_comments_have_their_places() -> None:
    """The parser refuses both halves where only elements may stand."""
    faults = find_faults(in_body("<!--[if mso]><mj-section></mj-section><![endif]-->"))
    assert [(fault.rule, fault.message) for fault in faults] == [
        ("J03", "a conditional comment is not possible directly in <mj-body>")
    ] * 2


GOOD = [
    in_text('a &lt; b &amp; c > d <br> <img src="x" alt=""> <i class="y" mj-class="z" hidden>z</i><v:x xmlns:v="u" />'),
    in_text("<!-- a > b < c --><!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->"),
    in_body("<!-- a --><mj-raw><!--[if !mso]><!--><div>x</div><!--<![endif]--></mj-raw>"),
    in_column(
        '<mj-text color="#Abc" padding="0 1.5px 2% 3px" line-height="1.5" letter-spacing="-.5px" css-class="a" />'
    ),
    in_column('<mj-image src="a.png" height="auto" fluid-on-mobile="true" /><mj-table width="auto"><tr /></mj-table>'),
    in_head("<mj-title>a &lt; b > c</mj-title><mj-style>a > b { content: '\"' } @media x { c { d: e } }</mj-style>"),
    in_head(
        '<mj-attributes><mj-all font-family="x" /><mj-class name="y" color="red" /><mj-text color="red"></mj-text>'
        '<mj-class name="z" padding="0" /><mj-image mj-class="z y" /></mj-attributes>'
    ),
    " \n" + in_body("<mj-section full-width='full-width'\n padding = '0'\n></mj-section >") + "\n<!-- x -->\n",
]


@pytest.mark.parametrize("source", GOOD)
def test_good_mjml_has_no_fault(source: str) -> None:
    """And is compiled."""
    assert find_faults(source) == []
    assert "<body" in compile_mjml(source, "en", "ltr")[0]


VALUES = ["0", "1px", "2%", "1.5", "-1px", "auto", "1px 2px 3px 4px", "#abc", "teal", "true", "7", "x", "left", "right",
          "top", "ltr", "none", "fixed", "repeat", "horizontal", "visible", "file-start", "full-width", ""]  # fmt: skip


def _place(name: str, attributes: str) -> str:
    """A document with one element where it has an effect."""
    inner = "x" if ELEMENTS[name].holds is not Holds.NOTHING else ""
    written = f"<{name}{attributes}>{inner}</{name}>"
    while name != "mjml":
        name = homes_of(name)[-1]
        written = f"<{name}>{written}</{name}>"
    return written if "<mj-body" in written else written.replace("</mjml>", "<mj-body /></mjml>")


IGNORED = [(name, attribute) for name in ELEMENTS for attribute in sorted(ELEMENTS[name].ignored)]


@pytest.mark.parametrize(("name", "attribute"), IGNORED)
def test_what_is_said_to_be_without_effect_is(name: str, attribute: str) -> None:
    """Whatever its value, the HTML is the same."""
    without = compile_mjml(_place(name, ""), "en", "ltr")
    for value in filter(ELEMENTS[name].attributes[attribute].takes, VALUES):
        assert compile_mjml(_place(name, f' {attribute}="{value}"'), "en", "ltr") == without


PIECES = st.sampled_from(
    [
        "<b>", "</b>", "<br>", "<br/>", "x", " ", "&lt;", "<", ">", '<a href="u">', "</a>", "<!-- c -->", "é", "\n",
        "<!--[if mso]>", "<![endif]-->", "<!--[if !mso]><!-->", "<!--<![endif]-->", "<![if !mso]>", "<!--", "-->",
        "]]>",
        "<mj-text>", "</mj-text>", "<mj-raw>", "</mj-raw>", "<mj-section>", "</mj-section>", "<mj-column>",
        "</mj-column>", "<mj-image />", "<mj-social>", "</mj-social>", '<mj-social-element name="x">',
        "</mj-social-element>", "<mj-button>", "</mj-button>", "<mj-table>", "</mj-table>", "<mj-accordion>",
        "</mj-accordion>", "<mj-accordion-element>", "</mj-accordion-element>", "<mj-accordion-title>",
        "</mj-accordion-title>", "<mj-style>", "</mj-style>", "'", '"', "\t", "<p/>", "<mj-carousel>", "</mj-carousel>",
        "<mj-carousel-image />", "<mj-navbar>", "</mj-navbar>", "<mj-navbar-link>", "</mj-navbar-link>", "<mj-spacer>",
        "</mj-spacer>", "<mj-attributes>", "</mj-attributes>", "<mj-all />", "<mj-title>", "</mj-title>", "<mj-head>",
    ]
)  # fmt: skip
FRAMES = [in_text, in_column, in_body, in_head, lambda content: in_column(f"<mj-raw>{content}</mj-raw>")]


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=8))
def test_what_has_no_fault_is_taken_by_the_parser(pieces: list[str]) -> None:
    """Nothing that looks well formed to us fails later without a line; faults lie inside the source."""
    for frame in FRAMES:
        source = frame("".join(pieces))
        faults = find_faults(source)
        assert all(0 <= fault.offset <= len(source) and fault.rule in RULES for fault in faults)
        if not any(fault.severity is Severity.ERROR for fault in faults):
            compile_mjml(source, "en", "ltr")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>/!-[]ab =\"'mj\n&;é"), max_size=60))
def test_any_text_is_looked_through(text: str) -> None:
    """Without breaking down, in whatever state a template is left."""
    for source in (text, in_text(text), in_head(text)):
        if not any(fault.severity is Severity.ERROR for fault in find_faults(source)):
            compile_mjml(source, "en", "ltr")


HTML = st.sampled_from(
    ["", "x", "<p>é > y<br></p>", "<!-- c -->", "<a href='u'>&amp;</a>", "<table><tr><td></td></tr></table>"]
)


@st.composite
def elements(draw: st.DrawFn, name: str, depth: int) -> str:
    """An element as the grammar lets it be, and what it holds."""
    grammar = ELEMENTS[name]
    names = (
        draw(
            st.lists(
                st.sampled_from(sorted(grammar.attributes)),
                max_size=1 if name in ("mj-preview", "mj-raw", "mj-title") else 3,
                unique=True,
            )
        )
        if grammar.attributes
        else []
    )
    fitting = [[value for value in VALUES if grammar.attributes[each].takes(value)] for each in names]
    values = [draw(st.sampled_from(each)) for each in fitting]
    attributes = "".join(f' {each}="{value}"' for each, value in zip(names, values, strict=True))
    if depth < 0:
        inner = ""
    elif name == "mj-attributes":
        defaults = draw(st.lists(st.sampled_from(sorted(ELEMENTS)), max_size=3))
        inner = "".join(draw(elements(each, -1)) for each in defaults)
    elif grammar.holds is Holds.NOTHING:
        children = (
            draw(st.lists(st.sampled_from(sorted(grammar.children)), max_size=3)) if depth and grammar.children else []
        )
        inner = draw(st.sampled_from(["", " ", "\n "])).join(draw(elements(child, depth - 1)) for child in children)
    else:
        inner = draw(HTML if grammar.holds is Holds.HTML else st.sampled_from(["", "x", "a > b & c"]))
    return f"<{name}{attributes}>{inner}</{name}>" if inner or draw(st.booleans()) else f"<{name}{attributes} />"


@settings(max_examples=100, deadline=None)
@given(elements("mj-head", 3), elements("mj-body", 5))
def test_what_the_grammar_allows_has_no_fault_and_is_taken(head: str, body: str) -> None:
    """The table is one of what the parser takes, too."""
    source = f"<mjml>{head}\n{body}</mjml>"
    assert not [fault for fault in find_faults(source) if fault.severity is Severity.ERROR]
    assert "<body" in compile_mjml(source, "en", "ltr")[0]
