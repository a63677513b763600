"""Folds plain text to a width on the screen, where some characters are two columns wide and some none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from coopdigest.compose.cleaning import clean_text

WIDTH = 72
PREHEADER_LENGTHS = (40, 130)  # characters that inboxes show beside the subject (A30)

_BREAKABLE = re.compile(r"[^\S\u00a0\u2007\u202f]+")  # no-break spaces are spaces to str.split
_PLAIN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0386-\u0482\u0621-\u064a\u0660-\u066f\u2010-\u2027]*"
)  # all one wide
_JOINED = re.compile("[\u200d\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")  # what makes one sign of several
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_TONE = re.compile("[\U0001f3fb-\U0001f3ff]")
_ZERO_WIDTH_JOINER, _EMOJI_LOOK = "\u200d", "\ufe0f"
_PREPENDED = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")  # format, but seen
_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")  # they complete the syllable before
_LINK = re.compile(r"[(<\[«“]*https?://", re.IGNORECASE)
_CLOSING = re.compile(r"[:;!?»%]+[.,)]*")  # French writes a space before; it must not begin a line with them
_OPENING = re.compile("[«]")
_LONE = re.compile(r"\s[:;!?»%]|«")
_UNUSUAL = re.compile(r"https?://|\s[:;!?»%]|«", re.IGNORECASE)  # what needs the longer way
_SENTENCE_END = re.compile(
    r"((?<!\b[A-ZÀ-Þ])(?<!\b[A-ZÀ-Þ]\w)(?<!\b[A-ZÀ-Þ]\w\w)[.](?= )|[!?؟…](?= )|[。！？])"
)  # not after Dr., Mrs., J.
_NEVER_FIRST = frozenset("、。，．：；！？）」』】》〉〕］｝…‥ー々・")  # JIS X 4051: no line begins with them
_NEVER_LAST = frozenset("（「『【《〈〔［｛")


def display_width(text: str) -> int:
    """The columns that `text` takes in a fixed-width font, roughly (Unicode Standard Annexes 11 and 29, UTS 51)."""
    if text.isascii() or _PLAIN.fullmatch(text):
        return len(text)
    if _JOINED.search(text):
        return sum(map(_cluster_width, _clusters(text)))
    return sum(map(_columns, text))


def wrap(text: str, width: int = WIDTH, indent: str = "", bullet: str = "") -> str:
    """`text` in lines of at most `width` columns, broken at spaces.

    Each line begins with `indent`; the first goes on with `bullet`, the others with blanks as wide. A word without
    spaces is broken only where its wide characters allow it (Chinese, Japanese), and a link never: it has a line of
    its own. A no-break space does not break, nor does one that French writes before a sign.
    """
    hanging = " " * display_width(bullet)
    room = width - display_width(indent + bullet)
    is_plain = ((text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text)) and not _UNUSUAL.search(text)
    lines = _fold_plain(text, room) if is_plain else [*_fold(_words(text, room), room)] or [""]
    if not indent and not bullet:
        return "\n".join(map(_defuse, lines))
    return "\n".join(f"{indent}{hanging if number else bullet}{_defuse(line)}" for number, line in enumerate(lines))


def underline(text: str, sign: str = "-", width: int = WIDTH) -> str:
    """A rule as wide as `text` once it is wrapped, but not wider than a line, nor so short that it is none."""
    widest = max(map(display_width, wrap(text, width).split("\n")))
    return sign * max(3, min(widest, width))


def cut(text: str, length: int) -> str:
    """`text` cut to `length` characters: after a sentence if there is one, else after a word with an ellipsis."""
    if len(text) <= length:
        return text
    head = text[:length]
    ends = [found.end(1) for found in _SENTENCE_END.finditer(head)]
    if ends and ends[-1] >= length // 3:
        return clean_text(head[: ends[-1]])  # once more, for an isolate may be cut in half
    return clean_text(f"{head[: length - 1].rpartition(' ')[0].rstrip(' ,;:–—-') or head[: length - 1]}…")


def begins_link(word: str) -> bool:
    """Whether a word is a web link, brackets and quotes before it not counted."""
    return _LINK.match(word) is not None


def _defuse(line: str) -> str:
    """Two dashes alone would end the message: clients hide what follows as a signature (RFC 3676 4.3)."""
    return "- -" if line == "--" else line


def _fold_plain(text: str, room: int) -> list[str]:
    """What `_fold` gives for a text of narrow characters without links and lone signs, in a fifth of the time."""
    rest, lines = " ".join(text.split()), list[str]()
    while len(rest) > room:
        end = rest.rfind(" ", 0, room + 1)
        end = end if end > 0 else rest.find(" ", room)
        if end < 0:
            break
        lines.append(rest[:end])
        rest = rest[end + 1 :]
    return [*lines, rest]


def _fold(words: list[str], room: int) -> Iterator[str]:
    """Lines of as many words as fit; a link stands alone."""
    line, taken, is_link = "", 0, False
    for word in words:
        columns, was_link = display_width(word), is_link
        is_link = begins_link(word)
        if line and (taken + 1 + columns > room or is_link or was_link):
            yield line
            line, taken = word, columns
        else:
            line, taken = (f"{line} {word}", taken + 1 + columns) if line else (word, columns)
    if line:
        yield line


@lru_cache(maxsize=8_192)
def _columns(char: str) -> int:
    if _PREPENDED.match(char):
        return 1
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me") or _JAMO.match(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _clusters(text: str) -> Iterator[str]:
    """`text` in signs that no line may part: a letter with its marks, a flag, a joined emoji."""
    cluster = ""
    for char in text:
        if cluster and not _continues(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _continues(cluster: str, char: str) -> bool:
    if char == _ZERO_WIDTH_JOINER or _TONE.match(char) or _columns(char) == 0:
        return True
    if cluster[-1] == _ZERO_WIDTH_JOINER:
        return unicodedata.category(char) == "So"  # between letters of Arabic or Hindi it joins no emoji
    return bool(_REGIONAL.match(char)) and len(cluster) == 1 and bool(_REGIONAL.match(cluster))


def _cluster_width(cluster: str) -> int:
    if _REGIONAL.match(cluster):
        return 2 if len(cluster) > 1 else 1
    joined = _ZERO_WIDTH_JOINER in cluster and len(cluster) > 2
    if _EMOJI_LOOK in cluster or joined:
        return max(2 if unicodedata.category(cluster[0]) == "So" or _EMOJI_LOOK in cluster else 0, _columns(cluster[0]))
    return _columns(cluster[0])


def _words(text: str, room: int) -> list[str]:
    return [piece for word in _joined_signs(text) for piece in _break_wide(word, room)]


def _joined_signs(text: str) -> list[str]:
    """The words of `text`, each with the lone signs of punctuation that must stay with it."""
    words: list[str] = []
    if not _LONE.search(text):
        return list(filter(None, _BREAKABLE.split(text)))
    for word in filter(None, _BREAKABLE.split(text)):
        if words and (_CLOSING.fullmatch(word) or _OPENING.fullmatch(words[-1].rpartition(" ")[2])):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def _break_wide(word: str, room: int) -> list[str]:
    """A word of wide characters in pieces that fit; any other word whole."""
    room = max(room, 2)
    if word.isascii() or 2 * len(word) <= room or display_width(word) <= room or begins_link(word):
        return [word]
    pieces = [""]
    for unit in _units(word):
        if pieces[-1] and display_width(pieces[-1]) + display_width(unit) > room:
            pieces.append("")
        pieces[-1] += unit
    return pieces


def _units(word: str) -> Iterator[str]:
    """The parts of a word between which a line may end: beside wide characters, by their rules of punctuation."""
    unit, was_wide = "", False
    for cluster in _clusters(word):
        is_wide = _cluster_width(cluster) == 2
        if unit and (is_wide or was_wide) and cluster[0] not in _NEVER_FIRST and unit[-1] not in _NEVER_LAST:
            yield unit
            unit = ""
        unit += cluster
        was_wide = is_wide
    if unit:
        yield unit
