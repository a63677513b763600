"""Plain text is folded to the width that a screen shows."""

from __future__ import annotations

import textwrap
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.wrapping import _PLAIN, _columns, cut, display_width, underline, wrap


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


@pytest.mark.parametrize(
    "link", ["https://e.org/a", "https://example.org/" + "x" * 100, "https://例え.jp/" + "漢" * 80]
)
def test_a_link_has_a_line_of_its_own(link: str) -> None:
    """A broken link is a dead link, and one between Arabic words is a torn sentence."""
    assert wrap(f"see {link} there", 40) == f"see\n{link}\nthere"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("👩‍👩‍👧", 2),  # three people and two joiners
        ("👍🏽", 2),  # a thumb and its skin
        ("❤️", 2),  # a heart, asked to be an emoji
        ("❤", 1),
        ("🇨🇭🇰🇪", 4),  # two flags
        ("🇨", 1),  # half a flag is a letter
        ("1️⃣", 2),  # a keycap
        ("a\u200bb\u00ad", 2),  # no width at all, and a hyphen that is not shown
        ("مُعَلِّم", 4),  # vowel signs
        ("\u0601", 1),  # a sign before a number is seen
        ("한", 2),  # a syllable in three letters
        ("क्‍ष", 2),  # a joiner that joins no emoji
        ("ﾊﾝｶｸ", 4),  # halfwidth
        ("\u3000", 2),
        ("\u202bab\u202c", 2),
    ],
)
def test_signs_of_several_characters_count_once(text: str, columns: int) -> None:
    """What a screen shows as one sign takes the columns of one."""
    assert display_width(text) == columns


@pytest.mark.parametrize("sign", ["👩‍👩‍👧", "👍🏽", "🇨🇭", "が"])
def test_no_line_parts_a_sign(sign: str) -> None:
    """Half a family is two persons, half a flag a letter."""
    lines = wrap(sign * 9, 8).split("\n")
    assert lines == [sign * 4, sign * 4, sign]


def test_no_line_begins_with_a_sign_that_ends_a_clause() -> None:
    """In Chinese and Japanese, and in French, where a blank stands before it."""
    assert wrap("漢漢漢漢。漢漢", 8) == "漢漢漢\n漢。漢漢"
    assert wrap("漢漢漢「漢」漢", 8) == "漢漢漢\n「漢」漢"
    assert wrap("à qui est la mer ? Au lac", 16) == "à qui est la\nmer ? Au lac"
    assert wrap("il dit « oui » ce jour", 9) == "il dit\n« oui »\nce jour"


def test_a_no_break_space_does_not_break() -> None:
    """That is what it is for."""
    assert wrap("aaa bbb\u202f: ccc", 8) == "aaa\nbbb\u202f:\nccc"


def test_an_entry_hangs_behind_its_bullet() -> None:
    """So that the eye finds the next one."""
    assert wrap("aaa bbb ccc", 9, bullet="- ") == "- aaa bbb\n  ccc"
    assert wrap("aaa bbb", 9, "  ", "• ") == "  • aaa\n    bbb"


def test_two_dashes_do_not_stand_alone() -> None:
    """Clients take them for the beginning of a signature, and hide what follows."""
    assert wrap("--") == wrap("-- ") == "- -"
    assert wrap("aaaa -- bbbb", 4) == "aaaa\n- -\nbbbb"


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(10, 72))
def test_any_text_is_folded(text: str, width: int) -> None:
    """No line has a blank at its end or is too wide, unless it is one word that must not be broken."""
    for line in wrap(text, width).split("\n"):
        assert line == line.rstrip(" \t")
        assert display_width(line) <= width or " " not in line.replace(" :", "").replace("« ", "")


def test_lines_begin_with_the_indent() -> None:
    """The indent counts into the width."""
    assert wrap("aaa bbb ccc", 9, "  ") == "  aaa bbb\n  ccc"


def test_a_rule_is_as_wide_as_its_heading() -> None:
    """But never wider than a line, and never invisible."""
    assert underline("漢字") == "----"
    assert underline("x" * 100, "=") == "=" * 72
    assert underline("aaa bbb ccc", width=7) == "-------"
    assert underline("aaa bbb ccc", width=10) == "-------"
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


def test_shortcuts_agree_with_the_long_way() -> None:
    """Text in Latin, Cyrillic and Arabic letters is measured at once: each of them is one column wide."""
    characters = [char for char in map(chr, range(0x20, 0x2030)) if unicodedata.category(char) != "Cn"]
    assert all(display_width(char) == _columns(char) for char in characters if _PLAIN.fullmatch(char))


@given(st.text(alphabet="ab c,.é", max_size=400), st.integers(4, 80))
def test_plain_text_is_folded_as_any_text_is(text: str, width: int) -> None:
    """The short way for text of narrow characters gives what the standard library's folding gives."""
    expected = textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)
    assert wrap(text, width).split("\n") == (expected or [""])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mill opens. Then Dr. Smith and Mrs. Brown came to see it all.", "The mill opens."),
        (
            "We met Dr. Smith and Mrs. Brown at the mill by the lake and the river.",
            "We met Dr. Smith and Mrs. Brown at the…",
        ),
        ("It is over, at last! Nobody had thought that it would ever end.", "It is over, at last!"),
    ],
)
def test_a_title_before_a_name_ends_no_sentence(text: str, expected: str) -> None:
    """Nor does an initial."""
    assert cut(text, 42) == expected


def test_an_isolate_is_not_cut_in_half() -> None:
    """What is opened is closed, or not there."""
    shorter = cut("a \u2067" + "ب " * 40 + "\u2069 z", 30)
    assert shorter.count("\u2067") == shorter.count("\u2069")
