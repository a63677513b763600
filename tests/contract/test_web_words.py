"""The sentences of the public pages are whole in every language."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.web.words import SPOKEN, Words, direction_of, fill, name_of, words_for

ENGLISH = words_for("en")


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("sentence", [field.name for field in fields(Words) if field.name != "language"])
def test_every_language_says_the_same(language: str, sentence: str) -> None:
    """A translation names what the English sentence names, and is not empty."""
    translated, original = getattr(words_for(language), sentence), getattr(ENGLISH, sentence)
    assert translated
    assert sorted(re.findall(r"{\w+}", translated)) == sorted(re.findall(r"{\w+}", original))


@pytest.mark.parametrize("language", SPOKEN)
def test_nobody_is_given_two_genders(language: str) -> None:
    """No word has a second ending in brackets or behind a dot: a screen reader stumbles over it."""
    said = " ".join(getattr(words_for(language), field.name) for field in fields(Words))
    assert not re.search(r"\w(\(\w|[·•/]\w)", said)


@pytest.mark.parametrize(
    ("asked", "given"), [("fr-CA", "fr"), ("AR", "ar"), ("es_MX", "es"), ("sw", "en"), (None, "en"), ("", "en")]
)
def test_unknown_languages_fall_back_to_english(asked: str | None, given: str) -> None:
    """Regions do not matter, and what the pages do not speak is answered in English."""
    assert words_for(asked).language == given


@given(st.text())
def test_values_are_escaped(value: str) -> None:
    """Whatever a digest is called, its name adds no element and no place to fill."""
    page = fill("Read {digest}.", digest=value)
    assert page.startswith("Read <bdi>")
    assert page.endswith("</bdi>.")
    assert "<" not in page[len("Read <bdi>") : -len("</bdi>.")]


@given(st.text(max_size=20))
def test_any_text_has_a_language_name(text: str) -> None:
    """A language code from a configuration never breaks the page."""
    assert name_of(text) or text == ""
    assert direction_of(text) in ("ltr", "rtl")


def test_languages_call_themselves() -> None:
    """Languages are named in themselves, with a capital; an unknown one by its code."""
    assert [name_of(code) for code in ("fr", "ar", "zz")] == ["Français", "العربية", "zz"]
