"""The RFC 5322 message of one subscriber, by the rules of bulk mail (standards sections 1 and 2)."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.digest import Digest, Mailbox
from coopdigest.domain.edition import Edition, Slot
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.token import Tokens
from coopdigest.mail.addresses import wire_address, wire_domain
from coopdigest.mail.headers import mailbox, named, structured, unstructured, uri_list
from coopdigest.mail.skeleton import Skeleton, build_skeleton

_EDITIONS_KEPT = 16  # more than a digest has languages


class Signer(Protocol):
    """What signs a message, such as `mail.dkim.DkimSigner`."""

    def sign(self, personal: bytes, shared: bytes, body: bytes, now: datetime) -> bytes:
        """The whole message with its signature; `shared` header fields are the same object for a whole edition."""


class Unsigned:
    """The signer of a digest that signs nothing: its mail server may."""

    def sign(self, personal: bytes, shared: bytes, body: bytes, now: datetime) -> bytes:
        """The message as it is."""
        return b"".join([personal, shared, b"\r\n", body])


class DigestMessageFactory:
    """Builds the messages of one digest; what all subscribers share is encoded once per edition."""

    def __init__(self, digest: Digest, tokens: Tokens, signer: Signer | None = None) -> None:
        """Prepare what all issues share.

        Raises:
            ConfigurationError: the digest's own addresses cannot stand in a header.
        """
        self._digest, self._tokens, self._signer = digest, tokens, signer or Unsigned()
        try:
            self._domain = wire_domain(digest.list_domain or digest.sender.domain)
            self._reply_address = wire_address((digest.reply_to or digest.sender).address)
            self._leave_address = wire_address(digest.unsubscribe_address())
        except ValueError as error:
            raise ConfigurationError(f"{error}; see [digest] from, reply_to, list_domain") from error
        self._sender_id = _feedback_sender(digest.slug)
        self._prepare = lru_cache(maxsize=_EDITIONS_KEPT)(self._encode)

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The message, CRLF line ends, not dot-stuffed; same Message-ID on every attempt, Date is `now`.

        Raises:
            CompositionError: a value cannot stand in a message, such as a line break in the subject.
        """
        shared, skeleton = self._prepare(edition, "")
        leave = self._leave_uris(delivery.subscriber)
        serial = f"{delivery.campaign}.{delivery.subscriber}"
        personal = [
            self._address_headers(delivery.address, now),
            self._message_id(serial, edition.nonce),
            self._unsubscribe_headers(leave),
            structured("Feedback-ID", f"{delivery.campaign}:{edition.language}:digest:{self._sender_id}"),
        ]
        link = leave[0] if leave else self._mailto_leave()
        return self._signer.sign(b"".join(personal), shared, skeleton.fill({Slot.UNSUBSCRIBE_URL: link}), now)

    def build_sample(self, edition: Edition, address: str, now: datetime) -> bytes:
        """A message for a rehearsal, to somebody who need not be a subscriber: `[Test]` before the subject.

        It belongs to no campaign and no subscriber, so there is no token: it has no List-Unsubscribe, and its
        unsubscribe link writes to the publisher instead of leading to a page that would not know it.
        """
        shared, skeleton = self._prepare(edition, "[Test] ")
        said = f"{address}\0{now.isoformat()}"
        personal = [self._address_headers(address, now), self._message_id("sample", f"{edition.nonce}\0{said}")]
        body = skeleton.fill({Slot.UNSUBSCRIBE_URL: self._mailto_leave()})
        return self._signer.sign(b"".join(personal), shared, body, now)

    def _encode(self, edition: Edition, prefix: str) -> tuple[bytes, Skeleton]:
        """The headers that all subscribers share, and the body's skeleton."""
        digest, skeleton = self._digest, build_skeleton(edition)
        fields = [
            mailbox("From", digest.sender),
            mailbox("Reply-To", digest.reply_to) if digest.reply_to else b"",
            unstructured("Subject", prefix + edition.subject),
            named("List-ID", digest.name, f"<{digest.slug}.{self._domain}>"),
            structured("List-Post", "NO"),
            uri_list("List-Help", [f"mailto:{_quote_address(self._reply_address)}?subject=help"]),
            structured("Auto-Submitted", "auto-generated"),
            structured("Precedence", "bulk"),
            structured("Content-Language", edition.language),
            structured("MIME-Version", "1.0"),
            f'Content-Type: multipart/alternative;\r\n boundary="{skeleton.boundary}"\r\n'.encode("ascii"),
        ]
        return b"".join(fields), skeleton

    def _address_headers(self, address: str, now: datetime) -> bytes:
        return structured("Date", format_datetime(now.astimezone(self._digest.zone))) + mailbox("To", Mailbox(address))

    def _message_id(self, serial: str, distinct: str) -> bytes:
        """R04, B21: ours alone, one per subscriber; `distinct` tells apart what a new store would number alike."""
        mac = self._tokens.mac(f"{self._digest.slug}\0{distinct}\0{serial}")
        return structured("Message-ID", f"<{serial}.{mac}@{self._domain}>")

    def _unsubscribe_headers(self, leave: list[str]) -> bytes:
        if not leave:
            return b""
        fields = uri_list("List-Unsubscribe", leave)
        if self._digest.public_url:
            fields += structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        return fields

    def _leave_uris(self, subscriber: int) -> list[str]:
        """Where List-Unsubscribe leads, the one-click page first (RFC 8058 3.1)."""
        token = self._tokens.make("unsubscribe", subscriber)
        uris = [f"{self._digest.public_url}/unsubscribe/{token}"] if self._digest.public_url else []
        if self._digest.unsubscribe_mailbox:
            uris.append(f"{self._mailto_leave()}%20{token}")
        return uris

    def _mailto_leave(self) -> str:
        return f"mailto:{_quote_address(self._leave_address)}?subject=unsubscribe"


def _quote_address(address: str) -> str:
    """An address inside a mailto URI (RFC 6068 2)."""
    return quote(address, safe="@!$'*+-._~")


def _feedback_sender(slug: str) -> str:
    """The SenderId of Feedback-ID: 5 to 15 characters, stable for the digest (B27)."""
    readable = re.sub(r"[^A-Za-z0-9]", "", slug)[:8]
    if readable == slug and len(slug) >= 5:
        return slug
    return readable + hashlib.sha256(slug.encode("utf-8")).hexdigest()[:7]
