"""A composed issue is accessible in a real Chromium: few and many items, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from chromium import NEEDS_CHROMIUM, Look, OpenMail, Screen, open_mail
from composed_issues import WHOLE, html_of
from node_tools import AXE, NEEDS_AXE
from playwright.sync_api import Browser

from coopdigest.testing.issues import PICTURES, issue_of

pytestmark = NEEDS_CHROMIUM

LOOKS = {
    "wide": Look(),
    "narrow": Look(screen=Screen.NARROW),
    "dark": Look(dark=True),
    "narrow and dark": Look(screen=Screen.NARROW, dark=True),
}
SEEN = [
    (count, language, look)
    for count, language in WHOLE
    for look in LOOKS
    if (count == 12 if look == "narrow and dark" else language in ("en", "ar"))
]
AXE_OPTIONS = {
    "resultTypes": ["violations", "incomplete"],
    "rules": {
        "target-size": {"enabled": True},
        "duplicate-id": {"enabled": True},
        # A mail stands inside the landmarks of its reader's program, and must not bring a second `main` there.
        "landmark-one-main": {"enabled": False},
        "region": {"enabled": False},
    },
}
BEYOND_THE_EDGE = """() => [...document.body.querySelectorAll('*')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && box.height && (box.right > innerWidth + 1 || box.left < -1);
}).map(element => element.outerHTML.slice(0, 120))"""

Opener = Callable[..., OpenMail]


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens the issue of so many items in a language, once; every test then sets how it is looked at."""
    mails: dict[tuple[int, str], OpenMail] = {}
    with ExitStack() as stack:

        def open_(count: int, language: str, look: Look) -> OpenMail:
            if (count, language) not in mails:
                mails[count, language] = stack.enter_context(open_mail(browser, html_of(count, language)))
            return mails[count, language].look(look)

        yield open_


def run_axe(mail: OpenMail) -> list[str]:
    """What axe-core finds, one line each; a contrast that it cannot compute counts as found."""
    mail.page.evaluate(AXE.read_text("utf-8"))
    results: dict[str, list[dict[str, Any]]] = mail.page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    doubtful = [rule for rule in results["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for rule in results["violations"] + doubtful
        for node in rule["nodes"]
    ]


@NEEDS_AXE
@pytest.mark.parametrize(("count", "language", "look"), SEEN)
def test_axe_finds_nothing(opened: Opener, count: int, language: str, look: str) -> None:
    """axe-core, with its rules for WCAG 2.2 AA and its best practices, reports no violation."""
    assert run_axe(opened(count, language, LOOKS[look])) == []


@NEEDS_AXE
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_what_is_wrong(browser: Browser, dark: bool) -> None:
    """A careless mail is found out: pale words, a picture without words, a nameless link, in light and in dark."""
    careless = '<p style="color:#888">pale</p><img src="https://pictures.example.org/1.png"><a href="/x"></a></body>'
    with open_mail(browser, html_of(2, "en").replace("</body>", careless), Look(dark=dark)) as mail:
        assert {line.partition(":")[0] for line in run_axe(mail)} >= {"color-contrast", "image-alt", "link-name"}


@pytest.mark.parametrize("screen", Screen)
@pytest.mark.parametrize(("count", "language"), WHOLE)
def test_nothing_is_wider_than_the_screen(opened: Opener, count: int, language: str, screen: Screen) -> None:
    """From 320 pixels on nobody scrolls sideways, and no word or picture reaches beyond the edge."""
    mail = opened(count, language, Look(screen=screen))
    assert mail.page.evaluate("document.documentElement.scrollWidth") <= screen
    assert mail.page.evaluate(BEYOND_THE_EDGE) == []


@pytest.mark.parametrize(("count", "language"), WHOLE)
def test_an_issue_asks_for_nothing_but_its_images(opened: Opener, count: int, language: str) -> None:
    """Opening a mail tells nobody: no font, style sheet or counter is fetched, only the items' own pictures."""
    known = {entry.item.image.url for entry in issue_of(count, language).items() if entry.item.image}
    for look in LOOKS.values():
        mail = opened(count, language, look)
        assert mail.strays == []
        assert set(mail.images) <= known


@pytest.mark.parametrize("language", ["en", "ar"])
def test_reads_the_same_with_images_off(browser: Browser, language: str) -> None:
    """Where pictures are not shown their words stand in, every title is still read, and axe-core finds nothing."""
    with open_mail(browser, html_of(12, language), Look(images=False)) as mail:
        shown = mail.page.locator("body").inner_text()
        assert [e.item.title for e in issue_of(12, language).items() if e.item.title not in shown] == []
        assert mail.images
        assert all(url.startswith(PICTURES) for url in mail.images)
        assert mail.page.evaluate("[...document.images].every(image => image.naturalWidth === 0)")
        if AXE.is_file():
            assert run_axe(mail) == []
