"""What `check` computes about the looks of an issue is what Chromium computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chromium import NEEDS_CHROMIUM, Look, Screen, open_mail
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.cascade import Cascade
from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.looks import NARROW, WIDE, Looks
from coopdigest.compose.sheets import Sight
from coopdigest.testing.samples import sample_digest, sample_issue

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
pytestmark = NEEDS_CHROMIUM

EVERYTHING = """<!DOCTYPE html><html lang="en"><head><style>
:root { color-scheme: light dark }
.a { color: #123456; font: bold 12pt/1.5 Arial } div .a { color: rgb(10 20 30) } #one.a { color: teal }
.b { color: red !important; text-align: justify } .c, p { background: rgba(0, 0, 0, .5) } .d { color: nonsense }
@media (max-width: 479px) { .b { font-size: 120%; line-height: 20px } }
@media (prefers-color-scheme: dark) {
  .page { background-color: #101517 !important; color: #e0e6e8 } a { color: #35ccbb }
}
</style></head><body bgcolor="#fafafa" text="#222222"><div class="page">plain
<p class="a">a</p><p class="a" id="one">one</p><p class="b" style="color: blue">b</p>
<p class="c" style="line-height: 1.2em"><small>small <b>bold</b></small></p>
<p class="d" style="color: #111; color: rubbish; font-size: 1.5rem; line-height: 150%">d
<span style="font-size: .5em">s</span></p>
<h1>h1</h1><h2 style="font-size: smaller; font-weight: 400">h2</h2><h6 style="background: currentcolor">h6</h6>
<a href="https://e.org">a</a><a href="https://e.org" style="color: inherit">i</a><sup>sup</sup>
<table bgcolor="#00ff00"><tr><th>th</th><td align="right" bgcolor="white">td</td><td style="background: none">n</td>
</tr></table><div dir="rtl" style="text-align: start">rtl<p align="middle">m</p></div>
<center>c<font color="#f00" size="5">f</font></center><p style="opacity: .5; color: hsl(120, 100%, 25%)">o</p>
<p style="font: 10px/1 x; font: none; padding: 1px !important; text-align: sideways">x</p></div>bare</body></html>"""

COMPUTED = """() => [...document.querySelectorAll('body, body *')].map(element => {
  const style = getComputedStyle(element), grounds = []
  for (let each = element; each; each = each.parentElement) grounds.push(getComputedStyle(each).backgroundColor)
  return {colour: style.color, size: parseFloat(style.fontSize), line: parseFloat(style.lineHeight) || 0,
          bold: +style.fontWeight >= 700, align: style.textAlign, direction: style.direction, grounds,
          shown: element.getClientRects().length > 0}
})"""


def numbers(colour: str) -> list[float]:
    """What `rgb()` or `rgba()` holds."""
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")]


def ground(colours: list[str], canvas: float) -> list[float]:
    """The colour that an element stands on, from its own ground outwards."""
    result = [canvas] * 3
    for colour in reversed(colours):
        *rgb, alpha = [*numbers(colour), 1.0][:4]
        result = [over * alpha + under * (1 - alpha) for over, under in zip(rgb, result, strict=True)]
    return result


def issue_in(language: str) -> str:
    """The HTML part of the sample issue by the shipped templates."""
    return EmailComposer(sample_digest(languages=("en", "ar")), [TEMPLATES]).compose(sample_issue(), language).html


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", [Screen.WIDE, Screen.NARROW])
@pytest.mark.parametrize("page", ["en", "ar", "everything"])
def test_looks_are_those_of_chromium(browser: Browser, page: str, screen: Screen, dark: bool) -> None:
    """Colours, grounds, sizes, alignment and direction of every element that is shown."""
    html = EVERYTHING if page == "everything" else issue_in(page)
    with open_mail(browser, html, Look(screen=screen, dark=dark)) as mail:
        expected: list[dict[str, Any]] = mail.page.evaluate(COMPUTED)
    tree = LexborHTMLParser(html)
    looks, sight = Looks(tree, Cascade(tree)), Sight(dark, NARROW if screen is Screen.NARROW else WIDE)
    nodes = tree.css("body, body *")
    assert len(nodes) == len(expected)
    for node, chromium in zip(nodes, expected, strict=True):
        look = looks.of(node, sight)
        name = f"{node.tag} {node.attributes}"
        assert not (look.hidden and chromium["shown"]), name
        if not chromium["shown"] or not node.text(deep=False, strip=True):
            continue
        assert list(look.colour) == pytest.approx(numbers(chromium["colour"])[:3], abs=1), name
        assert look.ground is not None
        assert list(look.ground) == pytest.approx(ground(chromium["grounds"], 30 if dark else 255), abs=2), name
        assert look.size == pytest.approx(chromium["size"], abs=0.1), name
        assert not chromium["line"] or look.line == pytest.approx(chromium["line"], abs=0.1), name
        assert look.bold is chromium["bold"], name
        assert look.align == chromium["align"].removeprefix("-webkit-").removeprefix("-internal-"), name
        assert look.direction == chromium["direction"], name
