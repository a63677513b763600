"""A subscriber is a person who asked for the digest, known by a normalised address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email


class Origin(StrEnum):
    """How a subscriber came: only one who came by the digest's own roster file can go by it."""

    FILE = "file"
    IMPORT = "import"  # from any other file
    HAND = "hand"


class Reason(StrEnum):
    """Why an address is never mailed."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Address:
    """An address as given, and the key by which it is compared: case-folded, with an IDNA domain."""

    given: str
    key: str

    @property
    def hash(self) -> str:
        """The key's SHA-256: what a suppression keeps of somebody who was erased."""
        return address_hash(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """One person on the roster. `active` is False for one who left the roster file."""

    id: int
    address: Address
    name: str | None = None
    language: str | None = None
    themes: tuple[str, ...] = ()
    joined: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    origin: Origin = Origin.FILE
    active: bool = True
    suppressed: Reason | None = None


def parse_address(text: str) -> Address:
    """Read an address.

    Raises:
        ValueError: it is no address; the text says why, without repeating the address.
    """
    given = text.strip()
    if any(ord(char) < 32 or ord(char) == 127 for char in given):
        raise ValueError("an address holds no control characters")
    try:
        valid = validate_email(given, check_deliverability=False, test_environment=True)  # RFC 6761 .test
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    key = f"{valid.local_part}@{valid.ascii_domain or valid.domain}".casefold()
    return Address(given, given if key == given else key)  # mostly the same: one text in memory


def address_hash(key: str) -> str:
    """The SHA-256 of a normalised address, in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()
