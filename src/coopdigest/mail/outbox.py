"""The outbox: a folder that takes messages as `.eml` files instead of a server."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import tempfile
from pathlib import Path

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.ports import Outgoing, Work

_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*<([^@>\r\n]*)", re.IGNORECASE | re.MULTILINE)


class OutboxTransport:
    """Writes every message into one folder, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self._folder = folder

    async def connect(self) -> OutboxConnection:
        """Open the folder.

        Raises:
            TransportError: it cannot be made.
        """
        _make_folder(self._folder)
        return OutboxConnection(self._folder)


class OutboxConnection:
    """Writes messages one by one; a file is there whole or not at all, and none is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        """Take over an existing folder."""
        self._folder = folder
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether another message may be written."""
        return self._open

    async def close(self) -> None:
        """End; there is nothing to say goodbye to."""
        self._open = False

    async def carry(self, work: Work) -> None:
        """Write what `work` gives, each file named after its Message-ID; see `ports.Connection`.

        Raises:
            TransportError: the folder cannot be written to.
            StoreError: `work.proceed` raised it.
        """
        try:
            while self._open and (outgoing := work.take()) is not None:
                await work.proceed([(outgoing, await self._try(work, outgoing))], None)
        except BaseException:
            self._open = False
            raise

    async def _try(self, work: Work, outgoing: Outgoing) -> Outcome:
        try:
            return await self._keep(work, outgoing)
        except OSError as error:
            await work.proceed([(outgoing, Outcome(Verdict.NOT_SENT))], None)
            reason = error.strerror or type(error).__name__
            raise TransportError(f"cannot write a message ({reason})", place=str(self._folder)) from error

    async def _keep(self, work: Work, outgoing: Outgoing) -> Outcome:
        """Write one message, then show it once it may be sent."""
        temporary = self._write(outgoing.message)
        try:
            self._open = await work.proceed([], outgoing)
            if not self._open:
                return Outcome(Verdict.NOT_SENT, text="it may no longer be sent")
            return Outcome(Verdict.ACCEPTED, text=self._publish(temporary, _stem(outgoing.message)).name)
        finally:
            _remove(temporary)

    def _write(self, message: bytes) -> Path:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(message)
        except BaseException:
            _remove(Path(name))
            raise
        return Path(name)

    def _publish(self, temporary: Path, stem: str) -> Path:
        """Give the finished file its name, or the next free one; a link fails where a rename would overwrite."""
        for number in itertools.count(1):
            path = self._folder / (f"{stem}.eml" if number == 1 else f"{stem}-{number}.eml")
            with contextlib.suppress(FileExistsError):
                _link(temporary, path)
                return path
        raise AssertionError("numbers do not end")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TransportError(f"cannot make the outbox ({error.strerror})", place=str(folder)) from error


def _remove(temporary: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()


def _link(temporary: Path, path: Path) -> None:
    """Give a file its name.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: take the name first, then put the file there
        path.touch(exist_ok=False)
        temporary.replace(path)


def _stem(message: bytes) -> str:
    """A file name from the Message-ID's left part: letters, digits, dots and dashes, not beginning with a dot."""
    found = _MESSAGE_ID.search(message.partition(b"\r\n\r\n")[0])
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", found[1].decode("ascii", "replace") if found else "")
    return name.strip(".-")[:100] or "message"
