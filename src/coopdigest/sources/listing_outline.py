"""Divides the lines of a newsroom listing into numbered entries, a media contact block, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from coopdigest.sources.listing_lines import Line, find_email

_HEAD = 6  # lines in front of a date: credit, kicker, title, each perhaps in two; more is a text that names a day


@dataclass(slots=True)
class Entry:
    """A numbered entry, as far as it has been read."""

    lines: list[Line]
    dated: bool = False
    is_contact: bool = False

    @property
    def first(self) -> Line:
        """The line that opens it."""
        return self.lines[0]

    @property
    def is_flat(self) -> bool:
        """Whether its body stands no deeper than its number, so that indentation tells nothing."""
        return len(self.lines) < 2 or self.lines[1].indent <= self.first.indent

    @property
    def waits_for_title(self) -> bool:
        """Whether nothing but a kicker was read."""
        return not self.dated and sum(line.is_headline for line in self.lines) < 2


@dataclass(slots=True)
class Outline:
    """A listing in parts: `entries` as numbered, `contact` lines, and `stray` lines that belong to nothing."""

    entries: list[Entry] = field(default_factory=list)
    contact: list[Line] = field(default_factory=list)
    stray: list[Line] = field(default_factory=list)


def outline(lines: Sequence[Line]) -> Outline:
    """Say of every line what it belongs to."""
    parts = Outline()
    current: Entry | None = None
    for place, line in enumerate(lines):
        if line.marker is not None and _opens(lines, place, current):
            current = Entry([line])
            parts.entries.append(current)
        elif _opens_contact(line, current):
            current = Entry([line], is_contact=True)
            parts.contact.append(line)
        elif current is None or _ends(line, current):
            current = None
            if not (line.is_month or line.is_heading):
                parts.stray.append(line)
        else:
            _append(parts, current, line)
    return parts


def _append(parts: Outline, current: Entry, line: Line) -> None:
    current.lines.append(line)
    current.dated = current.dated or line.day is not None
    if current.is_contact:
        parts.contact.append(line)


def _opens(lines: Sequence[Line], place: int, current: Entry | None) -> bool:
    """Whether the numbered line opens an entry, or is a numbered line inside the current one."""
    line = lines[place]
    head = _count_head(lines, place)
    if current is None:
        return True
    if current.is_contact:
        return head is not None
    deeper = line.indent > current.first.indent
    in_sequence = line.marker == (current.first.marker or 0) + 1
    if current.waits_for_title and head == 1 and (deeper or not in_sequence):
        return False  # the title itself begins with a number: "10. Years of ..."
    if head is not None:
        return True
    # Without a date of its own it is a point in a summary, if it stands like one
    return not (deeper or (current.dated and not line.gap))


def _count_head(lines: Sequence[Line], place: int) -> int | None:
    """How many lines but credits stand before the date of the entry that would open here; None without a date."""
    opening = lines[place]
    count = 0
    for seen, line in enumerate(lines[place : place + _HEAD + 1]):
        ends = seen and (line.marker is not None or (line.is_month and line.indent <= opening.indent))
        if ends or line.is_contact_heading:
            return None
        if line.day:
            return count or None
        count += line.is_headline
    return None


def _opens_contact(line: Line, current: Entry | None) -> bool:
    if not line.is_contact_heading:
        return False
    return current is None or current.is_contact or line.indent <= current.first.indent


def _ends(line: Line, current: Entry) -> bool:
    """Whether the line stands outside the current entry."""
    if current.is_contact:
        named = any(find_email(seen.text) for seen in current.lines)
        return line.is_month or line.is_heading or (named and line.gap and line.indent <= current.first.indent)
    if not line.gap or line.indent > current.first.indent:
        return False
    if line.is_month or not current.dated:
        return line.is_month
    return line.is_heading or not current.is_flat
