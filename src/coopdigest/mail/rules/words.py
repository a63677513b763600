"""Encoded-words as they are found in a header: which there are, and whether a reader can decode them (RFC 2047)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from itertools import pairwise

WORD = re.compile(r"=\?([^?\s]*)\?([^?\s]*)\?([^?\s]*)\?=")
_LIKENESS = re.compile(r"=\?[^?\s]+\?[bqBQ]\?")  # what a reader takes for the beginning of one
_CHARSET = re.compile(
    r"(utf-8|us-ascii|iso-8859-\d+|windows-125\d|koi8-[ru]|gb18030|gb2312|gbk|big5|shift_jis|iso-2022-\w+|euc-\w+)",
    re.I,
)
_BAD_Q = re.compile(r"=(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Word:
    """One encoded-word: charset, encoding (`q` or `b`), the encoded text, and where in the value it stands."""

    charset: str
    encoding: str
    text: str
    start: int
    end: int

    def octets(self) -> bytes:
        """What it encodes.

        Raises:
            ValueError: the encoding is unknown or broken.
        """
        if self.encoding == "b":
            return base64.b64decode(self.text, validate=True)
        if self.encoding != "q" or _BAD_Q.search(self.text) or not self.text.isascii():
            raise ValueError("not the Q encoding")
        return binascii.a2b_qp(self.text, header=True)


def find_words(value: str) -> list[Word]:
    """All encoded-words of an unfolded header value, in order."""
    return [
        Word(found[1].partition("*")[0].lower(), found[2].lower(), found[3], found.start(), found.end())
        for found in WORD.finditer(value)
    ]


def has_broken_word(value: str) -> bool:
    """Whether something begins like an encoded-word and is none."""
    return _LIKENESS.search(WORD.sub("", value)) is not None


def decode_words(value: str) -> str:
    """The value with its encoded-words decoded; blanks between two of them are dropped (RFC 2047 6.2).

    Raises:
        ValueError: one of them cannot be decoded.
    """
    said, at, words = [], 0, find_words(value)
    for group in _group(words, value):
        said += [value[at : group[0].start], _decode(group[0].charset, b"".join(word.octets() for word in group))]
        at = group[-1].end
    return "".join([*said, value[at:]])


def is_split_wrongly(value: str) -> bool:
    """Whether a character begins in one encoded-word and ends in the next (RFC 2047 5)."""
    for word in find_words(value):
        try:
            _decode(word.charset, word.octets())
        except ValueError:
            return True
    return False


def _group(words: list[Word], value: str) -> list[list[Word]]:
    """Neighbours in one charset, between which nothing but blanks stands."""
    groups = [[word] for word in words[:1]]
    for one, other in pairwise(words):
        if one.charset == other.charset and not value[one.end : other.start].strip():
            groups[-1].append(other)
        else:
            groups.append([other])
    return groups


def _decode(charset: str, octets: bytes) -> str:
    """Only charsets of mail are tried: Python has codecs that are no charsets."""
    if not _CHARSET.fullmatch(charset):
        raise ValueError("an unknown charset")
    try:
        return octets.decode(charset)
    except LookupError as error:
        raise ValueError("an unknown charset") from error
