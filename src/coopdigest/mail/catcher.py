"""A loopback catcher: a mail server that keeps what it is given, for `demo` (aiosmtpd)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP

from coopdigest.domain.errors import TransportError

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class CaughtMessage:
    """A message with the envelope it came in; `content` has CRLF line ends."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class MailCatcher:
    """A context manager; between its start and its end it listens on a port of this machine."""

    def __init__(self, port: int = 0) -> None:
        """Choose the port; 0 takes a free one, which `port` names once the catcher runs."""
        self.port = port
        self._messages: list[CaughtMessage] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail catcher", daemon=True)

    @property
    def messages(self) -> list[CaughtMessage]:
        """What was caught so far, in order: a copy, safe to use from any thread."""
        with self._lock:
            return list(self._messages)

    @property
    def url(self) -> str:
        """What `[smtp] url` must be for mail to come here."""
        return f"smtp://{_HOST}:{self.port}"

    def __enter__(self) -> Self:
        """Listen.

        Raises:
            TransportError: the port is taken.
        """
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError as error:
            self._end()
            raise TransportError(f"cannot listen ({error.strerror})", place=f"{_HOST}:{self.port}") from error
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Stop listening and hang up on everybody."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._end()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a message (called by aiosmtpd)."""
        caught = CaughtMessage(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content)
        with self._lock:
            self._messages.append(caught)
        return "250 OK: caught"

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._protocol, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _protocol(self) -> SMTP:
        return SMTP(self, enable_SMTPUTF8=True, hostname="localhost", ident="coopdigest catcher", loop=self._loop)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
