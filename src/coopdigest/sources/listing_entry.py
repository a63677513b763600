"""Reads the facts of one entry of a newsroom listing, and of its media contact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from coopdigest.domain.digest import MediaContact
from coopdigest.sources.listing_lines import Line, find_email
from coopdigest.sources.sanitise import clean_url

_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")
_URL = re.compile(r"https?://[^\s<>\"]+|\bwww\.[^\s<>\"]+")
_LABEL = re.compile(
    r"^(?:e-?mail|mail|tel(?:ephone|éfono)?|phone|mobile|mob|web(?:site)?|t|m|e)\b\s*[.:]\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an entry says. `left_out` are lines whose place in it is not understood."""

    title: str
    day: date
    theme: str | None
    credit: str | None
    summary: str | None
    left_out: Sequence[Line] = ()


def read_entry(lines: Sequence[Line]) -> Facts | str:
    """The facts of the entry with these lines, or the words for what it lacks."""
    place = next((place for place, line in enumerate(lines) if line.day), None)
    if place is None:
        return "a numbered entry without a date that can be read; left out"
    day = lines[place].day
    signs = [line.text for line in lines[:place] if line.is_credit]
    head = _paragraphs([line for line in lines[:place] if line.is_headline])
    if day is None or not head:
        return "a numbered entry without a title; left out"
    kicker, title, extra = _split_head(head)
    return Facts(
        title=title,
        day=day,
        theme=kicker,
        credit=", ".join(signs) or None,
        summary="\n\n".join(" ".join(line.whole for line in part) for part in _paragraphs(lines[place + 1 :])) or None,
        left_out=extra,
    )


def read_contact(lines: Sequence[Line]) -> MediaContact | None:
    """The media contact in these lines, None when they name no e-mail address."""
    email = phone = url = name = None
    for place, line in enumerate(lines):
        rest = line.text[:200]
        if found := find_email(rest):
            email, rest = email or found, rest.replace(found, " ")
        if match := _URL.search(rest):
            url, rest = url or _complete(match.group()), _URL.sub(" ", rest)
        if match := _PHONE.search(rest):
            phone, rest = phone or match.group().strip(), _PHONE.sub(" ", rest)
        words = _LABEL.sub("", rest.strip(" ,;|–-:")).strip(" ,;|–-:")
        # The heading is no name, and what follows the address is a department or a next heading
        if place and words and not name and (not email or found):
            name = words
    return MediaContact(name or "Media contact", email, phone, url) if email else None


def _complete(url: str) -> str | None:
    address = url.rstrip(".,;)")
    return clean_url(address if address.startswith("http") else f"https://{address}", schemes=("http", "https"))


def _split_head(head: list[list[Line]]) -> tuple[str | None, str, list[Line]]:
    """Kicker, title, and lines too many. The title stands right before the date, the kicker right before the title."""
    last = head[-1]
    if len(head) > 1:
        extra = [line for part in head[:-2] for line in part]
        return _join(head[-2]), _join(last, whole=True), extra
    if len(last) > 1:  # no blank lines between
        return _join(last[:1]), _join(last[1:], whole=True), []
    return None, _join(last), []


def _join(lines: Sequence[Line], *, whole: bool = False) -> str:
    return " ".join(line.whole if whole else line.text for line in lines)


def _paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines, parted where a blank line stands between them."""
    parts: list[list[Line]] = []
    for line in lines:
        if line.gap or not parts:
            parts.append([])
        parts[-1].append(line)
    return parts
