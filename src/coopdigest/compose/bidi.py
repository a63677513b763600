"""Marks lines of plain text so that each reads in its direction, whatever a mail client takes for granted.

Plain text cannot say `dir`. Clients lay a line out in one of two ways: by its first letter (Gmail, Apple Mail), or from
left to right whatever it says (browsers, many others). A line from right to left therefore gets two things: a
right-to-left mark in front, for the first kind; and an embedding around it, without which the second kind would set
the pieces of "Arabic, Latin, Arabic" in the wrong order and the full stop on the wrong side. A line from left to
right that begins with an Arabic letter, or with none, gets a left-to-right mark. Pieces of the other direction inside
a line are isolated, for else a number or a sign beside them would move over to them (UAX 9).
Embeddings for lines, as every client knows them; isolates for pieces, as nothing else keeps the neighbours apart.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

from coopdigest.compose.cleaning import OPENING, clean_text
from coopdigest.compose.wording import direction_of_text
from coopdigest.compose.wrapping import begins_link

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
_EMBED, _END_EMBED = "\u202b", "\u202c"
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_LETTERS = {"ltr": ("L",), "rtl": ("R", "AL")}
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)  # blocks
ISLAND = re.compile(
    r"https?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+[0-9][0-9 ().\u00a0-]{5,}[0-9]", re.IGNORECASE
)
"""What reads from left to right wherever it stands: an address, a telephone number."""
_SPACED_ISLAND = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+[0-9][0-9 ().\u00a0-]{5,}[0-9]")
_TAG = re.compile("(<[^>]*>)")
_CONTROL = re.compile("[\u202a-\u202c\u2066-\u2069]")
_DIRECTED = re.compile(f"{_RIGHT_TO_LEFT.pattern[:-1]}{_CONTROL.pattern[1:]}")  # either of the two


def mark_lines(text: str, direction: str, around: str) -> str:
    """The lines of one paragraph, each marked to read in `direction` (`ltr` or `rtl`) in a text that is `around` it.

    What is isolated across the end of a line is closed there and opened again on the next.
    """
    if direction == around == "ltr" and not is_directed(text):
        return text
    way = direction_in(text, direction)
    return "\n".join(_mark(line, way, around) for line in _close_lines(text.split("\n")))


def is_directed(text: str) -> bool:
    """Whether anything in a text reads from right to left, or says in which direction something reads."""
    return _DIRECTED.search(text) is not None


def direction_in(text: str, around: str) -> str:
    """How a paragraph reads among others of the direction `around`: like them, if it has any such letter."""
    return around if _has_letter(text, around) else direction_of_text(text) or around


def prevailing_direction(text: str) -> str | None:
    """The direction of a text by its words, None where none has a letter.

    Two words in five are enough for right to left: Arabic takes up many Latin names, and English few Arabic ones.
    """
    ways = [way for word in text.split() if (way := direction_of_text(word))]
    return ("rtl" if 5 * ways.count("rtl") >= 2 * len(ways) else "ltr") if ways else None


def isolate(text: str, around: str) -> str:
    """A piece for a line that reads as `around` says, isolated where it must be."""
    return f"{_ISOLATE}{text}{_END_ISOLATE}" if needs_isolation(text, around) else text


def keep_islands(markup: str, way: str) -> Markup:
    """HTML that reads in direction `way`, with what reads from left to right inside kept from turning round."""
    safe = markup if isinstance(markup, Markup) else escape(markup)
    if way != "rtl" or not ISLAND.search(safe):
        return safe
    pieces = _TAG.split(safe)
    pieces[::2] = [ISLAND.sub(r'<span dir="ltr">\g<0></span>', words) for words in pieces[::2]]
    return Markup("".join(pieces))  # noqa: S704 - escaped above


def mark_islands(text: str, way: str) -> str:
    """The same for plain text, where a link stands alone on its line and needs nothing."""
    return _SPACED_ISLAND.sub("\u2066\\g<0>\u2069", text) if way == "rtl" else text


def needs_isolation(text: str, around: str) -> bool:
    """Whether a piece holds letters of the other direction, and so would pull at its neighbours."""
    return _has_letter(text, "rtl" if around == "ltr" else "ltr")


def _mark(line: str, way: str, around: str) -> str:
    if not line.strip() or begins_link(line.lstrip()):
        return line  # a link reads from left to right by itself, and clients would take a mark for a part of it
    if way == "rtl":
        mixed = any(unicodedata.bidirectional(char) not in ("R", "AL", "NSM", "WS", "BN") for char in line)
        return f"{RIGHT_TO_LEFT_MARK}{_EMBED}{line}{_END_EMBED}" if mixed else line
    first = direction_of_text(line)
    return f"{LEFT_TO_RIGHT_MARK}{line}" if first == "rtl" or (first is None and around == "rtl") else line


def _has_letter(text: str, direction: str) -> bool:
    if direction == "rtl" and not _RIGHT_TO_LEFT.search(text):
        return False  # in nearly all text: a pass over its characters saved
    return any(unicodedata.bidirectional(char) in _LETTERS[direction] for char in text)


def _close_lines(lines: list[str]) -> list[str]:
    """`lines` of a balanced paragraph, each balanced by itself."""
    closed: list[str] = []
    still_open: list[str] = []
    for line in lines:
        before = "".join(still_open)
        for char in _CONTROL.findall(line):
            if char in OPENING:
                still_open.append(char)
            elif still_open:
                still_open.pop()
        after = "".join(OPENING[char] for char in reversed(still_open))
        closed.append(clean_text(f"{before}{line}{after}"))
    return closed
