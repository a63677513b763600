"""A terminal: a command that runs in it, what stands on its screen, and what a person types."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from digest_folder import Folder, clean_environ

_STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """One command on a terminal of 100 columns."""

    def __init__(self, folder: Folder, *arguments: str) -> None:
        """Start `coopdigest` with these arguments."""
        self._ours, theirs = os.openpty()
        environ = {**clean_environ(), **folder.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "coopdigest", *arguments],
            cwd=folder.path,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.raw = ""

    @property
    def text(self) -> str:
        """Everything that was written so far, without what steers the cursor or colours."""
        return _STEERING.sub("", self.raw)

    def read_until(self, words: str, seconds: float = 30.0) -> None:
        """Read on until these words were written."""
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"{words!r} never came: {self.text}"
            assert self._read(), f"ended without {words!r}: {self.text}"

    def type(self, text: str) -> None:
        """What a person types."""
        os.write(self._ours, text.encode())

    def wait(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=30)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 30)[0]:
            raise TimeoutError(self.text)
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says so when nobody is left on the other side
            return False
        self.raw += data.decode("utf-8", "replace")
        return bool(data)

    def close(self) -> None:
        """End the command if it still runs, and give the terminal back."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@contextmanager
def on_terminal(folder: Folder, *arguments: str) -> Iterator[Terminal]:
    """The command on a terminal, for as long as the `with` block."""
    terminal = Terminal(folder, *arguments)
    try:
        yield terminal
    finally:
        terminal.close()
