"""Rules about a message's MIME structure and the encoding of its parts (RFC 2045 and 2046)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator

from coopdigest.domain.edition import Finding
from coopdigest.mail.rules.raw import Entity
from coopdigest.mail.rules.verdicts import error

RULES = {
    "B28": "The whole message stays below what mailboxes take.",
    "B29": "There is a plain and an HTML part to choose from.",
    "R10": "The message says MIME-Version: 1.0.",
    "R11": "Text parts say charset=utf-8, and are.",
    "R12": "Transfer encodings are known ones, none of them around a multipart, and keep what they promise.",
    "R13": "Encoded lines have at most 76 octets, end in no blank, and can be decoded.",
    "R14": "Parts are parted by a boundary that none of them holds, and closed by it.",
    "R15": "Alternatives go from plain to rich; every picture inside the message is there and shown.",
}
_LARGEST = 25_000_000  # octets: Yahoo takes about 25 MB, and so does Gmail
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]")  # RFC 2046 5.1.1
_ENCODINGS = frozenset(("7bit", "8bit", "binary", "quoted-printable", "base64"))
_LINE = 76  # octets of an encoded line
_BAD_QP = re.compile(rb"=(?![0-9A-F]{2}|\r?\n|\Z)|[^\t\r\n -~]")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def check(message: Entity, size: int) -> Iterator[Finding]:
    """Findings about the parts; `size` is the whole message's in octets."""
    if size > _LARGEST:
        yield error("B28", "message", f"{size:,} octets: mailboxes refuse it", "choose a shorter period")
    if message.value("MIME-Version") != "1.0":
        yield error("R10", "message header MIME-Version", "it does not say 1.0")
    yield from _check_alternatives(message)
    yield from _check_pictures(message)
    for entity in message.walk():
        yield from _check_multipart(entity) if entity.kind.startswith("multipart/") else _check_leaf(entity)


def _check_alternatives(message: Entity) -> Iterator[Finding]:
    choice = next((entity for entity in message.walk() if entity.kind == "multipart/alternative"), None)
    if choice and not choice.parts:
        return  # R14 says why
    kinds = [_shown_kind(part) for part in choice.parts] if choice else []
    if "text/plain" not in kinds or "text/html" not in kinds:
        yield error("B29", "message", "there is no text/plain and text/html to choose from")
    elif (kinds[0], kinds[-1]) != ("text/plain", "text/html"):
        yield error("R15", "message part multipart/alternative", "text/plain is not first or text/html not last")


def _shown_kind(part: Entity) -> str:
    """What a reader sees of a part: a multipart/related is its first part (RFC 2387)."""
    return part.parts[0].kind if part.kind == "multipart/related" and part.parts else part.kind


def _check_pictures(message: Entity) -> Iterator[Finding]:
    there = {entity.value("Content-ID").strip("<> ") for entity in message.walk()} - {""}
    pages = b"".join(entity.content() for entity in message.walk() if entity.kind == "text/html")
    shown = {found.decode("utf-8", "replace") for found in re.findall(rb"[\"'(]cid:([^\"')\s]+)", pages)}
    if shown - there:
        yield error(
            "R15", "message part text/html", "it shows a picture that is not in the message", "name it by https"
        )
    if there - shown:
        yield error("R15", "message", "it holds a picture that the HTML does not show")


def _check_multipart(entity: Entity) -> Iterator[Finding]:
    if entity.encoding not in {"7bit", "8bit", "binary"}:
        yield error("R12", entity.place, "a multipart's transfer encoding is 7bit, 8bit or binary")
    if not entity.parameter("boundary"):
        yield error("R14", entity.place, "it names no boundary")
    if entity.boundary is None:
        return  # it has none, or lies deeper than anybody nests
    faults = {
        "the boundary has a form that none has": not _BOUNDARY.fullmatch(entity.boundary),
        "nothing is parted by the boundary": not entity.parts,
        "the last part is not closed by the boundary": bool(entity.parts) and not entity.is_closed,
        "the boundary is found where no part ends": entity.stray_delimiters > 0,
    }
    yield from (error("R14", entity.place, fault) for fault, is_there in faults.items() if is_there)


def _check_leaf(entity: Entity) -> Iterator[Finding]:
    if entity.encoding not in _ENCODINGS:
        yield error("R12", entity.place, "an unknown Content-Transfer-Encoding")
    elif entity.encoding == "7bit" and not entity.body.isascii():
        yield error("R12", entity.place, "octets over 127 in a part that is 7bit")
    elif entity.encoding in {"quoted-printable", "base64"}:
        yield from _check_encoded(entity)
    if entity.kind.startswith("text/"):
        yield from _check_charset(entity)


def _check_charset(entity: Entity) -> Iterator[Finding]:
    if (entity.parameter("charset") or "").lower() != "utf-8":
        yield error("R11", entity.place, "it does not say charset=utf-8")
        return
    try:
        entity.content().decode("utf-8")
    except UnicodeDecodeError:
        yield error("R11", entity.place, "it says charset=utf-8 and is not")


def _check_encoded(entity: Entity) -> Iterator[Finding]:
    lines = [line.removesuffix(b"\r") for line in entity.body.split(b"\n")]
    if any(len(line) > _LINE for line in lines):
        yield error("R13", entity.place, f"an encoded line has over {_LINE} octets")
    if any(line.endswith((b" ", b"\t")) for line in lines):
        yield error("R13", entity.place, "an encoded line ends in a blank")
    is_qp = entity.encoding == "quoted-printable"
    if _BAD_QP.search(entity.body) if is_qp else not _is_base64(lines):
        yield error("R13", entity.place, f"it is no {entity.encoding}")


def _is_base64(lines: list[bytes]) -> bool:
    if not all(_BASE64_LINE.fullmatch(line) for line in lines):
        return False
    try:
        b64decode(b"".join(lines), validate=True)
    except binascii.Error:
        return False
    return True
