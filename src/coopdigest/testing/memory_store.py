"""A whole store in memory: items, issues, ledger and roster that know of one another."""

from __future__ import annotations

from collections.abc import Iterable

from coopdigest.domain.period import Cadence
from coopdigest.domain.roster import RosterRow
from coopdigest.testing.memory_issues import MemoryIssues
from coopdigest.testing.memory_items import MemoryItems
from coopdigest.testing.memory_ledger import MemoryLedger
from coopdigest.testing.memory_roster import MemoryRoster


class MemoryStore:
    """The same four parts as the real store; nothing outlives it."""

    def __init__(self, rows: Iterable[RosterRow] = (), cadence: Cadence = Cadence.MONTH) -> None:
        """Hold `rows` as if they had come by the roster file, and the issues of a digest of `cadence`."""
        self.items = MemoryItems()
        self.issues = MemoryIssues(self.items, cadence)
        self.roster = MemoryRoster(*rows)
        self.ledger = MemoryLedger(self.items, self.issues, self.roster)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
