"""Tokens name a subscriber to whoever holds the key, and to nobody else."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coopdigest.domain.token import Tokens

KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
TOKENS = Tokens([KEY])
ALPHABET = string.ascii_letters + string.digits + "-_"
subjects = st.integers(0, 2**48 - 1)


@given(subjects, st.binary(min_size=16, max_size=64))
def test_a_token_names_its_subscriber(subject: int, key: bytes) -> None:
    """What was made with a key is read with it."""
    tokens = Tokens([key])
    assert tokens.read("unsubscribe", tokens.make("unsubscribe", subject)) == subject


@given(subjects)
def test_a_token_is_short_and_safe_in_a_url(subject: int) -> None:
    """A token is 32 characters that no URL, header or mail client alters, and the same every time."""
    token = TOKENS.make("unsubscribe", subject)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    assert token == TOKENS.make("unsubscribe", subject)


@given(subjects, st.integers(0, 31), st.sampled_from(ALPHABET))
def test_a_changed_token_is_refused(subject: int, at: int, letter: str) -> None:
    """Changing any one character breaks a token."""
    token = TOKENS.make("unsubscribe", subject)
    assume(token[at] != letter)
    assert TOKENS.read("unsubscribe", token[:at] + letter + token[at + 1 :]) is None


@given(subjects, st.integers(0, 31), st.text(max_size=3))
def test_a_cut_or_lengthened_token_is_refused(subject: int, length: int, more: str) -> None:
    """A token that a mail client cut, or something was stuck to, is refused."""
    token = TOKENS.make("unsubscribe", subject)
    assert TOKENS.read("unsubscribe", token[:length]) is None
    if more:
        assert TOKENS.read("unsubscribe", token + more) is None
        assert TOKENS.read("unsubscribe", more + token) is None


@given(st.text(max_size=40) | st.text(ALPHABET + "+/= é", min_size=32, max_size=32))
def test_any_other_text_is_refused(text: str) -> None:
    """No text that was not made with the key is a token, and none breaks the reader."""
    assert TOKENS.read("unsubscribe", text) is None


@given(subjects)
def test_a_token_is_for_one_purpose(subject: int) -> None:
    """A token that shows an issue cannot unsubscribe."""
    token = TOKENS.make("view", subject)
    assert TOKENS.read("unsubscribe", token) is None
    assert TOKENS.read("view", token) == subject


@given(subjects, subjects)
def test_tokens_of_two_subscribers_differ_and_cannot_be_mixed(one: int, other: int) -> None:
    """The halves of two tokens make no third."""
    assume(one != other)
    first, second = TOKENS.make("unsubscribe", one), TOKENS.make("unsubscribe", other)
    assert first != second
    for at in range(1, 32):
        mixed = first[:at] + second[at:]
        assert mixed in (first, second) or TOKENS.read("unsubscribe", mixed) is None


@given(subjects)
def test_old_links_work_after_the_key_was_rotated(subject: int) -> None:
    """A new first key makes new tokens; what the old one made is read as long as it is kept, and no longer."""
    old = Tokens([OLD]).make("unsubscribe", subject)
    rotated = Tokens([KEY, OLD])
    assert rotated.read("unsubscribe", old) == subject
    assert rotated.make("unsubscribe", subject) == TOKENS.make("unsubscribe", subject) != old
    assert TOKENS.read("unsubscribe", old) is None


@given(subjects)
def test_a_token_of_another_key_is_forged(subject: int) -> None:
    """Whoever does not hold a key can make nothing that is read."""
    assert Tokens([KEY, OLD]).read("unsubscribe", Tokens([OTHER]).make("unsubscribe", subject)) is None


@pytest.mark.parametrize("subject", [-1, 2**48])
def test_a_subject_must_fit(subject: int) -> None:
    """An id that a token cannot hold is a bug, not a wrong token."""
    with pytest.raises(OverflowError):
        TOKENS.make("unsubscribe", subject)


@given(st.text(max_size=30), st.text(max_size=30))
def test_marks_differ_and_depend_on_the_key(one: str, other: str) -> None:
    """The mark of a Message-ID is sixteen digits that only the key's holder can make."""
    assert re.fullmatch(r"[0-9a-f]{16}", TOKENS.mac(one))
    assert TOKENS.mac(one) == Tokens([KEY, OLD]).mac(one)
    assert TOKENS.mac(one) != Tokens([OTHER]).mac(one)
    assert (TOKENS.mac(one) == TOKENS.mac(other)) == (one == other)


def test_a_token_does_not_show_the_key() -> None:
    """No text of the value shows the keys."""
    assert "kkk" not in repr(Tokens([KEY]))


@given(st.text(max_size=30), st.text(max_size=30), subjects)
def test_what_is_prepared_once_makes_the_same(start: str, rest: str, subject: int) -> None:
    """A prepared maker or marker is only quicker, however often it is used."""
    make, mark = TOKENS.maker("unsubscribe"), TOKENS.marker(start)
    assert [make(subject), make(subject)] == [TOKENS.make("unsubscribe", subject)] * 2
    assert [mark(rest), mark(rest)] == [TOKENS.mac(start + rest)] * 2


def test_tokens_and_marks_stay_as_they_are() -> None:
    """Links that were mailed years ago work, and a message sent again has the Message-ID it had."""
    assert TOKENS.make("unsubscribe", 42) == "sWYAAAAAACop75ZVLf_dzct0rXMLpgrW"
    assert TOKENS.mac("coop-news") == "a7c8991a0b7838ae"
