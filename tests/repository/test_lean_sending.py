"""A process that only sends stays small: it imports nothing that composes, collects, serves or draws."""

from pathlib import Path

import pytest

from coopdigest.mail.catcher import MailCatcher
from coopdigest.testing.mailing import Mailing

HEAVY = frozenset(
    (
        *("lxml", "premailer", "cssutils", "mjml", "jinja2", "babel"),  # compose
        *("feedparser", "httpx2", "selectolax", "nh3", "frontmatter", "markdown_it"),  # sources
        *("starlette", "uvicorn", "aiosmtpd", "apscheduler", "holidays"),  # web, catcher, calendar
        *("alembic", "psycopg", "cryptography", "rich", "dns"),  # migrations, PostgreSQL, [dkim], a terminal, doctor
    )
)


def imported(trace: str) -> set[str]:
    """The top-level names in what Python says of its imports."""
    lines = (line for line in trace.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Mailing:
    """A digest folder whose issue is approved; only to be copied."""
    return Mailing(tmp_path_factory.mktemp("approved") / "digest").prepare(3)


@pytest.fixture
def approved(prepared: Mailing, tmp_path: Path) -> Mailing:
    """A digest folder of the test's own whose issue is approved."""
    return prepared.copy_to(tmp_path / "digest")


def test_a_process_that_only_sends_imports_nothing_else(approved: Mailing) -> None:
    """Opening and sending an approved issue, and then being asked again, needs no library of another job."""
    with MailCatcher() as catcher:
        approved.environ |= {"COOPDIGEST_SMTP_URL": catcher.url, "PYTHONPROFILEIMPORTTIME": "1"}
        first, again = approved.send(), approved.send()

    assert (first.code, again.code, len(catcher.messages)) == (0, 0, 3)
    assert "sqlalchemy" in imported(first.err)
    assert imported(first.err) & HEAVY == set()
    assert imported(again.err) & HEAVY == set()


def test_a_process_that_composes_is_seen_to(approved: Mailing) -> None:
    """The test above could see what it looks for."""
    approved.environ["PYTHONPROFILEIMPORTTIME"] = "1"

    assert {"lxml", "premailer", "mjml", "jinja2"} <= imported(approved.run("check", "2021-11").err)
