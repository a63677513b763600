"""Reads the value of an address header into mailboxes (RFC 5322 3.4), non-ASCII letters included (RFC 6532)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(  # what is not closed is stray as far as it was read, so that no octet is read often
    r'("(?:[^"\\]|\\.)*+")|(\((?:[^()\\]|\\.)*+\))|(<[^<>]*+>)|(,)|([^",<>()]++)'
    r'|("(?:[^"\\]|\\.)*+|\((?:[^()\\]|\\.)*+|<[^<>]*+|.)',
    re.DOTALL,
)
_ATOM = r'[^\x00-\x20\x7f()<>@,;:\\".\[\]]+'
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
_ADDRESS = re.compile(rf'(?P<local>{_DOT_ATOM}|"(?:[^"\\]|\\.)*")@(?P<domain>{_DOT_ATOM}|\[[^\[\]\\\s]*\])')
_PHRASE = re.compile(rf"(?:{_ATOM}|[.\s])*")


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox: its phrase (unquoted, encoded-words as they stand) and its address."""

    phrase: str
    local: str
    domain: str


def read_mailboxes(value: str) -> list[Box | None]:
    """One entry for everything between commas; None where it is no mailbox."""
    return [_read(tokens) for tokens in _split(value)]


def read_enclosed(value: str) -> list[str]:
    """The quoted strings and the parts in angle brackets: no encoded-word may stand in them (RFC 2047 5)."""
    return [text for kind, text in _tokens(value) if kind in {"quoted", "angle"}]


def _split(value: str) -> list[list[tuple[str, str]]]:
    """The tokens (kind, text) between commas, without comments and blanks."""
    groups: list[list[tuple[str, str]]] = [[]]
    for kind, text in _tokens(value):
        if kind == "comma":
            groups.append([])
        elif kind != "comment" and text.strip():
            groups[-1].append((kind, text))
    return groups


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    kinds = ("quoted", "comment", "angle", "comma", "text", "stray")
    for found in _TOKEN.finditer(value):
        yield kinds[(found.lastindex or 1) - 1], found[0]


def _read(tokens: list[tuple[str, str]]) -> Box | None:
    if tokens and tokens[-1][0] == "angle":
        phrase = [_word(kind, text) for kind, text in tokens[:-1]]
        found = _ADDRESS.fullmatch(tokens[-1][1][1:-1].strip())
        if found and None not in phrase:
            return Box(" ".join(filter(None, phrase)), found["local"], found["domain"])
        return None
    found = _ADDRESS.fullmatch("".join(text for _, text in tokens).strip())
    return Box("", found["local"], found["domain"]) if found else None


def _word(kind: str, text: str) -> str | None:
    """A part of a phrase as it is meant; None where it cannot stand in one."""
    if kind == "quoted":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.strip() if kind == "text" and _PHRASE.fullmatch(text) else None
