"""What every transport promises: SMTP, the outbox, and the fake that other tests stand on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coopdigest.domain.delivery import Envelope, Verdict
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.catcher import MailCatcher
from coopdigest.mail.endpoint import SmtpEndpoint
from coopdigest.mail.outbox import OutboxTransport
from coopdigest.mail.smtp import SmtpTransport
from coopdigest.ports import LockStepTransport as Transport
from coopdigest.testing.fake_transport import FakeTransport

AMINA = Envelope("news@example.org", "amina@example.net")
MESSAGE = b"Message-ID: <1.2.3@example.org>\r\n\r\nx\r\n"
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
    yield OutboxTransport(folder), lambda: [path.read_bytes() for path in folder.glob("*.eml")]


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


def test_a_message_arrives_as_it_was_built_with_leave_asked_once(way: tuple[Transport, Taken]) -> None:
    """Leave is asked once, before anything has arrived; then every octet does, and the connection goes on."""
    transport, taken = way
    arrived_when_asked: list[list[bytes]] = []
    connection = transport.connect()

    outcome = connection.send(AMINA, MESSAGE, lambda: arrived_when_asked.append(taken()) or True)

    assert (outcome.verdict, connection.is_open) == (Verdict.ACCEPTED, True)
    assert arrived_when_asked == [[]]
    assert taken() == [MESSAGE]
    connection.close()


def test_without_leave_nothing_arrives_and_the_connection_is_closed(way: tuple[Transport, Taken]) -> None:
    """A row that may no longer be sent is not sent."""
    transport, taken = way
    connection = transport.connect()

    outcome = connection.send(AMINA, MESSAGE, lambda: False)

    assert (outcome.verdict, connection.is_open) == (Verdict.NOT_SENT, False)
    assert taken() == []


def test_a_failure_while_asking_for_leave_sends_nothing(way: tuple[Transport, Taken]) -> None:
    """When the ledger fails, its error comes through and no message arrives."""
    transport, taken = way
    connection = transport.connect()

    def fail() -> bool:
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        connection.send(AMINA, MESSAGE, fail)
    connection.close()

    assert taken() == []


def test_closing_twice_is_fine(way: tuple[Transport, Taken]) -> None:
    """close never raises."""
    connection = way[0].connect()
    connection.close()
    connection.close()

    assert not connection.is_open
