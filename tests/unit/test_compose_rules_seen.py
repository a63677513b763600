"""The rules about what is seen: each finds its own fault in a page by hand, and nothing in a page that is well made."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.lint import RULES, lint
from coopdigest.compose.rules.page import Page
from coopdigest.compose.rules.seen import Seen, quote
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, marker
from coopdigest.testing.samples import sample_digest

DIGEST = sample_digest()
NONCE = "0123456789abcdef01234567"
SLOT = marker(NONCE, Slot.UNSUBSCRIBE_URL)
PREHEADER = "Three dairies share a cellar, and how a ferry line became a cooperative"
LONG = "The villages bought two boats when the operator gave up the winter timetable. "
GOOD = f"""<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>News</title>
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>
<![endif]-->
<style>
:root {{ color-scheme: light dark; supported-color-schemes: light dark; }}
@media (max-width: 479px) {{ h1 {{ font-size: 24px !important; }} }}
@media (prefers-color-scheme: dark) {{
.page {{ background-color: #101517 !important; color: #e0e6e8 !important; }}
.page a {{ color: #35ccbb !important; }}
}}
[data-ogsc] .page {{ background-color: #101517 !important; color: #e0e6e8 !important; }}
[data-ogsc] .page a {{ color: #35ccbb !important; }}
</style></head><body>
<div lang="en" dir="ltr" style="display:none;max-height:0;overflow:hidden;mso-hide:all">{PREHEADER}</div>
<div class="page" lang="en" dir="ltr"
 style="background-color:#ffffff;color:#152321;font-size:16px;line-height:1.55;overflow-wrap:break-word">
<h1 style="font-size:30px;line-height:1.2">News</h1>
<h2>Development</h2>
<div class="item"><h3><a href="https://e.org/1" style="color:#0a4f47">A mill reopens</a></h3><p>{LONG}</p></div>
<!-- here -->
<p><a href="{SLOT}" style="color:#0a4f47">Unsubscribe</a> ·
 <a href="https://news.example.org/i/1" style="color:#0a4f47">View</a></p>
</div></body></html>"""
E, W = Severity.ERROR, Severity.WARNING


def lint_html(html: str, subject: str = "News of October") -> list[Finding]:
    """Findings about a page, but for those of the ratchet of features (C01), which are another matter."""
    findings = lint(Edition("en", subject, html, f"{LONG * 2} {SLOT} https://e.org/1", NONCE), DIGEST)
    return [finding for finding in findings if finding.rule != "C01"]


def found(html: str, subject: str = "News of October") -> set[tuple[str, Severity]]:
    """Ids and severities of the findings about a page."""
    return {(finding.rule, finding.severity) for finding in lint_html(html, subject)}


def changed(old: str, new: str) -> str:
    """The good page with something exchanged."""
    assert old in GOOD
    return GOOD.replace(old, new)


def with_html(html: str, direction: str = "ltr") -> str:
    """The good page with something of the template's own in it, which reads in a direction."""
    style = "text-align:right" if direction == "rtl" else ""
    return changed("<!-- here -->", f'<div lang="en" dir="{direction}" style="{style}">{html}</div>')


def with_css(css: str) -> str:
    """The good page with more in its style sheet."""
    return changed("</style>", f"{css}</style>")


def test_a_page_that_is_well_made_has_no_finding() -> None:
    """The yardstick of all the others."""
    assert lint_html(GOOD) == []


WORDS = "words that are read"
PICTURE = '<img src="https://e.org/a.png" width="9" height="9" alt="Words">'
PLAIN_LINK = '<a href="https://e.org/2" style="color:#0a4f47;text-decoration:none">and a link</a>'
BAD: list[tuple[str, str, Severity]] = [
    # A07: contrast
    (f'<p style="color:#8a8a8a">{WORDS}</p>', "A07", E),
    (f'<p style="color:rgba(21,35,33,.5)">{WORDS}</p>', "A07", E),
    (f'<p style="opacity:.5">{WORDS}</p>', "A07", E),
    (f'<table role="presentation" bgcolor="#152321"><tr><td>{WORDS}</td></tr></table>', "A07", E),
    (f'<div style="background:#333"><p>{WORDS}</p></div>', "A07", E),
    (f'<p style="font-size:23px;color:#8a8a8a">{WORDS}</p>', "A07", E),
    (f'<p style="background:#fff">{WORDS}</p>', "A07", E),  # light on white in the dark
    ('<p style="color:#8a8a8a"><img src="https://e.org/a.png" width="9" height="9" alt="Words"></p>', "A07", E),
    # A11: links among words
    (f"<p>{WORDS} {PLAIN_LINK}</p>", "A11", E),
    (f'<p>{WORDS} {PLAIN_LINK.replace("none", "none;border-top:1px solid")}</p>', "A11", E),
    (f'<p>{WORDS} {PLAIN_LINK} <span style="background:#152321;color:#fff">and more</span></p>', "A11", E),
    # A14: roles and aria
    ('<p role="colour">x</p>', "A14", E),
    ('<p role="">x</p>', "A14", E),
    ('<p aria-lable="x">x</p>', "A14", E),
    ('<p aria-hidden="yes">x</p>', "A14", E),
    ('<p aria-labelledby="nowhere">x</p>', "A14", E),
    ('<p aria-hidden="true"><a href="https://e.org/3">x and more</a></p>', "A14", E),
    # A20: sizes of words
    ('<p style="font-size:11px">Label</p>', "A20", W),
    (f'<p style="font-size:13px">{LONG}</p>', "A20", W),
    (f'<p style="line-height:1.2">{LONG}</p>', "A20", W),
    (f'<p style="line-height:normal">{LONG}</p>', "A20", W),
    ('<h2 style="line-height:1">x</h2>', "A20", W),
    ('<p style="text-align:justify">x</p>', "A20", W),
    # A21: targets
    ('<p style="font-size:14px;line-height:1.4"><a href="https://e.org/4">A link alone</a></p>', "A21", W),
    ('<p style="line-height:1.4">Words<br><a href="https://e.org/4">A link alone</a></p>', "A21", W),
    (
        '<p>Words <a href="https://e.org/4" style="display:inline-block;line-height:1;padding:3px 8px;'
        'background:#0a4f47;color:#fff!important">x</a></p>'.replace("!important", ""),
        "A21",
        W,
    ),
    # A22: pictures held back
    ('<img src="https://e.org/a.png" width="9" alt="a">', "A22", W),
    ('<div style="color:#fff;background:url(https://e.org/a.png)">White words</div>', "A22", E),
    ('<table role="presentation" background="https://e.org/a.png"><tr><td>Words</td></tr></table>', "A22", E),
    ('<p style="font-size:0"><img src="https://e.org/a.png" width="9" height="9" alt="Words"></p>', "A22", E),
    # W10: reflow
    ('<div style="width:601px">x</div>', "W10", E),
    ('<table role="presentation" width="640"><tr><td>x</td></tr></table>', "W10", E),
    ('<img src="https://e.org/a.png" width="536" height="9" alt="a">', "W10", E),
    ('<div style="min-width:321px;max-width:100%">x</div>', "W10", E),
    (f'<p style="white-space:nowrap">{LONG}</p>', "W10", E),
    (f'<p style="overflow-wrap:normal">{"Rindfleischetikettierung" * 3}</p>', "W10", E),
    (f'<p style="overflow-wrap:normal">{"x" * 22} {"y" * 90} {"z" * 21}</p>', "W10", E),
    # W22: motion
    ('<p style="animation:slide 5001ms">x</p>', "W22", E),
    ("<marquee>Words</marquee>", "W22", E),
    ('<p style="animation:slide 6s">x</p>', "W22", E),
    ('<p style="animation:slide 2s linear 3">x</p>', "W22", E),
    ('<p style="animation:slide 1s, turn 6s">x</p>', "W22", E),
    ('<p style="animation:slide 500ms infinite">x</p>', "W22", E),
    ('<p style="text-decoration:blink">x</p>', "W22", E),
    # what the older families were completed by
    ('<p lang="english">x</p>', "A02", E),
    ('<table role="presentation"><tr><th>x</th></tr></table>', "A03", E),
    ('<table><tr><th scope="col">x</th><th>y</th></tr></table>', "A03", E),
    ('<table><tr><td><table role="presentation"><tr><td>y</td></tr></table></td></tr></table>', "A03", E),
    ('<img src="https://e.org/a.png" width="9" height="9" alt="IMG_2021.jpg">', "A08", W),
    ('<img src="https://e.org/a.png" width="9" height="9" alt="DSC0012">', "A08", W),
    ('<table role="presentation" background="data:x"><tr><td></td></tr></table>', "A70", E),
    ('<q cite="java\tscript:x">x</q>', "A70", E),
    ("<select></select>", "A70", E),
    # A70: how styles are written
    ("<style>p { margin: 0; }</style>", "A70", E),
    ('<p style="margin:0 !IMPORTANT">x</p>', "A70", E),
    ('<p style="background:url(data:image/png;base64,x)#fff;color:#152321">x</p>', "A70", E),
]  # fmt: skip


@pytest.mark.parametrize(("html", "rule", "severity"), BAD)
def test_a_fault_that_is_seen_is_found_by_its_rule(html: str, rule: str, severity: Severity) -> None:
    """By exactly this rule, however it came about."""
    assert found(with_html(html)) == {(rule, severity)}


@pytest.mark.parametrize(
    "html",
    [
        f'<p style="color:#767676;background:#fff !important">{WORDS}</p>'.replace(" !important", ""),
        f'<p style="color:#949494;font-size:24px;background:#fff">{WORDS}</p>',
        f'<p style="color:#949494;font-size:19px;background:#fff"><b>{WORDS}</b></p>',
        '<p style="color:#eee">·</p>',
        '<p>Words <a href="https://e.org/2" style="text-decoration:none;border-bottom:1px solid red">a link</a></p>',
        '<p>Words <a href="https://e.org/2" style="text-decoration:none"><u>a link</u></a></p>',
        '<p><a href="https://e.org/2" style="text-decoration:none">A link alone</a></p>',
        '<h2><span>Words</span> <a href="https://e.org/2" style="text-decoration:none">a link</a></h2>',
        '<p role="doc-subtitle" aria-label="x" aria-hidden="false">x</p>',
        '<p id="y">x</p><p aria-labelledby="y">x</p>',
        '<p style="font-size:12px">Label</p>',
        f"<p>{LONG}<sup>2</sup></p>",
        '<p style="font-size:14px">Words <a href="https://e.org/4">a link in text</a></p>',
        '<p style="font-size:14px"><a href="https://e.org/4" style="display:block;padding:2px 0">A link alone</a></p>',
        '<p><a href="https://e.org/4"><img src="https://e.org/a.png" width="9" height="9" alt="x"></a></p>',
        '<img src="https://e.org/a.png" width="9" style="height:auto" alt="a">',
        '<img src="https://e.org/a.png" width="536" style="max-width:100%;height:auto" alt="a">',
        '<img src="https://e.org/a.png" width="536" style="width:100%;height:auto" alt="a">',
        '<div style="color:#fff;background:#0a4f47 url(https://e.org/a.png)">White words</div>',
        '<div style="width:600px;max-width:100%">x</div>',
        '<div style="max-width:600px">x</div>',
        '<div style="width:320px">x</div>',
        f'<p style="white-space:nowrap">{"x" * 30}</p>',
        '<p style="animation:slide 5000ms">x</p>',
        f'<p style="font-size:14px"><a href="https://e.org/4">Alone{PICTURE}</a></p>',
        '<p style="font-size:14px;line-height:1.4"><a href="https://e.org/4"><b style="line-height:24px">x</b></a></p>',
        f"<p>{'Rindfleischetikettierung' * 3}</p>",
        f'<p style="overflow-wrap:normal">{"漢字" * 60}</p>',
        '<p style="margin:0 !important">x</p>',
        '<p style="animation:slide 1s linear 0.5s 3">x</p>',
        '<p lang="zh-Hant-TW">x</p>',
        '<p title="data: what it is">x</p>',
        '<table role="presentation"><tr><td><table><tr><th scope="row">x</th></tr></table></td></tr></table>',
        '<img src="https://e.org/a.png" width="9" height="9" alt="Photo of a mill">',
    ],
)
def test_what_is_well_made_is_no_finding(html: str) -> None:
    """Rules do not cry wolf."""
    assert lint_html(with_html(html)) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('<html lang="en"', '<html lang="english"', "A06"),
        (' xmlns:v="urn:schemas-microsoft-com:vml"', "", "A60"),
        ("PixelsPerInch>96", "PixelsPerInch>72", "A60"),
    ],
)
def test_the_documents_frame_is_looked_at(old: str, new: str, rule: str) -> None:
    """What MJML writes and a template may break."""
    assert found(changed(old, new)) == {(rule, E)}


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ('<meta name="color-scheme" content="light dark">', "", E),
        ('"supported-color-schemes" content="light dark"', '"supported-color-schemes" content="light"', E),
        (":root { color-scheme: light dark;", ":root {", E),
        (" supported-color-schemes: light dark; }", " }", E),
        ("@media (prefers-color-scheme: dark)", "@media print", E),
        ("\n.page a { color: #35ccbb !important; }", "\n.page a { color: #35ccbb!important; }", E),
        ("\n.page a { color: #35ccbb !important; }", "\n.page a { color: #35ccbb !IMPORTANT; }", E),
        ("[data-ogsc] .page a { color: #35ccbb !important; }", "", E),
        ("[data-ogsc] .page { background-color: #101517 !important;", "[data-ogsc] .page {", E),
        ("[data-ogsc] .page { background-color: #101517 !important;", "[data-ogsc] .page { background: #111;", E),
    ],
)
def test_dark_mode_must_be_declared_in_full(old: str, new: str, severity: Severity) -> None:
    """Every client listens to another part of it (A40)."""
    assert found(changed(old, new)) == {("A40", severity)}


def test_a_dark_colour_without_weight_fails_twice() -> None:
    """It loses to the style attribute, which is then what dark readers see."""
    html = changed("color: #e0e6e8 !important; }\n.page a", "color: #e0e6e8; }\n.page a")
    assert found(html) == {("A40", E), ("A07", E)}


def test_a_page_without_any_dark_mode_is_warned_about() -> None:
    """A digest's own simple templates may still be sent."""
    html = GOOD[: GOOD.index("<style>")] + GOOD[GOOD.index("</style>") :]
    html = html.replace(' content="light dark"', ' content="light"')
    assert found(html) == {("A40", W)}


def test_messages_name_the_palette_and_the_colours() -> None:
    """An author finds the place and the colour to change."""
    light = lint_html(with_html('<p class="facts" style="color:#8a8a8a;background:#fff">Facts</p>'))[0]
    assert "<p class=facts> in the light palette: #8a8a8a on #ffffff has a contrast of 3.45 to 1" in light.message
    large, small = lint_html(changed("color: #35ccbb !important; }\n}", "color: #333333 !important; }\n}"))
    assert large.message == (
        "<a> in the dark palette: #333333 on #101517 has a contrast of 1.46 to 1 and needs 3 (“A mill reopens”)"
    )
    assert small.message.endswith("and needs 4.5 (“Unsubscribe”)")


def test_a_fault_is_told_once() -> None:
    """However many items show it, and in whatever widths."""
    findings = lint_html(with_html('<p class="facts" style="color:#8a8a8a;background:#fff">Facts</p>' * 9))
    assert [finding.message.split(":")[0] for finding in findings] == [
        "<p class=facts> in the light palette",
        "<p class=facts> in the dark palette",
    ]


def test_a_look_is_never_the_sources_fault() -> None:
    """No style of a source is kept, so that the template is to blame inside of an item, too."""
    html = changed(f"<p>{LONG}</p>", f'<p style="color:#8a8a8a">{LONG}</p>')
    assert found(html) == {("A07", E)}


@pytest.mark.parametrize(
    ("preheader", "subject", "severity"),
    [
        ("Too short", "News", W),
        ("x" * 131, "News", W),
        (f"Short{'&#847;&zwnj;' * 40}", "News", W),
        ("A preheader that only repeats the subject line", "A preheader that only repeats the subject line", W),
    ],
)
def test_a_preheader_says_something_of_its_own(preheader: str, subject: str, severity: Severity) -> None:
    """Of a length that inboxes show (A30); filler says nothing."""
    assert found(changed(PREHEADER, preheader), subject) == {("A30", severity)}


@pytest.mark.parametrize("part", ["display:none;", "max-height:0;", "overflow:hidden;", "mso-hide:all"])
def test_a_preheader_is_hidden_from_every_client(part: str) -> None:
    """Each of the four ways is some client's only one (A30)."""
    assert ("A30", E) in found(changed(f"{part}", ""))


def test_there_is_one_preheader() -> None:
    """More hidden words look like a trick (A30)."""
    other = f'<div lang="en" dir="ltr" style="display:none">{PREHEADER}</div></body>'
    assert found(changed("</body>", other)) == {("A30", E)}
    assert found(with_html('<p>Words <span style="display:none">and more</span></p>')) == {("A30", E)}
    on_narrow_screens = with_html('<p class="narrow" style="display:none">Words</p>').replace(
        "h1 {", ".narrow { display: block !important; } h1 {", 1
    )
    assert found(on_narrow_screens) == set()


def test_a_preheader_must_be_there_and_say_more_than_where_to_read() -> None:
    """Else inboxes show what stands first (A30)."""
    hidden = GOOD[GOOD.index('<div lang="en" dir="ltr" style="display:none') : GOOD.index('<div class="page"')]
    assert found(changed(hidden, "")) == {("A30", W)}
    words = "View this issue of the news in your own browser"
    assert found(changed(PREHEADER, words).replace(">View<", f">{words}<")) == {("A30", W)}


@pytest.mark.parametrize(
    "html",
    [
        '<table role="presentation"><tr><td style="direction:ltr;text-align:right">x</td></tr></table>',
        '<table role="presentation"><tr><td align="left"><p style="text-align:right">x</p></td></tr></table>',
        '<p style="text-align:left">x</p>',
        "<p>Ask +41 22 555 01 23 for it</p>",
        "<p>Ask news@example.org for it</p>",
        "<p>See https://example.org/a for it</p>",
        "<p>Forward →</p>",
    ],
)
def test_remnants_of_left_to_right_are_found(html: str) -> None:
    """In what reads from right to left, and only there (A50)."""
    assert found(with_html(html, "rtl")) == {("A50", E)}
    assert found(with_html(html)) == set()


def test_a_line_on_the_wrong_side_warns() -> None:
    """It is no hindrance, only not mirrored (A50)."""
    html = '<p style="border-left:4px solid #0a4f47">x</p>'
    assert found(with_html(html, "rtl")) == {("A50", W)}
    assert found(with_html(html)) == found(with_html(html.replace("-left", ""), "rtl")) == set()


@pytest.mark.parametrize(
    "html",
    [
        '<table role="presentation"><tr><td style="direction:rtl;text-align:right">x</td></tr></table>',
        '<table role="presentation"><tr><td style="text-align:center">x</td></tr></table>',
        '<div dir="ltr" style="direction:ltr;text-align:left"><p>See https://example.org/a for it</p></div>',
        "<p>Ask <bdi>news@example.org</bdi>, <span dir=ltr>+41 22 555 01 23</span></p>",
        "<p>2026-10-31, 15:00</p>",
        f'<p style="text-align:left">{PICTURE}</p>',
    ],
)
def test_islands_and_items_of_their_own_direction_are_no_remnants(html: str) -> None:
    """What says its own direction may be laid out by it (A50)."""
    assert found(with_html(html, "rtl")) == set()


def test_an_address_in_an_items_own_words_only_warns() -> None:
    """Only the source can mend it (A50)."""
    html = changed('<div class="item">', '<div class="item" dir="rtl" style="text-align:right">')
    assert found(html.replace("The villages", "news@example.org")) == {("A50", W)}


@pytest.mark.parametrize(
    "css",
    [
        "/* heading */ h2 { margin: 0; }",
        "h2 { margin: 0; } /* a */ /* b */ .c, d { margin: 0; }",
        "@media screen { @media (max-width: 9px) { h2 { margin: 0 } } }",
        "@media screen { @font-face { font-family: x } }",
        "h2 { margin: 0!important }",
        "h2 { list-style: url( 'data:image/png;base64,x') }",
    ],
)
def test_style_sheets_are_written_as_clients_read_them(css: str) -> None:
    """What some client drops, or drops the whole sheet for (A70)."""
    assert found(with_css(css)) == {("A70", E)}


@pytest.mark.parametrize(
    "css",
    ["h2 { margin: 0; /* comment */ }", "h2 { margin: 0; } /* at the end */", "a::after { content: '@x' }",
     "@font-face { font-family: '@x' }", "h2 { margin: 0 !important; }"],
)  # fmt: skip
def test_a_style_sheet_that_is_well_written_is_no_finding(css: str) -> None:
    """Comments have their place."""
    assert found(with_css(css)) == set()


def test_only_dark_colours_need_weight_and_copies() -> None:
    """Everything else that a dark rule says is its own affair (A40)."""
    assert found(with_css("@media (prefers-color-scheme: dark) { .x { padding: 0; } }")) == set()
    assert found(with_css("@media (prefers-color-scheme: dark) { body { color: #fff !important; } }")) == set()
    border = "@media (prefers-color-scheme: dark) { .x { border-color: #fff !important; } }"
    assert found(with_css(border)) == {("A40", E)}


@pytest.mark.parametrize("length", [40, 130])
def test_a_preheader_may_have_just_the_length(length: int) -> None:
    """The bounds are inside (A30)."""
    assert found(changed(PREHEADER, "x" * length)) == set()


def test_narrow_readers_are_looked_after() -> None:
    """What only a narrow screen shows is judged, too."""
    findings = lint_html(with_css("@media (max-width: 479px) { .item p { font-size: 10px !important; } }"))
    assert [finding.rule for finding in findings] == ["A20"]


def test_words_are_read_line_by_line() -> None:
    """Blocks and breaks end a line; sheets say nothing."""
    html = "<body><style>p{}</style><p>a <b>b</b><br>c</p>d<div>e<p>f</p>g<img alt=h src=x></div></body>"
    lines = Seen.of(Page.of(Edition("en", "", html, "", NONCE))).lines
    assert [[words.text for words in line.words] for line in lines] == [
        ["a ", "b"],
        ["c"],
        ["d"],
        ["e"],
        ["f"],
        ["g", "h"],
    ]


def test_a_message_quotes_the_first_words_only() -> None:
    """Forty characters find the place."""
    assert quote("x" * 40) == f"“{'x' * 40}”"
    assert quote(" x\n" * 21) == f"“{'x ' * 19}x…”"


def test_a_fault_of_a_block_names_the_block_once() -> None:
    """Not every word in it that inherits the fault."""
    (finding,) = lint_html(with_html(f'<p style="font-size:13px;line-height:1">{LONG}<em>and</em> <b>more</b></p>'))
    assert finding.message.startswith("<p>: 13 px are too small, 14 at least; lines of 1 times the font's size")


def test_every_rule_of_these_has_a_sentence_and_says_what_to_do() -> None:
    """Whatever is found can be looked up, and mended."""
    assert all(finding.hint for html, _, _ in BAD for finding in lint_html(with_html(html)))
    for rule in ("A07", "A11", "A14", "A20", "A21", "A22", "A30", "A40", "A50", "A70", "W10", "W22"):
        assert RULES[rule].endswith(".")


PIECES = st.sampled_from(
    [html for html, _, _ in BAD]
    + [
        "<div dir=rtl>", "</div>", "</p>", "<table>", "<td align=left>", "<style>", "</style>", "}", "[data-ogsc] ",
        "@media (prefers-color-scheme: dark){", "<meta name=viewport content='maximum-scale=1..2'>", "<body>", "<h9>",
        "<a href='http://['>", "<html lang=x>", "<!--[if mso]>", "<![endif]-->", "<template><p>", "<svg><a href=x>",
        "<img alt>", "<a href>", "<p role>", "\x00", "<p aria-hidden>", "<math>", "<frameset>", "<br>", "<p id>", "/*",
        "*/", "p{color:#1", '<div class="item">', "<h3>",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(PIECES | st.text(max_size=10), max_size=30).map("".join), st.booleans())
def test_no_html_makes_a_rule_raise(html: str, whole: bool) -> None:
    """A linter that fails says nothing at all."""
    page = html if whole else with_html(html)
    assert isinstance(lint_html(page.encode("utf-8", "replace").decode()), list)
