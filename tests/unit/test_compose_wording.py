"""Dates and periods are said in the edition's language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from coopdigest.compose.wording import (
    Plural,
    day_in_words,
    direction_of,
    direction_of_text,
    fill,
    locale_of,
    missing_words,
    period_in_words,
    placeholders,
    read_catalogue,
    read_words,
)
from coopdigest.domain.period import Cadence, parse_period

SHIPPED = Path(__file__).parents[2] / "templates" / "email"


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("2021-11", "en", "November 2021"),
        ("2021-11", "fr", "novembre 2021"),
        ("2021-11", "es", "noviembre de 2021"),
        ("2021-11", "ar", "نوفمبر 2021"),
        ("2021-W46", "en", "15–21 Nov 2021"),
        ("2021-Q4", "en", "4th quarter 2021"),
        ("2021-Q4", "fr", "4e trimestre 2021"),
        ("2021", "es", "2021"),
        ("2021-11-29", "fr", "29 novembre 2021"),
        ("2021-11-29..2021-11-29", "en", "29 November 2021"),
        ("2021-11-29..2022-01-02", "en", "29 Nov 2021 – 2 Jan 2022"),
        ("2021-11", "xx", "November 2021"),
        ("2021-W46", "fr", "15–21 nov. 2021"),
        ("2021-W46", "es", "15–21 nov 2021"),
        ("2021-W46", "ar", "15–21 نوفمبر 2021"),
        ("2021-Q4", "es", "4.º trimestre de 2021"),
        ("2021-Q4", "ar", "الربع الرابع 2021"),
        ("2021-11-01", "fr", "1er novembre 2021"),
        ("2021-11-01..2021-11-15", "fr", "1–15 nov. 2021"),
        ("2021-12-27..2022-01-02", "ar", "27 ديسمبر 2021 – 2 يناير 2022"),
    ],
)
def test_a_period_is_said_in_words(key: str, language: str, words: str) -> None:
    """Every cadence and every range, in the language of the edition; English where it is unknown."""
    period = parse_period(key, Cadence.MONTH, ZoneInfo("UTC"), datetime(2022, 1, 1, tzinfo=UTC))
    assert period_in_words(period, language) == words


def test_a_day_is_said_in_words() -> None:
    """In English the day comes first, as in most countries; a regional English keeps its own order."""
    assert day_in_words(date(2021, 11, 5), "en") == "5 November 2021"
    assert day_in_words(date(2021, 11, 5), "en-US") == "November 5, 2021"


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    """And no other day is."""
    assert day_in_words(date(2021, 1, 1), "fr-CH") == "1er janvier 2021"
    assert day_in_words(date(2021, 1, 11), "fr") == "11 janvier 2021"


def test_directions_are_known() -> None:
    """By language, or by the first letter that has one."""
    assert (direction_of("ar"), direction_of("fr"), direction_of("xx")) == ("rtl", "ltr", "ltr")
    assert direction_of_text("12 تعاونيات") == "rtl"
    assert direction_of_text("2021: a") == "ltr"
    assert direction_of_text("123") is None


def test_only_named_braces_are_filled() -> None:
    """Other braces are words, and so are braces in what is filled in."""
    assert fill("{a} and {b}", a="{b}") == "{b} and {b}"


def test_markup_that_is_filled_in_stays_markup() -> None:
    """And everything around it is escaped."""
    filled = fill("{a} & {b} {c}", a=Markup("<bdi>x</bdi>"), b="<i>")
    assert filled == Markup("<bdi>x</bdi> &amp; &lt;i&gt; {c}")
    assert isinstance(filled, Markup)


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [
        ("en", 1, "1 story"), ("en", 2, "2 stories"),
        ("fr", 0, "0 article"), ("fr", 1, "1 article"), ("fr", 2, "2 articles"),
        ("fr", 1_000_000, "1000000 d’articles"),
        ("es", 1, "1 noticia"), ("es", 11, "11 noticias"), ("es", 1_000_000, "1000000 de noticias"),
        ("ar", 0, "لا أخبار"), ("ar", 1, "خبر واحد"), ("ar", 2, "خبران"), ("ar", 3, "3 أخبار"), ("ar", 10, "10 أخبار"),
        ("ar", 11, "11 خبرًا"), ("ar", 99, "99 خبرًا"), ("ar", 100, "100 خبر"), ("ar", 103, "103 أخبار"),
    ],
)  # fmt: skip
def test_a_word_agrees_with_its_number(language: str, count: int, words: str) -> None:
    """By the language's own grammar."""
    assert fill(read_words([SHIPPED], language)["stories"], count=count) == words


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_a_shipped_catalogue_is_complete(language: str) -> None:
    """It has the keys of English, no others, and every plural form that the language has; and it fills in the same."""
    assert missing_words([SHIPPED], language) == []
    words, english = read_catalogue([SHIPPED], language), read_catalogue([SHIPPED], "en")
    assert sorted(words) == sorted(english)
    for key, word in words.items():
        assert isinstance(word, Plural) is isinstance(english[key], Plural)
        assert placeholders(word) == placeholders(english[key])
        if isinstance(word, Plural):
            assert set(word.forms) == {"other", *locale_of(language).plural_form.tags}


def test_french_words_have_no_blank_that_breaks_before_a_sign() -> None:
    """A line must not begin with a colon."""
    for word in read_catalogue([SHIPPED], "fr").values():
        for form in word.forms.values() if isinstance(word, Plural) else [word]:
            assert not re.search("(?<![\u202f\u00a0])[:;!?»]", form)
