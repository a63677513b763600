"""Lines of plain text are marked for their reading direction."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.bidi import direction_in, isolate, mark_lines, needs_isolation, prevailing_direction
from coopdigest.compose.cleaning import clean_text

RLM, LRM, RLE, PDF, FSI, PDI = "\u200f", "\u200e", "\u202b", "\u202c", "\u2068", "\u2069"
ANY = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab اتב 12 -.()\n")), max_size=80)
WAYS = st.sampled_from(["ltr", "rtl"])


@pytest.mark.parametrize(
    ("text", "direction", "marked"),
    [
        ("Latin 2026.", "ltr", "Latin 2026."),
        ("Latin", "rtl", "Latin"),
        ("اب", "ltr", "اب"),
        ("اب.", "rtl", f"{RLM}{RLE}اب.{PDF}"),
        ("Latin اب", "rtl", f"{RLM}{RLE}Latin اب{PDF}"),
        ("اب Latin", "ltr", f"{LRM}اب Latin"),
        ("2026", "ltr", f"{LRM}2026"),
        ("2026", "rtl", f"{RLM}{RLE}2026{PDF}"),
        ("", "rtl", ""),
    ],
)
def test_a_line_gets_the_marks_that_it_needs(text: str, direction: str, marked: str) -> None:
    """In an Arabic text."""
    assert mark_lines(text, direction, "rtl") == marked


def test_a_latin_text_needs_no_mark() -> None:
    """Not even where there is no letter."""
    assert mark_lines("2026\n--\nabc", "ltr", "ltr") == "2026\n--\nabc"


def test_nothing_touches_a_link() -> None:
    """A client would take the mark for a part of it."""
    lines = "اب.\nhttps://example.org/\nاب"
    assert mark_lines(lines, "rtl", "rtl") == f"{RLM}{RLE}اب.{PDF}\nhttps://example.org/\nاب"


def test_what_is_isolated_over_a_lines_end_is_closed_there() -> None:
    """And opened again."""
    assert mark_lines(f"a {FSI}b\nc{PDI} é", "ltr", "ltr") == f"a {FSI}b{PDI}\n{FSI}c{PDI} é"


def test_pieces_are_isolated_only_where_they_pull() -> None:
    """At letters of the other direction."""
    assert isolate("© اب 2026", "ltr") == f"{FSI}© اب 2026{PDI}"
    assert isolate("© Latin 2026", "ltr") == "© Latin 2026"
    assert isolate("2026", "rtl") == "2026"


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("COVID-19 والتعاونيات", "rtl"),
        ("تعاونية Brightwater (2026)!", "rtl"),
        ("The word تعاون again", "ltr"),
        ("Lakeside Archive", "ltr"),
        ("19 – 20", None),
        ("", None),
    ],
)
def test_the_prevailing_direction_is_that_of_the_words(text: str, direction: str | None) -> None:
    """Few Arabic words make an Arabic text, for those hold many Latin names."""
    assert prevailing_direction(text) == direction


def test_every_letter_that_reads_from_the_right_is_known() -> None:
    """Whatever its script."""
    for code in range(sys.maxunicode + 1):
        if unicodedata.bidirectional(chr(code)) in ("R", "AL"):
            assert needs_isolation(chr(code), "ltr")


@given(ANY, WAYS, WAYS)
def test_any_text_keeps_its_words(text: str, direction: str, around: str) -> None:
    """Only marks are added, and every line closes what it opens."""
    marked = mark_lines(clean_text(text), direction, around)
    unmarked = str.maketrans("", "", "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
    assert marked.translate(unmarked) == clean_text(text).translate(unmarked)
    for line in marked.split("\n"):
        assert sum(line.count(sign) for sign in "\u202a\u202b") == line.count(PDF)
        assert sum(line.count(sign) for sign in "\u2066\u2067\u2068") == line.count(PDI)


@given(ANY, WAYS)
def test_a_paragraph_reads_like_those_around_where_it_can(text: str, around: str) -> None:
    """And as its own letters do where it has none of their direction."""
    letters = {"ltr" if unicodedata.bidirectional(char) == "L" else "rtl" for char in text
               if unicodedata.bidirectional(char) in ("L", "R", "AL")}  # fmt: skip
    assert direction_in(text, around) in (letters or {around})
    assert around not in letters or direction_in(text, around) == around
