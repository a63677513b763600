"""A MIME skeleton: an edition's parts encoded once, with byte slots for what is personal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from coopdigest.domain.edition import Edition, Slot, marker
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.quoted_printable import SOFT_BREAK, encode_fragment

_PART_HEADERS = b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Blank:
    """A place for a personal value: the slot it belongs to, and whether markup surrounds it."""

    slot: Slot
    is_html: bool


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A whole multipart/alternative body: text first, HTML last (R15), closed by its boundary.

    `pieces` are encoded, and between each two of them is one of `blanks`. No line begins with a dot.
    """

    boundary: str
    pieces: tuple[bytes, ...]
    blanks: tuple[Blank, ...]

    @property
    def content_type(self) -> str:
        """The value of the message's Content-Type. The boundary holds `=_`, so it is quoted."""
        return f'multipart/alternative; boundary="{self.boundary}"'

    def fill(self, values: Mapping[Slot, str]) -> list[bytes]:
        """The body for one subscriber, CRLF, in pieces: by turns one of `pieces` itself and a value.

        A value begins a line, and `=` or a line end follows it. Every slot of the edition must be in `values`.

        Raises:
            CompositionError: a value holds a line break.
        """
        encoded = {slot: _encode_value(slot, value) for slot, value in values.items()}
        filled = [self.pieces[0]]
        for blank, piece in zip(self.blanks, self.pieces[1:], strict=True):
            filled += (encoded[blank.slot][blank.is_html], piece)
        return filled


def _encode_value(slot: Slot, value: str) -> tuple[bytes, bytes]:
    """A value as it stands in the text and in the HTML."""
    if "\r" in value or "\n" in value:
        raise CompositionError(f"the personal part {slot.value!r} would hold a line break")
    in_text, escaped = encode_fragment(value), escape(value)
    return in_text, in_text if escaped == value else encode_fragment(escaped)


def build_skeleton(edition: Edition) -> Skeleton:
    """Encode an edition once."""
    boundary = _boundary(edition)
    line = b"--" + boundary.encode("ascii")
    text, in_text = _encode_part(edition.text, edition.nonce)
    html, in_html = _encode_part(edition.html, edition.nonce)
    opened, turned = line + b"\r\n" + _PART_HEADERS % b"plain", b"\r\n" + line + b"\r\n" + _PART_HEADERS % b"html"
    text[0] = opened + text[0]
    html[0] = text.pop() + turned + html[0]
    html[-1] += b"\r\n" + line + b"--\r\n"
    blanks = [Blank(slot, is_html) for slots, is_html in ((in_text, False), (in_html, True)) for slot in slots]
    return Skeleton(boundary, (*text, *html), tuple(blanks))


def _boundary(edition: Edition) -> str:
    """One that no quoted-printable text can hold, for after `=` it has hexadecimal digits or a line end (R14)."""
    said = f"{edition.text}\0{edition.html}".encode("utf-8", "replace")
    return f"=_coopdigest_{hashlib.sha256(said).hexdigest()[:24]}"


def _encode_part(content: str, nonce: str) -> tuple[list[bytes], list[Slot]]:
    """The pieces of one part, and the slots between them."""
    markers = {marker(nonce, slot): slot for slot in Slot}
    split = re.split("(" + "|".join(map(re.escape, markers)) + ")", content)
    return _join_softly([encode_fragment(piece) for piece in split[::2]]), [markers[found] for found in split[1::2]]


def _join_softly(encoded: list[bytes]) -> list[bytes]:
    """Put a soft line break on both sides of every slot, so that a value starts a line and nothing follows it.

    A piece that ends its line needs none; and none may end a part (RFC 2045 6.7 rule 5: it would join nothing),
    unless the value there is empty: readers ignore it.
    """
    last = len(encoded) - 1
    joined = []
    for place, piece in enumerate(encoded):
        octets = SOFT_BREAK + piece if place > 0 and (piece or place < last) else piece
        if place < last and octets and not octets.endswith(b"\r\n"):
            octets += SOFT_BREAK
        joined.append(octets)
    return joined
