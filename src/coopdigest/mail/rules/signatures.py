"""Rules about DKIM signatures: what they cover, what they close, and whose they are (RFC 6376, 8301, 8463)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coopdigest.domain.edition import Finding
from coopdigest.mail.rules.mailboxes import read_mailboxes
from coopdigest.mail.rules.raw import Entity, Field
from coopdigest.mail.rules.verdicts import error, warning
from coopdigest.mail.signed_headers import NEVER_SIGNED, OVERSIGNED, SIGNED, aligns

RULES = {
    "R50": "A signature covers From, the list headers and whatever else says what the message is.",
    "R51": "A signature breaks when a second From, Subject, List-Unsubscribe or the like is put in.",
    "R52": "A signature is of a kind that verifiers take, over the whole body, dated, and of the sender's domain.",
}
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9]{1,12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_LABELS = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
_FORMS = frozenset({"relaxed/relaxed", "relaxed/simple", "relaxed"})  # the last is relaxed/simple (RFC 6376 3.5)
_LONGEST = 78  # characters of a tag on a line


def check(message: Entity) -> Iterator[Finding]:
    """Findings about every signature; a message without one has none: its mail server may sign it."""
    for field in message.fields:
        if field.key == "dkim-signature":
            yield from _check_signature(message, field)


def _check_signature(message: Entity, field: Field) -> Iterator[Finding]:
    tags = _read_tags(field.value)
    if tags is None:
        yield error("R52", field.place, "it is not a list of tags")
        return
    covered = [name.lower() for name in tags.get("h", "").split(":")]
    yield from _check_coverage(message, field, covered)
    yield from _check_additions(message, field, covered)
    yield from (error("R52", field.place, fault) for fault in _faults(tags, field))
    yield from _check_domain(message, field, tags.get("d", ""))


def _read_tags(value: str) -> Mapping[str, str] | None:
    """The tags without the blanks in their values; None when it is no tag list (RFC 6376 3.2)."""
    tags: dict[str, str] = {}
    for part in value.rstrip().removesuffix(";").split(";"):
        name, equals, said = part.partition("=")
        if not equals or not _TAG.fullmatch(name.strip()) or name.strip() in tags:
            return None
        tags[name.strip()] = "".join(said.split())
    return tags


def _check_coverage(message: Entity, field: Field, covered: list[str]) -> Iterator[Finding]:
    there = {found.key for found in message.fields}
    open_names = [name for name in SIGNED if name in there | {"from"} and name not in covered]
    if open_names:
        yield error("R50", field.place, f"it does not cover {', '.join(open_names)}")
    if changing := sorted(NEVER_SIGNED & set(covered)):
        yield error("R50", field.place, f"it covers {', '.join(changing)}, which changes on the way")


def _check_additions(message: Entity, field: Field, covered: list[str]) -> Iterator[Finding]:
    keys = [found.key for found in message.fields]
    loose = [name for name in OVERSIGNED if covered.count(name) <= keys.count(name)]
    addable = [name for name in loose if name in covered or name not in keys]  # of the others R50 speaks
    if addable:
        yield error("R51", field.place, f"it stays whole when one more of these is put in: {', '.join(addable)}")


def _faults(tags: Mapping[str, str], field: Field) -> list[str]:
    when, end = tags.get("t", ""), tags.get("x")
    is_dated = _NUMBER.fullmatch(when) is not None
    found = {
        "v= is not 1": tags.get("v") != "1",
        "a= is neither rsa-sha256 nor ed25519-sha256": tags.get("a") not in _ALGORITHMS,
        "c= is neither relaxed/relaxed nor relaxed/simple": tags.get("c") not in _FORMS,
        "l= leaves a part of the body open": "l" in tags,
        "t= does not say when it was made": not is_dated,
        "x= is not after t=": end is not None and is_dated and not (_NUMBER.fullmatch(end) and int(end) > int(when)),
        "s= is no selector": not _LABELS.fullmatch(tags.get("s", "")),
        "b= or bh= is not in base64": not all(_BASE64.fullmatch(tags.get(name, "")) for name in ("b", "bh")),
        "b= or h= is not folded": any(len(word) > _LONGEST for word in re.split(r"[;\s]+", field.value)),
    }
    return [fault for fault, is_there in found.items() if is_there]


def _check_domain(message: Entity, field: Field, domain: str) -> Iterator[Finding]:
    """DMARC counts a signature only when it is of the sender's domain (B02)."""
    if not _LABELS.fullmatch(domain):
        yield error("R52", field.place, "d= is no domain")
        return
    boxes = read_mailboxes(message.value("From"))
    sender = boxes[0].domain if len(boxes) == 1 and boxes[0] else domain  # B20 says so
    if not aligns(domain, sender):
        yield warning("R52", field.place, f"{domain} does not align with From", "correct domain in [dkim]")
