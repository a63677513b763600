"""A MIME skeleton: an edition's parts encoded once, with places for what is personal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from coopdigest.domain.edition import Edition, Slot, marker
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.quoted_printable import SOFT_BREAK, encode_fragment

_PART_HEADERS = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A whole multipart/alternative body: text first, HTML last (R15), closed by its boundary.

    `pieces` are encoded, and between each two of them the subscriber's token belongs. No line begins with a dot.
    """

    boundary: str
    pieces: tuple[bytes, ...]

    @property
    def content_type(self) -> str:
        """The value of the message's Content-Type. The boundary holds `=_`, so it is quoted."""
        return f'multipart/alternative; boundary="{self.boundary}"'

    def fill(self, token: bytes) -> list[bytes]:
        """The body for one subscriber, CRLF, in pieces: by turns one of `pieces` itself and the token.

        A token begins a line, and `=` or a line end follows it. It is written as it is: `Tokens` make no other than
        letters, digits, `-` and `_`, which nothing has to encode or escape.
        """
        filled = [token] * (2 * len(self.pieces) - 1)
        filled[::2] = self.pieces
        return filled


def build_skeleton(edition: Edition, way_out: Sequence[str]) -> Skeleton:
    """Encode an edition once; `way_out` is the link to unsubscribe, cut where the subscriber's token belongs.

    Raises:
        CompositionError: the link holds a line break.
    """
    if any("\r" in part or "\n" in part for part in way_out):
        raise CompositionError("the link to unsubscribe would hold a line break")
    boundary = _boundary(edition)
    line = b"--" + boundary.encode("ascii")
    mark = marker(edition.nonce, Slot.UNSUBSCRIBE_URL)
    text = _encode_part(edition.text, mark, way_out)
    html = _encode_part(edition.html, mark, [escape(part) for part in way_out])
    opened, turned = line + b"\r\n" + _PART_HEADERS % b"plain", b"\r\n" + line + b"\r\n" + _PART_HEADERS % b"html"
    text[0] = opened + text[0]
    html[0] = text.pop() + turned + html[0]
    html[-1] += b"\r\n" + line + b"--\r\n"
    return Skeleton(boundary, (*text, *html))


def _boundary(edition: Edition) -> str:
    """One that no quoted-printable text can hold, for after `=` it has hexadecimal digits or a line end (R14)."""
    said = f"{edition.text}\0{edition.html}".encode("utf-8", "replace")
    return f"=_coopdigest_{hashlib.sha256(said).hexdigest()[:24]}"


def _encode_part(content: str, mark: str, way_out: Sequence[str]) -> list[bytes]:
    """The pieces of one part, between which the token belongs."""
    pieces = content.replace(mark, mark.join(way_out)).split(mark)
    return _join_softly([encode_fragment(piece) for piece in pieces])


def _join_softly(encoded: list[bytes]) -> list[bytes]:
    """Put a soft line break on both sides of every token, so that it starts a line and nothing follows it.

    A piece that ends its line needs none; and none may end a part (RFC 2045 6.7 rule 5: it would join nothing).
    """
    last = len(encoded) - 1
    joined = []
    for place, piece in enumerate(encoded):
        octets = SOFT_BREAK + piece if place > 0 and (piece or place < last) else piece
        if place < last and octets and not octets.endswith(b"\r\n"):
            octets += SOFT_BREAK
        joined.append(octets)
    return joined
