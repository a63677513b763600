"""The scheduler on a real store and a clock that tests set: what ticks do with occurrences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coopdigest.config.loading import load_settings
from coopdigest.domain.issue import IssueState
from coopdigest.mail.catcher import MailCatcher
from coopdigest.scheduler import Scheduler, parse_digest_schedule
from coopdigest.testing.clock import FixedClock
from coopdigest.wiring import Workplace

CONFIG = """\
[digest]
slug = "coop-news"
name = "COOP News"
timezone = "Europe/Zurich"
from = "COOP News <news@example.org>"
postal_address = "1 Example Street"
public_url = "https://news.example.org"
approval = "{approval}"
[media_contact]
name = "Newsroom"
email = "newsroom@example.org"
[schedule]
send = "day 1 09:00"
[[sources]]
name = "newsroom"
kind = "listing"
location = "news.txt"
[smtp]
url = "{smtp}"
"""
NEWS = "News\n\n  1. Video\n\n    The ferry crews\n\n    {day}\n\n    They row on time.\n"
BEGAN = datetime(2021, 10, 20, 12, tzinfo=UTC)
DUE = datetime(2021, 11, 1, 8, 0, tzinfo=UTC)  # 09:00 in Zurich


class Newsroom:
    """A digest folder whose scheduler ticks when told."""

    def __init__(self, folder: Path, smtp: str, approval: str = "auto") -> None:
        (folder / "coopdigest.toml").write_text(CONFIG.format(smtp=smtp, approval=approval), "utf-8")
        (folder / "news.txt").write_text(NEWS.format(day="12 October 2021"), "utf-8")
        (folder / "subscribers.csv").write_text("email\namina@example.org\nluc@example.org\n", "utf-8")
        self.folder = folder
        self.said: list[str] = []
        self.clock = FixedClock(BEGAN)
        self.place = Workplace(load_settings(folder / "coopdigest.toml", {}), self.clock)
        self.scheduler = Scheduler(self.place, parse_digest_schedule(self.place), self.said.append)

    def tick(self, at: datetime) -> None:
        """One tick at an instant."""
        self.clock.set(at)
        self.scheduler.tick()

    def state(self, period: str) -> IssueState | None:
        """Where the period's issue stands."""
        record = self.place.store.issues.record(self.place.period(period))
        return record.state if record else None


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    """A mail server that takes everything."""
    with MailCatcher() as running:
        yield running


@pytest.fixture
def newsroom(tmp_path: Path, catcher: MailCatcher) -> Iterator[Newsroom]:
    """A digest first run on 20 October 2021, due on the first of each month."""
    made = Newsroom(tmp_path, catcher.url)
    made.tick(BEGAN)
    yield made
    made.place.close()


def test_a_due_occurrence_is_sent_once(newsroom: Newsroom, catcher: MailCatcher) -> None:
    """Nothing goes before the hour; at the hour the last whole period goes; later ticks send nothing more."""
    newsroom.tick(DUE - timedelta(seconds=1))
    assert not catcher.messages
    for later in (timedelta(0), timedelta(seconds=15), timedelta(days=3), timedelta(days=20)):
        newsroom.tick(DUE + later)
    assert sorted(m.recipients[0] for m in catcher.messages) == ["amina@example.org", "luc@example.org"]
    assert newsroom.state("2021-10") is IssueState.SENT


def test_nothing_is_due_from_before_the_first_run(newsroom: Newsroom) -> None:
    """The occurrence of 1 October lies before the first run: September is no business of ours."""
    newsroom.tick(DUE)
    assert newsroom.state("2021-09") is None


def test_a_missed_occurrence_is_caught_up_within_seven_days(newsroom: Newsroom, catcher: MailCatcher) -> None:
    """A machine that was down for six days sends the issue when it is back."""
    newsroom.tick(DUE + timedelta(days=6))
    assert len(catcher.messages) == 2


def test_a_later_one_is_recorded_as_missed_and_said_once(newsroom: Newsroom, catcher: MailCatcher) -> None:
    """After eight days the issue is missed, with the reason, and nobody is mailed."""
    newsroom.tick(DUE + timedelta(days=8))
    newsroom.tick(DUE + timedelta(days=9))
    assert newsroom.state("2021-10") is IssueState.MISSED
    assert len([text for text in newsroom.said if "missed" in text]) == 1
    assert not catcher.messages


def test_an_empty_period_is_recorded_and_reopened_when_something_comes(
    newsroom: Newsroom, catcher: MailCatcher
) -> None:
    """An issue without items mails nobody; a late item within the catch-up time opens it again."""
    (newsroom.folder / "news.txt").write_text(NEWS.format(day="12 August 2021"), "utf-8")
    newsroom.tick(DUE)
    assert newsroom.state("2021-10") is IssueState.EMPTY
    (newsroom.folder / "news.txt").write_text(NEWS.format(day="30 October 2021"), "utf-8")
    newsroom.tick(DUE + timedelta(hours=2))
    assert newsroom.state("2021-10") is IssueState.SENT
    assert len(catcher.messages) == 2


def test_an_unapproved_issue_waits_and_says_so_once(tmp_path: Path, catcher: MailCatcher) -> None:
    """With manual approval the tick sends nothing until somebody approves."""
    newsroom = Newsroom(tmp_path, catcher.url, approval="manual")
    newsroom.tick(BEGAN)
    newsroom.tick(DUE)
    newsroom.tick(DUE + timedelta(minutes=1))
    assert len([text for text in newsroom.said if "not approved" in text]) == 1
    period = newsroom.place.period("2021-10")
    newsroom.place.editing.approve(period, newsroom.place.composer, by="a test")
    newsroom.tick(DUE + timedelta(minutes=2))
    assert len(catcher.messages) == 2
    newsroom.place.close()


def test_a_dead_server_is_tried_again_at_the_next_tick(tmp_path: Path) -> None:
    """A tick that finds no server leaves everything pending; the next one that does sends."""
    newsroom = Newsroom(tmp_path, "smtp://127.0.0.1:9")
    newsroom.tick(BEGAN)
    newsroom.tick(DUE)
    assert newsroom.state("2021-10") is IssueState.SENDING
    with MailCatcher() as catcher:
        del newsroom.place.__dict__["transport"]
        config = newsroom.folder / "coopdigest.toml"
        environ = {"COOPDIGEST_SMTP_URL": catcher.url}
        newsroom.place.settings = load_settings(config, environ)
        newsroom.tick(DUE + timedelta(minutes=1))
        assert len(catcher.messages) == 2
    newsroom.place.close()
