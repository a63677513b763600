"""A wire to an SMTP server: an asyncio protocol that speaks in whole replies, counts octets and keeps time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from datetime import timedelta
from typing import Any, cast

from coopdigest.mail.endpoint import Timeouts
from coopdigest.mail.smtp_dialogue import LineLostError
from coopdigest.mail.smtp_patience import Patience
from coopdigest.mail.smtp_reply import Reply, ReplyError, ReplyParser

_ROOM = 8192  # octets; a plain protocol is given 256 KiB anew for every reply, which costs more than all else here


class CountingSocket(socket.socket):
    """A socket that knows how many octets it has handed to the kernel.

    A lost transport does not tell how far it came, and whether a message is in doubt hangs on one octet.
    """

    sent = 0

    def send(self, *arguments: Any) -> int:
        """Send, and count."""
        octets = super().send(*arguments)
        self.sent += octets
        return octets

    def sendmsg(self, *arguments: Any) -> int:
        """Send, and count (what newer event loops call)."""
        octets = super().sendmsg(*arguments)
        self.sent += octets
        return octets


class SmtpWire(asyncio.BufferedProtocol):
    """A connected line. Every loss (end, reset, silence, nonsense) is a LineLostError and closes it.

    Nothing is written before all replies to what went before have come, so that at most one message and one group are
    ever buffered here, and the transport needs no brake.
    """

    def __init__(self, raw: CountingSocket, timeouts: Timeouts, *, waits_for_tls: bool) -> None:
        """Take over a connected socket; one that `waits_for_tls` reads nothing in the clear."""
        # Without Nagle: a small write must not wait for an answer (40 ms).
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._waits_for_tls = raw, waits_for_tls
        self._loop = asyncio.get_running_loop()
        limits = (timeouts.command, timeouts.data, timeouts.block, timeouts.dot, timeouts.quit)
        self._patience = Patience(timeouts.block.total_seconds(), min(limits).total_seconds())
        self._replies = ReplyParser()
        self._room = memoryview(bytearray(_ROOM))
        self._clear: asyncio.Transport | None = None  # the transport under TLS, or the only one
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._loss: LineLostError | None = None
        self._dot_at: int | None = None  # what `sent` is when the octet before the last dot has left
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was not lost or closed."""
        return self._loss is None

    @property
    def own_address(self) -> str:
        """This end's IP address."""
        return str(self._socket.getsockname()[0])

    def say(self, octets: bytes, dot: int | None = None) -> None:
        """Write everything at once; `dot` is where the final dot begins.

        Raises:
            LineLostError: the line is lost, or the server has spoken unasked: the two are out of step.
        """
        if self._loss is None and not self._replies.is_empty:
            self._lose("the server answered what was not asked")
        if self._loss is not None or self._transport is None:
            raise LineLostError(str(self._loss), dot_left=False)
        self._dot_at = None if dot is None else self._socket.sent + self._unsent + dot
        self._transport.write(octets)

    def heard(self) -> Reply | None:
        """The next reply, if it is there already."""
        return self._replies.next()

    async def hear(self, limit: float) -> Reply:
        """The next reply, the whole of it within `limit` seconds of when all was written.

        Raises:
            LineLostError: there is none, and none will come.
        """
        if self._loss is None and not self._replies.has_one:
            self._waiter = self._loop.create_future()
            self._patience.begin(self._loop.time(), limit, self._unsent)
            if self._timer is None:
                self._look_at_clock()
            try:
                await self._waiter
            finally:
                self._waiter = None
        reply = self._replies.next()
        if reply is None:
            raise self._loss or LineLostError("the line went quiet")
        return reply

    async def secure(self, context: ssl.SSLContext, host: str, limit: timedelta) -> None:
        """Begin TLS. What was read in the clear must have been asked for: more is somebody between.

        Raises:
            LineLostError: there was more.
            OSError: the handshake failed.
        """
        if not self._replies.is_empty:
            self._lose("somebody spoke in the clear behind the answer to STARTTLS")
        if self._loss is not None or self._clear is None:
            raise LineLostError(str(self._loss), dot_left=False)
        transport = await self._loop.start_tls(
            self._clear, self, context, server_hostname=host, ssl_handshake_timeout=limit.total_seconds()
        )
        self._transport = cast("asyncio.Transport", transport)

    def abort(self) -> None:
        """Close at once, without another byte of SMTP."""
        self._lose("the connection is closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        self._clear = self._transport = cast("asyncio.Transport", transport)
        if self._waits_for_tls:
            self._clear.pause_reading()  # until start_tls resumes it

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what arrives (called by asyncio)."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take what arrived (called by asyncio)."""
        self._take(bytes(self._room[:nbytes]))

    def eof_received(self) -> None:
        """Hang up too, so that nothing more is written (called by asyncio)."""
        self._lose("the server closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the loss, after the server's last words (called by asyncio)."""
        if self._loss is None:
            if self._transport is self._clear:
                with contextlib.suppress(OSError):
                    self._take(self._socket.recv(_ROOM))
            reason = getattr(exc, "strerror", None) or type(exc).__name__
            self._lose("the server closed the connection" if exc is None else f"the connection broke ({reason})")

    @property
    def _unsent(self) -> int:
        if self._transport is None or self._clear is None:
            return 0
        below = 0 if self._transport is self._clear else self._clear.get_write_buffer_size()
        return self._transport.get_write_buffer_size() + below

    @property
    def _dot_left(self) -> bool:
        """Whether an octet of the last dot may have left this process.

        TLS only makes octets more, and half a record is none: what is too little in the clear is too little there.
        A loop that does not send through our socket counts nothing; then nothing is certain.
        """
        sent = self._socket.sent
        return self._dot_at is None or sent == 0 or sent > self._dot_at

    def _take(self, data: bytes) -> None:
        is_early = not self._dot_left
        nonsense = ""
        try:
            self._replies.feed(data)
        except ReplyError as error:
            nonsense = str(error)
        if not is_early:
            if self._replies.has_one:
                self._wake()
        elif (reply := self._replies.next()) is not None:
            self._replies.clear()  # a second one must not pass for the answer to a dot that has not left
            self._lose("the server answered inside the message", reply)
        if nonsense:
            self._lose(nonsense)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _lose(self, text: str, reply: Reply | None = None) -> None:
        """Close at once; what was heard before stays to be read."""
        if self._loss is not None:
            return
        self._loss = LineLostError(text, reply, dot_left=self._dot_left)
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        later = self._patience.look(self._loop.time(), self._unsent)
        if later > 0:
            self._timer = self._loop.call_later(later, self._look_at_clock)
        else:
            self._lose(self._patience.text)


async def open_wire(host: str, port: int, timeouts: Timeouts, *, waits_for_tls: bool) -> SmtpWire:
    """Connect to the first address that answers, each within `timeouts.connect`.

    Raises:
        OSError: nobody there; TimeoutError when the last one tried was silent.
    """
    loop = asyncio.get_running_loop()
    failure = OSError("no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        raw = CountingSocket(family, kind, protocol)
        raw.setblocking(False)
        try:
            async with asyncio.timeout(timeouts.connect.total_seconds()):
                await loop.sock_connect(raw, address)
        except OSError as error:
            raw.close()
            failure = error
        except BaseException:
            raw.close()
            raise
        else:
            wire = SmtpWire(raw, timeouts, waits_for_tls=waits_for_tls)
            await loop.create_connection(lambda wire=wire: wire, sock=raw)  # type: ignore[misc]
            return wire
    raise failure
