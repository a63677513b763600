"""Issues and their frozen editions, kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

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
from coopdigest.testing.memory_items import MemoryItems


class MemoryIssues:
    """An `IssueStore`."""

    def __init__(self, items: MemoryItems, cadence: Cadence = Cadence.MONTH) -> None:
        """Know no issue; `items` tells which items were used up, `cadence` whose issues may be kept."""
        self._items, self._cadence = items, cadence
        self._records: dict[str, IssueRecord] = {}
        self._periods: dict[str, Period] = {}
        self._editions: dict[str, list[Edition]] = {}
        self._began: datetime | None = None

    def record(self, period: Period) -> IssueRecord | None:
        """What is kept of the period's issue."""
        return self._records.get(period.key)

    def records(self) -> list[IssueRecord]:
        """Every issue kept, newest period first, without content."""
        newest_first = sorted(self._records, key=lambda key: self._periods[key].first, reverse=True)
        return [replace(self._records[key], content=None) for key in newest_first]

    def used_items(self, cadence: str, *, but: str) -> list[Item]:
        """The items that issues of `cadence` other than the one of period `but` used up."""
        return self._items.used(cadence, but=but)

    def set_state(self, period: Period, state: IssueState, now: datetime, reason: str | None = None) -> None:
        """Move the issue to `state` by the table."""
        old = self._ensure(period)
        check_transition(period.key, old.state, state)
        closed = old.closed_at or (now if state in FINAL else None)
        content = replace(old.content, state=state) if old.content else None
        number = old.number if state in NUMBERED else None
        self._put(period, replace(old, state=state, content=content, closed_at=closed, reason=reason, number=number))

    def set_words(self, period: Period, words: EditorWords) -> None:
        """Keep the editor's words."""
        old = self._ensure(period)
        if old.state in OPENED or self._is_spent(old):
            raise HeldError(f"issue {period.key} is {old.state}: its words went out as they are")
        new = with_words(old.words, words)
        if new != old.words and old.state is IssueState.APPROVED:
            self.unapprove(period, f"the editor's words in {words.language} changed")
        if new != old.words:
            self._put(period, replace(self._ensure(period), words=new))

    def highest_number(self, *, but: str) -> int | None:
        """The highest number of the other issues."""
        return max((r.number for r in self._records.values() if r.number is not None and r.period != but), default=None)

    def approve(
        self,
        issue: Issue,
        editions: Sequence[Edition],
        fingerprint: str,
        *,
        by: str,
        now: datetime,
        overridden: Sequence[str] = (),
    ) -> None:
        """Freeze content and editions and mark the issue approved."""
        period, state = issue.period, IssueState.APPROVED
        old = self._ensure(period)
        if {words for words in old.words if words.language in {e.language for e in editions}} != set(issue.words):
            raise HeldError(f"the words of issue {period.key} changed meanwhile; approve it again")
        if old.state is IssueState.CANCELLED:
            self.unapprove(period, "approved after all")
            old = self._ensure(period)
        check_transition(period.key, old.state, state)
        others = {record.number for key, record in self._records.items() if key != period.key}
        if issue.number is not None and issue.number in others:
            raise HeldError(f"another issue became number {issue.number} meanwhile; approve {period.key} again")
        record = IssueRecord(period.key, state, replace(issue, state=state), fingerprint, by, now, closed_at=now)
        self._put(period, replace(record, number=issue.number, words=old.words, overridden=tuple(overridden)))
        self._editions[period.key] = list(editions)

    def unapprove(self, period: Period, reason: str) -> None:
        """Void an approval."""
        old = self._ensure(period)
        check_transition(period.key, old.state, IssueState.DRAFT)
        if self._is_spent(old):
            raise HeldError(f"issue {period.key} was cancelled after somebody had it; nobody gets it twice")
        self._put(period, IssueRecord(period.key, IssueState.DRAFT, reason=reason, words=old.words))
        self._editions.pop(period.key, None)

    def release(self, period: Period) -> None:
        """Give back the items and the number of an issue that nobody got."""
        self._items.release(period.key)
        self._put(period, replace(self._ensure(period), number=None))

    def _is_spent(self, record: IssueRecord) -> bool:
        return record.state is IssueState.CANCELLED and self._items.is_user(record.period)

    def editions(self, period: Period) -> list[Edition]:
        """The frozen editions, the digest's own language first."""
        return list(self._editions.get(period.key, ()))

    def began(self, now: datetime) -> datetime:
        """When this digest was first run."""
        self._began = self._began or now
        return self._began

    def _ensure(self, period: Period) -> IssueRecord:
        if period.cadence is not self._cadence:
            raise HeldError(f"{period.key} is not a {self._cadence} of this digest; only its own periods are sent")
        return self._records.get(period.key) or IssueRecord(period.key, IssueState.DRAFT)

    def _put(self, period: Period, record: IssueRecord) -> None:
        self._periods[period.key] = period
        self._records[period.key] = record
