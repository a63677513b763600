"""One connection of the misbehaving server: reads commands in whatever groups they come, and answers by the script."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Iterable
from typing import SupportsIndex

from coopdigest.testing.smtp_books import Accepted, Books
from coopdigest.testing.smtp_script import Act, Ending, Moment, Offer, Script, Step


class GroupReader(asyncio.StreamReader):
    """A stream that knows how many octets lie behind those that were read: a pipelining client's next commands."""

    behind = 0

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what arrived (called by asyncio)."""
        octets = bytes(data)
        self.behind += len(octets)
        super().feed_data(octets)


class _End(Exception):  # noqa: N818 - no error: the session is over
    """Leaves the session's loop."""


class Peer:
    """One connection."""

    def __init__(
        self, script: Script, offer: Offer, books: Books, reader: GroupReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take over a connection; TLS is on already where the offer is implicit TLS."""
        self._script, self._offer, self._books, self._reader, self._writer = script, offer, books, reader, writer
        books.connections += 1
        self._number = books.connections
        self._secure, self._user, self._messages = offer.implicit_tls, None if offer.login else "", 1
        self._sender: str | None = None
        self._recipient = ""
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
        self._reader.behind -= len(line)
        return line if line.endswith(b"\n") else b""

    async def _take(self, line: bytes) -> None:
        command = line.decode("utf-8", "replace").rstrip("\r\n")
        self._books.commands.append((self._number, command))
        verb, _, rest = command.partition(" ")
        self._books.note_group(verb, self._reader.behind)
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
        offer = self._offer
        hidden = offer.withdrawn if self._secure else ()
        lines = ["misbehaving.example", *(keyword for keyword in offer.extensions if keyword not in hidden)]
        if offer.tls is not None and not self._secure:
            lines.append("STARTTLS")
        elif offer.login is not None:
            lines.append(f"AUTH {offer.mechanisms}")
        self._forget()
        await self._act(Step.EHLO, "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    async def _starttls(self, rest: str) -> None:
        if self._offer.tls is None or self._secure:
            await self._act(Step.STARTTLS, "502 no")
        elif (await self._act(Step.STARTTLS, "220 go ahead")).startswith("220"):
            await self._writer.start_tls(self._offer.tls)
            self._secure = True

    async def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if mechanism.upper() == "XOAUTH2":
            user, password = _read_token(_unbase64(initial))
            if (user, password) != self._offer.login:
                await self._challenge('{"status":"401"}')  # the refusal comes after an empty answer
        elif mechanism.upper() == "PLAIN":
            _, user, password = _unbase64(initial or await self._challenge("")).split("\0")
        else:
            user = _unbase64(await self._challenge("Username:"))
            password = _unbase64(await self._challenge("Password:"))
        good = (user, password) == self._offer.login
        if (await self._act(Step.AUTH, "235 welcome" if good else "535 5.7.8 no")).startswith("235"):
            self._user = user

    async def _challenge(self, prompt: str) -> str:
        await self._write(f"334 {base64.b64encode(prompt.encode()).decode()}")
        return (await self._read_line()).decode("ascii", "replace").strip()

    async def _mail(self, rest: str) -> None:
        sender = _path(rest)
        usual = "503 5.5.1 nested MAIL" if self._sender is not None else "250 OK"
        if self._user is None:
            usual = "530 5.7.0 log in first"
        if (await self._act(Step.MAIL, usual)).startswith("2"):
            self._sender = sender

    async def _rcpt(self, rest: str) -> None:
        self._recipient = _path(rest)
        usual = "503 MAIL first" if self._sender is None else "250 OK"
        if (await self._act(Step.RCPT, usual)).startswith("2"):
            self._recipients.append(self._recipient)

    async def _data(self, rest: str) -> None:
        usual = "354 go ahead" if self._recipients else "503 RCPT first"
        if not (await self._act(Step.DATA, usual)).startswith("354"):
            return
        self._books.unfinished += 1
        content = await self._body()
        self._books.unfinished -= 1
        self._books.commands.append((self._number, "."))
        await self._dot(content)
        self._messages += 1
        self._forget()

    async def _body(self) -> bytes:
        content = bytearray(await self._read_line())
        if content == b".\r\n":
            return b""
        if not content:
            raise _End
        await self._act(Step.BODY, "")
        while not content.endswith(b"\r\n.\r\n"):
            content += await self._read_piece()
        return bytes(content[:-3]).replace(b"\r\n.", b"\r\n").removeprefix(b".")

    async def _read_piece(self) -> bytes:
        """On to the next line that might be the end, or a mouthful of what has none."""
        try:
            piece = await self._reader.readuntil(b".\r\n")
        except asyncio.LimitOverrunError as error:
            piece = await self._reader.readexactly(error.consumed)
        except asyncio.IncompleteReadError as error:
            raise _End from error
        self._reader.behind -= len(piece)
        return piece

    async def _dot(self, content: bytes) -> None:
        """A client that was refused its recipient ends with a lone dot (RFC 2920 3.1); any other content is taken."""
        usual = "250 2.0.0 taken" if self._recipients else "554 5.5.1 no valid recipients"
        act = self._choose(Step.DOT)
        keeps = _said(act, usual).startswith("2") if act.keeps is None else act.keeps
        if keeps and self._recipients:
            to = tuple(self._recipients)
            message = Accepted(self._number, self._sender or "", to, content, self._secure, self._user or None)
            self._books.accept(message)
        await self._perform(act, usual)

    def _forget(self) -> None:
        self._sender, self._recipient = None, ""
        self._recipients = []

    def _choose(self, step: Step) -> Act:
        return self._script(Moment(step, self._number, self._messages, self._recipient)) or Act()

    async def _act(self, step: Step, usual: str) -> str:
        return await self._perform(self._choose(step), usual)

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


def _read_token(initial: str) -> tuple[str, str]:
    user, _, rest = initial.removeprefix("user=").partition("\1")
    return user, rest.removeprefix("auth=Bearer ").rstrip("\1")


def _unbase64(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", "replace")
