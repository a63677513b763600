"""An SMTP server that misbehaves as its script says, and logs what it accepted.

In a test:

    with MisbehavingServer(at(Step.DOT, Act(ending=Ending.CLOSE, keeps=True), message=2)) as server:
        ...  # server.port, server.accepted, server.commands

As a process of its own, whose log outlives a killed client: `python -m coopdigest.testing.smtp_server --log FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from coopdigest.testing.smtp_books import Accepted, Books
from coopdigest.testing.smtp_peer import GroupReader, Peer
from coopdigest.testing.smtp_script import Act, Offer, Script, Step, at, behave

_HOST = "127.0.0.1"
_LINE_LIMIT = 1 << 20


class MisbehavingServer:
    """A server in a thread of its own, on a port of this machine, for as long as the `with` block."""

    def __init__(
        self, script: Script = behave, offer: Offer | None = None, *, log: Path | None = None, port: int = 0
    ) -> None:
        """Prepare; `log` is the file that every accepted message is written to, `port` 0 takes a free one."""
        self.script, self.offer, self.port = script, offer or Offer(), port
        self._log_path = log
        self.books = Books()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="misbehaving server", daemon=True)
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    @property
    def accepted(self) -> list[Accepted]:
        """The messages taken so far."""
        return list(self.books.accepted)

    @property
    def commands(self) -> list[str]:
        """The command lines read so far on all connections; a message counts as one `.` when its dot came."""
        return [command for _, command in self.books.commands]

    @property
    def unfinished(self) -> int:
        """How many messages ended with the connection, before their dot."""
        return self.books.unfinished

    @property
    def pipelined(self) -> int:
        """How many commands were followed by others before they were answered."""
        return self.books.pipelined

    @property
    def impatient(self) -> int:
        """How many commands were followed by others though they have to be the last of a group."""
        return self.books.impatient

    @property
    def connections(self) -> int:
        """How many connections there were."""
        return self.books.connections

    def __enter__(self) -> Self:
        """Listen."""
        if self._log_path is not None:
            self.books.log = self._log_path.open("ab", buffering=0)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on everybody and wait until every session has written down how it ended."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self.books.log is not None:
            self.books.log.close()

    async def _listen(self) -> None:
        context = self.offer.tls if self.offer.implicit_tls else None
        self._server = await self._loop.create_server(self._make_protocol, _HOST, self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    def wait_until_left(self) -> None:
        """Wait until every session is over, so that all its client wrote has been read.

        Raises:
            TimeoutError: a client is still there after ten seconds.
        """
        asyncio.run_coroutine_threadsafe(self._drain(), self._loop).result()

    async def _drain(self) -> None:
        async with asyncio.timeout(10):
            await asyncio.gather(*self._sessions)

    def _make_protocol(self) -> asyncio.StreamReaderProtocol:
        reader = GroupReader(_LINE_LIMIT, self._loop)

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - asyncio starts a task for every connection
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)
            await Peer(self.script, self.offer, self.books, reader, writer).run()

        return asyncio.StreamReaderProtocol(reader, serve, self._loop)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the first line on stdout is the port."""
    parser = argparse.ArgumentParser(description="An SMTP server for tests that logs what it accepted.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--log", type=Path, help="one JSON line for each accepted message, before it is answered")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="how long the answer to the dot is held back")
    options = parser.parse_args(arguments)
    slow = at(Step.DOT, Act(delay=options.delay_ms / 1000))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with MisbehavingServer(slow, log=options.log, port=options.port) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
