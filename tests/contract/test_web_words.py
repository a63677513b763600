"""The sentences of the public pages are whole in every language."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.period import Cadence
from coopdigest.testing.builders import make_period
from coopdigest.web.words import SPOKEN, Words, direction_of, fill, name_of, say_period, words_for

ENGLISH = words_for("en")


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("sentence", [field.name for field in fields(Words) if field.name != "language"])
def test_every_language_says_the_same(language: str, sentence: str) -> None:
    """A translation names what the English sentence names, and is not empty."""
    translated, original = getattr(words_for(language), sentence), getattr(ENGLISH, sentence)
    assert translated
    assert sorted(re.findall(r"{\w+}", translated)) == sorted(re.findall(r"{\w+}", original))


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


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Cadence.DAY, "November 30, 2021"),
        (Cadence.WEEK, "Nov 29\u2009–\u2009Dec 5, 2021"),
        (Cadence.MONTH, "November 2021"),
        (Cadence.QUARTER, "4th quarter 2021"),
        (Cadence.YEAR, "2021"),
    ],
)
def test_periods_in_words(cadence: Cadence, words: str) -> None:
    """A period is said as a reader would say it."""
    assert say_period(make_period(date(2021, 11, 30), cadence), "en") == words


def test_periods_in_other_languages() -> None:
    """The months are those of the page's language."""
    said = [say_period(make_period(), language) for language in ("fr", "es", "ar", "sw")]
    assert said == ["novembre 2021", "noviembre de 2021", "نوفمبر 2021", "November 2021"]


@given(st.text(max_size=20))
def test_any_text_has_a_language_name(text: str) -> None:
    """A language code from a configuration never breaks the page."""
    assert name_of(text) or text == ""
    assert direction_of(text) in ("ltr", "rtl")


def test_languages_call_themselves() -> None:
    """Languages are named in themselves, with a capital; an unknown one by its code."""
    assert [name_of(code) for code in ("fr", "ar", "zz")] == ["Français", "العربية", "zz"]
