"""What makes claims fast and limits them: an index for each kind of due row, and token buckets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Put two partial indexes in the place of one, and add the buckets: all are full at first."""
    op.drop_index("ix_deliveries_open", "deliveries")
    _create_partial_index("ix_deliveries_pending", ["campaign_id", "id"], "state = 'pending'")
    _create_partial_index("ix_deliveries_deferred", ["campaign_id", "due"], "state = 'deferred'")
    op.create_table(
        "buckets",
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "domain", name=op.f("pk_buckets")),
    )


def _create_partial_index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "deliveries", columns, sqlite_where=condition, postgresql_where=condition)
