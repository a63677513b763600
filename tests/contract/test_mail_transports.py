"""What every transport promises: SMTP, the outbox, and the fake that other tests stand on."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from coopdigest.domain.delivery import Envelope, Verdict
from coopdigest.domain.errors import StoreError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.catcher import MailCatcher
from coopdigest.mail.endpoint import SmtpEndpoint
from coopdigest.mail.outbox import OutboxTransport
from coopdigest.mail.smtp_transport import SmtpTransport
from coopdigest.ports import Outgoing, Transport
from coopdigest.testing.fake_transport import FakeTransport
from coopdigest.testing.listed_work import ListedWork

MESSAGES = [
    Outgoing(Envelope("news@example.org", f"{name}@example.net"), f"Message-ID: <{name}@x>\r\n\r\nx\r\n".encode())
    for name in ("amina", "boris", "chen")
]
Taken = Callable[[], list[bytes]]


@contextmanager
def smtp(folder: Path) -> Iterator[tuple[Transport, Taken]]:
    """SMTP to a catcher."""
    with MailCatcher() as catcher:
        endpoint = SmtpEndpoint("127.0.0.1", catcher.port, starttls=StartTls.AUTO)
        yield SmtpTransport(endpoint), lambda: [message.content for message in catcher.messages]


@contextmanager
def outbox(folder: Path) -> Iterator[tuple[Transport, Taken]]:
    """A folder."""
    yield OutboxTransport(folder), lambda: [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


@contextmanager
def fake(folder: Path) -> Iterator[tuple[Transport, Taken]]:
    """The fake."""
    transport = FakeTransport()
    yield transport, lambda: [message for _, message in transport.taken]


@pytest.fixture(params=[smtp, outbox, fake])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Transport, Taken]]:
    """A transport, and what arrived by it."""
    with request.param(tmp_path) as transport_and_taken:
        yield transport_and_taken


def carry(transport: Transport, *works: ListedWork) -> list[bool]:
    """Carry every work on one connection; whether it was open after each."""

    async def run() -> list[bool]:
        connection = await transport.connect()
        states = []
        try:
            for work in works:
                await connection.carry(work)
                states.append(connection.is_open)
        finally:
            await connection.close()
            await connection.close()
        return states

    return asyncio.run(run())


def contents(messages: Sequence[Outgoing]) -> list[bytes]:
    """The messages themselves."""
    return [outgoing.message for outgoing in messages]


def test_messages_arrive_as_they_were_built(way: tuple[Transport, Taken]) -> None:
    """Leave is asked once for each, before it has arrived; then every octet does, and the connection goes on."""
    transport, taken = way
    arrived_when_asked: list[int] = []
    work = ListedWork(MESSAGES[:2], lambda _: arrived_when_asked.append(len(taken())) or True)  # type: ignore[func-returns-value]
    later = ListedWork(MESSAGES[2:])

    states = carry(transport, work, later)

    assert work.verdicts + later.verdicts == [Verdict.ACCEPTED] * 3
    assert (arrived_when_asked, states) == ([0, 1], [True, True])
    assert taken() == contents(MESSAGES)
    assert work.owed == later.owed == []


def test_without_work_nothing_happens(way: tuple[Transport, Taken]) -> None:
    """A connection with nothing to carry stays open."""
    transport, taken = way

    assert carry(transport, ListedWork([])) == [True]
    assert taken() == []


def test_without_leave_nothing_arrives_and_the_connection_is_closed(way: tuple[Transport, Taken]) -> None:
    """A row that may no longer be sent is not sent, and nothing more is taken."""
    transport, taken = way
    work = ListedWork(MESSAGES, lambda outgoing: outgoing is MESSAGES[0])

    assert carry(transport, work) == [False]
    assert (work.verdicts, work.untaken) == ([Verdict.ACCEPTED, Verdict.NOT_SENT], 1)
    assert taken() == contents(MESSAGES[:1])


def test_a_failure_while_asking_for_leave_sends_nothing(way: tuple[Transport, Taken]) -> None:
    """When the ledger fails, its error comes through and no message arrives."""
    transport, taken = way

    def fail(_: Outgoing) -> bool:
        raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        carry(transport, ListedWork(MESSAGES, fail))

    assert taken() == []
