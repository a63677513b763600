"""The roster: imports that change nothing when rows are wrong or vanish, exports, suppressions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coopdigest.domain.errors import HeldError
from coopdigest.domain.roster import RosterFile, RosterRow, parse_roster
from coopdigest.domain.subscriber import Address, Origin, Reason, parse_address
from coopdigest.ports import Clock, Roster

_FEW = 10  # so many may always go at once
_SHARE = 5  # and a fifth of those who came by the file


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `wrong` and `duplicates` are (line, ...) pairs of `RosterFile`."""

    added: int = 0
    updated: int = 0
    left: int = 0
    unchanged: bool = False
    wrong: Sequence[tuple[int, str]] = ()
    duplicates: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class RosterAtHand:
    """The digest's own roster file: its name, its `roster_stamp`, and what reads it whole, which is put off."""

    name: str
    stamp: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Who gets the digest, and who never does."""

    roster: Roster
    clock: Clock

    def import_file(
        self,
        data: bytes,
        name: str,
        *,
        origin: Origin = Origin.FILE,
        skip_invalid: bool = False,
        accept_removals: bool = False,
    ) -> Imported:
        """Add and update the rows of a file.

        With `origin` FILE it is the digest's own roster file: who came by it and is no longer in it goes.

        Raises:
            HeldError: rows are wrong (unless skipped), or too many would go at once; then nothing changed.
        """
        file = self._parse(data, name, skip_invalid)
        departing: list[int] = []
        if origin is Origin.FILE:
            departing = self._find_departing(file, name, accept_removals)
            added, updated = self.roster.sync(file.rows, departing, roster_stamp(data), self.clock.now())
        else:
            added, updated = self.roster.put(file.rows, origin.value, self.clock.now())
        return Imported(added, updated, len(departing), wrong=file.wrong, duplicates=file.duplicates)

    def _parse(self, data: bytes, name: str, skip_invalid: bool) -> RosterFile:
        file = parse_roster(data, name)
        if file.wrong and not skip_invalid:
            line, problem = file.wrong[0]
            more = f" (and {len(file.wrong) - 1} more)" if len(file.wrong) > 1 else ""
            raise WrongRowsError(f"{problem}{more}; mend the file, or import with --skip-invalid", name, line, file)
        return file

    def _find_departing(self, file: RosterFile, name: str, accept_removals: bool) -> list[int]:
        departing = self.roster.departing([row.address.key for row in file.rows])
        if not accept_removals and len(departing) > _FEW:
            self._refuse_mass_removal(len(departing), name)
        return departing

    def _refuse_mass_removal(self, departing: int, name: str) -> None:
        by_file = sum(1 for s in self.roster.subscribers() if s.active and s.origin is Origin.FILE)
        if departing * _SHARE > by_file:
            raise HeldError(
                f"{departing} of {by_file} subscribers would go; nothing changed; "
                "is the file whole? then repeat with --accept-removals",
                place=name,
            )

    def sync_file(
        self, at_hand: RosterAtHand, *, accept_removals: bool = False, warn: Callable[[str], None] = lambda text: None
    ) -> Imported:
        """Apply the digest's own roster file if it changed since the last time; one that did not is not read.

        A file with wrong rows is not applied: the last good roster stays in use, and `warn` hears of it.
        """
        if self.roster.stamp() == at_hand.stamp:
            return Imported(unchanged=True)
        try:
            return self.import_file(at_hand.read(), at_hand.name, accept_removals=accept_removals)
        except WrongRowsError as error:
            if self.roster.stamp() is None:
                raise
            warn(f"{error}; the last good roster is used")
            return Imported(unchanged=True, wrong=error.file.wrong)

    def audience_size(self, at_hand: RosterAtHand | None) -> int:
        """How many would be mailed now, with the digest's own roster file or without one; nothing is applied.

        Raises:
            HeldError: the file could not be applied, and none was before; or too many would go at once.
        """
        stamp = self.roster.stamp()
        if at_hand is None or stamp == at_hand.stamp:
            return self.roster.audience_size()
        data, name = at_hand.read(), at_hand.name
        file = self._parse(data, name, skip_invalid=stamp is not None)
        if file.wrong:  # the last good roster is used
            return self.roster.audience_size()
        departing = set(self._find_departing(file, name, accept_removals=False))
        staying = {s.address.hash for s in self.roster.subscribers() if s.active and s.id not in departing}
        listed = {row.address.hash for row in file.rows}
        return len((staying | listed) - self.roster.suppressions().keys())

    def import_suppressed(self, data: bytes, name: str, *, skip_invalid: bool = False) -> int:
        """Suppress every address of a file: who left the old system. How many were new."""
        file = self._parse(data, name, skip_invalid)
        now = self.clock.now()
        return sum(self.roster.suppress(row.address, Reason.UNSUBSCRIBED, now) for row in file.rows)

    def add(self, text: str, name: str | None = None, language: str | None = None) -> bool:
        """Add one subscriber by hand; False if the person was there.

        Raises:
            HeldError: no address, or one that is suppressed.
        """
        address = _address(text)
        if address.hash in self.roster.suppressions():
            raise HeldError("this address is suppressed; only `subscribers resubscribe` takes it back")
        added, _ = self.roster.put([RosterRow(address, name, language)], Origin.HAND.value, self.clock.now())
        return bool(added)

    def unsubscribe(self, text: str) -> bool:
        """Suppress an address, known or not; False if it was already."""
        return self.roster.suppress(_address(text), Reason.UNSUBSCRIBED, self.clock.now())

    def resubscribe(self, text: str) -> bool:
        """Lift a suppression; False if there was none."""
        return self.roster.unsuppress(_address(text))

    def erase(self, text: str) -> bool:
        """Forget a person, keeping only a hash so that no import brings them back; False if nobody was known."""
        return self.roster.erase(_address(text), self.clock.now())


class WrongRowsError(HeldError):
    """A roster file has wrong rows; `file` holds all of them."""

    def __init__(self, message: str, name: str, line: int, file: RosterFile) -> None:
        """Name the first wrong line."""
        super().__init__(message, place=f"{name}:{line}")
        self.file = file


def roster_stamp(data: bytes) -> str:
    """What tells one state of the roster file from another."""
    return hashlib.sha256(data).hexdigest()


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise HeldError(f"not an e-mail address: {error}") from error
