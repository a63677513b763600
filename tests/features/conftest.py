"""Fixtures of the feature tests: a digest folder, a mail server that takes everything, and Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import run_chromium
from digest_folder import LISTING, ROSTER, Folder
from playwright.sync_api import Browser

from coopdigest.mail.catcher import MailCatcher


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A digest folder with three items in two months and three subscribers."""
    made = Folder(tmp_path)
    made.configure()
    (tmp_path / "news.txt").write_text(LISTING, encoding="utf-8")
    (tmp_path / "subscribers.csv").write_text(ROSTER, encoding="utf-8")
    return made


@pytest.fixture
def catcher(folder: Folder) -> Iterator[MailCatcher]:
    """A mail server on loopback that takes everything; the folder sends to it."""
    with MailCatcher() as running:
        folder.environ["COOPDIGEST_SMTP_URL"] = running.url
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the module.

    Not for the session: while Playwright runs it holds the thread's event loop, in which other tests serve.
    """
    with run_chromium() as running:
        yield running
