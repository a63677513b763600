"""Rules about what the digest says of its sender."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from coopdigest.compose.rules.page import CONFIGURATION
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.mail_server import is_loopback

RULES = {
    "D01": "The message names the sender's postal address.",
    "D02": "There is a public address for unsubscribing and reading in the browser.",
    "D03": "The public address is reached by https.",
}


def check(digest: Digest) -> Iterator[Finding]:
    """Findings about the digest's configuration; warnings all, for a rehearsal needs none of it."""
    if not (digest.postal_address or "").strip():
        yield _warning("D01", "no postal address, which many countries' laws ask for", "set postal_address in [digest]")
    if not digest.public_url:
        yield _warning("D02", "no public_url: readers must write to unsubscribe", "set public_url in [digest]")
    elif not digest.public_url.startswith("https://") and not _is_loopback(digest.public_url):
        yield _warning("D03", "public_url is not https: Gmail refuses one-click unsubscribing", "serve it by https")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return is_loopback(host) or host.endswith(".localhost")


def _warning(rule: str, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.WARNING, CONFIGURATION, message, hint)
