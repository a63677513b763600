"""An edition is an issue rendered for one language, its personal parts left blank as markers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from coopdigest.domain.digest import Digest
from coopdigest.domain.issue import Issue


class Slot(StrEnum):
    """A personal part of a message, filled for each subscriber."""

    UNSUBSCRIBE_URL = "unsubscribe"


class Severity(StrEnum):
    """An error stops approval and sending; a warning is said."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `check`: a stable rule id, how bad, where, what, and what to do about it.

    An error that cannot be forced means that there is nothing to send, whatever an editor says.
    """

    rule: str
    severity: Severity
    place: str
    message: str
    hint: str = ""
    can_be_forced: bool = True


def merge_findings(by_language: Mapping[str, Sequence[Finding]]) -> list[Finding]:
    """The findings of all editions as one list, worst first: each once, with its edition where not all have it."""
    merged: dict[Finding, None] = {}
    for language, findings in by_language.items():
        for finding in findings:
            is_shared = all(finding in others for others in by_language.values())
            is_named = finding.place.startswith(("edition ", "templates/"))
            place = finding.place if is_shared or is_named else f"edition {language}, {finding.place}"
            merged[replace(finding, place=place)] = None
    return sorted(merged, key=lambda finding: list(Severity).index(finding.severity))


@dataclass(frozen=True, slots=True)
class Edition:
    """A rendered issue. `html` and `text` hold `marker(nonce, slot)` where a personal part belongs."""

    language: str
    subject: str
    html: str
    text: str
    nonce: str


def marker(nonce: str, slot: Slot) -> str:
    """The placeholder of a personal part: letters and digits only, so that no renderer or encoder alters it."""
    return f"slot{nonce}{slot.value}end"


_SAID = ("title", "day", "summary", "summary_html", "url", "image", "credit", "language", "kind")


def nonce_for(issue: Issue) -> str:
    """A nonce that no item's text can hold: the hash of everything the issue says. Same issue, same nonce.

    Neither the state nor anything of the store (ids, when first seen) counts, so every machine finds the same.
    """
    said = [
        (entry.theme, entry.carried_over, *(getattr(entry.item, name) for name in _SAID)) for entry in issue.items()
    ]
    everything = repr((issue.digest, issue.period.key, issue.number, issue.words, said))
    return hashlib.sha256(everything.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def blank(edition: Edition, content: str, values: dict[Slot, str]) -> str:
    """`content` (the edition's HTML or text) with its markers replaced by `values`; a slot not given is emptied."""
    for slot in Slot:
        content = content.replace(marker(edition.nonce, slot), values.get(slot, ""))
    return content


def fingerprint(digest: Digest, editions: Iterable[Edition]) -> str:
    """What an approval binds to: all that a subscriber receives but Date, personal parts and transport."""
    headers = [
        [digest.sender.name, digest.sender.address],
        [digest.reply_to.name, digest.reply_to.address] if digest.reply_to else None,
        digest.list_id,
        digest.name,
        digest.public_url,
        digest.unsubscribe_mailbox,
    ]
    bodies = sorted([e.language, e.subject, e.html, e.text] for e in editions)
    canonical = json.dumps([headers, bodies], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
