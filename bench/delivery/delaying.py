"""A proxy on loopback that is so far away: PORT MILLISECONDS, each way; prints the port that it listens on.

Only time is lost in it: what has come is read at once, and everything that is due is passed on in one write.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Later:
    """What goes one way, held back for `delay` seconds, in order."""

    delay: float
    write: Callable[[bytes], None]
    close: Callable[[], None]
    _held: deque[tuple[float, bytes]] = field(default_factory=deque)
    _waiting: bool = False

    def put(self, data: bytes) -> None:
        """Hold `data` back; none means that this side has closed."""
        loop = asyncio.get_running_loop()
        self._held.append((loop.time() + self.delay, data))
        if not self._waiting:
            self._waiting = True
            loop.call_later(self.delay, self._pass_on)

    def _pass_on(self) -> None:
        loop = asyncio.get_running_loop()
        due = []
        while self._held and self._held[0][0] <= loop.time() + 0.0002:
            due.append(self._held.popleft()[1])
        if any(due):
            self.write(b"".join(due))
        if due and not due[-1]:
            self.close()
        self._waiting = bool(self._held)
        if self._waiting:
            loop.call_at(self._held[0][0], self._pass_on)


class Side(asyncio.Protocol):
    """One end of a proxied connection."""

    def __init__(self, delay: float) -> None:
        """Not connected yet; what comes before the other end is there waits for it."""
        self.delay, self.transport, self.out = delay, None, None
        self.early: list[bytes] = []

    transport: asyncio.Transport | None
    out: Later | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Answer at once, so that small writes are not delayed further."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def join(self, other: Side) -> None:
        """Pass on to `other` what comes here."""
        assert other.transport is not None  # noqa: S101 - it is connected
        self.out = Later(self.delay, other.transport.write, other.transport.close)
        for data in self.early:
            self.out.put(data)

    def data_received(self, data: bytes) -> None:
        """Hold back what came."""
        self.early.append(data) if self.out is None else self.out.put(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the other end when its time has come."""
        self.data_received(b"")


class Accepted(Side):
    """The end towards the sender; it opens the other one."""

    def __init__(self, delay: float, port: int) -> None:
        """`port` is where the server is."""
        super().__init__(delay)
        self.port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the connection to the server."""
        super().connection_made(transport)
        self.opening = asyncio.ensure_future(self._open())

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(lambda: Side(self.delay), "127.0.0.1", self.port)
        self.join(other)
        other.join(self)


async def serve(port: int, delay: float) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Accepted(delay, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
