"""Takes a message's bytes apart as they stand: header fields with their lines, and MIME entities."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)  # RFC 5322 2.2: printable ASCII but the colon
_LINE_END = re.compile(rb"\r?\n")
_HEAD_END = re.compile(rb"^\r?\n", re.MULTILINE)
_PARAMETER = re.compile(r';\s*([!-:<-~]+?)\s*=\s*("(?:[^"\\]|\\.)*+"?|[^\s;"]*)')
_READ = 32 * 1024  # octets of one field
_DEEPEST = 10  # entities inside one another; real messages have three


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name as written (empty when the line is no field at all) and its raw lines."""

    name: str
    lines: tuple[bytes, ...]

    @property
    def key(self) -> str:
        """The name as names are compared."""
        return self.name.lower()

    @property
    def place(self) -> str:
        """How a finding names it."""
        return f"message header {self.name[:60]}" if self.name else "message header"

    @property
    def value(self) -> str:
        """What it says, unfolded (RFC 5322 2.2.3); octets that are no UTF-8 are surrogates.

        Of a field over 32 KB, which no provider takes (B24), only so much is read.
        """
        octets = b"".join(self.lines)[:_READ]
        return octets[len(self.name) + 1 if self.name else 0 :].decode("utf-8", "surrogateescape").strip(" \t")


@dataclass(frozen=True, slots=True)
class Entity:
    """A message or a part of one (RFC 2045 2.4)."""

    fields: tuple[Field, ...]
    body: bytes
    boundary: str | None = None
    is_closed: bool = True
    stray_delimiters: int = 0
    parts: tuple[Entity, ...] = field(default=())

    def get(self, name: str) -> Field | None:
        """The first field of that name, in any case."""
        return next((found for found in self.fields if found.key == name.lower()), None)

    def value(self, name: str) -> str:
        """What the first field of that name says, empty when there is none."""
        found = self.get(name)
        return found.value if found else ""

    @property
    def kind(self) -> str:
        """The media type in lower case; `text/plain` when none is named (RFC 2045 5.2)."""
        return self.value("Content-Type").partition(";")[0].strip().lower() or "text/plain"

    @property
    def place(self) -> str:
        """How a finding names it."""
        return f"message part {self.kind[:60]}"

    @property
    def encoding(self) -> str:
        """The content transfer encoding in lower case, `7bit` when none is named (RFC 2045 6.1)."""
        return self.value("Content-Transfer-Encoding").lower() or "7bit"

    def parameter(self, name: str) -> str | None:
        """A parameter of Content-Type, unquoted."""
        return _read_parameter(self.value("Content-Type"), name)

    def walk(self) -> Iterator[Entity]:
        """This entity and all inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def content(self) -> bytes:
        """The body without its transfer encoding; as it stands where that is broken."""
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if self.encoding == "base64":
            try:
                return base64.b64decode(self.body)
            except binascii.Error:
                return self.body
        return self.body


def parse_message(data: bytes) -> Entity:
    """Take a message apart; whatever the bytes are, there is an entity."""
    return _parse(data, 0)


def _parse(data: bytes, depth: int) -> Entity:
    end = _HEAD_END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    fields = tuple(_read_fields(head))
    entity = Entity(fields, body)
    if not entity.kind.startswith("multipart/") or depth >= _DEEPEST:
        return entity
    return _parse_parts(entity, depth)


def _read_fields(head: bytes) -> Iterator[Field]:
    lines = _LINE_END.split(head)
    if lines[-1] == b"":
        lines.pop()
    gathered: list[bytes] = []
    for line in lines:
        if gathered and line[:1] in (b" ", b"\t"):
            gathered.append(line)
            continue
        if gathered:
            yield _field(gathered)
        gathered = [line]
    if gathered:
        yield _field(gathered)


def _field(lines: list[bytes]) -> Field:
    found = _FIELD.fullmatch(lines[0])
    return Field(found.group(1).decode("ascii") if found else "", tuple(lines))


def _read_parameter(value: str, name: str) -> str | None:
    for key, said in _PARAMETER.findall(value):
        if key.lower() == name:
            return re.sub(r"\\(.)", r"\1", said.removeprefix('"').removesuffix('"'))
    return None


def _parse_parts(entity: Entity, depth: int) -> Entity:
    """Split a multipart at its delimiter lines (RFC 2046 5.1.1); what follows the closing one is no part."""
    boundary = entity.parameter("boundary")
    if not boundary:
        return entity
    line = re.escape(b"--" + boundary.encode("utf-8", "surrogateescape"))
    delimiters = list(re.finditer(rb"^%b(--)?[ \t]*\r?(?:\n|\Z)" % line, entity.body, re.MULTILINE))
    closing = next((place for place, found in enumerate(delimiters) if found.group(1)), None)
    ends = [*(found.start() for found in delimiters), len(entity.body)][1:]
    pieces = [entity.body[found.end() : end] for found, end in zip(delimiters, ends, strict=True)][:closing]
    known = len(pieces) + (closing is not None)
    stray = len(re.findall(rb"^%b" % line, entity.body, re.MULTILINE)) - known
    parts = tuple(_parse(_without_line_end(piece), depth + 1) for piece in pieces)
    return Entity(entity.fields, entity.body, boundary, closing is not None, stray, parts)


def _without_line_end(piece: bytes) -> bytes:
    """The line end before a delimiter belongs to the delimiter."""
    return piece.removesuffix(b"\n").removesuffix(b"\r") if piece.endswith(b"\n") else piece
