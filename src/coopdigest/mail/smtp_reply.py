"""SMTP replies, read from whatever pieces they arrive in (RFC 5321 4.2), without any I/O."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_LINE_LIMIT = 4096  # octets; RFC 5321 4.5.3.1.5 says 512, real servers exceed it
_LINES_LIMIT = 200  # lines of one reply
_TEXT_LIMIT = 500  # characters that an outcome keeps
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;]+")
_TOKEN = re.compile(r"(/unsubscribe/)[^\s<>\"')]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class ReplyError(Exception):
    """What arrived is no SMTP reply; the line cannot be trusted any longer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply: its code, and the text of each of its lines without the code."""

    code: int
    lines: tuple[str, ...] = ("",)

    @property
    def kind(self) -> int:
        """The first digit: 2 done, 3 go on, 4 later, 5 never."""
        return self.code // 100

    @property
    def text(self) -> str:
        """The words on one line, at most 500 characters, without anybody's address or token."""
        line = " ".join(self.lines)
        if not line.isprintable():
            line = _UNPRINTABLE.sub(" ", line)
        line = " ".join(line.split())
        if "@" in line:
            line = _ADDRESS.sub("[address]", line)
        if "/unsubscribe/" in line:
            line = _TOKEN.sub(r"\1[token]", line)
        return line[:_TEXT_LIMIT]

    def __str__(self) -> str:
        """Code and text, for an error message."""
        return f"{self.code} {self.text}".rstrip()


@lru_cache(maxsize=64)  # a session's replies are the same few over and over
def _read_alone(line: bytes) -> Reply | None:
    """The reply that a line is by itself, None when it is not one or more has to follow."""
    match = _LINE.fullmatch(line.removesuffix(b"\r"))
    if match is None or match[2] == b"-" or len(line) > _LINE_LIMIT:
        return None
    return Reply(int(match[1]), ((match[3] or b"").decode("utf-8", "replace"),))


class ReplyParser:
    """Turns octets into replies, in order. Replies are told apart by count, never by what they say."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._rest = b""
        self._code: bytes | None = None
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()

    def feed(self, octets: bytes) -> None:
        """Take what arrived.

        Raises:
            ReplyError: a line is no reply line, is too long, or changes its code in the middle of a reply.
        """
        lines = (self._rest + octets).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            reply = None if self._lines else _read_alone(line)
            if reply is not None:
                self._replies.append(reply)
            else:
                self._take(line.removesuffix(b"\r"))
        if len(self._rest) > _LINE_LIMIT:
            raise ReplyError("a reply line does not end")

    def next(self) -> Reply | None:
        """The next whole reply, None if it has not arrived yet."""
        return self._replies.popleft() if self._replies else None

    @property
    def has_one(self) -> bool:
        """Whether a whole reply is there."""
        return bool(self._replies)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting, not even half a line: then client and server are in step."""
        return not (self._rest or self._lines or self._replies)

    def clear(self) -> None:
        """Forget what was read: what came in the clear counts for nothing once TLS begins (RFC 3207 4.2)."""
        self._rest, self._code = b"", None
        self._lines.clear()
        self._replies.clear()

    def _take(self, line: bytes) -> None:
        match = _LINE.fullmatch(line)
        if match is None or len(line) > _LINE_LIMIT or len(self._lines) >= _LINES_LIMIT:
            raise ReplyError("an answer is not SMTP")
        code, mark, text = match.groups()
        if self._code not in (None, code):
            raise ReplyError("a reply changes its code")
        self._code = code
        self._lines.append((text or b"").decode("utf-8", "replace"))
        if mark != b"-":
            self._replies.append(Reply(int(code), tuple(self._lines)))
            self._code, self._lines = None, []
