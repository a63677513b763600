"""The mail server and the way in, as the transport needs to know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from coopdigest.domain.mail_server import StartTls, is_loopback


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in; no repr, log or traceback shows the password, which is an access token with `xoauth2`."""

    user: str
    password: str = field(repr=False)
    xoauth2: bool = False


@dataclass(frozen=True, slots=True)
class SmtpEndpoint:
    """Where the server is, how the line is secured, and who logs in.

    With STARTTLS `required` no mail leaves in the clear, and the certificate must be good. `auto` takes what the
    server offers, with a good certificate too, but to this machine itself with any: there the line would do
    without. `implicit_tls` (RFC 8314 3.3) leaves no room for STARTTLS.
    """

    host: str
    port: int
    implicit_tls: bool = False
    starttls: StartTls = StartTls.REQUIRED
    login: Login | None = None

    def __str__(self) -> str:
        """The server for messages and logs: no name, no password."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host means this machine, without asking a resolver."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each step of a session may take (RFC 5321 4.5.3.2); `dot` is the wait that decides about doubt."""

    connect: timedelta = timedelta(seconds=30)
    command: timedelta = timedelta(minutes=5)
    data: timedelta = timedelta(minutes=2)
    block: timedelta = timedelta(minutes=3)
    dot: timedelta = timedelta(minutes=10)
    quit: timedelta = timedelta(seconds=5)
