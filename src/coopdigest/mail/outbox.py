"""The outbox: a folder that takes messages as `.eml` files instead of a server."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError

_MESSAGE_ID = re.compile(rb"^Message-ID:[ \t]*<([^@>\r\n]*)", re.IGNORECASE | re.MULTILINE)


class OutboxTransport:
    """Writes every message into one folder, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder."""
        self._folder = folder

    def connect(self) -> OutboxConnection:
        """Open the folder.

        Raises:
            TransportError: it cannot be made.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TransportError(f"cannot make the outbox ({error.strerror})", place=str(self._folder)) from error
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

    def close(self) -> None:
        """End; there is nothing to say goodbye to."""
        self._open = False

    def send(self, envelope: Envelope, message: bytes, intend: Callable[[], bool]) -> Outcome:
        """Write one message, named after its Message-ID; see `ports.Connection`.

        Raises:
            TransportError: the folder cannot be written to.
        """
        try:
            return self._keep(message, intend)
        except OSError as error:
            self.close()
            reason = error.strerror or type(error).__name__
            raise TransportError(f"cannot write a message ({reason})", place=str(self._folder)) from error

    def _keep(self, message: bytes, intend: Callable[[], bool]) -> Outcome:
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(message)
            if not intend():
                self.close()
                return Outcome(Verdict.NOT_SENT, text="it may no longer be sent")
            return Outcome(Verdict.ACCEPTED, text=self._publish(Path(temporary), _stem(message)).name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()

    def _publish(self, temporary: Path, stem: str) -> Path:
        """Give the finished file its name, or the next free one; a link fails where a rename would overwrite."""
        for number in itertools.count(1):
            path = self._folder / (f"{stem}.eml" if number == 1 else f"{stem}-{number}.eml")
            with contextlib.suppress(FileExistsError):
                _link(temporary, path)
                return path
        raise AssertionError("numbers do not end")


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
