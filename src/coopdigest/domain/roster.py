"""The roster file: CSV with an `email` column becomes rows, duplicates are merged and wrong rows reported."""

from __future__ import annotations

import csv
import io
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from coopdigest.domain.errors import HeldError
from coopdigest.domain.subscriber import Address, Subscriber, parse_address

COLUMNS = ("email", "name", "language", "themes", "joined")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run (OWASP CSV injection)
_NONE: Mapping[str, str] = MappingProxyType({})
_FIELD_LIMIT = 64 * 1024  # characters; a longer field is a broken quote, not a name


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One good row of a roster file."""

    address: Address
    name: str | None = None
    language: str | None = None
    themes: tuple[str, ...] = ()
    joined: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A roster file as read: good rows, `(line, what is wrong)` of the others, `(line, first line)` of duplicates."""

    rows: tuple[RosterRow, ...]
    wrong: tuple[tuple[int, str], ...] = ()
    duplicates: tuple[tuple[int, int], ...] = ()


def parse_roster(data: bytes, name: str) -> RosterFile:
    """Read a roster file: UTF-8 with or without BOM, `;` or `,` (or tab) between fields, any order of columns.

    Raises:
        HeldError: the file is not text, or has no `email` column.
    """
    delimiter = max(",;\t", key=_first_line(data, name).count)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")  # a StringIO of it takes four times the room
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = [unguard(cell.strip().casefold()) for cell in next(reader, [])]
        if "email" not in header:
            raise HeldError("no column is named email; the first line must name the columns", place=f"{name}:1")
        return _rows(reader, header)
    except csv.Error as error:
        raise HeldError(f"not readable as CSV: {error}; mend the quotes", place=f"{name}:{reader.line_num}") from error


def _first_line(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise HeldError("not text in UTF-8; save the file as CSV UTF-8", place=f"{name}:{line}") from error
    if "\0" in text:
        raise HeldError("not a text file; save the roster as CSV UTF-8", place=name)
    return text.split("\n", 1)[0]


def _rows(reader: Iterable[list[str]], header: list[str]) -> RosterFile:
    rows: list[RosterRow] = []
    places: dict[str, int] = {}  # in `rows` and `lines`
    lines = array("q")
    wrong: list[tuple[int, str]] = []
    duplicates: list[tuple[int, int]] = []
    start = 2
    for cells in reader:
        line, start = start, reader.line_num + 1  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        try:
            row = _row(dict(zip(header, (cell.strip() for cell in cells), strict=False)), len(cells) > len(header))
        except ValueError as error:
            wrong.append((line, str(error)))
            continue
        place = places.setdefault(row.address.key, len(rows))
        if place < len(rows):
            duplicates.append((line, lines[place]))
            rows[place] = merge_rows(rows[place], row)
        else:
            rows.append(row)
            lines.append(line)
    return RosterFile(tuple(rows), tuple(wrong), tuple(duplicates))


def _row(cells: Mapping[str, str], has_surplus: bool) -> RosterRow:
    if has_surplus:
        raise ValueError("more fields than columns; is a comma in a name not quoted?")
    if any(len(cell) > _FIELD_LIMIT for cell in cells.values()):
        raise ValueError("a field is longer than 64 kB")
    if not cells.get("email"):
        raise ValueError("no e-mail address")
    plain = {name: unguard(cell) for name, cell in cells.items() if cell}
    rest = {name: cell for name, cell in plain.items() if name and name not in (*COLUMNS, "status")}
    themes = tuple(theme.strip() for theme in plain.get("themes", "").split("|") if theme.strip())
    name, language, joined = (plain.get(column) or None for column in ("name", "language", "joined"))
    # What most rows share they share in memory too: a roster may have a million.
    shared = sys.intern(language) if language else None
    return RosterRow(parse_address(plain["email"]), name, shared, themes, joined, rest or _NONE)


def merge_rows(first: RosterRow, second: RosterRow) -> RosterRow:
    """Two rows of one person: what the first does not say, the second does."""
    return RosterRow(
        first.address,
        first.name or second.name,
        first.language or second.language,
        first.themes or second.themes,
        first.joined or second.joined,
        {**second.attributes, **first.attributes},
    )


def guard(cell: str) -> str:
    """A cell that a spreadsheet shows instead of running it: an apostrophe before a formula's first sign."""
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def unguard(cell: str) -> str:
    """The cell that `guard` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:].lstrip("'").startswith(_FORMULA) else cell


def format_roster(subscribers: Iterable[Subscriber]) -> str:
    """The roster as CSV that can be imported again and is safe to open in a spreadsheet."""
    people = list(subscribers)
    extra = sorted({name for person in people for name in person.attributes} - {"status"})
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [*COLUMNS, *map(guard, extra), "status"] if "status" not in extra else [*COLUMNS, *map(guard, extra)]
    )
    for person in people:
        cells = [
            person.address.given,
            person.name or "",
            person.language or "",
            "|".join(person.themes),
            person.joined or "",
            *(person.attributes.get(name, "") for name in extra),
            _status(person),
        ]
        writer.writerow([guard(cell) for cell in cells])
    return out.getvalue()


def _status(person: Subscriber) -> str:
    if person.suppressed:
        return person.suppressed.value
    return "active" if person.active else "left"
