"""Issues, their frozen editions and the items they used up, in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, insert, select, update

from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import FINAL, Issue, IssueState, check_transition
from coopdigest.domain.item import Item
from coopdigest.domain.period import Cadence, Period
from coopdigest.ports import IssueRecord
from coopdigest.store.content import issue_from_json, issue_to_json, item_from_row
from coopdigest.store.database import Database
from coopdigest.store.schema import digests, editions, issues, items, used_items


class IssueTables:
    """`ports.IssueStore` on a database."""

    def __init__(self, database: Database, digest: str, cadence: Cadence, zone: ZoneInfo) -> None:
        """Keep the issues of one digest, of its own cadence and in its zone."""
        self._database, self._digest, self._cadence, self._zone = database, digest, cadence, zone

    def record(self, period: Period) -> IssueRecord | None:
        """See `ports.IssueStore.record`."""
        with self._database.reading() as connection:
            row = find_issue(connection, self._digest, period.key)
        return self._record(row) if row else None

    def records(self) -> list[IssueRecord]:
        """See `ports.IssueStore.records`."""
        query = select(issues).where(issues.c.digest == self._digest).order_by(issues.c.period.desc())
        with self._database.reading() as connection:
            return [self._record(row, with_content=False) for row in connection.execute(query)]

    def _record(self, row: Row[Any], *, with_content: bool = True) -> IssueRecord:
        state = IssueState(row.state)
        has_content = with_content and row.content is not None
        content = issue_from_json(row.content, row.period, state, self._zone) if has_content else None
        return IssueRecord(
            row.period,
            state,
            content,
            row.fingerprint,
            row.approved_by,
            row.approved_at,
            row.closed_at,
            row.reason,
        )

    def used_items(self, cadence: str, *, but: str) -> list[Item]:
        """See `ports.IssueStore.used_items`."""
        query = (
            select(items)
            .join(used_items, used_items.c.item_id == items.c.id)
            .join(issues, issues.c.id == used_items.c.issue_id)
            .where(used_items.c.digest == self._digest, used_items.c.cadence == cadence, issues.c.period != but)
        )
        with self._database.reading() as connection:
            return [item_from_row(row) for row in connection.execute(query)]

    def set_state(self, period: Period, state: IssueState, now: datetime, reason: str | None = None) -> None:
        """See `ports.IssueStore.set_state`."""
        with self._database.writing() as connection:
            issue = self._find_or_create(connection, period)
            move_issue(connection, issue, state, now, reason)

    def approve(self, issue: Issue, editions_: Sequence[Edition], fingerprint: str, *, by: str, now: datetime) -> None:
        """See `ports.IssueStore.approve`."""
        with self._database.writing() as connection:
            row = self._find_or_create(connection, issue.period)
            move_issue(connection, row, IssueState.APPROVED, now)
            frozen = {"content": issue_to_json(issue), "fingerprint": fingerprint}
            who = {"approved_by": by, "approved_at": now, "closed_at": now}
            connection.execute(update(issues).where(issues.c.id == row.id).values(**frozen, **who))
            connection.execute(delete(editions).where(editions.c.issue_id == row.id))
            for rank, edition in enumerate(editions_):
                connection.execute(insert(editions).values(issue_id=row.id, rank=rank, **_edition_values(edition)))

    def unapprove(self, period: Period, reason: str) -> None:
        """See `ports.IssueStore.unapprove`."""
        with self._database.writing() as connection:
            row = self._find_or_create(connection, period)
            check_transition(row.period, IssueState(row.state), IssueState.DRAFT)
            nothing = {"content": None, "fingerprint": None, "approved_by": None, "approved_at": None}
            values = {"state": IssueState.DRAFT.value, "closed_at": None, "reason": reason, **nothing}
            connection.execute(update(issues).where(issues.c.id == row.id).values(values))
            connection.execute(delete(editions).where(editions.c.issue_id == row.id))

    def editions(self, period: Period) -> list[Edition]:
        """See `ports.IssueStore.editions`."""
        query = (
            select(editions.c.language, editions.c.subject, editions.c.html, editions.c.text, editions.c.nonce)
            .join(issues, issues.c.id == editions.c.issue_id)
            .where(issues.c.digest == self._digest, issues.c.period == period.key)
            .order_by(editions.c.rank)
        )
        with self._database.reading() as connection:
            return [Edition(*row) for row in connection.execute(query)]

    def began(self, now: datetime) -> datetime:
        """See `ports.IssueStore.began`."""
        query = select(digests.c.began).where(digests.c.slug == self._digest)
        with self._database.writing() as connection:
            began = connection.execute(query).scalar()
            if began is None:
                set_digest(connection, self._digest, {"began": now})
        return began or now

    def _find_or_create(self, connection: Connection, period: Period) -> Row[Any]:
        if period.cadence is not self._cadence:
            raise HeldError(f"{period.key} is not a {self._cadence} of this digest; only its own periods are sent")
        row = find_issue(connection, self._digest, period.key)
        if row is None:
            new = {"digest": self._digest, "period": period.key, "cadence": self._cadence.value}
            connection.execute(insert(issues).values(**new, state=IssueState.DRAFT.value))
            row = find_issue(connection, self._digest, period.key)
        assert row is not None  # noqa: S101 - inserted a line above, in the same transaction
        return row


def find_issue(connection: Connection, digest: str, period: str) -> Row[Any] | None:
    """The row of a period's issue."""
    return connection.execute(select(issues).where(issues.c.digest == digest, issues.c.period == period)).first()


def move_issue(
    connection: Connection, row: Row[Any], state: IssueState, now: datetime, reason: str | None = None
) -> None:
    """Move an issue to `state` inside a transaction, by the table of `domain.issue`.

    Raises:
        HeldError: the issue's life does not allow it.
    """
    check_transition(row.period, IssueState(row.state), state)
    closed = {"closed_at": now} if state in FINAL and row.closed_at is None else {}
    values = {"state": state.value, "reason": reason, **closed}
    connection.execute(update(issues).where(issues.c.id == row.id).values(values))


def set_digest(connection: Connection, slug: str, values: dict[str, Any]) -> None:
    """Write facts of the digest itself, creating its row when absent."""
    if not connection.execute(update(digests).where(digests.c.slug == slug).values(values)).rowcount:
        connection.execute(insert(digests).values(slug=slug, **values))


def _edition_values(edition: Edition) -> dict[str, str]:
    return {name: getattr(edition, name) for name in ("language", "subject", "html", "text", "nonce")}
