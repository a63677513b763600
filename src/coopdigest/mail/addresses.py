"""Addresses as SMTP and headers may carry them: the domain in ASCII, the local part as given."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>,]")


def is_plain(address: str) -> bool:
    """Whether `address` is one of those, nearly all, that stand in any header or command just as they are."""
    return _PLAIN.fullmatch(address) is not None


def wire_address(address: str) -> str:
    """The address with a non-ASCII domain turned into A-labels (IDNA); an ASCII one comes back as given.

    The local part stays: nothing but SMTPUTF8 can carry a non-ASCII one (RFC 6531 3.2, R20).

    Raises:
        ValueError: it holds what no address may, or its domain has no A-label; the text does not repeat it.
    """
    if is_plain(address):
        return address
    if _FORBIDDEN.search(address):
        raise ValueError("an address holds a control character, a space, a comma or an angle bracket")
    local, at, domain = address.rpartition("@")
    if not local or not at or not domain:
        raise ValueError("an address lacks a local part, an at sign or a domain")
    return f"{local}@{wire_domain(domain)}"


def wire_domain(domain: str) -> str:
    """The domain in ASCII.

    Raises:
        ValueError: it has no A-label.
    """
    if domain.isascii():
        return domain
    from email_validator import EmailNotValidError, validate_email

    try:
        ascii_domain = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True).ascii_domain
    except EmailNotValidError as error:
        raise ValueError("a domain cannot be written in ASCII (IDNA)") from error
    return ascii_domain or domain
