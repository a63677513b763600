"""Every link of a composed issue can be hit with a finger, on wide and narrow screens."""

from __future__ import annotations

import pytest
from chromium import NEEDS_CHROMIUM, Look, Screen, open_mail
from composed_issues import WHOLE, html_of
from playwright.sync_api import Browser

pytestmark = NEEDS_CHROMIUM

SMALL = """() => [...document.links].filter(link => {
    const around = link.closest('p, h1, h2, h3, h4, li, td, div').cloneNode(true);
    around.querySelectorAll('a').forEach(other => other.remove());
    const isInSentence = (around.textContent.match(/\\p{L}+/gu) || []).length > 2;
    const box = link.getBoundingClientRect();
    return !isInSentence && (box.height < 24 || box.width < 24);
}).map(link => `${link.getBoundingClientRect().height} pixels high: ${link.outerHTML.slice(0, 120)}`)"""


@pytest.mark.parametrize(("count", "language"), WHOLE)
def test_every_link_is_large_enough_to_touch(browser: Browser, count: int, language: str) -> None:
    """Every link that is not words within a sentence is at least 24 pixels high and wide (WCAG 2.5.8)."""
    with open_mail(browser, html_of(count, language)) as mail:
        assert mail.page.evaluate("document.links.length") >= 3
        for screen in Screen:
            assert mail.look(Look(screen=screen)).page.evaluate(SMALL) == []
