"""Debian's Chromium as the tests drive it: a page reaches only what its test answers, and says what it asked for."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium")
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
ADDRESS = "https://mail.example.org/message"  # where a mail stands; the browser reads its charset from the mail alone
_HEIGHT = 900
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Screen(IntEnum):
    """How wide a screen is, in CSS pixels."""

    WIDE = 1200
    MID = 600
    NARROW = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a reader looks at a mail."""

    screen: Screen = Screen.WIDE
    dark: bool = False
    images: bool = True


@dataclass(frozen=True, slots=True)
class OpenMail:
    """A mail in the browser: its page, the images it asked for, and what else it asked for (which got no answer)."""

    page: Page
    images: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def look(self, look: Look) -> OpenMail:
        """The same mail looked at otherwise; images stay as they were when it was opened."""
        self.page.set_viewport_size({"width": look.screen, "height": _HEIGHT})
        self.page.emulate_media(color_scheme="dark" if look.dark else "light")
        return self


@contextmanager
def run_chromium() -> Iterator[Browser]:
    """Chromium, running; every context of it has a profile of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        yield chromium
        chromium.close()


@contextmanager
def open_mail(browser: Browser, html: str, look: Look | None = None) -> Iterator[OpenMail]:
    """The HTML part `html` as `look` shows it, loaded whole; images get a picture, nothing else gets an answer."""
    look = look or Look()
    context = browser.new_context()
    mail = OpenMail(context.new_page()).look(look)

    def answer(route: Route) -> None:
        url, is_image = route.request.url, route.request.resource_type == "image"
        if url == ADDRESS:
            route.fulfill(body=html.encode(), content_type="text/html")
            return
        (mail.images if is_image else mail.strays).append(url)
        if is_image and look.images:
            route.fulfill(body=paint(url), content_type="image/png")
        else:
            route.abort()

    context.route("**/*", answer)
    mail.page.goto(ADDRESS)
    yield mail
    context.close()


@cache
def paint(url: str, width: int = 1200, height: int = 675) -> bytes:
    """A PNG of a slope under a sky, in colours that depend on the URL alone."""
    tone = zlib.crc32(url.encode())
    sky = bytes((150 + tone % 60, 170 + tone // 60 % 60, 200 + tone // 3600 % 40))
    ground = bytes((60 + tone // 7 % 70, 90 + tone // 490 % 70, 60 + tone // 34300 % 60))
    slope = [height // 3 + column * height // width // 3 for column in range(width)]
    rows = (b"\0" + b"".join(ground if row > top else sky for top in slope) for row in range(height))
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
