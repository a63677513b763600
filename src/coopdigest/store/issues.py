"""Issues, their frozen editions and the items they used up, in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import (
    FINAL,
    NUMBERED,
    OPENED,
    EditorWords,
    Issue,
    IssueState,
    check_transition,
    with_words,
)
from coopdigest.domain.item import Item
from coopdigest.domain.period import Cadence, Period
from coopdigest.ports import IssueRecord
from coopdigest.store.content import issue_from_json, issue_to_json, item_from_row, words_from_json, words_to_json
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
            row.number,
            words_from_json(row.words),
            tuple(row.overridden or ()),
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

    def set_words(self, period: Period, words: EditorWords) -> None:
        """See `ports.IssueStore.set_words`."""
        with self._database.writing() as connection:
            self._require_own(period)
            found = find_issue(connection, self._digest, period.key)
            if found and (found.state in OPENED or _is_spent(connection, found)):
                raise HeldError(f"issue {period.key} is {found.state}: its words went out as they are")
            old = words_from_json(found.words) if found else ()
            new = with_words(old, words)
            if new == old:
                return
            row = found or self._find_or_create(connection, period)
            if row.state == IssueState.APPROVED:
                void_approval(connection, row, f"the editor's words in {words.language} changed")
            kept = {"words": words_to_json(new)}
            connection.execute(update(issues).where(issues.c.id == row.id).values(kept))

    def highest_number(self, *, but: str) -> int | None:
        """See `ports.IssueStore.highest_number`."""
        query = select(func.max(issues.c.number)).where(issues.c.digest == self._digest, issues.c.period != but)
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def approve(
        self,
        issue: Issue,
        editions_: Sequence[Edition],
        fingerprint: str,
        *,
        by: str,
        now: datetime,
        overridden: Sequence[str] = (),
    ) -> None:
        """See `ports.IssueStore.approve`."""
        with self._database.writing() as connection:
            row = self._find_or_create(connection, issue.period)
            _refuse_other_words(row, issue, [edition.language for edition in editions_])
            if row.state == IssueState.CANCELLED:
                void_approval(connection, row, "approved after all")
                row = self._find_or_create(connection, issue.period)
            move_issue(connection, row, IssueState.APPROVED, now)
            frozen = {"content": issue_to_json(issue), "fingerprint": fingerprint, "overridden": list(overridden)}
            who = {"approved_by": by, "approved_at": now, "closed_at": now}
            connection.execute(update(issues).where(issues.c.id == row.id).values(**frozen, **who))
            _give_number(connection, row, issue.number)
            connection.execute(delete(editions).where(editions.c.issue_id == row.id))
            for rank, edition in enumerate(editions_):
                connection.execute(insert(editions).values(issue_id=row.id, rank=rank, **_edition_values(edition)))

    def unapprove(self, period: Period, reason: str) -> None:
        """See `ports.IssueStore.unapprove`."""
        with self._database.writing() as connection:
            row = self._find_or_create(connection, period)
            void_approval(connection, row, reason)

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

    def _require_own(self, period: Period) -> None:
        if period.cadence is not self._cadence:
            raise HeldError(f"{period.key} is not a {self._cadence} of this digest; only its own periods are sent")

    def _find_or_create(self, connection: Connection, period: Period) -> Row[Any]:
        self._require_own(period)
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
    number = {} if state in NUMBERED else {"number": None}
    values = {"state": state.value, "reason": reason, **closed, **number}
    connection.execute(update(issues).where(issues.c.id == row.id).values(values))


def void_approval(connection: Connection, row: Row[Any], reason: str) -> None:
    """Take an issue back to draft inside a transaction; see `ports.IssueStore.unapprove`."""
    check_transition(row.period, IssueState(row.state), IssueState.DRAFT)
    if _is_spent(connection, row):
        raise HeldError(f"issue {row.period} was cancelled after somebody had it; nobody gets it twice")
    values = dict.fromkeys(("content", "fingerprint", "approved_by", "approved_at", "closed_at", "number"))
    values |= {"state": IssueState.DRAFT.value, "reason": reason, "overridden": []}
    connection.execute(update(issues).where(issues.c.id == row.id).values(values))
    connection.execute(delete(editions).where(editions.c.issue_id == row.id))


def release_issue(connection: Connection, issue_id: int) -> None:
    """Give back the items and the number of an issue that nobody got."""
    connection.execute(delete(used_items).where(used_items.c.issue_id == issue_id))
    connection.execute(update(issues).where(issues.c.id == issue_id).values(number=None))


def _is_spent(connection: Connection, row: Row[Any]) -> bool:
    """Whether an issue was cancelled after somebody had it: only then has a cancelled one items."""
    used = select(used_items.c.item_id).where(used_items.c.issue_id == row.id).limit(1)
    return row.state == IssueState.CANCELLED and connection.execute(used).first() is not None


def _refuse_other_words(row: Row[Any], issue: Issue, languages: Sequence[str]) -> None:
    """Whoever changed the words while the issue was composed means the new ones to be approved."""
    kept = {words for words in words_from_json(row.words) if words.language in languages}
    if kept != set(issue.words):
        raise HeldError(
            f"the words of issue {row.period} changed meanwhile; approve it again: coopdigest approve {row.period}"
        )


def _give_number(connection: Connection, row: Row[Any], number: int | None) -> None:
    try:
        connection.execute(update(issues).where(issues.c.id == row.id).values(number=number))
    except IntegrityError as error:
        raise HeldError(
            f"another issue became number {number} meanwhile; approve it again: coopdigest approve {row.period}"
        ) from error


def set_digest(connection: Connection, slug: str, values: dict[str, Any]) -> None:
    """Write facts of the digest itself, creating its row when absent."""
    if not connection.execute(update(digests).where(digests.c.slug == slug).values(values)).rowcount:
        connection.execute(insert(digests).values(slug=slug, **values))


def _edition_values(edition: Edition) -> dict[str, str]:
    return {name: getattr(edition, name) for name in ("language", "subject", "html", "text", "nonce")}
