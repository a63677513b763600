"""Findings as the rules of messages state them."""

from __future__ import annotations

from coopdigest.domain.edition import Finding, Severity

_OURS = "coopdigest writes this itself: please report it"


def error(rule: str, place: str, message: str, hint: str = _OURS) -> Finding:
    """Something that mailbox providers refuse, or that readers see broken."""
    return Finding(rule, Severity.ERROR, place, message, hint)


def warning(rule: str, place: str, message: str, hint: str) -> Finding:
    """Something that mailbox providers advise against."""
    return Finding(rule, Severity.WARNING, place, message, hint)
