"""The wire of the SMTP transport on a transport that is none: what it does with what asyncio calls."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from coopdigest.mail.endpoint import Timeouts
from coopdigest.mail.smtp_dialogue import LineLostError
from coopdigest.mail.smtp_wire import CountingSocket, SmtpWire


@dataclass
class NoTransport:
    """Keeps what was done to it."""

    written: list[bytes] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def write(self, octets: bytes) -> None:
        """Keep it."""
        self.written.append(octets)

    def get_write_buffer_size(self) -> int:
        """Nothing was sent."""
        return sum(map(len, self.written))

    def pause_reading(self) -> None:
        """Keep it."""
        self.done.append("pause")

    def abort(self) -> None:
        """Keep it."""
        self.done.append("abort")


def on_a_wire(use: Callable[[SmtpWire, NoTransport, CountingSocket], Awaitable[None]], *, waits: bool = False) -> None:
    """Let `use` have a wire."""

    async def run() -> None:
        with CountingSocket(socket.AF_INET, socket.SOCK_STREAM) as raw:
            wire, transport = SmtpWire(raw, Timeouts(), waits_for_tls=waits), NoTransport()
            wire.connection_made(cast("asyncio.Transport", transport))
            await use(wire, transport, raw)
            wire.abort()

    asyncio.run(run())


def feed(wire: SmtpWire, octets: bytes) -> None:
    """Let octets arrive."""
    wire.get_buffer(-1)[: len(octets)] = octets
    wire.buffer_updated(len(octets))


@pytest.mark.parametrize("waits", [True, False])
def test_nothing_is_read_in_the_clear_where_tls_comes_first(waits: bool) -> None:
    """A greeting in the clear must meet the handshake, which then fails, and not be lost before it."""

    async def use(wire: SmtpWire, transport: NoTransport, raw: CountingSocket) -> None:
        assert transport.done == ["pause"] * waits

    on_a_wire(use, waits=waits)


@pytest.mark.parametrize(
    ("sent", "dot_left"),
    [
        (0, True),  # nothing is counted at all: then nothing is certain
        (1, False),
        (9, False),
        (10, True),
        (500, True),
    ],
)
def test_a_dot_is_known_not_to_have_left_by_the_octets_that_have(sent: int, dot_left: bool) -> None:
    """Not one octet of the dot: as many octets as stand before it may have gone, and no more."""

    async def use(wire: SmtpWire, transport: NoTransport, raw: CountingSocket) -> None:
        wire.say(b"Hello.\r\n\r\n.\r\n"[1:], dot=9)
        raw.sent = sent
        wire.connection_lost(ConnectionResetError(104, "Connection reset by peer"))
        with pytest.raises(LineLostError, match=r"the connection broke \(Connection reset by peer\)") as caught:
            await wire.hear(5)
        assert caught.value.dot_left is dot_left

    on_a_wire(use)


def test_a_reply_that_came_before_the_loss_is_heard_first() -> None:
    """What the server said in its last breath counts."""

    async def use(wire: SmtpWire, transport: NoTransport, raw: CountingSocket) -> None:
        feed(wire, b"250 taken\r\n")
        wire.eof_received()
        assert (await wire.hear(5)).code == 250
        with pytest.raises(LineLostError, match="closed the connection"):
            await wire.hear(5)
        assert transport.done == ["abort"]

    on_a_wire(use)


def test_nothing_is_written_to_who_speaks_unasked() -> None:
    """With a word too many the two are out of step."""

    async def use(wire: SmtpWire, transport: NoTransport, raw: CountingSocket) -> None:
        feed(wire, b"250 ta")
        with pytest.raises(LineLostError, match="what was not asked") as caught:
            wire.say(b"body\r\n.\r\n", dot=6)
        assert (caught.value.dot_left, transport.written) == (False, [])

    on_a_wire(use)


def test_no_answer_that_came_before_the_dot_left_passes_for_its_answer() -> None:
    """A server that speaks twice inside a message has said what it has to say; nothing of it accepts the message."""

    async def use(wire: SmtpWire, transport: NoTransport, raw: CountingSocket) -> None:
        raw.sent = 5
        wire.say(b"body\r\n.\r\n", 6)
        feed(wire, b"250 one\r\n250 two\r\n")
        assert wire.heard() is None
        with pytest.raises(LineLostError, match="inside the message") as caught:
            await wire.hear(1)
        assert not caught.value.dot_left
        assert str(caught.value.reply) == "250 one"

    on_a_wire(use)
