"""Text as quoted-printable bytes with CRLF line ends (RFC 2045 6.7)."""

from __future__ import annotations

import binascii
import re

SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76  # octets, a soft break's `=` included
_LINE_END = re.compile(r"\r\n|\r|\n")
_DOTTED = re.compile(rb"^\.[^\r\n]*", re.MULTILINE)
_PLAIN = re.compile(r"(?!\.)[!-<>-~]{0,75}")  # stands as it is, with room for the `=` of a soft break


def encode_quoted_printable(text: str) -> bytes:
    """Encode `text` as UTF-8 in ASCII lines of at most 76 octets that end in no space (R13) and begin with no dot.

    So SMTP has no dot to double (RFC 5321 4.5.2, R85). Line ends of any kind become CRLF; a lone surrogate, which no
    UTF-8 can say, becomes a question mark.
    """
    octets = _LINE_END.sub("\n", text).encode("utf-8", "replace")
    lines = binascii.b2a_qp(octets, istext=True).replace(b"\n", b"\r\n")
    return _DOTTED.sub(lambda found: _code_dot(found[0]), lines)


def _code_dot(line: bytes) -> bytes:
    """The line with its first dot coded; two octets longer, it may have to be cut, but not in a coded octet."""
    coded = b"=2E" + line[1:]
    if len(coded) <= _LINE_LIMIT:
        return coded
    cut = _LINE_LIMIT - 1
    while b"=" in coded[cut - 2 : cut]:
        cut -= 1
    rest = coded[cut:]
    return coded[:cut] + SOFT_BREAK + (_code_dot(rest) if rest.startswith(b".") else rest)


def encode_fragment(text: str) -> bytes:
    """Encode a text that something follows: its last line leaves room for the `=` of a soft break."""
    if _PLAIN.fullmatch(text):
        return text.encode("ascii")
    octets = encode_quoted_printable(text)
    if len(octets) - (octets.rfind(b"\n") + 1) < _LINE_LIMIT:
        return octets
    cut = -3 if octets[-3:-2] == b"=" else -1  # a coded octet is not cut in two
    last = octets[cut:]
    return octets[:cut] + SOFT_BREAK + (_code_dot(last) if last == b"." else last)
