"""Whether the ledger is where it sent from, and no older than it was: what a copy or a restored backup gives away."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import get_ident

from coopdigest.domain.errors import StoreError
from coopdigest.store.birth import birth_of
from coopdigest.store.database import Database
from coopdigest.store.lean import Lean

_WIDTH = 255  # characters, blanks at the end included: what is written later covers what was there
_MOST = 2**63 - 1  # what a column of the databases holds
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def machine_mark() -> str | None:
    """This machine's identity, hashed as machine-id(5) asks; None where it has none.

    Not the host's name: a container has a new one each time, and the file's own identity tells copies as well.
    """
    for path in _MACHINE_IDS:
        with suppress(OSError):
            if text := path.read_text("ascii", "replace").strip():
                return hashlib.sha256(f"coopdigest {text}".encode()).hexdigest()[:32]
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger is: the machine, and the identity and the path of the database's file."""

    machine: str | None
    inode: int | None
    born: int | None
    path: str

    def is_same(self, other: Place) -> bool:
        """Whether nothing that is known of both differs. A file that was moved is the same, wherever it is now."""
        ours, theirs = (self.machine, self.inode, self.born), (other.machine, other.inode, other.born)
        return all(a == b for a, b in zip(ours, theirs, strict=True) if a and b)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file beside the database keeps: which ledger sent from here, its epoch then, and two files' identities.

    `born` is the birth of the very file it stands in: a file that was overwritten by an older copy of itself says
    another one than it has.
    """

    ledger: str
    epoch: int
    inode: int | None
    birth: int | None
    born: int | None


class Home:
    """The epoch of a database, which every claim raises, and the place of every campaign that was sent from it.

    The file beside the database keeps the highest epoch seen here. It is written after the commit, so it lags in a
    crash and is ahead only of a database that is older than it was. On PostgreSQL several hosts may share a ledger:
    each has its own file, and places are not compared.
    """

    def __init__(self, database: Database, file: Path | None = None, machine: str | None = None) -> None:
        """Keep the file beside the SQLite file; for PostgreSQL it is `file`, and without one nothing is compared."""
        self._database, self._machine = database, machine
        path = database.path
        self._file = path.with_name(f"{path.name}-home") if path else file
        self._settled: set[int] = set()

    def displacement(self, campaign: int) -> str | None:
        """Why this campaign is not to go on by itself from here, in words; None when all is as it was.

        A database that is older than it was is doubtful for every campaign, one that has moved only for those that
        were being sent before.
        """
        with self._database.sharing() as lean:
            ledger, epoch = _read_epoch(lean)
            home = _read_home(lean, campaign)
        kept = self._read_file()
        if kept and (why := self._find_older(kept, ledger, epoch)):
            return why
        return self._find_moved(home, kept) if home and self._database.is_sqlite else None

    def _find_older(self, kept: Kept, ledger: str, epoch: int) -> str | None:
        if kept.ledger != ledger:
            return (
                "this is another database than the one that last sent from here" if self._database.is_sqlite else None
            )
        if kept.epoch > epoch:
            return "the database is older than it was when it last sent from here: a backup was put back"
        if self._was_overwritten(kept):
            return "the database and its files were overwritten by a copy: a backup was put back"
        return None

    def _was_overwritten(self, kept: Kept) -> bool:
        if self._file is None or not self._database.is_sqlite:
            return False
        here = self._here()
        recorded = Place(here.machine, kept.inode, kept.birth, "")
        born = birth_of(self._file)
        return bool(recorded.is_same(here) and kept.born and born and kept.born != born)

    def _find_moved(self, home: Place, kept: Kept | None) -> str | None:
        here = self._here()
        if here.machine and home.machine and here.machine != home.machine:
            return "this issue was begun on another machine"
        if not home.is_same(here):
            return f"the database is a copy of the one that began this issue ({home.path})"
        return None if kept else f"{self._file_name} is missing: the database was put back, or that file was removed"

    def raise_epoch(self, campaign: int | None = None, *, anew: bool = False) -> None:
        """Say that the ledger goes on, from here; a campaign that has no home yet has it here now.

        With `anew`, when a sender begins and ends, the file is another one afterwards: what a backup holds of it until
        then, put back over it, is known by its birth.

        Raises:
            StoreError: it cannot be written down.
        """
        with self._database.sharing() as lean:
            if campaign is not None and campaign not in self._settled:
                self._settle(lean, campaign)
            ledger, epoch = _raise(lean)  # last, for its one row is locked until the commit
        if campaign is not None:
            self._settled.add(campaign)
        self._write_file(ledger, epoch, anew=anew)

    def _settle(self, lean: Lean, campaign: int) -> None:
        here = self._here()
        row = (campaign, here.machine, here.inode, here.born, here.path)
        lean.execute(
            "INSERT INTO homes (campaign_id, machine, inode, born, path) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (campaign_id) DO NOTHING",
            row,
        )

    def adopt(self) -> None:
        """Take this database for the ledger, here and as it is; every campaign in it has its home here now.

        Raises:
            StoreError: it cannot be written down.
        """
        here = self._here()
        with self._database.sharing() as lean:
            row = (here.machine, here.inode, here.born, here.path)
            lean.execute("UPDATE homes SET machine = ?, inode = ?, born = ?, path = ?", row)
            ledger, epoch = _raise(lean)
        self._write_file(ledger, epoch, anew=True)

    @property
    def _file_name(self) -> str:
        return self._file.name if self._file else ""

    def _here(self) -> Place:
        path = self._database.path
        if path is None:
            return Place(self._machine, None, None, "")
        try:
            return Place(self._machine, path.stat().st_ino & _MOST, birth_of(path), str(path.resolve()))
        except OSError as error:
            raise StoreError(f"{error.strerror}; was it moved while it was open?", place=path.name) from error

    def _read_file(self) -> Kept | None:
        """What the file keeps; None when there is none. One that holds something else keeps nothing."""
        try:
            return _parse(self._file.read_text("utf-8")) if self._file else None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._refuse_unless_shared(error)
            return None

    def _write_file(self, ledger: str, epoch: int, *, anew: bool) -> None:
        """Write the file: with `anew` another one in its place, which costs some file systems milliseconds."""
        if self._file is None:
            return
        here = self._here()
        try:
            if anew or not self._file.exists():
                draft = self._file.with_name(f".{self._file.name}.{os.getpid()}-{get_ident()}")
                draft.unlink(missing_ok=True)
                _fill(draft, Kept(ledger, epoch, here.inode, here.born, None))
                self._share(draft)
                draft.replace(self._file)
            else:
                _fill(self._file, Kept(ledger, epoch, here.inode, here.born, None))
        except OSError as error:
            self._refuse_unless_shared(error)

    def _share(self, file: Path) -> None:
        """Let those write the file who may write the database, so that a `send` by root locks nobody out."""
        if path := self._database.path:
            stat = path.stat()
            file.chmod(stat.st_mode & 0o666)
            if os.geteuid() == 0:
                os.chown(file, stat.st_uid, stat.st_gid)

    def _refuse_unless_shared(self, error: OSError) -> None:
        """Beside a database on this disk the file must be kept; where PostgreSQL holds the ledger it is a help only."""
        if self._database.is_sqlite:
            advice = "may this user write beside the store, and is there room?"
            raise StoreError(f"{error.strerror}; {advice}", place=self._file_name) from error


def _fill(file: Path, kept: Kept) -> None:
    """Write what is kept over what the file holds, in one piece; the file's own birth is added."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        text = json.dumps(asdict(replace(kept, born=birth_of(file))))
        os.pwrite(descriptor, f"{text:{_WIDTH}}\n".encode(), 0)
    finally:
        os.close(descriptor)


def _parse(text: str) -> Kept | None:
    try:
        kept = Kept(**json.loads(text))
    except (ValueError, TypeError):
        return None
    return kept if isinstance(kept.ledger, str) and isinstance(kept.epoch, int) else None


def _read_epoch(lean: Lean) -> tuple[str, int]:
    """Which ledger this is, and its epoch; nameless and nought before it first sent."""
    row = lean.execute("SELECT ledger, epoch FROM epochs").fetchone()
    return (str(row[0]), int(row[1])) if row else ("", 0)


def _raise(lean: Lean) -> tuple[str, int]:
    """Raise the epoch by one; a ledger that first sends gets its name."""
    statement = "UPDATE epochs SET epoch = epoch + 1 RETURNING ledger, epoch"
    rows = lean.execute(statement).fetchall()
    if not rows:
        name = "INSERT INTO epochs (id, ledger, epoch) VALUES (1, ?, 0) ON CONFLICT (id) DO NOTHING"
        lean.execute(name, (secrets.token_hex(8),))
        rows = lean.execute(statement).fetchall()
    return str(rows[0][0]), int(rows[0][1])


def _read_home(lean: Lean, campaign: int) -> Place | None:
    query = "SELECT machine, inode, born, path FROM homes WHERE campaign_id = ?"
    row = lean.execute(query, (campaign,)).fetchone()
    return Place(*row) if row else None
