"""Plain text is folded to the width that a screen shows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.wrapping import cut, display_width, underline, wrap


@settings(deadline=None)
@given(st.text(alphabet="ab é漢字\u0301 \n", max_size=400), st.integers(10, 80))
def test_wrapping_changes_only_spaces_and_keeps_to_the_width(text: str, width: int) -> None:
    """No character is lost, and no line is too wide unless it is one unbreakable word."""
    wrapped = wrap(text, width)
    assert "".join(wrapped.split()) == "".join(text.split())
    for line in wrapped.split("\n"):
        assert display_width(line) <= width or " " not in line


def test_wide_characters_count_twice_and_combining_ones_not() -> None:
    """Width is that of a fixed-width font."""
    assert display_width("漢字") == 4
    assert display_width("e\u0301") == 1


def test_a_long_text_without_spaces_is_broken_between_wide_characters() -> None:
    """Chinese and Japanese do not write spaces."""
    assert wrap("漢" * 10, 8) == "漢漢漢漢\n漢漢漢漢\n漢漢"


def test_a_link_is_never_broken() -> None:
    """A broken link is a dead link."""
    link = "https://example.org/" + "x" * 100
    assert link in wrap(f"see {link} there", 40).split("\n")


def test_lines_begin_with_the_indent() -> None:
    """The indent counts into the width."""
    assert wrap("aaa bbb ccc", 9, "  ") == "  aaa bbb\n  ccc"


def test_a_rule_is_as_wide_as_its_heading() -> None:
    """But never wider than a line, and never invisible."""
    assert underline("漢字") == "----"
    assert underline("x" * 100, "=") == "=" * 72
    assert underline("") == "---"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Short.", "Short."),
        ("The first sentence. The second goes on and on.", "The first sentence."),
        ("No sentence ends here and it goes on and on", "No sentence ends here…"),
        ("x" * 50, "x" * 24 + "…"),
    ],
)
def test_text_is_cut_after_a_sentence_or_else_a_word(text: str, expected: str) -> None:
    """What is cut within a sentence says so by an ellipsis."""
    assert cut(text, 25) == expected


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(5, 100))
def test_a_cut_text_keeps_to_its_length(text: str, length: int) -> None:
    """Whatever the text."""
    assert len(cut(text, length)) <= length
