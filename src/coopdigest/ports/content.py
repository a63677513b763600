"""Keeps items and issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coopdigest.domain.edition import Edition
from coopdigest.domain.issue import EditorWords, Issue, IssueState
from coopdigest.domain.item import Item
from coopdigest.domain.period import Period
from coopdigest.ports.sources import Reading, Validators


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What is remembered of a source between collects."""

    name: str
    first_collected: datetime | None = None
    last_collected: datetime | None = None
    last_tried: datetime | None = None
    last_error: str | None = None
    items: int = 0
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What a reading changed: how many items were new, already known, and gone."""

    new: int = 0
    seen: int = 0
    gone: int = 0


class ItemStore(Protocol):
    """Items and the sources they came from."""

    def source(self, name: str) -> SourceRecord:
        """What is remembered of the source; an empty record for one never tried."""
        ...

    def keep(self, source: str, reading: Reading, *, whole: bool, now: datetime, today: datetime) -> Collected:
        """Record a good reading in one transaction: insert, update in place what no issue used, mark the gone.

        `whole` says that items absent from the reading are gone. `today` is `now` in the digest's zone: an
        item without a day gets its date.
        """
        ...

    def note_failure(self, source: str, error: str, now: datetime) -> None:
        """Record that the source was tried and failed."""
        ...

    def present(self, sources: Sequence[str]) -> list[Item]:
        """All items of these sources that are not gone."""
        ...


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What is kept of an issue. `content`, `fingerprint` and `number` are there from approval on.

    `words` are the editor's, by language; they outlive an approval. `overridden` names the errors of `check` that
    the approval was forced over.
    """

    period: str
    state: IssueState
    content: Issue | None = None
    fingerprint: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    number: int | None = None
    words: tuple[EditorWords, ...] = ()
    overridden: tuple[str, ...] = ()


class IssueStore(Protocol):
    """Issues, their frozen editions, and which items they used up."""

    def record(self, period: Period) -> IssueRecord | None:
        """What is kept of the period's issue, None if nothing was."""
        ...

    def records(self) -> list[IssueRecord]:
        """Every issue kept, newest period first, without content."""
        ...

    def used_items(self, cadence: str, *, but: str) -> list[Item]:
        """The items that issues of `cadence` other than the one of period `but` used up."""
        ...

    def set_state(self, period: Period, state: IssueState, now: datetime, reason: str | None = None) -> None:
        """Move the issue to `state` by the table (created when absent); final states set `closed_at`.

        Raises:
            HeldError: the issue's life does not allow it.
        """
        ...

    def set_words(self, period: Period, words: EditorWords) -> None:
        """Keep what the editor says in a language: what is None stays as it was, what is empty is removed.

        Other words void an approval, in the same transaction; the same again leave everything as it is.

        Raises:
            HeldError: the campaign is open, or was; nothing is changed.
        """
        ...

    def highest_number(self, *, but: str) -> int | None:
        """The highest number of the issues that are approved, opened, or were cancelled after somebody had them.

        The one of period `but` does not count.
        """
        ...

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
        """Freeze content, number and editions and mark the issue approved, in one transaction.

        An earlier approval is replaced; a cancelled issue that nobody had is taken back.

        Raises:
            HeldError: the issue's life does not allow it, it was cancelled after somebody had it, another issue has
                its number by now, or the editor's words in a language of the editions are others by now.
        """
        ...

    def unapprove(self, period: Period, reason: str) -> None:
        """Void an approval: back to draft, the number is free, the editions are dropped; the words stay.

        Raises:
            HeldError: the issue's life does not allow it, or it was cancelled after somebody had it.
        """
        ...

    def editions(self, period: Period) -> list[Edition]:
        """The frozen editions, the digest's own language first."""
        ...

    def began(self, now: datetime) -> datetime:
        """When this digest was first run; records `now` on the first call."""
        ...
