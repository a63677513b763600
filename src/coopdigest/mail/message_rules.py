"""Checks a built message by the rules of mailbox providers and RFCs that its bytes show."""

from __future__ import annotations

from datetime import datetime

from coopdigest.domain.edition import Finding, Severity
from coopdigest.mail.rules import form, lists, parts, senders, signatures
from coopdigest.mail.rules.raw import parse_message

_ALL = (senders.RULES, form.RULES, lists.RULES, parts.RULES, signatures.RULES)
RULES: dict[str, str] = dict(sorted((rule, sentence) for rules in _ALL for rule, sentence in rules.items()))
"""What each rule asks, by its id; B25, B28 and B29 are rules of the composed edition too, about other things."""


def check_message(data: bytes, now: datetime | None = None) -> list[Finding]:
    """All findings about a message as it goes to SMTP (CRLF, not dot-stuffed), each once, worst first.

    Whatever the bytes are, nothing is raised. With `now` the message's date must be near it.
    """
    message = parse_message(data)
    found = (
        *form.check(message, data),
        *senders.check(message, now),
        *lists.check(message),
        *parts.check(message, len(data)),
        *signatures.check(message),
    )
    return sorted(dict.fromkeys(found), key=lambda finding: finding.severity is not Severity.ERROR)
