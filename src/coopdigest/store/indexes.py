"""The partial indexes of the ledger, for migrations: a sender on SQLite does without these declarations.

To declare one makes SQLAlchemy load the dialects of both databases, which are 2 MB of a process that only sends.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from coopdigest.store.schema import deliveries, metadata

__all__ = ["metadata"]

Index(
    "ix_deliveries_pending",
    deliveries.c.campaign_id,
    deliveries.c.id,
    sqlite_where=text("state = 'pending'"),
    postgresql_where=text("state = 'pending'"),
)
Index(
    "ix_deliveries_deferred",
    deliveries.c.campaign_id,
    deliveries.c.due,
    sqlite_where=text("state = 'deferred'"),
    postgresql_where=text("state = 'deferred'"),
)
Index(
    "ix_deliveries_held",
    deliveries.c.sender_id,
    sqlite_where=text("state IN ('claimed', 'sending')"),
    postgresql_where=text("state IN ('claimed', 'sending')"),
)
