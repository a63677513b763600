"""Header fields, folded as RFC 5322 wants them: no line over 78 characters where it can be helped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from coopdigest.domain.digest import Mailbox
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.addresses import wire_address
from coopdigest.mail.encoded_words import LINE_LIMIT, encode_words

FOLD = "\r\n "
_HARD_LIMIT = 998  # octets of a line without its CRLF (RFC 5322 2.1.1, R01)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")  # ASCII words with one space between them survive any refolding


def structured(name: str, value: str) -> bytes:
    """A field whose value is written as it stands, never folded and never encoded (R16, R30).

    Raises:
        CompositionError: the value holds CR, LF or another control character, or makes the line too long.
    """
    _forbid_breaks(name, value)
    line = f"{name}: {value}"
    if len(line.encode("utf-8")) > _HARD_LIMIT:
        raise CompositionError(f"header {name} is over {_HARD_LIMIT} octets; shorten what it says")
    return line.encode("utf-8") + b"\r\n"


def uri_list(name: str, uris: Sequence[str]) -> bytes:
    """A field of RFC 2369: URIs in angle brackets, folded only between them (section 2b of the standards)."""
    for uri in uris:
        if not uri.isascii() or re.search(r"[\x00-\x20\x7f<>]", uri):
            raise CompositionError(f"header {name} would hold a URI with a character that no URI has")
        structured(name, f"<{uri}>")
    return f"{name}: {(',' + FOLD).join(f'<{uri}>' for uri in uris)}\r\n".encode("ascii")


def unstructured(name: str, text: str) -> bytes:
    """A field of free text, such as Subject: ASCII folded at spaces, anything else as encoded-words.

    Raises:
        CompositionError: the text holds CR or LF (R05).
    """
    _forbid_breaks(name, text)
    offset = len(name) + 2
    if text and not _stays_ascii(text, offset):
        return f"{name}: {encode_words(text, offset)}\r\n".encode("ascii")
    return (_fold(f"{name}: ", text.split(" ")) + "\r\n").encode("ascii")


def mailbox(name: str, box: Mailbox) -> bytes:
    """A field of one mailbox; only the phrase is ever encoded, never the address (R16).

    Raises:
        CompositionError: name or address hold what they may not.
    """
    try:
        address = wire_address(box.address)
    except ValueError as error:
        raise CompositionError(f"header {name}: {error}; correct the address") from error
    if not box.name:
        return structured(name, address)
    return named(name, box.name, f"<{address}>")


def named(name: str, phrase: str, rest: str) -> bytes:
    """A field of a phrase and something in angle brackets: From, Reply-To, List-ID.

    Raises:
        CompositionError: the phrase holds CR or LF.
    """
    _forbid_breaks(name, phrase)
    offset = len(name) + 2
    if _stays_ascii(phrase, offset + 2):
        words = phrase.split(" ") if _ATOMS.fullmatch(phrase) else _quote(phrase).split(" ")
        return (_fold(f"{name}: ", [*words, rest]) + "\r\n").encode("utf-8")
    encoded = encode_words(phrase, offset)
    last = encoded.rpartition(FOLD)[2] if FOLD in encoded else f"{name}: {encoded}"
    gap = " " if len(last) + len(rest) + 2 <= LINE_LIMIT else FOLD
    return f"{name}: {encoded}{gap}{rest}\r\n".encode()


def _forbid_breaks(name: str, text: str) -> None:
    if "\r" in text or "\n" in text:
        raise CompositionError(f"header {name} would hold a line break; write it on one line")


def _stays_ascii(text: str, offset: int) -> bool:
    """Whether the text can stand as it is: nothing a reader would decode, collapse or find on a line too long."""
    if not _PRINTABLE.fullmatch(text) or "=?" in text:
        return False
    return max(map(len, _quote(text).split(" "))) <= LINE_LIMIT - offset


def _quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _fold(start: str, words: Sequence[str]) -> str:
    lines, line = [], start + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > LINE_LIMIT:
            lines.append(line)
            line = " " + word
        else:
            line += " " + word
    return "\r\n".join([*lines, line])
