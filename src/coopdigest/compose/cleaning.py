"""Makes what came from outside harmless: printable characters, simple markup, links that lead somewhere."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import nh3

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SEEN = re.compile("[^\\s\u200b-\u200f\u2060\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OVERRIDES = re.compile("[\u202d\u202e]")  # they can show a link's words backwards; no newsroom needs them
_SPACE = re.compile(r"\s")
_BIDI = re.compile("[\u202a-\u202c\u2066-\u2069]")
OPENING = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
"""What opens a piece of its own direction, and what closes it (UAX 9)."""
_BREAKABLE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_URL_SIGNS = "%/:?#[]@!$&'()*+,;=~-._|"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", re.ASCII)

TAGS = frozenset({"a", "b", "blockquote", "br", "code", "em", "i", "li", "ol", "p", "q", "strong", "sub", "sup", "ul"})
_DEEPEST = 12  # nested elements; deeper markup is no writer's, and the MJML parser crashes at some thousands
_LONGEST_URL = 2_000  # characters
_LONGEST = 100_000  # characters of markup worth parsing


def clean_text(text: str | None) -> str:
    """`text` as one can print it: line ends and tabs stay, what no reader sees and no parser takes goes.

    Isolates and embeddings (U+202A-202C, U+2066-2069) stay only where they are balanced; overrides never.
    """
    if not text or not _SUSPECT.search(text):
        return text or ""  # nearly every text: one pass instead of six
    plain = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")
    plain = _OVERRIDES.sub("", plain)
    return plain if _is_balanced(plain) else _BIDI.sub("", plain)


def clean_line(text: str | None) -> str:
    """`text` as one line, its white space folded."""
    if not text or not _SUSPECT.search(text):
        return _fold(text or "")
    line = clean_text(_fold(clean_text(text)))
    return line if _SEEN.search(line) else ""


def _fold(text: str) -> str:
    """`text` with its white space folded; no-break spaces stay what they are, for French and numbers need them."""
    if "\u00a0" in text or "\u202f" in text or "\u2007" in text:
        return _BREAKABLE.sub(" ", text).strip()
    return " ".join(text.split())


def clean_paragraphs(text: str | None) -> tuple[str, ...]:
    """The paragraphs of a plain text, which blank lines part; each is one line."""
    parts = re.split(r"\n[ \t]*\n", clean_text(text))
    return tuple(line for part in parts if (line := clean_line(part)))


def clean_url(url: str | None, schemes: tuple[str, ...] = ("http", "https")) -> str | None:
    """An absolute URL of one of `schemes`, None for anything else, and for one too long for clients to follow."""
    candidate = clean_text(url).strip()
    if not candidate or len(candidate) > _LONGEST_URL or _SPACE.search(candidate):
        return None
    try:
        parts = urlsplit(candidate)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in schemes or "\\" in candidate or not (parts.path if scheme == "mailto" else parts.hostname):
        return None
    return candidate if candidate.isascii() else _in_ascii(candidate)


def _in_ascii(url: str) -> str | None:
    """A URL with other letters as every client follows it: its host by IDNA, the rest in percent signs."""
    scheme, separator, rest = url.partition("://")
    host = re.match(r"[^/?#]*", rest)
    if not separator or host is None:
        return quote(url, safe=_URL_SIGNS)
    try:
        name = host[0].encode("idna").decode("ascii") if not host[0].isascii() else host[0]
    except UnicodeError:
        return None
    return f"{scheme}://{name}{quote(rest[host.end() :], safe=_URL_SIGNS)}"


def clean_language(language: str | None) -> str | None:
    """A language tag as BCP 47 writes it, None for what is none."""
    tag = (language or "").strip()
    return tag.replace("_", "-") if _LANGUAGE.fullmatch(tag) else None


def clean_markup(markup: str | None) -> str | None:
    """Simple inline markup, well formed; None when there is none worth keeping: then the plain text serves."""
    if not markup or len(markup) > _LONGEST:
        return None
    kept = clean_text(_CLEANER.clean(clean_text(markup))).strip()  # once more: `&#8;` is a character only now
    return kept if kept and _depth(kept) <= _DEEPEST else None


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href"}},
    attribute_filter=lambda _tag, _name, value: clean_url(value, ("http", "https", "mailto")),
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def _is_balanced(text: str) -> bool:
    expected: list[str] = []
    for char in _BIDI.findall(text):
        if char in OPENING:
            expected.append(OPENING[char])
        elif not expected or expected.pop() != char:
            return False
    return not expected


def _depth(markup: str) -> int:
    """How deep the elements of nh3's output nest; it closes everything but `br`."""
    deepest = depth = 0
    for closing, name in re.findall(r"<(/?)([a-z]+)", markup):
        if name != "br":
            depth += -1 if closing else 1
            deepest = max(deepest, depth)
    return deepest
