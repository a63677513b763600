"""A line to an SMTP server: a socket that speaks in whole replies and keeps time."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from datetime import timedelta
from typing import NoReturn

from coopdigest.mail.endpoint import Timeouts
from coopdigest.mail.smtp_reply import Reply, ReplyError, ReplyParser

_BLOCK = 65536


class LineLostError(Exception):
    """The line is of no more use; the text says how it was lost, and `reply` is what the server said last."""

    def __init__(self, text: str, reply: Reply | None = None) -> None:
        """Keep both."""
        super().__init__(text)
        self.reply = reply


class SmtpLine:
    """A connected socket. Every loss (end, reset, silence, nonsense) is a LineLostError and closes it."""

    def __init__(self, raw: socket.socket) -> None:
        """Take over a connected socket and turn off Nagle: a small write must not wait for an answer (40 ms)."""
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = raw
        self._replies = ReplyParser()
        self.is_open = True

    @property
    def is_secure(self) -> bool:
        """Whether TLS is on."""
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def own_address(self) -> str:
        """This end's IP address."""
        return str(self._socket.getsockname()[0])

    def secure(self, context: ssl.SSLContext, host: str, limit: timedelta) -> None:
        """Begin TLS; whatever was read in the clear is forgotten.

        Raises:
            ssl.SSLError, OSError: the handshake failed.
        """
        self._replies.clear()
        self._socket.settimeout(limit.total_seconds())
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def ask(self, command: bytes, limit: timedelta) -> Reply:
        """Write a command and read its reply. A word the server said unasked means that the two are out of step."""
        if not self._replies.is_empty:
            self.abort()
            raise LineLostError("the server answered what was not asked")
        self.write(command, limit)
        return self.read(limit)

    def write(self, octets: bytes, limit: timedelta) -> None:
        """Write everything, each block within `limit`."""
        view = memoryview(octets)
        try:
            self._socket.settimeout(limit.total_seconds())
            for start in range(0, len(view), _BLOCK):
                self._socket.sendall(view[start : start + _BLOCK])
        except OSError as error:
            last = self._hear_last_words()
            self._lose(error, limit, last)

    def write_dot(self, limit: timedelta) -> bool:
        """Write the final dot; False if the line was lost with not one byte of it written.

        Raises:
            LineLostError: lost in the middle; the server may have it.
        """
        dot, sent = b".\r\n", 0
        try:
            self._socket.settimeout(limit.total_seconds())
            while sent < len(dot):
                sent += self._socket.send(dot[sent:])
        except OSError as error:
            # Under TLS a failed write may still have put a record on the wire.
            if sent == 0 and not self.is_secure:
                self.abort()
                return False
            self._lose(error, limit)
        return True

    def read(self, limit: timedelta) -> Reply:
        """Read one reply, the whole of it within `limit`."""
        until = time.monotonic() + limit.total_seconds()
        while (reply := self._replies.next()) is None:
            remaining = until - time.monotonic()
            try:
                if remaining <= 0:
                    raise TimeoutError
                self._socket.settimeout(remaining)
                self._take(self._socket.recv(_BLOCK))
            except OSError as error:
                self._lose(error, limit)
        return reply

    def glance(self) -> Reply | None:
        """A reply that came unasked, without waiting; None if there is silence, as there should be."""
        try:
            self._socket.settimeout(0)
            self._take(self._socket.recv(_BLOCK))
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self._lose(error, timedelta(0))
        return self._replies.next()

    def abort(self) -> None:
        """Close at once, without another byte of SMTP."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._socket.close()

    def _take(self, octets: bytes) -> None:
        if not octets:
            self.abort()
            raise LineLostError("the server closed the connection")
        try:
            self._replies.feed(octets)
        except ReplyError as error:
            self.abort()
            raise LineLostError(str(error)) from error

    def _hear_last_words(self) -> Reply | None:
        """Why the server hung up while it was written to, if it said so: it is in our buffer already."""
        with contextlib.suppress(OSError, ReplyError):
            self._socket.settimeout(0)
            self._replies.feed(self._socket.recv(_BLOCK))
        return self._replies.next()

    def _lose(self, error: OSError, limit: timedelta, last: Reply | None = None) -> NoReturn:
        self.abort()
        if isinstance(error, TimeoutError):
            raise LineLostError(f"no answer within {limit.total_seconds():g} s", last) from error
        raise LineLostError(f"the connection broke ({error.strerror or type(error).__name__})", last) from error


def open_line(host: str, port: int, timeouts: Timeouts) -> SmtpLine:
    """Connect.

    Raises:
        OSError: nobody there.
    """
    return SmtpLine(socket.create_connection((host, port), timeouts.connect.total_seconds()))
