"""Turns the bytes of a feed or a page into text, by what its marks, its server or the document itself says."""

from __future__ import annotations

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(
    rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_UNMARKED = ((b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"))


def decode_document(body: bytes, charset: str | None) -> str:
    """The text of a document: byte order mark, then the server's `charset`, then its own declaration, then UTF-8.

    Never fails: bytes that the charset does not know become U+FFFD; what claims nothing and is not UTF-8 is taken
    for Windows-1252, as browsers do.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for start, name in _UNMARKED:
        if body.startswith(start):
            return body.decode(name, "replace")
    codec = _find_codec(charset) or _find_codec(_declared(body))
    if codec and codec != "utf-8":
        return body.decode(codec, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("utf-8" if codec else "windows-1252", "replace")


def _declared(body: bytes) -> str | None:
    match = _DECLARED.search(body[:4096])
    return (match.group(1) or match.group(2)).decode("ascii", "ignore") if match else None


def _find_codec(name: str | None) -> str | None:
    """Python's name of a charset, None for what is no charset of documents (``rot13``, ``base64``, ``utf-7``)."""
    try:
        codec = codecs.lookup(name or "").name
        if b"<a>".decode(codec) != "<a>" or codec in ("utf-7", "idna", "unicode_escape", "raw_unicode_escape"):
            return None
    except (LookupError, ValueError, TypeError, AttributeError):
        return None
    # The web means Windows-1252 when it says Latin-1 (WHATWG Encoding 4.2)
    return "windows-1252" if codec in ("iso8859-1", "ascii") else codec
