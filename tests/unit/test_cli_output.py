"""How an issue is shown to the eye."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coopdigest.cli.output import show_issue
from coopdigest.domain.issue import IssueItem, Section
from coopdigest.testing.builders import make_issue, make_item


def test_an_item_of_the_period_before_is_marked_as_carried_over(capsys: pytest.CaptureFixture[str]) -> None:
    """In the word that the configuration and the documents use."""
    entries = (IssueItem(make_item(1, "A mill reopens"), "News", carried_over=True), IssueItem(make_item(2), "News"))
    show_issue(replace(make_issue(), sections=(Section("News", entries),), number=84))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("2 items  number 84")
    assert [line.endswith("A mill reopens  (carried over)") for line in lines[-2:]] == [True, False]
