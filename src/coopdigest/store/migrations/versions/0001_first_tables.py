"""The first tables: items, issues, roster, ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_STATES = "state IN ('pending', 'claimed', 'sending', 'accepted', 'deferred', 'refused', 'in_doubt', 'skipped')"
_OPEN = sa.text("state IN ('pending', 'deferred')")
_HELD = sa.text("state IN ('claimed', 'sending')")
# Ordered by code points everywhere, as SQLite and Python do.
_SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    _create_digests()
    _create_sources()
    _create_items()
    _create_issues()
    _create_editions()
    _create_used_items()
    _create_subscribers()
    _create_suppressions()
    _create_campaigns()
    _create_senders()
    _create_deliveries()
    _create_attempts()


def _create_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_stamp", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_digests")),
    )


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_collected", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_collected", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_tried", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("items", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", "name", name=op.f("pk_sources")),
    )


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("identity", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("summary_html", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("image", sa.JSON(), nullable=True),
        sa.Column("credit", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("undated", sa.Boolean(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("digest", "source", "identity", name=op.f("uq_items_digest_source_identity")),
    )
    op.create_index("ix_items_digest_day", "items", ["digest", "day"], unique=False)


def _create_issues() -> None:
    op.create_table(
        "issues",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("period", _SORTED, nullable=False),
        sa.Column("cadence", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("digest", "period", name=op.f("uq_issues_digest_period")),
    )


def _create_editions() -> None:
    op.create_table(
        "editions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_editions_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("issue_id", "language", name=op.f("uq_editions_issue_id_language")),
    )


def _create_used_items() -> None:
    op.create_table(
        "used_items",
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("cadence", sa.String(length=10), nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("issue_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_used_items_issue_id")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_used_items_item_id")),
        sa.PrimaryKeyConstraint("digest", "cadence", "item_id", name=op.f("pk_used_items")),
    )
    op.create_index(op.f("ix_used_items_issue_id"), "used_items", ["issue_id"], unique=False)


def _create_subscribers() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", _SORTED, nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("joined", sa.Text(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("digest", "address_key", name=op.f("uq_subscribers_digest_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscribers_digest_address_hash", "subscribers", ["digest", "address_hash"], unique=False)


def _create_suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "address_hash", name=op.f("pk_suppressions")),
    )


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.String(length=63), nullable=False),
        sa.Column("period", _SORTED, nullable=False),
        sa.Column("issue_id", _ID, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_campaigns_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("digest", "period", name=op.f("uq_campaigns_digest_period")),
        sqlite_autoincrement=True,
    )


def _create_senders() -> None:
    op.create_table(
        "senders",
        sa.Column("id", _ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("heartbeat", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_senders")),
        sqlite_autoincrement=True,
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, nullable=False),
        sa.Column("campaign_id", _ID, nullable=False),
        sa.Column("subscriber_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sender_id", _ID, nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_tried", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.CheckConstraint(_STATES, name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_deliveries_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("campaign_id", "subscriber_id", name=op.f("uq_deliveries_campaign_id_subscriber_id")),
    )
    op.create_index(
        "ix_deliveries_held", "deliveries", ["sender_id"], unique=False, sqlite_where=_HELD, postgresql_where=_HELD
    )
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["campaign_id", "id"],
        unique=False,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("delivery_id", _ID, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_delivery_id"), "attempts", ["delivery_id"], unique=False)
