"""What the editor says is kept by language, within bounds, and what is missing in one is said, on fakes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.edition import Severity
from coopdigest.domain.errors import ConfigurationError, HeldError
from coopdigest.domain.issue import EditorWords
from coopdigest.services.editor_words import MOST_INTRODUCTION, MOST_SUBJECT, Wording
from coopdigest.services.language_coverage import RULES, check_languages
from coopdigest.testing.builders import make_edition, make_found, make_issue, make_item, make_period
from coopdigest.testing.clock import NOON
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.scenes import approve, collect, enrol

NOVEMBER = make_period()
LANGUAGES = ("en", "fr", "pt-BR")


def wording() -> Wording:
    """A digest of three languages about which nothing was said."""
    return Wording(LANGUAGES, MemoryStore().issues)


def said(desk: Wording) -> list[tuple[str | None, str | None]]:
    """Introduction and subject in each language."""
    return [(words.introduction, words.subject) for words in desk.said(NOVEMBER)]


def test_words_are_changed_one_at_a_time() -> None:
    """What is not given stays, what is given empty goes, and other languages are left alone."""
    desk = wording()
    assert said(desk) == [(None, None)] * 3
    desk.say(NOVEMBER, EditorWords("en", "Hello\r\n\r\nreaders  \n", "  A month\n of boats "))
    desk.say(NOVEMBER, EditorWords("fr", None, "Un mois"))
    assert said(desk) == [("Hello\n\nreaders", "A month of boats"), (None, "Un mois"), (None, None)]
    desk.say(NOVEMBER, EditorWords("en", "Hi"))
    assert said(desk)[0] == ("Hi", "A month of boats")
    desk.say(NOVEMBER, EditorWords("en", " \n", None))
    assert said(desk)[0] == (None, "A month of boats")
    desk.say(NOVEMBER, EditorWords("fr", "Bonjour"), clear=True)
    assert said(desk)[1] == ("Bonjour", None)
    desk.say(NOVEMBER, EditorWords("fr"), clear=True)
    assert said(desk)[1] == (None, None)


def test_a_language_is_one_of_the_digests() -> None:
    """Its case does not matter, none is the digest's own, and a wrong one is told the right ones."""
    desk = wording()
    assert [desk.language(name) for name in (None, "FR", "pt_br")] == ["en", "fr", "pt-BR"]
    with pytest.raises(ConfigurationError, match="'de' is none of this digest's; there are: en, fr, pt-BR"):
        desk.language("de")


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        (EditorWords("en", "x" * (MOST_INTRODUCTION + 1)), "introduction has 2,001 characters; it may have 2,000"),
        (EditorWords("en", None, "x" * (MOST_SUBJECT + 1)), "subject has 201 characters"),
        (EditorWords("en", "a\0b"), "introduction holds the control character U\\+0000"),
        (EditorWords("en", None, "a\x1bb"), "subject holds the control character U\\+001B"),
    ],
)
def test_words_are_bounded_text(words: EditorWords, trouble: str) -> None:
    """Too long, or no text: refused with the measure, and nothing is kept."""
    desk = wording()
    with pytest.raises(ConfigurationError, match=trouble):
        desk.say(NOVEMBER, words)
    assert said(desk)[0] == (None, None)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_kept_can_be_said_again(introduction: str, subject: str) -> None:
    """Words come back tidied, and tidying them once more changes nothing."""
    desk = wording()
    try:
        desk.say(NOVEMBER, EditorWords("en", introduction, subject))
    except ConfigurationError:
        return
    first = said(desk)
    assert "\r" not in (first[0][0] or "")
    assert "\n" not in (first[0][1] or "")
    desk.say(NOVEMBER, EditorWords("en", first[0][0] or "", first[0][1] or ""))
    assert said(desk) == first


def test_changing_words_tells_whether_it_voided_an_approval() -> None:
    """An approved issue with other words is a draft again; the same words change nothing."""
    store = MemoryStore()
    desk = Wording(LANGUAGES, store.issues)
    approve(store, [make_item()])
    assert desk.say(NOVEMBER, EditorWords("en", "Hello")) is True
    approve(store, [make_item()])
    assert desk.say(NOVEMBER, EditorWords("en", "Hello")) is False
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert record.state == "approved"


def test_words_of_an_open_campaign_are_refused() -> None:
    """What goes out stays as it was approved."""
    store = MemoryStore()
    enrol(store, "amina@example.org")
    store.ledger.open(approve(store, collect(store, make_found())), NOON)
    with pytest.raises(HeldError, match="its words went out as they are"):
        Wording(LANGUAGES, store.issues).say(NOVEMBER, EditorWords("en", "Hello"))


def check(*items: Any, words: tuple[EditorWords, ...] = (), languages: tuple[str, ...] = LANGUAGES) -> list[str]:
    """What is missing: rule, place and message."""
    issue = replace(make_issue(items), words=words)
    found = check_languages(issue, languages)
    assert list(found) == list(languages)
    findings = [finding for each in found.values() for finding in each]
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
    assert {finding.rule for finding in findings} <= RULES.keys()
    return [f"{finding.rule} {finding.place}: {finding.message}" for finding in findings]


def test_an_edition_without_items_of_its_own_is_named() -> None:
    """W02: only where every item is in another of the digest's languages, for then the whole issue is shown."""
    english, french = make_item(1, language="en"), make_item(2, language="fr-CH")
    assert check(english, french) == [
        "W02 edition pt-BR: no item is in pt-BR; the edition shows the whole issue, in other languages"
    ]
    assert check(english, french, make_item(3)) == []
    assert check(english, french, make_item(3, language="de")) == []
    assert check(english, make_item(2, language="pt"), languages=("en", "pt-BR")) == []


def test_an_edition_that_says_less_than_another_is_named() -> None:
    """W03: an introduction or a subject that is not there in every language."""
    words = (EditorWords("en", "Hello", "Boats"), EditorWords("fr", "Bonjour"))
    assert check(make_item(), words=words) == [
        "W03 edition fr: there is a subject in en, not here",
        "W03 edition pt-BR: there is an introduction in en, fr, not here",
        "W03 edition pt-BR: there is a subject in en, not here",
    ]


def test_a_digest_of_one_language_lacks_nothing() -> None:
    """Neither does an issue that holds nothing."""
    assert check(make_item(language="fr"), words=(EditorWords("en", "Hello"),), languages=("en",)) == []
    assert check() == []


def test_the_edition_that_falls_back_is_the_one_that_shows_everything() -> None:
    """The warning and the edition's content are one decision."""
    issue = make_issue([make_item(1, "A", language="en"), make_item(2, "B", language="en")])
    for language in ("en", "fr"):
        shown = make_edition(issue.in_language(language, ("en", "fr")), language)
        assert "A" in shown.text
        assert issue.falls_back(language, ("en", "fr")) is (language == "fr")
