"""Quoted-printable and encoded-words say everything, in lines that mail allows."""

import quopri
import re
from email import policy
from email.header import decode_header, make_header
from email.headerregistry import HeaderRegistry

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.mail.encoded_words import encode_words
from coopdigest.mail.quoted_printable import encode_fragment, encode_quoted_printable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.text(
    st.sampled_from(".=é \nx"), max_size=400
)


@given(TEXT)
@example(".\n..\n.")
@example("trailing space \nand tab\t\n")
@example("é" * 100)
@example("=" * 80)
@example("." * 76)
@example("." * 200)
@example("a\n." + "b" * 71 + "=\n.")
@example("." + "x" * 72 + "é.")
@example("y" * 75 + ".")
@example("x" * 75 + "é")
def test_quoted_printable_decodes_to_the_same_text_with_crlf(text: str) -> None:
    """Whatever the text, a reader gets it back with its line ends as CRLF, from short, clean, dotless ASCII lines."""
    octets = encode_quoted_printable(text)

    assert quopri.decodestring(octets).decode("utf-8") == re.sub(r"\r\n|\r|\n", "\r\n", text)
    assert octets.isascii()
    for line in octets.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith(b".")
        assert b"\r" not in line
        assert b"\n" not in line


@given(TEXT)
@example("x" * 76)
@example("x" * 73 + "=")
@example("x" * 71 + "é")
@example("x" * 75 + ".")
@example("." * 75)
@example("https://example.org/" + "p" * 55)
def test_a_fragment_leaves_room_for_a_soft_break(text: str) -> None:
    """An `=` behind the last line makes no line too long, and the fragment still says the same."""
    octets = encode_fragment(text)

    assert not any(line.startswith(b".") for line in octets.split(b"\r\n"))
    assert max(map(len, (octets + b"=").split(b"\r\n"))) <= 76
    assert quopri.decodestring(octets) == quopri.decodestring(encode_quoted_printable(text))


def test_quoted_printable_says_a_lone_surrogate_as_a_question_mark() -> None:
    """A character that UTF-8 cannot say does not stop an issue."""
    assert encode_quoted_printable("a\ud800b") == b"a?b"


@given(TEXT.filter(bool), st.integers(0, 40))
@example("日本語" * 40, 9)
@example("👩🏽‍🚀" * 30, 9)
@example(" leading, double  and trailing ", 9)
@example("=?utf-8?q?x?=", 9)
def test_encoded_words_are_short_whole_and_decode_to_the_same_text(text: str, offset: int) -> None:
    """No word is over 75 characters, no line over 76, no character is split, and neighbours are a fold apart (R16)."""
    lines = encode_words(text, offset).split("\r\n")

    assert len(lines[0]) + offset <= 76
    assert all(line.startswith(" ") for line in lines[1:])
    for line in lines:
        word = line.removeprefix(" ")
        assert re.fullmatch(r"=\?utf-8\?[qb]\?[^ ?]+\?=", word)
        assert len(word) <= 75
        ((octets, charset),) = decode_header(word)
        assert charset == "utf-8"
        octets.decode("utf-8")  # raises if a character is split over two words
    assert str(make_header(decode_header("".join(lines)))) == text


@given(TEXT.filter(bool))
def test_python_reads_an_encoded_subject_as_it_was_meant(text: str) -> None:
    """The email package, our oracle, gives the text back (with the line ends that it drops, section 2b)."""
    folded = encode_words(text, len("Subject: "))
    name, value = policy.default.header_source_parse(["Subject: " + folded + "\r\n"])

    assert str(HeaderRegistry()(name, value.replace("\r\n", ""))) == text


@pytest.mark.parametrize(("text", "mark"), [("Noël in every cooperative of the region", "q"), ("会報 2021-11", "b")])
def test_the_shorter_encoding_is_chosen(text: str, mark: str) -> None:
    """Mostly ASCII text stays readable in Q, other scripts stay short in B."""
    assert encode_words(text, 9).startswith(f"=?utf-8?{mark}?")
