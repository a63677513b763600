"""Folds plain text to a width on the screen, where some characters are two columns wide and some none."""

from __future__ import annotations

import unicodedata

WIDTH = 72


def display_width(text: str) -> int:
    """The columns that `text` takes in a fixed-width font, roughly (Unicode Standard Annex 11)."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def wrap(text: str, width: int = WIDTH, indent: str = "") -> str:
    """`text` in lines of at most `width` columns, broken at spaces; each line begins with `indent`.

    A word without spaces is broken only where its wide characters allow it (Chinese, Japanese): never a link.
    """
    room = width - display_width(indent)
    lines: list[str] = []
    line, taken = "", 0
    for word in _words(text, room):
        columns = display_width(word)
        if line and taken + 1 + columns > room:
            lines.append(line)
            line, taken = word, columns
        else:
            line, taken = (f"{line} {word}", taken + 1 + columns) if line else (word, columns)
    return "\n".join(indent + piece for piece in [*lines, line])


def underline(text: str, sign: str = "-", width: int = WIDTH) -> str:
    """A rule as wide as `text`, but not wider than a line."""
    return sign * max(3, min(display_width(text), width))


def cut(text: str, length: int) -> str:
    """`text` cut to `length` characters: after a sentence if there is one, else after a word with an ellipsis."""
    if len(text) <= length:
        return text
    head = text[:length]
    ends = [head.rfind(sign) + len(sign.rstrip()) for sign in (". ", "! ", "? ", "؟ ", "… ") if sign in head]
    ends += [head.rfind(sign) + 1 for sign in "。！？" if sign in head]
    if ends and max(ends) >= length // 3:
        return head[: max(ends)]
    return f"{head[: length - 1].rpartition(' ')[0].rstrip(' ,;:–—-') or head[: length - 1]}…"


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _words(text: str, room: int) -> list[str]:
    return [piece for word in text.split() for piece in _break_wide(word, room)]


def _break_wide(word: str, room: int) -> list[str]:
    """A word of wide characters in pieces that fit; any other word whole."""
    if display_width(word) <= max(room, 2) or not any(_columns(char) == 2 for char in word):
        return [word]
    pieces, piece, columns = [], "", 0
    for char in word:
        if piece and columns + _columns(char) > max(room, 2):
            pieces.append(piece)
            piece, columns = "", 0
        piece += char
        columns += _columns(char)
    return [*pieces, piece]
