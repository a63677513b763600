"""Text as quoted-printable bytes with CRLF line ends (RFC 2045 6.7)."""

from __future__ import annotations

import binascii
import re

SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76  # octets, a soft break's `=` included
_LINE_END = re.compile(r"\r\n|\r|\n")


def encode_quoted_printable(text: str) -> bytes:
    """Encode `text` as UTF-8 in ASCII lines of at most 76 octets that end in no space (R13).

    Line ends of any kind become CRLF; a lone surrogate, which no UTF-8 can say, becomes a question mark.
    """
    octets = _LINE_END.sub("\n", text).encode("utf-8", "replace")
    return binascii.b2a_qp(octets, istext=True).replace(b"\n", b"\r\n")


def encode_fragment(text: str) -> bytes:
    """Encode a text that something follows: its last line leaves room for the `=` of a soft break."""
    octets = encode_quoted_printable(text)
    if len(octets) - (octets.rfind(b"\n") + 1) < _LINE_LIMIT:
        return octets
    cut = -3 if octets[-3:-2] == b"=" else -1  # a coded octet is not cut in two
    return octets[:cut] + SOFT_BREAK + octets[cut:]
