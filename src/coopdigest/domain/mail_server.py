"""What configuration and transport both know of a mail server: how its line is secured, whether it is this machine."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address


class StartTls(StrEnum):
    """Whether the line must, may or must not be upgraded (RFC 3207)."""

    REQUIRED = "required"
    AUTO = "auto"
    OFF = "off"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine, without asking a resolver."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
