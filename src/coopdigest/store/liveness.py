"""Whether a sender is alive: a heartbeat for other hosts, a lock file on this one."""

from __future__ import annotations

import fcntl
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Row, insert, select, update

from coopdigest.domain.errors import StoreError
from coopdigest.store.schema import senders

SILENCE = timedelta(seconds=90)  # three missed beats of 30 s


class Liveness:
    """The senders of one store. Each holds a lock file that the system frees when its process dies."""

    def __init__(self, folder: Path | None) -> None:
        """Keep lock files in `folder`; without one (PostgreSQL) only heartbeats count."""
        self._folder = folder
        self._held: dict[int, IO[str]] = {}

    def enlist(self, connection: Connection, now: datetime) -> int:
        """A new live sender's id, its lock file held."""
        row = insert(senders).values(host=socket.gethostname(), heartbeat=now, alive=True).returning(senders.c.id)
        sender = int(connection.execute(row).scalar_one())
        if self._folder:
            self._held[sender] = self._take(self._lock_path(sender))
        return sender

    def beat(self, connection: Connection, sender: int, now: datetime) -> bool:
        """Renew a heartbeat; False when the sender was declared dead."""
        statement = update(senders).where(senders.c.id == sender, senders.c.alive.is_(True)).values(heartbeat=now)
        return bool(connection.execute(statement).rowcount)

    def bury(self, connection: Connection, sender: int) -> None:
        """Declare a sender dead; it never lives again under this id."""
        connection.execute(update(senders).where(senders.c.id == sender).values(alive=False))

    def dead(self, connection: Connection, now: datetime) -> list[int]:
        """Senders marked alive whose process is gone, or who were silent for too long."""
        rows = connection.execute(select(senders).where(senders.c.alive.is_(True)))
        return [row.id for row in rows if row.id not in self._held and self._is_dead(row, now)]

    def _is_dead(self, row: Row[tuple[object, ...]], now: datetime) -> bool:
        if self._folder and row.host == socket.gethostname() and self._is_free(self._lock_path(row.id)):
            return True
        return bool(now - row.heartbeat > SILENCE)

    def release(self, sender: int) -> None:
        """Let go of a sender's lock file, as its process does when it dies."""
        handle = self._held.pop(sender, None)
        if handle:
            handle.close()
            self._lock_path(sender).unlink(missing_ok=True)

    def release_all(self) -> None:
        """Let go of every lock file."""
        for sender in list(self._held):
            self.release(sender)

    def _lock_path(self, sender: int) -> Path:
        return (self._folder or Path()) / f"sender-{sender}.lock"

    def _take(self, path: Path) -> IO[str]:
        try:
            path.parent.mkdir(exist_ok=True)
            handle = path.open("a")
        except OSError as error:
            raise StoreError(f"{error.strerror}; may this user write beside the store?", place=path.name) from error
        fcntl.flock(handle, fcntl.LOCK_EX)
        return handle

    def _is_free(self, path: Path) -> bool:
        if not path.exists():
            return True
        with path.open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        path.unlink(missing_ok=True)
        return True
