"""Words of two directions stand in the right order on the screen: in the HTML part, and in two kinds of text client."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html import escape
from itertools import pairwise
from pathlib import Path

import pytest
from chromium import NEEDS_CHROMIUM, open_mail
from playwright.sync_api import Browser

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.edition import Edition
from coopdigest.domain.item import Item
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue

pytestmark = NEEDS_CHROMIUM

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
DAY = date(2026, 10, 28)
CLIENTS = {"from the left": "direction: ltr", "by the first letter": "unicode-bidi: plaintext"}
PLACES = """([begin, pieces]) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let all = '', node;
    while (node = walker.nextNode()) {
        if (!node.parentElement.getClientRects().length) continue;
        nodes.push([node, all.length]);
        all += node.data;
    }
    const holding = at => nodes.findLast(([, start]) => start <= at);
    let at = all.indexOf(begin);
    return pieces.map(piece => {
        at = all.indexOf(piece, at);
        const end = at + piece.length, range = document.createRange();
        const [first, start] = holding(at), [last, other] = holding(end - 1);
        range.setStart(first, at - start);
        range.setEnd(last, end - other);
        at = end;
        const box = range.getBoundingClientRect();
        return (box.left + box.right) / 2;
    });
}"""
# How a line begins, its pieces as they are written, and the way in which they follow each other on the screen.
LINES = {
    "ar": [
        ("تعاونية Karum", ["تعاونية", "Karum", "تنشر", "2026", "!"], "left"),
        ("Brightwater في", ["Brightwater", "في", "العدد", "!"], "left"),
        ("Video", ["Video", "28", "أكتوبر", "2026", "Lakeside"], "left"),
        ("© Lakeside", ["©", "Lakeside", "Archive", "2026"], "right"),
        ("أكتوبر 2026 · ", ["أكتوبر", "2026", "24"], "left"),
        ("تصلك", ["تصلك", "في", "2026 News", "."], "left"),
        ("2026 News (UN)", ["2026", "News", "(UN", ")"], "right"),
        ("+41 22", ["+41", "22", "555", "23"], "right"),
        ("1 Example Street", ["1", "Example", "Street", "1200", "Geneva"], "right"),
    ],
    "en": [
        ("فيديو", ["فيديو", "28", "October", "2026", "©"], "right"),
        ("© أرشيف", ["©", "أرشيف", "2026"], "left"),
        ("تدريب 2026", ["2026", "(", "stories"], "right"),
        ("ILO في", ["ILO", "في", "جنيف", "."], "left"),
        ("The word", ["The", "word", "تعاون", "again", "?"], "right"),
    ],
}
ITEMS: dict[str, list[Item]] = {
    "ar": [
        make_item(1, "تعاونية Karum تنشر (2026)!", DAY, kind="Video", theme="تدريب", credit="© Lakeside Archive 2026"),
        make_item(2, "Brightwater في هذا العدد!", DAY, theme="تدريب", language="ar"),
    ],
    "en": [
        make_item(1, "The word تعاون again?", DAY, kind="فيديو", theme="تدريب 2026", credit="© أرشيف البحيرة 2026"),
        make_item(2, "تعاون", DAY, theme="تدريب 2026", summary="ILO في جنيف."),
        *(make_item(number, "Ferry", DAY, theme="Other") for number in (3, 4, 5)),
    ],
}


def edition_of(language: str) -> Edition:
    """An issue of lines that go wrong easily."""
    address = "1 Example Street, 1200 Geneva (Switzerland)"
    digest = sample_digest(languages=(language,), name="2026 News (UN)", postal_address=address)
    issue = replace(sample_issue(ITEMS[language]), number=24)
    return EmailComposer(digest, [TEMPLATES]).compose(issue, language)


def check_order(browser: Browser, html: str, language: str) -> None:
    """Assert that the pieces of every line stand in order."""
    with open_mail(browser, html) as mail:
        for begin, pieces, way in LINES[language]:
            places: list[float] = mail.page.evaluate(PLACES, [begin, pieces])
            sign = 1 if way == "right" else -1
            in_order = all(sign * (after - before) > 0 for before, after in pairwise(places))
            assert in_order, list(zip(pieces, places, strict=True))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("language", LINES)
def test_plain_text_stands_in_order(browser: Browser, client: str, language: str) -> None:
    """Whether a client takes every line for English, or goes by its first letter."""
    text = escape(edition_of(language).text)
    html = f'<meta charset="utf-8"><pre style="white-space: pre-wrap; {CLIENTS[client]}">{text}</pre>'
    check_order(browser, html, language)


@pytest.mark.parametrize("language", LINES)
def test_html_stands_in_order(browser: Browser, language: str) -> None:
    """By its directions and what it isolates."""
    check_order(browser, edition_of(language).html, language)
