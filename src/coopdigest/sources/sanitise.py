"""Cleans the words and addresses that sources give, before anything else sees them."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control and format characters, lone surrogates, noncharacters, and every bidirectional control that
# could show a title in another order than it is written. Joiners and direction marks stay: Persian,
# Arabic and emoji need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ufdd0-\ufdef\ud800-\udfff]"
)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_SCHEMES = ("http", "https", "mailto")
_SAFE = "!#$%&'()*+,/:;=?@[]~"  # RFC 3986 2.2: what may stand in a URL as it is; the rest is percent-encoded


def drop_controls(text: str) -> str:
    """`text` with line ends as LF and without characters that nobody can read."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))


def clean_line(text: str | None) -> str | None:
    """`text` on one line, white space collapsed; None when nothing is left."""
    return " ".join(drop_controls(text or "").split()) or None


def clean_paragraphs(text: str | None) -> str | None:
    """`text` as paragraphs of one line each, separated by a blank line; None when nothing is left."""
    parts = (" ".join(part.split()) for part in _BLANK_LINE.split(drop_controls(text or "")))
    return "\n\n".join(part for part in parts if part) or None


def shorten(text: str, limit: int) -> str:
    """`text` cut to at most `limit` characters, at a word where there is one, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word = head.rfind(" ", limit // 2)
    return (head[:word] if word > 0 else head).rstrip() + "…"


def clean_url(url: str | None, base: str | None = None, schemes: tuple[str, ...] = _SCHEMES) -> str | None:
    """The absolute URL that `url` means at `base`, safe to print in an attribute; None when it is not one of `schemes`.

    A user name in front of the host is refused: it makes one site look like another.
    """
    text = "".join((drop_controls(url or "")).strip().split("\n")).replace("\t", "")
    if not text or len(text) > 2_000:
        return None
    try:
        absolute = urljoin(base, text) if base else text
        parts = urlsplit(absolute)
        has_host = bool(parts.hostname) and not parts.username and (parts.port or 0) >= 0
    except ValueError:
        return None
    if parts.scheme not in schemes or not (has_host or (parts.scheme == "mailto" and "@" in parts.path)):
        return None
    return "".join(char if ord(char) > 127 else quote(char, safe=_SAFE) for char in absolute)


def clean_language(tag: str | None) -> str | None:
    """A language tag in the form of BCP 47 (``en``, ``pt-BR``), None for anything else."""
    text = (tag or "").strip().replace("_", "-")
    return text if len(text) <= 35 and _LANGUAGE.fullmatch(text) else None
