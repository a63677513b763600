"""The preview and the way out as a person sees them, in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chromium import NEEDS_CHROMIUM
from playwright.sync_api import Browser, Page, expect

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue
from coopdigest.domain.token import Tokens
from coopdigest.testing.builders import make_item, make_row
from coopdigest.testing.clock import FixedClock
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.samples import sample_digest, sample_issue
from coopdigest.web.preview import PreviewedIssue, preview_app
from coopdigest.web.public import PublicPages, public_app
from coopdigest.web.serving import Server

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
DIGEST = sample_digest(languages=("en", "ar"))
pytestmark = NEEDS_CHROMIUM


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen that reaches nothing but loopback."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
    yield context.new_page()
    context.close()


def preview_of(issue: Issue, folder: Path = TEMPLATES, **facts: Any) -> Server:
    """The preview of an issue, composed afresh with the templates of `folder` at every look."""

    def load(language: str | None) -> PreviewedIssue:
        composer, editions, error = EmailComposer(DIGEST, [folder]), list[Edition](), None
        try:
            editions = [composer.compose(issue.in_language(each, DIGEST.languages), each) for each in DIGEST.languages]
        except CompositionError as failure:
            error = str(failure)
        shown = PreviewedIssue(
            digest=DIGEST.name,
            period=issue.period.key,
            period_words="October 2026",
            state="draft",
            sender=DIGEST.sender,
            editions=editions,
            error=error,
        )
        return replace(shown, **facts)

    return Server(preview_app(load, [folder]))


def test_shows_the_issue_wide_narrow_as_text_and_checked(page: Page) -> None:
    """The mail stands at two widths, 360 pixels on the narrow one, with its text part and the checks below."""
    finding = Finding("B28", Severity.WARNING, "html", "the HTML is large", "leave out an item")
    with preview_of(sample_issue(), findings={"en": [finding]}) as server:
        page.goto(server.url)
        for name in ("wide", "narrow"):
            expect(
                page.frame_locator(f"#{name}").get_by_text("A week of safety training for orchard crews")
            ).to_be_visible()
        assert page.locator("#narrow").evaluate("frame => frame.clientWidth") == 360
        assert page.locator("#wide").evaluate("frame => frame.clientWidth") >= 700
        expect(page.locator("#text pre")).to_contain_text("A week of safety training for orchard crews")
        expect(page.get_by_role("row", name="warning B28 html the HTML is large leave out an item")).to_be_visible()
        expect(page.locator("#preheader")).to_contain_text("Three valley dairies")
        expect(page).to_have_title("Lakeside Cooperatives News – October 2026")


def test_switches_to_another_language(page: Page) -> None:
    """A click on a language shows that edition, written from right to left where the language is."""
    with preview_of(sample_issue()) as server:
        page.goto(server.url)
        page.get_by_role("link", name="العربية").click()
        expect(page.frame_locator("#wide").locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator("#text pre")).to_have_attribute("dir", "rtl")


def test_nothing_fits_too_badly(page: Page) -> None:
    """A title that is one endless word, on a telephone, makes no page wider than its screen."""
    page.set_viewport_size({"width": 360, "height": 700})
    endless = make_item(1, "Coopération" * 30, date(2026, 10, 3), theme="T" * 120)
    with preview_of(sample_issue([endless])) as server:
        page.goto(server.url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("raw", [False, True], ids=["escaped by the templates", "even when it got through"])
def test_a_script_in_a_title_does_not_run(page: Page, raw: bool) -> None:
    """A title that holds a script is words; and if a script reached the mail, the frame would not run it."""
    attack = (
        "<script>top.document.title='owned';fetch('/owned')</script><img src=x onerror=\"parent.location='/owned'\">"
    )
    words = "Here it is" if raw else attack
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    edition = Edition("en", attack, f"<html><body><h1>Here it is</h1>{attack}</body></html>", attack, "0" * 24)
    facts: dict[str, Any] = {"editions": [edition]} if raw else {}
    with preview_of(sample_issue([make_item(1, attack, date(2026, 10, 3), summary=attack)]), **facts) as server:
        page.goto(server.url)
        expect(page.frame_locator("#wide").get_by_role("heading", name=words)).to_be_visible()
        page.goto(f"{server.url}mail/en.html")
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        assert not [url for url in asked if url.endswith("/owned")]
        assert page.url == f"{server.url}mail/en.html"
        assert page.title() != "owned"


def test_reloads_when_a_template_changes(page: Page, tmp_path: Path) -> None:
    """A saved template shows by itself, first as an error where it does not compile, then mended."""
    folder = Path(shutil.copytree(TEMPLATES, tmp_path / "email"))
    subject = folder / "subject.txt"
    with preview_of(sample_issue(), folder) as server:
        page.goto(server.url)
        expect(page.locator("#subject")).to_have_text("Lakeside Cooperatives News – October 2026")
        subject.write_text("A subject of my own\n", encoding="utf-8")
        expect(page.locator("#subject")).to_have_text("A subject of my own")
        subject.write_text("{% for %}\n", encoding="utf-8")
        expect(page.get_by_role("alert")).to_contain_text("subject.txt:1")
        subject.write_text("Mended\n", encoding="utf-8")
        expect(page.locator("#subject")).to_have_text("Mended")
        expect(page.get_by_role("alert")).to_have_count(0)


def test_stays_where_it_is_while_nothing_changes(page: Page) -> None:
    """The page asks again and again but reloads only for a change; when the preview ends it says so."""
    with preview_of(sample_issue()) as server:
        page.goto(server.url)
        page.evaluate("window.still = true")
        for _ in range(2):
            with page.expect_response("**/version"):
                pass
        assert page.evaluate("window.still") is True
        expect(page.get_by_role("status")).to_be_hidden()
    expect(page.get_by_text("The preview has stopped")).to_be_visible()


@pytest.mark.parametrize("scripting", [True, False])
def test_the_button_unsubscribes(browser: Browser, scripting: bool) -> None:
    """A person opens the link and presses the one button, with JavaScript or without: that is all."""
    store, tokens = MemoryStore([make_row("amina@example.org", language="ar")]), Tokens([b"k" * 32])
    app = public_app(PublicPages(DIGEST, tokens, store.roster, store.issues, FixedClock()))
    context = browser.new_context(java_script_enabled=scripting)
    with Server(app) as server:
        page = context.new_page()
        page.goto(f"{server.url}unsubscribe/{tokens.make('unsubscribe', 1)}")
        assert store.roster.audience_size() == 1
        page.get_by_role("button").click()
        expect(page.get_by_role("heading")).to_have_text("تم إلغاء اشتراكك")
        assert store.roster.audience_size() == 0
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("تم إلغاء اشتراكك")
        assert context.cookies() == []
    context.close()
