"""The tables, once for SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy import DateTime as SqlDateTime

HEAD = "0004"  # the newest migration; a store at any other revision is migrated or refused


class Instant(TypeDecorator[datetime]):
    """An aware instant: stored in UTC, read back aware. SQLite keeps no zone, so it is added on the way out."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant to UTC; a naive one is a bug."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the instant back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Ordered by code points everywhere, as SQLite and Python do; PostgreSQL would else follow the database's locale.
Sorted = Text().with_variant(Text(collation="C"), "postgresql")
_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

digests = Table(
    "digests",
    metadata,
    Column("slug", String(63), primary_key=True),
    Column("began", Instant),
    Column("roster_stamp", String(64)),
)

sources = Table(
    "sources",
    metadata,
    Column("digest", String(63), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("first_collected", Instant),
    Column("last_collected", Instant),
    Column("last_tried", Instant),
    Column("last_error", Text),
    Column("items", Integer, nullable=False, server_default=text("0")),
    Column("etag", Text),
    Column("last_modified", Text),
)

items = Table(
    "items",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", String(63), nullable=False),
    Column("source", Text, nullable=False),
    Column("identity", String(60), nullable=False),
    Column("title", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("published", Instant),
    Column("theme", Text),
    Column("summary", Text),
    Column("summary_html", Text),
    Column("url", Text),
    Column("image", JSON),
    Column("credit", Text),
    Column("language", Text),
    Column("kind", Text),
    Column("position", Integer, nullable=False),
    Column("undated", Boolean, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("gone_since", Instant),
    UniqueConstraint("digest", "source", "identity"),
)
Index("ix_items_digest_day", items.c.digest, items.c.day)

issues = Table(
    "issues",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", String(63), nullable=False),
    Column("period", Sorted, nullable=False),
    Column("cadence", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("content", JSON),
    Column("fingerprint", String(64)),
    Column("approved_by", Text),
    Column("approved_at", Instant),
    Column("closed_at", Instant),
    Column("reason", Text),
    Column("number", Integer),
    Column("words", JSON),
    Column("overridden", JSON),
    UniqueConstraint("digest", "period"),
)
Index("uq_issues_digest_number", issues.c.digest, issues.c.number, unique=True)

editions = Table(
    "editions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("issue_id", _ID, ForeignKey("issues.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("language", String(35), nullable=False),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("nonce", String(40), nullable=False),
    UniqueConstraint("issue_id", "language"),
)

used_items = Table(
    "used_items",
    metadata,
    Column("digest", String(63), primary_key=True),
    Column("cadence", String(10), primary_key=True),
    Column("item_id", _ID, ForeignKey("items.id"), primary_key=True),
    Column("issue_id", _ID, ForeignKey("issues.id"), nullable=False, index=True),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", String(63), nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", Sorted, nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("name", Text),
    Column("language", Text),
    Column("themes", JSON, nullable=False),
    Column("joined", Text),
    Column("attributes", JSON, nullable=False),
    Column("origin", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("digest", "address_key"),
    sqlite_autoincrement=True,  # an erased person's id, and so their token, must never be another's
)
Index("ix_subscribers_digest_address_hash", subscribers.c.digest, subscribers.c.address_hash)

suppressions = Table(
    "suppressions",
    metadata,
    Column("digest", String(63), primary_key=True),
    Column("address_hash", String(64), primary_key=True),
    Column("reason", String(20), nullable=False),
    Column("since", Instant, nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("digest", String(63), nullable=False),
    Column("period", Sorted, nullable=False),
    Column("issue_id", _ID, ForeignKey("issues.id"), nullable=False),
    Column("opened_at", Instant, nullable=False),
    UniqueConstraint("digest", "period"),
    sqlite_autoincrement=True,  # a Message-ID names the campaign; no other may ever have its number
)

senders = Table(
    "senders",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("host", Text, nullable=False),
    Column("heartbeat", Instant, nullable=False),
    Column("alive", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

STATES = "'pending', 'claimed', 'sending', 'accepted', 'deferred', 'refused', 'in_doubt', 'skipped'"
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("campaign_id", _ID, ForeignKey("campaigns.id"), nullable=False),
    Column("subscriber_id", _ID, nullable=False),  # no foreign key: an erased person's row stays in the tally
    Column("language", String(35), nullable=False),
    Column("state", String(10), nullable=False),
    Column("sender_id", _ID),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("first_tried", Instant),
    Column("due", Instant),
    Column("code", Integer),
    Column("reply", Text),
    UniqueConstraint("campaign_id", "subscriber_id"),
    CheckConstraint(f"state IN ({STATES})", name="state"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("delivery_id", _ID, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("code", Integer),
    Column("reply", Text),
)

buckets = Table(
    "buckets",
    metadata,
    Column("digest", String(63), primary_key=True),
    Column("domain", String(255), primary_key=True),  # empty: the transport as a whole
    Column("full_at", Instant, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # there is one row: the database's own
    Column("ledger", String(16), nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

homes = Table(
    "homes",
    metadata,
    Column("campaign_id", BigInteger, primary_key=True, autoincrement=False),  # kept when a campaign is forgotten
    Column("machine", String(32)),
    Column("inode", BigInteger),
    Column("born", BigInteger),
    Column("path", Text, nullable=False),
)
