"""Lock files of the senders on this host: the system frees one when its process dies, and the others see it at once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from coopdigest.domain.errors import StoreError
from coopdigest.store.database import Database


class SenderLocks:
    """The lock files in one folder, which `place` names: only whose sender has the same place is judged by them."""

    def __init__(self, folder: Path | None, place: str) -> None:
        """Use `folder`, which is made when it is needed; without one there are no lock files."""
        self._folder, self.place = folder, place
        self._held: dict[int, IO[str]] = {}

    def take(self, sender: int) -> None:
        """Hold the sender's lock file from now on.

        Raises:
            StoreError: the file cannot be made, or another process holds it.
        """
        self.release(sender)
        if self._folder is None:
            return
        path = self._path(sender)
        try:
            path.parent.mkdir(exist_ok=True, mode=0o700)
            handle = path.open("a")
        except OSError as error:
            raise StoreError(f"{error.strerror}; may this user write beside the store?", place=path.name) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.close()
            raise StoreError("another sender holds this lock; run again when it has ended", place=path.name) from error
        self._held[sender] = handle

    def refresh(self, sender: int) -> None:
        """Show a cleaner of temporary files that the sender's lock file is in use."""
        with suppress(KeyError, OSError):
            os.utime(self._held[sender].fileno())

    def release(self, sender: int) -> None:
        """Let go of a sender's lock file, as its process does when it dies."""
        handle = self._held.pop(sender, None)
        if handle:
            handle.close()
            self._path(sender).unlink(missing_ok=True)

    def release_all(self) -> None:
        """Let go of every lock file."""
        for sender in list(self._held):
            self.release(sender)

    def holds(self, sender: int) -> bool:
        """Whether the sender is one of this very process."""
        return sender in self._held

    def are_free(self, sender: int, place: str) -> bool:
        """Whether a sender of another process is known to be dead: it locked a file here, and does not any more."""
        if self._folder is None or place != self.place:
            return False
        path = self._path(sender)
        if not path.exists():
            return True
        with path.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        path.unlink(missing_ok=True)
        return True

    def _path(self, sender: int) -> Path:
        return (self._folder or Path()) / f"sender-{sender}.lock"


def locks_of(database: Database) -> SenderLocks:
    """The lock files of a store: beside the SQLite file; for PostgreSQL in this user's own folder on this host."""
    path = database.path
    if path:
        return SenderLocks(path.with_name(f"{path.name}-senders"), socket.gethostname())
    folder = _runtime_folder() / f"senders-{hashlib.sha256(database.name.encode()).hexdigest()[:16]}"
    try:
        return SenderLocks(folder, f"{socket.gethostname()}/{_mark_of(folder)}")
    except OSError:  # no folder of our own: only heartbeats count, and nobody is judged by what lies elsewhere
        return SenderLocks(None, f"{socket.gethostname()}/{uuid4().hex}")


def _runtime_folder() -> Path:
    """Where this user's processes keep what only lives as long as they do."""
    own = os.environ.get("XDG_RUNTIME_DIR")
    return Path(own) / "coopdigest" if own else Path(tempfile.gettempdir()) / f"coopdigest-{os.getuid()}"


def _mark_of(folder: Path) -> str:
    """A mark that only this very folder has: the same path in another container, or for another user, is another.

    Raises:
        OSError: the folder cannot be made, or somebody else may write there.
    """
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, exist_ok=True)
        if _is_open_to_others(each):
            raise PermissionError(f"{each.name} is not this user's alone")
    mark, fresh = folder / "mark", folder / f"mark-{uuid4().hex}"
    fresh.write_text(fresh.name, "ascii")
    with suppress(FileExistsError):
        mark.hardlink_to(fresh)  # whoever comes first gives the mark, whole
    fresh.unlink()
    return mark.read_text("ascii")


def _is_open_to_others(folder: Path) -> bool:
    stat = folder.lstat()
    return folder.is_symlink() or stat.st_uid != os.getuid() or bool(stat.st_mode & 0o022)
