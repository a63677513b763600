"""Dates and periods are said in the edition's language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from coopdigest.compose.wording import day_in_words, direction_of, direction_of_text, fill, period_in_words
from coopdigest.domain.period import Cadence, parse_period


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


def test_directions_are_known() -> None:
    """By language, or by the first letter that has one."""
    assert (direction_of("ar"), direction_of("fr"), direction_of("xx")) == ("rtl", "ltr", "ltr")
    assert direction_of_text("12 تعاونيات") == "rtl"
    assert direction_of_text("2021: a") == "ltr"
    assert direction_of_text("123") is None


def test_only_named_braces_are_filled() -> None:
    """Other braces are words, and so are braces in what is filled in."""
    assert fill("{a} and {b}", a="{b}") == "{b} and {b}"
