"""An SMTP server that misbehaves as its script says, and logs what it accepted.

In a test:

    with MisbehavingServer(at(Step.DOT, Act(ending=Ending.CLOSE, keeps=True), message=2)) as server:
        ...  # server.port, server.accepted, server.commands

As a process of its own, whose log outlives a killed client: `python -m coopdigest.testing.smtp_server --log FILE`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import re
import signal
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from coopdigest.testing.smtp_script import Act, Ending, Moment, Offer, Script, Step, at, behave

_HOST = "127.0.0.1"
_LINE_LIMIT = 1 << 20
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the server took, whether or not the client heard of it; dots are unstuffed."""

    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    secure: bool = False
    user: str | None = None

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets, empty if there is none."""
        found = _MESSAGE_ID.search(self.content.partition(b"\r\n\r\n")[0])
        return found[1].decode("ascii", "replace") if found else ""


@dataclass(slots=True)
class _Books:
    """What all sessions write down."""

    log: BinaryIO | None = None
    accepted: list[Accepted] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)
    unfinished: int = 0
    connections: int = 0

    def accept(self, message: Accepted) -> None:
        """Write a message down, in the file before anything is answered."""
        if self.log is not None:
            entry = {
                "connection": message.connection,
                "recipients": message.recipients,
                "message_id": message.message_id,
                "octets": len(message.content),
            }
            self.log.write(json.dumps(entry).encode("ascii") + b"\n")
        self.accepted.append(message)


class MisbehavingServer:
    """A server in a thread of its own, on a port of this machine, for as long as the `with` block."""

    def __init__(
        self, script: Script = behave, offer: Offer | None = None, *, log: Path | None = None, port: int = 0
    ) -> None:
        """Prepare; `log` is the file that every accepted message is written to, `port` 0 takes a free one."""
        self.script, self.offer, self.port = script, offer or Offer(), port
        self._log_path = log
        self.books = _Books()
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
        self._server = await asyncio.start_server(self._serve, _HOST, self.port, limit=_LINE_LIMIT, ssl=context)
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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio starts a task for every connection
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)
        self.books.connections += 1
        await _Session(self, self.books.connections, reader, writer, secure=self.offer.implicit_tls).run()

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _End(Exception):  # noqa: N818 - no error: the session is over
    """Leaves the session's loop."""


class _Session:
    """One connection."""

    def __init__(
        self,
        server: MisbehavingServer,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        secure: bool,
    ) -> None:
        self._server, self._number, self._reader, self._writer = server, number, reader, writer
        self._secure, self._user, self._messages = secure, None if server.offer.login else "", 1
        self._sender: str | None = None
        self._recipients: list[str] = []
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def run(self) -> None:
        """Serve until the client or the script has had enough."""
        try:
            await self._act(Step.GREETING, "220 misbehaving.example ESMTP")
            while line := await self._read_line():
                await self._take(line)
        except (_End, ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # the thread's owner cancels on its way out; nothing waits for a session
        finally:
            self._writer.transport.abort()

    async def _read_line(self) -> bytes:
        line = await self._reader.readline()
        return line if line.endswith(b"\n") else b""

    async def _take(self, line: bytes) -> None:
        command = line.decode("utf-8", "replace").rstrip("\r\n")
        self._server.books.commands.append((self._number, command))
        verb, _, rest = command.partition(" ")
        handlers = {
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
        }
        plain = {"HELO": "250 misbehaving.example", "NOOP": "250 OK", "RSET": "250 flushed", "QUIT": "221 bye"}
        verb = verb.upper()
        if verb in plain:
            await self._plain(verb, plain[verb])
        elif verb in handlers:
            await handlers[verb](rest)
        else:
            await self._write("500 what?")

    async def _plain(self, verb: str, usual: str) -> None:
        if verb != "NOOP":
            self._forget()
        await self._act(Step(verb), usual)
        if verb == "QUIT":
            raise _End

    async def _ehlo(self, rest: str) -> None:
        offer = self._server.offer
        lines = ["misbehaving.example", *offer.extensions]
        if offer.tls is not None and not self._secure:
            lines.append("STARTTLS")
        elif offer.login is not None:
            lines.append(f"AUTH {offer.mechanisms}")
        self._forget()
        await self._act(Step.EHLO, "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def _starttls(self, rest: str) -> None:
        if self._server.offer.tls is None or self._secure:
            await self._act(Step.STARTTLS, "502 no")
        elif (await self._act(Step.STARTTLS, "220 go ahead")).startswith("220"):
            await self._writer.start_tls(self._server.offer.tls)
            self._secure = True

    async def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "PLAIN":
            _, user, password = _unbase64(initial or await self._challenge("")).split("\0")
        else:
            user = _unbase64(await self._challenge("Username:"))
            password = _unbase64(await self._challenge("Password:"))
        good = (user, password) == self._server.offer.login
        if (await self._act(Step.AUTH, "235 welcome" if good else "535 5.7.8 no")).startswith("235"):
            self._user = user

    async def _challenge(self, prompt: str) -> str:
        await self._write(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return (await self._read_line()).decode("ascii", "replace").strip()

    async def _mail(self, rest: str) -> None:
        self._forget()
        sender = _path(rest)
        usual = "530 5.7.0 log in first" if self._user is None else "250 OK"
        if (await self._act(Step.MAIL, usual)).startswith("2"):
            self._sender = sender

    async def _rcpt(self, rest: str) -> None:
        recipient = _path(rest)
        usual = "503 MAIL first" if self._sender is None else "250 OK"
        if (await self._act(Step.RCPT, usual, recipient)).startswith("2"):
            self._recipients.append(recipient)

    async def _data(self, rest: str) -> None:
        if not self._recipients:
            await self._act(Step.DATA, "503 RCPT first")
            return
        to = self._recipients[0]
        if not (await self._act(Step.DATA, "354 go ahead", to)).startswith("354"):
            return
        self._server.books.unfinished += 1
        content = await self._body(to)
        self._server.books.unfinished -= 1
        self._server.books.commands.append((self._number, "."))
        if content:  # a client that was refused every recipient sends a lone dot (RFC 2920 3.1)
            await self._dot(to, content)
        self._messages += 1
        self._forget()

    async def _body(self, recipient: str) -> bytes:
        lines: list[bytes] = []
        while (line := await self._read_line()) != b".\r\n":
            if not line:
                raise _End
            lines.append(line[1:] if line.startswith(b".") else line)
            if len(lines) == 1:
                await self._act(Step.BODY, "", recipient)
        return b"".join(lines)

    async def _dot(self, recipient: str, content: bytes) -> None:
        act = self._choose(Step.DOT, recipient)
        reply = _said(act, "250 2.0.0 taken")
        keeps = reply.startswith("2") if act.keeps is None else act.keeps
        if keeps:
            message = Accepted(
                self._number, self._sender or "", tuple(self._recipients), content, self._secure, self._user or None
            )
            self._server.books.accept(message)
        await self._perform(act, "250 2.0.0 taken")

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []

    def _choose(self, step: Step, recipient: str = "") -> Act:
        return self._server.script(Moment(step, self._number, self._messages, recipient)) or Act()

    async def _act(self, step: Step, usual: str, recipient: str = "") -> str:
        return await self._perform(self._choose(step, recipient), usual)

    async def _perform(self, act: Act, usual: str) -> str:
        """Do what the script wants; returns what was said."""
        if act.delay:
            await asyncio.sleep(act.delay)
        said = _said(act, usual)
        await self._write(act.reply if isinstance(act.reply, bytes) else said, split=act.split)
        if act.ending is not None:
            await self._leave(act.ending)
        return said

    async def _write(self, reply: str | bytes, *, split: bool = False) -> None:
        octets = reply if isinstance(reply, bytes) else f"{reply}\r\n".encode() if reply else b""
        for piece in [octets[i : i + 1] for i in range(len(octets))] if split else [octets]:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)

    async def _leave(self, ending: Ending) -> None:
        if ending is Ending.RESET:
            linger = struct.pack("ii", 1, 0)  # closing throws away what is unsent and answers RST
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif ending is Ending.CLOSE:
            self._writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await self._writer.wait_closed()
        else:
            if ending is Ending.HALF_CLOSE:
                self._writer.write_eof()
            await self._reader.read()
        raise _End


def _said(act: Act, usual: str) -> str:
    if isinstance(act.reply, bytes):
        return act.reply.decode("latin-1")
    if act.reply is None:
        return "" if act.ending else usual
    return act.reply


def _path(rest: str) -> str:
    found = re.search(r"<([^>]*)>", rest)
    return found[1] if found else ""


def _unbase64(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", "replace")


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
