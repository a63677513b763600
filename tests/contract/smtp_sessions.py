"""Sessions of the SMTP transport with a server, from connecting to hanging up, for the tests beside this."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from coopdigest.domain.delivery import Envelope
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import SmtpEndpoint, Timeouts
from coopdigest.mail.smtp_transport import SmtpTransport
from coopdigest.ports import Outgoing
from coopdigest.testing.listed_work import Allow, ListedWork
from coopdigest.testing.smtp_script import Offer

PATIENT = timedelta(seconds=20)
PIPELINING = Offer()
LOCK_STEP = Offer(extensions=tuple(word for word in Offer().extensions if word != "PIPELINING"))
MESSAGE = b"Message-ID: <1.2.3@example.org>\r\nSubject: x\r\n\r\n.\r\n.dots\r\n..\r\nend.\r\n"


def to(recipient: str, message: bytes = MESSAGE, sender: str = "news@example.org") -> Outgoing:
    """A message for somebody at example.net, or for a whole address."""
    return Outgoing(Envelope(sender, recipient if "@" in recipient else f"{recipient}@example.net"), message)


AMINA, BORIS, CHEN, DALIA = to("amina"), to("boris"), to("chen"), to("dalia")


@dataclass(frozen=True, slots=True)
class Session:
    """What a session came to: what became of its messages, and whether more could have been handed over."""

    work: ListedWork
    was_open: bool
    error: Exception | None = None


def make_timeouts(**limits: timedelta) -> Timeouts:
    """Limits that last on any loaded test machine, but for those given."""
    patient = dict.fromkeys(("connect", "command", "data", "block", "dot"), PATIENT)
    return Timeouts(**{**patient, **limits})


def make_transport(port: int, **facts: object) -> SmtpTransport:
    """A transport to this machine that waits long enough for any loaded test machine."""
    endpoint = SmtpEndpoint("127.0.0.1", port, starttls=StartTls.AUTO)
    return SmtpTransport(**{"endpoint": endpoint, "timeouts": make_timeouts(), **facts})  # type: ignore[arg-type]


def deliver(port: int, messages: Sequence[Outgoing], allow: Allow = lambda outgoing: True, **facts: object) -> Session:
    """Connect, hand over what there is on this one connection, hang up; an error of handing over is kept."""

    async def run() -> Session:
        work = ListedWork(messages, allow)
        connection = await make_transport(port, **facts).connect()
        error = None
        try:
            await connection.carry(work)
        except Exception as caught:
            error = caught
        was_open = connection.is_open
        await connection.close()
        return Session(work, was_open, error)

    return asyncio.run(run())
