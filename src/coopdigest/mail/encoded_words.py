"""RFC 2047 encoded-words: how a header says what ASCII cannot."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Iterator

WORD_LIMIT = 75  # characters of one encoded-word (RFC 2047 2, R16)
LINE_LIMIT = 76  # characters of a line that holds one
_PLAIN = frozenset((string.ascii_letters + string.digits + "!*+-/").encode("ascii"))  # safe in a phrase too (5.3)
_FRAME = len("=?utf-8?q??=")


def encode_words(text: str, offset: int) -> str:
    """`text` as encoded-words, each on a line of its own; `offset` is how much of the first line is taken.

    No character is split (R16), adjacent words are separated by a fold, and the shorter of the two encodings
    is used for all of them.
    """
    first = min(LINE_LIMIT - offset, WORD_LIMIT) - _FRAME
    others = min(LINE_LIMIT - 1, WORD_LIMIT) - _FRAME
    candidates = (list(_words(text, how, first, others)) for how in (_encode_q, _encode_b))
    return "\r\n ".join(min(candidates, key=lambda words: sum(map(len, words))))


def _words(text: str, encode: Callable[[bytes], str], first: int, others: int) -> Iterator[str]:
    mark = "q" if encode is _encode_q else "b"
    for chunk in _chunks(text, encode, first, others):
        yield f"=?utf-8?{mark}?{encode(chunk)}?="


def _chunks(text: str, encode: Callable[[bytes], str], first: int, others: int) -> Iterator[bytes]:
    chunk, room = b"", first
    for char in text:
        octets = char.encode("utf-8", "replace")
        if chunk and len(encode(chunk + octets)) > room:
            yield chunk
            chunk, room = b"", others
        chunk += octets
    yield chunk


def _encode_q(octets: bytes) -> str:
    return "".join(chr(octet) if octet in _PLAIN else "_" if octet == 32 else f"={octet:02X}" for octet in octets)


def _encode_b(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
