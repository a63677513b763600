"""Rules about the form of lines and header fields: lengths, folding, duplicates, encoded-words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.domain.edition import Finding, Severity
from coopdigest.mail.rules.mailboxes import read_enclosed, read_mailboxes
from coopdigest.mail.rules.raw import Entity, Field
from coopdigest.mail.rules.verdicts import error
from coopdigest.mail.rules.words import WORD, decode_words, find_words, has_broken_word, is_split_wrongly

RULES = {
    "B22": "No header that may be there once is there twice.",
    "B23": "Header fields are fields, encoded-words stand where they may and can be read, addresses are plain.",
    "B24": "The header stays within Gmail's limits.",
    "R01": "Lines have at most 998 octets and end in CRLF; there is no NUL.",
    "R05": "No folded line is blank.",
    "R16": "Encoded-words are short, apart from their neighbours, and cut no character in two.",
}
_ONCE = frozenset(
    (
        *(
            "date",
            "from",
            "sender",
            "reply-to",
            "to",
            "cc",
            "bcc",
            "message-id",
            "in-reply-to",
            "references",
            "subject",
        ),
        *("mime-version", "content-type", "content-transfer-encoding", "content-id", "content-description"),
        *("content-disposition", "content-language", "list-id", "list-help", "list-unsubscribe", "list-subscribe"),
        *("list-unsubscribe-post", "list-post", "list-owner", "list-archive", "feedback-id", "auto-submitted"),
        "precedence",
    )
)
_ADDRESSES = frozenset(("from", "sender", "reply-to", "to", "cc", "bcc"))
_PHRASED = _ADDRESSES | {"list-id"}
_STRUCTURED = (_ONCE - _PHRASED - {"subject", "content-description"}) | {"received", "return-path"}
_PHRASE = re.compile(r"[A-Za-z0-9!*+/=_-]*")  # what the Q encoding may hold in a phrase (RFC 2047 5)
_EXOTIC = re.compile(r"[,$%?{}<>]")  # Yahoo refuses addresses with these
_LINE, _WORD_LINE = 998, 76
_HEADER, _FIELDS, _FIELD, _NAME, _SUBJECT, _ID = 500 * 1024, 5000, 32 * 1024, 1024, 998, 500  # Gmail's limits
_UNLIMITED = frozenset({"to", "cc", "references"})


def check(message: Entity, data: bytes) -> Iterator[Finding]:
    """Findings about the form of the whole."""
    yield from _check_lines(data)
    yield from _check_limits(message)
    for entity in message.walk():
        yield from _check_duplicates(entity)
        for field in entity.fields:
            yield from check_field(field)


def is_misencoded(field: Field) -> bool:
    """Whether encoded-words stand where a reader takes them literally (RFC 2047 5; section 2b of the standards)."""
    if field.key in _STRUCTURED:
        return WORD.search(field.value) is not None
    return field.key in _PHRASED and any(WORD.search(part) for part in read_enclosed(field.value))


def check_field(field: Field) -> Iterator[Finding]:
    """Findings about one field; one that is none has no others."""
    if not field.name:
        yield error("B23", field.place, "a line that is neither a field nor the continuation of one")
        return
    if any(not line.strip() for line in field.lines[1:]):
        yield error("R05", field.place, "a folded line is blank")
    if is_misencoded(field):
        yield error("B23", field.place, "an encoded-word where none may stand: readers take it literally")
        return
    yield from _check_octets(field)
    yield from _check_words(field)
    if field.key in _ADDRESSES:
        yield from _check_addresses(field)


def _check_octets(field: Field) -> Iterator[Finding]:
    """Raw UTF-8 is for the address of a subscriber who has such a one (R20): it goes out by SMTPUTF8 alone."""
    value = field.value
    if value.isascii():
        return
    is_text = not re.search(r"[\udc80-\udcff]", value)
    if not is_text or field.key not in {"to", "cc"}:
        yield error("B23", field.place, "octets over 127, which few servers take", "write it in ASCII")


def _check_words(field: Field) -> Iterator[Finding]:
    value, words = field.value, find_words(field.value)
    try:
        decode_words(value)
    except ValueError:
        yield error("B23", field.place, "an encoded-word that cannot be decoded")
        return
    if has_broken_word(value):
        yield error("B23", field.place, "something begins like an encoded-word and is none")
    if not words:
        return
    # No word is over 75 characters, then, for something stands before it on its line.
    long = any(WORD.search(line.decode("latin-1")) and len(line) > _WORD_LINE for line in field.lines)
    faults = {
        f"a line with an encoded-word has over {_WORD_LINE} characters": long,
        "an encoded-word touches what stands beside it": any(_touches(value, w.start, w.end) for w in words),
        "a character is split between two encoded-words": is_split_wrongly(value),
        "an encoded-word holds what none may in a name": _is_rough(field),
    }
    yield from (error("R16", field.place, fault) for fault, is_there in faults.items() if is_there)


def _touches(value: str, start: int, end: int) -> bool:
    return value[start - 1 : start] not in ("", " ", "\t", "(") or value[end : end + 1] not in ("", " ", "\t", ")")


def _is_rough(field: Field) -> bool:
    words = find_words(field.value) if field.key in _PHRASED else []
    return any(word.encoding == "q" and not _PHRASE.fullmatch(word.text) for word in words)


def _check_addresses(field: Field) -> Iterator[Finding]:
    boxes = read_mailboxes(field.value)
    if any(box and _EXOTIC.search(box.local + box.domain) for box in boxes):
        yield error("B23", field.place, "an address with a character that Yahoo refuses", "use another address")
    judged = field.key not in {"from", "reply-to"} and not field.value.endswith(";")  # those are B20's and B26's
    if judged and None in boxes:
        yield error("B23", field.place, "it holds something that is no address")


def _check_duplicates(entity: Entity) -> Iterator[Finding]:
    keys = [field.key for field in entity.fields]
    for field in {field.key: field for field in entity.fields}.values():
        if field.key in _ONCE and keys.count(field.key) > 1:
            yield error("B22", field.place, f"it is there {keys.count(field.key)} times")


def _check_limits(message: Entity) -> Iterator[Finding]:
    sizes = [sum(map(len, field.lines)) + 2 * len(field.lines) for field in message.fields]
    if sum(sizes) > _HEADER:
        yield error("B24", "message", f"the header has {sum(sizes):,} octets, over {_HEADER:,}")
    if len(sizes) > _FIELDS:
        yield error("B24", "message", f"the header has {len(sizes):,} fields, over {_FIELDS:,}")
    for field, size in zip(message.fields, sizes, strict=True):
        if size > _FIELD and field.key not in _UNLIMITED:
            yield error("B24", field.place, f"it has {size:,} octets, over {_FIELD:,}", "shorten it")
        elif len(field.name) > _NAME:
            yield error("B24", field.place, f"its name has {len(field.name):,} characters, over {_NAME:,}")
        else:
            yield from _check_length(field)


def _check_length(field: Field) -> Iterator[Finding]:
    """Gmail does not say whether it counts characters, which is the error, or octets, which is the warning."""
    limit = {"subject": _SUBJECT, "message-id": _ID}.get(field.key)
    if limit is None or len(field.value) <= limit:
        return
    try:
        characters = len(decode_words(field.value))
    except ValueError:
        return  # B23 says so
    severity = Severity.ERROR if characters > limit else Severity.WARNING
    yield Finding("B24", severity, field.place, f"it is over {limit} characters long", "shorten it")


def _check_lines(data: bytes) -> Iterator[Finding]:
    """The first line of each fault: a message that has one often has thousands."""
    long = (place for place, line in enumerate(data.split(b"\n"), 1) if len(line.removesuffix(b"\r")) > _LINE)
    pairs = data.count(b"\r\n")
    is_mixed = (data.count(b"\r"), data.count(b"\n")) != (pairs, pairs)
    found = {
        f"a line of over {_LINE} octets": next(long, 0),
        "a line end that is not CRLF": _find_line(rb"\r(?!\n)|(?<!\r)\n", data) if is_mixed else 0,
        "a NUL": _find_line(rb"\x00", data),
    }
    yield from (error("R01", f"message line {place}", what) for what, place in found.items() if place)


def _find_line(pattern: bytes, data: bytes) -> int:
    """The number of the first line where `pattern` is found, 0 when nowhere."""
    found = re.search(pattern, data)
    return data.count(b"\n", 0, found.start()) + 1 if found else 0
