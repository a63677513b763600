"""An issue's life by its table, and what each edition shows of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from coopdigest.domain.errors import ExitCode, HeldError
from coopdigest.domain.issue import (
    FINAL,
    FROZEN,
    OPENED,
    TRANSITIONS,
    Issue,
    IssueItem,
    IssueState,
    Section,
    check_transition,
)
from coopdigest.testing.builders import make_issue, make_item

S = IssueState
LIFE = {
    S.COLLECTING: {S.DRAFT, S.APPROVED, S.EMPTY, S.MISSED, S.CANCELLED},
    S.DRAFT: {S.COLLECTING, S.APPROVED, S.EMPTY, S.MISSED, S.CANCELLED},
    S.APPROVED: {S.DRAFT, S.SENDING, S.MISSED, S.CANCELLED},
    S.SENDING: {S.PAUSED, S.SENT, S.CANCELLED},
    S.PAUSED: {S.SENDING, S.CANCELLED},
    S.SENT: {S.SENDING},
    S.EMPTY: {S.DRAFT, S.APPROVED, S.MISSED, S.CANCELLED},
    S.MISSED: {S.DRAFT, S.APPROVED, S.EMPTY, S.CANCELLED},
    S.CANCELLED: {S.DRAFT},
}


@pytest.mark.parametrize(("old", "new"), list(product(S, S)))
def test_issue_goes_only_where_its_life_allows(old: IssueState, new: IssueState) -> None:
    """Every pair of states: allowed by the table, standing still, or held with a line that names the issue."""
    if new is old or new in LIFE[old]:
        check_transition("2021-11", old, new)
        return
    with pytest.raises(HeldError) as caught:
        check_transition("2021-11", old, new)
    assert caught.value.exit_code is ExitCode.HELD
    assert all(word in str(caught.value) for word in ("2021-11", old.value, new.value, "coopdigest status"))


def test_table_names_every_state() -> None:
    """No state is forgotten, and none leads to itself."""
    assert set(TRANSITIONS) == set(S)
    assert all(state not in targets for state, targets in TRANSITIONS.items())


def test_nothing_but_an_approval_leads_to_sending_for_the_first_time() -> None:
    """From a state without a campaign only `approved` opens one."""
    openers = {state for state, targets in TRANSITIONS.items() if targets & OPENED and state not in OPENED}
    assert openers == {S.APPROVED}


def test_groups_of_states() -> None:
    """Final, opened and frozen states are what their names say."""
    assert {S.SENT, S.EMPTY, S.MISSED, S.CANCELLED} == FINAL
    assert {S.SENDING, S.PAUSED, S.SENT} == OPENED
    assert {*OPENED, S.APPROVED, S.CANCELLED} == FROZEN


def spoken(*languages: str | None) -> Issue:
    """An issue with one item per language, each in its own section, its title the language."""
    return make_issue([make_item(n, str(name), theme=str(n), language=name) for n, name in enumerate(languages)])


def titles(issue: Issue) -> list[str]:
    """Every title in printed order."""
    return [entry.item.title for entry in issue.items()]


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", ["en", "de", "None"]), ("fr", ["fr", "FR_ca", "de", "None"]), ("ar", ["de", "None"])],
)
def test_item_in_a_language_of_the_digest_goes_to_that_edition_only(language: str, shown: list[str]) -> None:
    """An item in another language, or in none, goes to all; regions and case do not count."""
    issue = spoken("en", "fr", "FR_ca", "de", None).in_language(language, ("en", "fr", "ar"))
    assert titles(issue) == shown
    assert all(section.items for section in issue.sections)


def test_digest_in_one_language_shows_everything() -> None:
    """With a single language there is one edition, and nothing is taken out of it."""
    issue = spoken("en", "fr", None)
    assert issue.in_language("en", ("en",)) == issue
    assert issue.in_language("en-GB", ("en-GB", "en")) == issue


def test_edition_that_would_hold_nothing_shows_the_whole_issue() -> None:
    """Better the news in another language than an empty message."""
    issue = spoken("en", "en")
    assert issue.in_language("fr", ("en", "fr")) == issue


def test_used_ids_count_merged_copies() -> None:
    """An issue uses up its items and the copies merged into them, in printed order."""
    entry = IssueItem(make_item(5), "News", copies=(8, 9))
    issue = replace(make_issue(), sections=(Section("News", (entry,)), Section("B", (IssueItem(make_item(2), "B"),))))
    assert (issue.used_ids(), issue.size) == ([5, 8, 9, 2], 2)
