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
class Part:
    """One text part: encoded pieces, and between each two of them the slot that is filled there."""

    pieces: tuple[bytes, ...]
    slots: tuple[Slot, ...]

    def fill(self, values: Mapping[Slot, bytes]) -> list[bytes]:
        """The part's octets, in order; `values` are already encoded."""
        filled = [self.pieces[0]]
        for slot, piece in zip(self.slots, self.pieces[1:], strict=True):
            filled += (values[slot], piece)
        return filled


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A whole multipart/alternative body: text first, HTML last (R15), closed by its boundary."""

    boundary: str
    text: Part
    html: Part

    @property
    def content_type(self) -> str:
        """The value of the message's Content-Type. The boundary holds `=_`, so it is quoted."""
        return f'multipart/alternative; boundary="{self.boundary}"'

    def fill(self, values: Mapping[Slot, str]) -> bytes:
        """The body for one subscriber, CRLF, not dot-stuffed; every slot of the edition must be in `values`.

        Raises:
            CompositionError: a value holds a line break.
        """
        for slot, value in values.items():
            if "\r" in value or "\n" in value:
                raise CompositionError(f"the personal part {slot.value!r} would hold a line break")
        line = b"--" + self.boundary.encode("ascii")
        in_text = {slot: encode_fragment(value) for slot, value in values.items()}
        in_html = {slot: encode_fragment(escape(value)) for slot, value in values.items()}
        text, html = self.text.fill(in_text), self.html.fill(in_html)
        opened, turned = line + b"\r\n" + _PART_HEADERS % b"plain", b"\r\n" + line + b"\r\n" + _PART_HEADERS % b"html"
        return b"".join([opened, *text, turned, *html, b"\r\n" + line + b"--\r\n"])


def build_skeleton(edition: Edition) -> Skeleton:
    """Encode an edition once."""
    text, html = (_build_part(content, edition.nonce) for content in (edition.text, edition.html))
    return Skeleton(_boundary(edition), text, html)


def _boundary(edition: Edition) -> str:
    """One that no quoted-printable text can hold, for after `=` it has hexadecimal digits or a line end (R14)."""
    said = f"{edition.text}\0{edition.html}".encode("utf-8", "replace")
    return f"=_coopdigest_{hashlib.sha256(said).hexdigest()[:24]}"


def _build_part(content: str, nonce: str) -> Part:
    markers = {marker(nonce, slot): slot for slot in Slot}
    split = re.split("(" + "|".join(map(re.escape, markers)) + ")", content)
    encoded = [encode_fragment(piece) for piece in split[::2]]
    slots = tuple(markers[found] for found in split[1::2])
    return Part(tuple(_join_softly(encoded)), slots)


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
