"""How an issue is shown to the eye."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coopdigest.cli.output import show_issue, show_table
from coopdigest.domain.issue import IssueItem, Section
from coopdigest.testing.builders import make_issue, make_item


def test_an_item_of_the_period_before_is_marked_as_carried_over(capsys: pytest.CaptureFixture[str]) -> None:
    """In the word that the configuration and the documents use."""
    entries = (IssueItem(make_item(1, "A mill reopens"), "News", carried_over=True), IssueItem(make_item(2), "News"))
    show_issue(replace(make_issue(), sections=(Section("News", entries),), number=84))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("2 items  number 84")
    assert [line.endswith("A mill reopens  (carried over)") for line in lines[-2:]] == [True, False]


def test_a_table_cuts_nothing_and_takes_words_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    """A place is long and must be there whole; a title may look like markup."""
    place = "templates/email/partials/media_contact.mjml:12:34"
    show_table(["where", "what"], [[place, "[bold]Mill[/bold] " + "and more " * 12]])
    lines = capsys.readouterr().out.splitlines()
    begin = lines[1].index("what")
    assert "".join(line[:begin].strip() for line in lines[3:]) == place
    said = " ".join(line[begin:].strip() for line in lines)
    assert "[bold]Mill[/bold]" in said
    assert said.count("and more") == 12
