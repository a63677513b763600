"""Draws the pictures of this folder: composed issues as their readers see them. Run by `make pictures`."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from chromium import Look, Screen, open_mail, run_chromium
from playwright.sync_api import Browser

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.digest import Brand, Digest, Themes
from coopdigest.domain.edition import Edition, Slot, blank
from coopdigest.domain.issue import Issue
from coopdigest.domain.period import Cadence, parse_period
from coopdigest.domain.selection import History, Policy, draft
from coopdigest.sources.build import build_source
from coopdigest.testing.issues import digest_of, issue_of
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.samples import sample_digest

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
TEMPLATES = PROJECT / "templates" / "email"
LISTING = PROJECT.parent / "shared" / "data" / "newsroom-listing.txt"  # a real newsroom's page, not part of the project
ZONE = ZoneInfo("Europe/Zurich")
NOW = datetime(2022, 5, 2, tzinfo=UTC)
TALLEST = 2600  # pixels shown of a long issue
MAIN_LOOKS = {
    "wide": Look(screen=Screen.WIDE),
    "narrow": Look(screen=Screen.NARROW),
    "dark": Look(screen=Screen.MID, dark=True),
    "images-off": Look(screen=Screen.MID, images=False),
}


def compose(digest: Digest, issue: Issue) -> Edition:
    """The edition in the digest's own language."""
    return EmailComposer(digest, [TEMPLATES]).compose(issue, digest.language)


def pictures() -> Iterator[tuple[str, Edition, Look]]:
    """Every picture: its name, what it shows and how."""
    few = compose(digest_of("en"), issue_of(12))
    for name, look in MAIN_LOOKS.items():
        yield f"issue-{name}", few, look
    yield "issue-two-items", compose(digest_of("en"), issue_of(2)), Look(screen=Screen.MID)
    yield "issue-120-items", compose(digest_of("en"), issue_of(120)), Look(screen=Screen.MID)
    arabic = compose(digest_of("ar"), issue_of(12, "ar"))
    yield "issue-arabic", arabic, Look(screen=Screen.MID)
    yield "issue-arabic-dark-narrow", arabic, Look(screen=Screen.NARROW, dark=True)
    brand = Brand(colour="#1e2dbe", accent="#fa3c4b", font="Verdana, sans-serif")
    yield "issue-other-brand", compose(digest_of("fr", brand=brand), issue_of(12, "fr")), Look(screen=Screen.MID)
    if LISTING.exists():
        for period in ("2021-11", "2020-07"):
            yield f"issue-real-{period}", compose(*real_issue(period)), Look(screen=Screen.MID)


def real_issue(key: str) -> tuple[Digest, Issue]:
    """The issue of a period from the real newsroom's listing."""
    digest = sample_digest(name="COOP News", brand=Brand(colour="#1e2dbe", accent="#fa3c4b"))
    store = MemoryStore()
    source = build_source("listing", "newsroom", LISTING.name, LISTING.parent, ZONE, {})
    store.items.keep("newsroom", source.read(None), whole=True, now=NOW, today=NOW)
    period = parse_period(key, Cadence.MONTH, ZONE, NOW)
    policy = Policy(digest.slug, Themes(), ("newsroom",), 1)
    return digest, draft(period, store.items.present(["newsroom"]), History(), policy)


def draw(browser: Browser, edition: Edition, look: Look, path: Path) -> None:
    """One picture, as tall as the mail but not without end."""
    page = blank(edition, edition.html, {Slot.UNSUBSCRIBE_URL: "https://news.example.org/unsubscribe"})
    with open_mail(browser, page, look) as mail:
        tall = min(TALLEST, int(mail.page.evaluate("document.documentElement.scrollHeight")))
        mail.page.set_viewport_size({"width": int(look.screen), "height": tall})
        mail.page.screenshot(path=path)


def draw_text(browser: Browser, edition: Edition, path: Path) -> None:
    """The text part in a client's fixed-width font."""
    text = html.escape(blank(edition, edition.text, {Slot.UNSUBSCRIBE_URL: "https://news.example.org/unsubscribe"}))
    style = "margin:24px;font:14px/1.4 'DejaVu Sans Mono',monospace;white-space:pre-wrap;unicode-bidi:plaintext"
    page = f'<!DOCTYPE html><meta charset="utf-8"><pre style="{style}">{text}</pre>'
    with open_mail(browser, page, Look(screen=Screen.MID)) as mail:
        mail.page.set_viewport_size({"width": 720, "height": 1400})
        mail.page.screenshot(path=path)


def main() -> None:
    """Draw them all."""
    with run_chromium() as browser:
        for name, edition, look in pictures():
            draw(browser, edition, look, HERE / f"{name}.png")
            print(name)
        for language in ("en", "ar"):
            edition = compose(digest_of(language), issue_of(12, language))
            draw_text(browser, edition, HERE / f"issue-text-{language}.png")


if __name__ == "__main__":
    main()
