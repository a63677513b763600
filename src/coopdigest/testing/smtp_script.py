"""What a misbehaving SMTP server is told: what it offers, and what it does at which moment instead of the usual."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the server says it can do.

    With `tls` it offers STARTTLS, or begins TLS at once; then `withdrawn` are no longer offered. With `login` (name,
    password or token) nobody else may write; the login is offered once TLS is on, if there is any.
    """

    extensions: tuple[str, ...] = ("SIZE 33554432", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES")
    login: tuple[str, str] | None = None
    mechanisms: str = "PLAIN LOGIN"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    withdrawn: tuple[str, ...] = ()


class Step(StrEnum):
    """Where in a session the script is asked. BODY is when the first line of a message has been read."""

    GREETING = "greeting"
    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    DOT = "dot"
    RSET = "RSET"
    NOOP = "NOOP"
    QUIT = "QUIT"


class Ending(StrEnum):
    """How the server leaves: CLOSE (FIN), RESET (RST), HALF_CLOSE (it stops talking but reads on), SILENCE."""

    CLOSE = "close"
    RESET = "reset"
    HALF_CLOSE = "half-close"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Moment:
    """A step: on which connection (from 1), for which of its messages (from 1), for whom."""

    step: Step
    connection: int
    message: int
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What to do instead of the usual.

    `reply` is written as it stands with CRLF behind it (bytes: nothing behind them); None means the usual reply,
    or none at all when there is an `ending`. `delay` is in seconds. `keeps` says whether the message is accepted
    after its dot whatever is answered; None goes by the reply. `split` writes every octet by itself.
    """

    reply: str | bytes | None = None
    ending: Ending | None = None
    delay: float = 0.0
    keeps: bool | None = None
    split: bool = False


Script = Callable[[Moment], Act | None]


def at(
    step: Step, act: Act, *, connection: int | None = None, message: int | None = None, recipient: str | None = None
) -> Script:
    """The script that does `act` at `step`, on one connection, message or recipient only if these are given."""

    def choose(moment: Moment) -> Act | None:
        fits = (
            moment.step is step
            and connection in (None, moment.connection)
            and message in (None, moment.message)
            and recipient in (None, moment.recipient)
        )
        return act if fits else None

    return choose


def by_recipient(plan: Mapping[str, Mapping[Step, Act]]) -> Script:
    """The script that treats each recipient by a plan of its own."""
    return lambda moment: plan.get(moment.recipient, {}).get(moment.step)


def first_of(*scripts: Script) -> Script:
    """The script that does what the first of `scripts` with something to say wants."""
    return lambda moment: next((act for script in scripts if (act := script(moment))), None)


def behave(moment: Moment) -> Act | None:
    """The script of a server that does nothing wrong."""
    return None
