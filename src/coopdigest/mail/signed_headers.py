"""Which header fields a DKIM signature covers, and which of them it closes against a second one."""

from __future__ import annotations

SIGNED = (
    *("from", "date", "subject", "to", "cc", "reply-to", "sender", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-language"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post", "list-subscribe"),
    *("list-owner", "list-archive", "feedback-id", "auto-submitted", "precedence"),
)
"""Covered where they are there (R50; Feedback-ID by B27): everything a reader or a provider acts on."""

OVERSIGNED = (
    *("from", "subject", "date", "to", "reply-to", "message-id", "content-type"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
"""Named once more than they occur, so that adding one breaks the signature (RFC 6376 8.15, R51)."""

NEVER_SIGNED = frozenset({"return-path", "received", "bcc", "dkim-signature"})
"""Changed or taken out on the way (RFC 6376 5.4.1)."""


def aligns(domain: str, sender: str) -> bool:
    """Whether DMARC sees a signature of `domain` as the sender's: the same domain, or one under the other (B02).

    Two neighbours under a third may align too; only the third's DNS tells (RFC 9989), so they are not taken to.
    """
    one, other = domain.lower().rstrip("."), sender.lower().rstrip(".")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
