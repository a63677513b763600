"""Subscribers and suppressions, kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Address, Origin, Reason, Subscriber


class MemoryRoster:
    """A `Roster`."""

    def __init__(self, *rows: RosterRow) -> None:
        """Hold the rows as if they had come by the roster file."""
        self._people: dict[str, Subscriber] = {}
        self._suppressions: dict[str, Reason] = {}
        self._stamp: str | None = None
        self._last_id = 0
        self._put(rows, Origin.FILE)

    def subscribers(self) -> list[Subscriber]:
        """Everybody, by address."""
        return [self._told(self._people[key]) for key in sorted(self._people)]

    def find(self, address: Address) -> Subscriber | None:
        """The subscriber with this address."""
        person = self._people.get(address.key)
        return self._told(person) if person else None

    def get(self, subscriber: int) -> Subscriber | None:
        """The subscriber with this id."""
        return next((self._told(person) for person in self._people.values() if person.id == subscriber), None)

    def audience(self) -> list[Subscriber]:
        """The active subscribers who are not suppressed, oldest first."""
        members = (person for person in self.subscribers() if person.active and not person.suppressed)
        return sorted(members, key=lambda person: person.id)

    def audience_size(self) -> int:
        """How many active subscribers are not suppressed."""
        return len(self.audience())

    def put(self, rows: Iterable[RosterRow], origin: str, now: datetime) -> tuple[int, int]:
        """Insert or update subscribers by address; (added, updated)."""
        return self._put(rows, Origin(origin))

    def departing(self, present: Sequence[str]) -> list[int]:
        """Ids of active subscribers who came by the file and whose address key is not in `present`."""
        gone = self._people.keys() - set(present)
        people = (self._people[key] for key in sorted(gone))
        return [person.id for person in people if person.active and person.origin is Origin.FILE]

    def sync(self, rows: Sequence[RosterRow], departed: Sequence[int], stamp: str, now: datetime) -> tuple[int, int]:
        """Apply a roster file."""
        for key, person in self._people.items():
            if person.id in departed:
                self._people[key] = replace(person, active=False)
        self._stamp = stamp
        return self._put(rows, Origin.FILE)

    def stamp(self) -> str | None:
        """The stamp of the roster file last applied."""
        return self._stamp

    def suppress(self, address: Address, reason: Reason, now: datetime) -> bool:
        """Suppress an address, known or not; False if it was already."""
        if address.hash in self._suppressions:
            return False
        self._suppressions[address.hash] = reason
        return True

    def unsuppress(self, address: Address) -> bool:
        """Lift a suppression; False if there was none."""
        return self._suppressions.pop(address.hash, None) is not None

    def suppressions(self) -> Mapping[str, Reason]:
        """Reasons by address hash."""
        return dict(self._suppressions)

    def erase(self, address: Address, now: datetime) -> bool:
        """Forget the person, keep only the hash as a suppression; False if nobody was known."""
        if self._people.pop(address.key, None) is None:
            return False
        self._suppressions.setdefault(address.hash, Reason.MANUAL)
        return True

    def _told(self, person: Subscriber) -> Subscriber:
        return replace(person, suppressed=self._suppressions.get(person.address.hash))

    def _put(self, rows: Iterable[RosterRow], origin: Origin) -> tuple[int, int]:
        added = updated = 0
        for row in rows:
            old = self._people.get(row.address.key)
            added, updated = (added, updated + 1) if old else (added + 1, updated)
            self._people[row.address.key] = self._merge(old, row, origin)
        return added, updated

    def _merge(self, old: Subscriber | None, row: RosterRow, origin: Origin) -> Subscriber:
        """The row over what was known; whoever is there keeps their origin, who had left comes anew."""
        if old is None:
            self._last_id += 1
        return Subscriber(
            id=old.id if old else self._last_id,
            address=row.address,
            name=row.name,
            language=row.language,
            themes=row.themes,
            joined=row.joined,
            attributes=dict(row.attributes),
            origin=old.origin if old and old.active else origin,
        )
