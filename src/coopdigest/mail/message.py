"""The RFC 5322 message of one subscriber, by the rules of bulk mail (standards sections 1 and 2)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from typing import Protocol
from urllib.parse import quote

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.digest import Digest, Mailbox
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.token import TOKEN_LENGTH, Tokens
from coopdigest.mail.addresses import is_plain, wire_address, wire_domain
from coopdigest.mail.headers import mailbox, named, structured, unstructured, uri_list
from coopdigest.mail.skeleton import Skeleton, build_skeleton
from coopdigest.ports import Unfinished

_FORMS_KEPT = 16  # more than a digest has languages
_TOKEN = "place-of-the-token".ljust(TOKEN_LENGTH, "_")  # stands for one: as long, and in the same letters


class Signer(Protocol):
    """What signs a message, such as `mail.dkim.DkimSigner`."""

    is_slow: bool  # whether what `begin` leaves to do is worth a thread of its own

    def begin(self, personal: bytes, shared: bytes, body: Sequence[bytes], now: datetime) -> Unfinished:
        """What is left to do for the whole message with its signature; any thread may do it, once.

        `personal` and `shared` are header fields; `shared` is the same object for a whole edition, and so is every
        other piece of `body`, from the first on. A piece begins with a line, or with `=` or CRLF.
        """


class Unsigned:
    """The signer of a digest that signs nothing: its mail server may."""

    is_slow = False

    def begin(self, personal: bytes, shared: bytes, body: Sequence[bytes], now: datetime) -> Unfinished:
        """The message as it is."""
        return partial(b"".join, [personal, shared, b"\r\n", *body])


@dataclass(frozen=True, slots=True)
class _Form:
    """What the messages of one edition share in one campaign, ready to be filled."""

    shared: bytes
    skeleton: Skeleton
    mark: Callable[[str], str]
    leaving: Sequence[str]
    feedback: str


class DigestMessageFactory:
    """Builds the messages of one digest; what subscribers share is encoded once per edition and campaign."""

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
        uris = self._leave_uris(_TOKEN)
        self._link = (uris[0] if uris else self._mailto_leave()).split(_TOKEN)
        self.is_slow = self._signer.is_slow
        self._make_token = tokens.maker("unsubscribe")
        self._prepare = lru_cache(maxsize=_FORMS_KEPT)(self._make_form)
        self._date = lru_cache(maxsize=_FORMS_KEPT)(self._make_date)

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The message, CRLF line ends, not dot-stuffed: no line begins with a dot, so nothing has to be.

        The Message-ID is the same on every attempt, Date is `now`.

        Raises:
            CompositionError: a value cannot stand in a message, such as a line break in the subject.
        """
        return self.begin(edition, delivery, now)()

    def begin(self, edition: Edition, delivery: Claimed, now: datetime) -> Unfinished:
        """See `ports.MessageFactory.begin`."""
        form = self._prepare(edition, delivery.campaign)
        token = self._make_token(delivery.subscriber)
        serial = f"{delivery.campaign}.{delivery.subscriber}"
        personal = (
            f"{self._date(int(now.timestamp()))}{_to(delivery.address)}"
            f"Message-ID: <{serial}.{form.mark(serial)}@{self._domain}>\r\n"
            f"{token.join(form.leaving)}{form.feedback}"
        )
        body = form.skeleton.fill(token.encode("ascii"))
        return self._signer.begin(personal.encode("utf-8"), form.shared, body, now)

    def build_sample(self, edition: Edition, address: str, now: datetime) -> bytes:
        """A message for a rehearsal, to somebody who need not be a subscriber: `[Test]` before the subject.

        It belongs to no campaign and no subscriber, so there is no token: it has no List-Unsubscribe, and its
        unsubscribe link writes to the publisher instead of leading to a page that would not know it.
        """
        form = self._prepare(edition, None)
        (body,) = form.skeleton.pieces  # nobody's token is in it
        mac = self._tokens.mac(f"{self._digest.slug}\0{edition.nonce}\0{address}\0{now.isoformat()}\0sample")
        personal = f"{self._date(int(now.timestamp()))}{_to(address)}Message-ID: <sample.{mac}@{self._domain}>\r\n"
        return self._signer.begin(personal.encode("utf-8"), form.shared, [body], now)()

    def _make_form(self, edition: Edition, campaign: int | None) -> _Form:
        """What is the same for all; a rehearsal has no campaign."""
        structured("Message-ID", f"<{_TOKEN}@{self._domain}>")  # raises here what it would for each
        skeleton = build_skeleton(edition, self._link if campaign is not None else [self._mailto_leave()])
        subject = edition.subject if campaign is not None else f"[Test] {edition.subject}"
        leaving = self._unsubscribe_fields() if campaign is not None else b""
        feedback = structured("Feedback-ID", f"{campaign}:{edition.language}:digest:{self._sender_id}")
        mark = self._tokens.marker(f"{self._digest.slug}\0{edition.nonce}\0")
        shared = self._shared_fields(edition.language, subject, skeleton.boundary)
        return _Form(shared, skeleton, mark, leaving.decode("ascii").split(_TOKEN), feedback.decode("utf-8"))

    def _shared_fields(self, language: str, subject: str, boundary: str) -> bytes:
        digest = self._digest
        fields = [
            mailbox("From", digest.sender),
            mailbox("Reply-To", digest.reply_to) if digest.reply_to else b"",
            unstructured("Subject", subject),
            named("List-ID", digest.name, f"<{digest.slug}.{self._domain}>"),
            structured("List-Post", "NO"),
            uri_list("List-Help", [f"mailto:{_quote_address(self._reply_address)}?subject=help"]),
            structured("Auto-Submitted", "auto-generated"),
            structured("Precedence", "bulk"),
            structured("Content-Language", language),
            structured("MIME-Version", "1.0"),
            f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii"),
        ]
        return b"".join(fields)

    def _make_date(self, second: int) -> str:
        """The field of one second since 1970, in the digest's zone (R03)."""
        return f"Date: {format_datetime(datetime.fromtimestamp(second, self._digest.zone))}\r\n"

    def _unsubscribe_fields(self) -> bytes:
        leave = self._leave_uris(_TOKEN)
        if not leave:
            return b""
        fields = uri_list("List-Unsubscribe", leave)
        if self._digest.public_url:
            fields += structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        return fields

    def _leave_uris(self, token: str) -> list[str]:
        """Where List-Unsubscribe leads, the one-click page first (RFC 8058 3.1)."""
        uris = [f"{self._digest.public_url}/unsubscribe/{token}"] if self._digest.public_url else []
        if self._digest.unsubscribe_mailbox:
            uris.append(f"{self._mailto_leave()}%20{token}")
        return uris

    def _mailto_leave(self) -> str:
        return f"mailto:{_quote_address(self._leave_address)}?subject=unsubscribe"


def _to(address: str) -> str:
    """The field To; the address of nearly everybody is written as it is."""
    return f"To: {address}\r\n" if is_plain(address) else mailbox("To", Mailbox(address)).decode("utf-8")


def _quote_address(address: str) -> str:
    """An address inside a mailto URI (RFC 6068 2)."""
    return quote(address, safe="@!$'*+-._~")


def _feedback_sender(slug: str) -> str:
    """The SenderId of Feedback-ID: 5 to 15 characters, stable for the digest (B27)."""
    readable = re.sub(r"[^A-Za-z0-9]", "", slug)[:8]
    if readable == slug and len(slug) >= 5:
        return slug
    return readable + hashlib.sha256(slug.encode("utf-8")).hexdigest()[:7]
