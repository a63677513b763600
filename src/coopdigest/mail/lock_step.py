"""The lock-step client behind the asynchronous port, in threads, until the pipelining one takes its place."""

from __future__ import annotations

import asyncio

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.ports import LockStepConnection, LockStepTransport, Outgoing, Work


class ThreadedTransport:
    """A `Transport` over one that blocks."""

    def __init__(self, transport: LockStepTransport) -> None:
        """Wrap `transport`."""
        self._transport = transport

    async def connect(self) -> ThreadedConnection:
        """See `ports.Transport.connect`."""
        return ThreadedConnection(await asyncio.to_thread(self._transport.connect))


class ThreadedConnection:
    """A `Connection` over one that blocks: every message in lock-step."""

    def __init__(self, connection: LockStepConnection) -> None:
        """Wrap `connection`."""
        self._connection = connection

    @property
    def is_open(self) -> bool:
        """See `ports.Connection.is_open`."""
        return self._connection.is_open

    async def carry(self, work: Work) -> None:
        """See `ports.Connection.carry`."""
        loop = asyncio.get_running_loop()

        def hand_over(outgoing: Outgoing) -> Outcome:
            def ask() -> bool:
                return asyncio.run_coroutine_threadsafe(work.proceed([], outgoing), loop).result()

            return self._connection.send(outgoing.envelope, outgoing.message, ask)

        while self._connection.is_open and (outgoing := work.take()) is not None:
            try:
                outcome = await asyncio.to_thread(hand_over, outgoing)
            except TransportError:
                await work.proceed([(outgoing, Outcome(Verdict.NOT_SENT))], None)
                raise
            await work.proceed([(outgoing, outcome)], None)

    async def close(self) -> None:
        """See `ports.Connection.close`."""
        await asyncio.to_thread(self._connection.close)
