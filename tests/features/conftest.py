"""Fixtures of the feature tests: a digest folder, a mail server that takes everything, and Chromium."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from chromium import run_chromium
from digest_folder import LISTING, ROSTER, Folder
from playwright.sync_api import Browser
from typer.testing import CliRunner

from coopdigest.cli.app import app
from coopdigest.mail.catcher import MailCatcher
from coopdigest.testing.mailing import PERIOD, Mailing, Ran


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


@pytest.fixture(scope="session")
def approved_mailing(tmp_path_factory: pytest.TempPathFactory) -> Mailing:
    """A digest folder whose issue is approved and was never sent; only to be copied."""
    return Mailing(tmp_path_factory.mktemp("approved") / "digest", quick=run_here).prepare(1)


def run_here(folder: Path, environ: Mapping[str, str], arguments: Sequence[str]) -> Ran:
    """A command line in this process."""
    config = str(folder / "coopdigest.toml")
    done = CliRunner().invoke(app, [*arguments, "--config", config], env=environ, catch_exceptions=False)
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def mailing(approved_mailing: Mailing, tmp_path: Path) -> Mailing:
    """A digest folder of the test's own with an approved issue for six readers, sent by one connection."""
    made = approved_mailing.copy_to(tmp_path / "digest")
    made.address_to(6)
    made.configure("connections = 1\n")
    return made


@pytest.fixture
def anywhere(request: pytest.FixtureRequest, mailing: Mailing) -> Iterator[Mailing]:
    """A digest folder with an approved issue for twelve readers, its ledger on the database that the test names."""
    mailing.address_to(12)
    if request.param == "sqlite":
        yield mailing
        return
    server = request.getfixturevalue("postgresql")
    url = server.take()
    mailing.environ |= {"COOPDIGEST_DATABASE_URL": url, "COOPDIGEST_SECRET_KEY": "k" * 43}
    for command in (["collect"], ["approve", PERIOD]):
        assert mailing.ask(*command).code == 0
    yield mailing
    server.give_back(url)
