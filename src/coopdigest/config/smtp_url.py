"""What an SMTP URL says: where the server is, how the line is secured, and who logs in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from coopdigest.domain.mail_server import StartTls, is_loopback

_OPTIONS = "?starttls=required|auto|off and ?auth=xoauth2"
FORM = "smtp://user:password@mail.example.org:587, smtps://... or smtp://...?starttls=required|auto|off"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server and the way in.

    `implicit_tls` (RFC 8314 3.3) leaves no room for STARTTLS; with `xoauth2` the password is an access token.
    """

    host: str
    port: int
    implicit_tls: bool = False
    starttls: StartTls = StartTls.REQUIRED
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    xoauth2: bool = False

    def __str__(self) -> str:
        """The server for messages and logs: no name, no password."""
        return f"{self.host}:{self.port}"


def parse_smtp_url(text: str) -> SmtpServer:
    """Read `smtp://` (port 25, or 587 with a login) or `smtps://` (port 465); name and password percent-encoded.

    STARTTLS is required unless the server is on this machine; `?starttls=` says otherwise. With `?auth=xoauth2` the
    password is an access token.

    Raises:
        ValueError: the URL is wrong. Its text never repeats the URL, which may hold a password.
    """
    parts = _split(text.strip())
    implicit = parts.scheme.lower() == "smtps"
    host = (parts.hostname or "").rstrip(".")
    user, password = _login(parts)
    standard = 465 if implicit else 587 if user else 25
    options = _options(parts)
    starttls, xoauth2 = _starttls(options.get("starttls"), implicit, host), _xoauth2(options.get("auth"), user)
    return SmtpServer(host, _port(parts, standard), implicit, starttls, user, password, xoauth2)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").strip(".")
    except ValueError as error:
        raise ValueError(f"is no SMTP URL; write {FORM}") from error
    if parts.scheme.lower() not in ("smtp", "smtps"):
        raise ValueError(f"must begin with smtp:// or smtps://; write {FORM}")
    if not host:
        raise ValueError(f"names no server; write {FORM}")
    if re.search(r"[\s\x00-\x1f\x7f]", text) or not re.fullmatch(r"[A-Za-z0-9.:_%-]+", host):
        raise ValueError(
            "names a server with characters that no host name has; encode them in name and password as %XX"
        )
    if parts.path.strip("/") or parts.fragment:
        raise ValueError("goes on after the server; encode / # ? @ : in name and password as %XX")
    return parts


def _port(parts: SplitResult, standard: int) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("names a port that is no number from 1 to 65535; encode : in the password as %3A") from error
    if port == 0:
        raise ValueError("names port 0; write one from 1 to 65535")
    return port or standard


def _login(parts: SplitResult) -> tuple[str | None, str | None]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("needs both a name and a password, or neither: smtp://user:password@host")
    if re.search(r"[\x00\r\n]", user + password):
        raise ValueError("holds a line break or NUL in name or password")
    return user or None, password or None


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise ValueError(f"has a query that cannot be read; it knows only {_OPTIONS}") from error
    if options.keys() - {"starttls", "auth"}:
        raise ValueError(f"has an option it does not know; it knows only {_OPTIONS}")
    return options


def _xoauth2(wish: str | None, user: str | None) -> bool:
    if wish is None:
        return False
    if wish != "xoauth2":
        raise ValueError("has a wrong auth; write ?auth=xoauth2 with an access token as the password, or drop it")
    if user is None:
        raise ValueError("asks for ?auth=xoauth2 without a login: smtp://user:token@host?auth=xoauth2")
    return True


def _starttls(wish: str | None, implicit: bool, host: str) -> StartTls:
    if implicit:
        if wish not in (None, "off"):
            raise ValueError("asks for STARTTLS on smtps://, which is encrypted from the start; use smtp:// or drop it")
        return StartTls.OFF
    if wish is None:
        return StartTls.AUTO if is_loopback(host) else StartTls.REQUIRED
    if wish not in list(StartTls):
        raise ValueError("has a wrong starttls; write ?starttls=required, auto or off")
    return StartTls(wish)
