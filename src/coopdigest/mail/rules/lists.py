"""Rules about the headers of a list: unsubscribing, List-ID, Feedback-ID."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.domain.edition import Finding
from coopdigest.mail.rules.form import is_misencoded
from coopdigest.mail.rules.raw import Entity, Field
from coopdigest.mail.rules.verdicts import error

RULES = {
    "B10": "One-click unsubscribing has both its headers, and one web address.",
    "B27": "A Feedback-ID has four fields, the last of 5 to 15 characters.",
    "R30": "List headers hold URIs in angle brackets, without blanks.",
    "R31": "A List-ID ends in <label.domain> of at most 255 octets.",
    "R32": "List-Unsubscribe-Post says List-Unsubscribe=One-Click.",
}
_URI_LISTS = ("list-help", "list-subscribe", "list-unsubscribe", "list-post", "list-owner", "list-archive")
_URIS = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]+>(?:\s*,\s*<[A-Za-z][A-Za-z0-9+.-]*:[^<>\s]+>)*")
_COMMENT = re.compile(r"\([^()]*\)")
_LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LIST_ID = re.compile(rf'(?:"(?:[^"\\]|\\.)*+"|[^<>"])*+<({_LABEL}(?:\.{_LABEL})+)>')
_LONGEST_ID = 255  # octets (RFC 2919 3)
_ADDRESSES = "correct public_url, reply_to and unsubscribe_mailbox in [digest]"
_ONE_CLICK = "List-Unsubscribe=One-Click"
_FEEDBACK = re.compile(r"[^:]*:[^:]*:[^:]*:[^:\s]{5,15}")


def check(message: Entity) -> Iterator[Finding]:
    """Findings about list headers; a field with encoded-words in it (B23) is not judged twice."""
    if not any(field.key.startswith("list-unsubscribe") and is_misencoded(field) for field in message.fields):
        yield from _check_one_click(message)
    for field in message.fields:
        if not is_misencoded(field):
            yield from _check_field(field)


def _check_one_click(message: Entity) -> Iterator[Finding]:
    """RFC 8058 3.1 with Gmail's terms. Where no page takes the click, or not by https, the composer's rules say so."""
    leave, post = message.get("List-Unsubscribe"), message.get("List-Unsubscribe-Post")
    pages = re.findall(r"<(https?:[^<>]*)>", leave.value, re.IGNORECASE) if leave else []
    if leave and pages and not post:
        yield error("B10", leave.place, "a web address without List-Unsubscribe-Post: no one-click")
    elif post and len(pages) != 1:
        fault = f"one-click needs one web address in List-Unsubscribe, not {len(pages)}"
        yield error("B10", post.place, fault, "correct public_url in [digest]")


def _check_field(field: Field) -> Iterator[Finding]:
    if field.key in _URI_LISTS:
        said = _COMMENT.sub("", field.value).strip()
        if not _URIS.fullmatch(said) and (field.key, said) != ("list-post", "NO"):
            yield error("R30", field.place, "it is not a list of URIs in angle brackets", _ADDRESSES)
    elif field.key == "list-id":
        found = _LIST_ID.fullmatch(field.value)
        if not found:
            yield error("R31", field.place, "it does not end in <label.domain>", "correct slug or list_domain")
        elif len(found[1]) > _LONGEST_ID:
            yield error("R31", field.place, f"it is over {_LONGEST_ID} octets long", "shorten slug or list_domain")
    elif field.key == "list-unsubscribe-post" and field.value != _ONE_CLICK:
        yield error("R32", field.place, f"it does not say {_ONE_CLICK}")
    elif field.key == "feedback-id" and not _FEEDBACK.fullmatch(field.value):
        yield error("B27", field.place, "it is not of the form a:b:c:SenderId")
