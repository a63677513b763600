"""The opening of a session, without any I/O: greeting, EHLO, STARTTLS, EHLO again, login."""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum
from typing import cast

from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import Login, SmtpEndpoint
from coopdigest.mail.smtp_capabilities import Capabilities, read_capabilities
from coopdigest.mail.smtp_command import auth_plain, auth_xoauth2, encode_command, login_answers
from coopdigest.mail.smtp_reply import Reply


class Begin(Enum):
    """Begin TLS; there is no answer to it."""

    TLS = "tls"


Step = bytes | Begin
"""Octets to write (none at all for the greeting), whose answer is the next reply; or TLS to begin."""

Opening = Generator[Step, Reply | None, Capabilities]


def open_session(endpoint: SmtpEndpoint, own_name: str) -> Opening:
    """Everything between the connection and the first message; what the server offers in the end.

    `own_name` is told at EHLO. With implicit TLS the line is secure already.

    Raises:
        TransportError: the server takes nobody in, TLS is required and cannot be had, or the login is refused.
    """
    greeting = yield from _ask(b"")
    if greeting.kind != 2:
        raise _trouble(endpoint, f"takes nobody in ({greeting}); try again later")
    offered = yield from _greet(endpoint, own_name)
    is_secure = endpoint.implicit_tls
    if not is_secure and (yield from _begin_tls(endpoint, offered)):
        is_secure = True
        offered = yield from _greet(endpoint, own_name)
    if endpoint.login is not None:
        yield from _log_in(endpoint, offered, endpoint.login, is_secure=is_secure)
    return offered


def _ask(octets: bytes) -> Generator[Step, Reply | None, Reply]:
    return cast("Reply", (yield octets))


def _greet(endpoint: SmtpEndpoint, name: str) -> Opening:
    """EHLO, or HELO to a server that does not know it (RFC 5321 3.2)."""
    reply = yield from _ask(encode_command("EHLO", name))
    if reply.kind == 2:
        return read_capabilities(reply)
    if reply.kind == 5:
        reply = yield from _ask(encode_command("HELO", name))
    if reply.kind != 2:
        raise _trouble(endpoint, f"refused the greeting ({reply}); see [smtp] url")
    return Capabilities()


def _begin_tls(endpoint: SmtpEndpoint, offered: Capabilities) -> Generator[Step, Reply | None, bool]:
    """STARTTLS as wished; whether TLS began just now."""
    wish = endpoint.starttls
    if wish is StartTls.OFF:
        return False
    if offered.starttls:
        reply = yield from _ask(encode_command("STARTTLS"))
        if reply.kind == 2:
            yield Begin.TLS
            return True
        if wish is StartTls.REQUIRED:
            raise _trouble(endpoint, f"refused STARTTLS ({reply}); nothing is sent in the clear, try later")
    elif wish is StartTls.REQUIRED:
        raise _trouble(
            endpoint, "offers no STARTTLS; nothing is sent in the clear unless [smtp] url says ?starttls=off"
        )
    return False


def _log_in(
    endpoint: SmtpEndpoint, offered: Capabilities, login: Login, *, is_secure: bool
) -> Generator[Step, Reply | None, None]:
    if not is_secure and not endpoint.is_loopback and endpoint.starttls is not StartTls.OFF:
        raise _trouble(endpoint, "offers no TLS, and a password is not sent in the clear; see ?starttls= in [smtp] url")
    reply = yield from _authenticate(endpoint, offered, login)
    if reply.kind != 2:
        raise _trouble(endpoint, f"refused the login ({reply}); see user and password in [smtp] url")


def _authenticate(endpoint: SmtpEndpoint, offered: Capabilities, login: Login) -> Generator[Step, Reply | None, Reply]:
    """By a token when there is one, else by PLAIN or LOGIN, whichever is offered."""
    if login.xoauth2:
        return (yield from _show_token(endpoint, offered, login))
    if "PLAIN" in offered.auth:
        return (yield from _ask(auth_plain(login)))
    if "LOGIN" not in offered.auth:
        text = "offers no login that is known here (PLAIN, LOGIN); see user and password in [smtp] url"
        raise _trouble(endpoint, text)
    reply = yield from _ask(encode_command("AUTH", "LOGIN"))
    for answer in login_answers(login):
        if reply.kind == 3:
            reply = yield from _ask(answer)
    return reply


def _show_token(endpoint: SmtpEndpoint, offered: Capabilities, login: Login) -> Generator[Step, Reply | None, Reply]:
    if "XOAUTH2" not in offered.auth:
        raise _trouble(endpoint, "offers no login by token (XOAUTH2); see ?auth= in [smtp] url")
    reply = yield from _ask(auth_xoauth2(login))
    if reply.kind == 3:  # a challenge that tells what is wrong; only after an empty answer comes the refusal
        reply = yield from _ask(b"\r\n")
    return reply


def _trouble(endpoint: SmtpEndpoint, text: str) -> TransportError:
    return TransportError(text, place=str(endpoint))
