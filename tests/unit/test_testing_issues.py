"""The issues of any size that other tests judge the composer by."""

from __future__ import annotations

import pytest

from coopdigest.testing.issues import issue_of, items_of
from coopdigest.testing.sample_words import LEXICONS


@pytest.mark.parametrize("language", sorted(LEXICONS))
def test_a_dozen_items_have_and_lack_every_fact(language: str) -> None:
    """Among twelve items each fact is there and is absent, whatever the language."""
    issue = issue_of(12, language)
    items = [entry.item for entry in issue.items()]
    for fact in ("summary", "summary_html", "url", "image", "credit", "language", "kind"):
        assert {getattr(item, fact) is None for item in items} == {True, False}, fact
    assert {item.undated for item in items} == {entry.carried_over for entry in issue.items()} == {True, False}
    assert {item.image.alt is None for item in items if item.image} == {True, False}
    assert issue.words_in(language).introduction


@pytest.mark.parametrize("language", sorted(LEXICONS))
def test_every_title_and_link_is_its_own(language: str) -> None:
    """No two of 120 items are copies of one another, so none is merged or named twice."""
    items = items_of(120, language)
    links = [item.url for item in items if item.url]
    assert len({item.title for item in items}) == 120
    assert len(set(links)) == len(links)


def test_the_same_issue_at_every_call() -> None:
    """Two calls give equal issues, and a larger one holds the items of a smaller one."""
    assert issue_of(40, "ar") == issue_of(40, "ar")
    assert {item.title for item in items_of(12)} <= {item.title for item in items_of(40)}


def test_other_languages_stand_inside() -> None:
    """An English issue holds Arabic items and an Arabic one English items, said and unsaid."""
    for own, other in (("en", "ar"), ("ar", "en")):
        items = items_of(40, own)
        assert other in {item.language for item in items}
        unsaid = [item for item in items if item.language is None and item.url and f"/{other}/" in item.url]
        assert unsaid
