"""Open a store: connect, migrate, and hand out its four parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from coopdigest.domain.period import Cadence
from coopdigest.store.database import Database
from coopdigest.store.home import Home, machine_mark
from coopdigest.store.issues import IssueTables
from coopdigest.store.items import ItemTables
from coopdigest.store.ledger import LedgerTables
from coopdigest.store.migrating import migrate
from coopdigest.store.roster import RosterTables


@dataclass(frozen=True, slots=True)
class Store:
    """An open store of one digest."""

    database: Database
    items: ItemTables
    issues: IssueTables
    ledger: LedgerTables
    roster: RosterTables

    def close(self) -> None:
        """Let go of locks and connections."""
        self.ledger.close()
        self.database.close()


def open_store(
    url: str,
    digest: str,
    cadence: Cadence,
    zone: ZoneInfo,
    *,
    durability: str = "normal",
    home_file: Path | None = None,
    machine: Callable[[], str | None] = machine_mark,
) -> Store:
    """Open the store at `url` (``sqlite:///file.db``, ``postgresql://...``) for the digest with this slug.

    `home_file` is where this host keeps what it knows of a PostgreSQL ledger's age; for SQLite the place is given.
    `machine` tells which machine this is.

    Raises:
        StoreError: it cannot be used, is not ours, or is newer than the program.
    """
    database = Database(url, durability=durability)
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Store(
        database,
        ItemTables(database, digest),
        IssueTables(database, digest, cadence, zone),
        LedgerTables(database, digest, Home(database, home_file, machine())),
        RosterTables(database, digest),
    )
