"""An issue is the items chosen for one period, in sections by theme; content, not mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from coopdigest.domain.errors import HeldError
from coopdigest.domain.item import Item
from coopdigest.domain.period import Period


class IssueState(StrEnum):
    """Where an issue stands in its life."""

    COLLECTING = "collecting"  # its period is not over
    DRAFT = "draft"  # its content is still recomputed
    APPROVED = "approved"  # its editions are frozen
    SENDING = "sending"  # its campaign is open
    PAUSED = "paused"  # its campaign is open and held
    SENT = "sent"  # nothing of its campaign is left to do
    EMPTY = "empty"  # its period had nothing to say
    MISSED = "missed"  # its time passed unsent
    CANCELLED = "cancelled"  # somebody decided not to send it


_S = IssueState
TRANSITIONS: dict[IssueState, frozenset[IssueState]] = {
    _S.COLLECTING: frozenset({_S.DRAFT, _S.APPROVED, _S.EMPTY, _S.MISSED, _S.CANCELLED}),
    _S.DRAFT: frozenset({_S.COLLECTING, _S.APPROVED, _S.EMPTY, _S.MISSED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.DRAFT, _S.SENDING, _S.MISSED, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.SENT, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    _S.SENT: frozenset({_S.SENDING}),  # in doubt or refused ones are put back to pending
    _S.EMPTY: frozenset({_S.DRAFT, _S.APPROVED, _S.MISSED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.DRAFT, _S.APPROVED, _S.EMPTY, _S.CANCELLED}),  # a person may still send it by hand
    _S.CANCELLED: frozenset({_S.DRAFT}),  # only before anything was accepted
}
FINAL = frozenset({_S.SENT, _S.EMPTY, _S.MISSED, _S.CANCELLED})  # the scheduler has nothing left to do
OPENED = frozenset({_S.SENDING, _S.PAUSED, _S.SENT})  # there is a campaign
NUMBERED = OPENED | {_S.APPROVED, _S.CANCELLED}  # may have a number; a cancelled one only if somebody had it
FROZEN = OPENED | {_S.APPROVED, _S.CANCELLED}  # collecting and drafting do not touch the content


def check_transition(period: str, old: IssueState, new: IssueState) -> None:
    """Let an issue go from `old` to `new`, or raise HeldError when its life does not allow it."""
    if old is not new and new not in TRANSITIONS[old]:
        raise HeldError(f"issue {period} is {old} and cannot become {new}; see: coopdigest status {period}")


@dataclass(frozen=True, slots=True)
class IssueItem:
    """An item inside an issue. `copies` are the ids of items that were merged into it."""

    item: Item
    theme: str
    carried_over: bool = False
    copies: tuple[int, ...] = ()

    def belongs_to(self, language: str, languages: tuple[str, ...]) -> bool:
        """Whether the edition of `language` shows it: an item in another of the digest's `languages` is not shown."""
        own = {name.split("-")[0] for name in languages}
        spoken = (self.item.language or "").replace("_", "-").split("-")[0].lower()
        return len(own) == 1 or spoken not in own or spoken == language.split("-")[0]


@dataclass(frozen=True, slots=True)
class Section:
    """One theme's items inside an issue."""

    theme: str
    items: tuple[IssueItem, ...]


@dataclass(frozen=True, slots=True)
class EditorWords:
    """What the editor says in one language: an introduction in Markdown, and a subject instead of the usual one."""

    language: str
    introduction: str | None = None
    subject: str | None = None


def with_words(words: Iterable[EditorWords], new: EditorWords) -> tuple[EditorWords, ...]:
    """`words` with what `new` says in its language: what it has None of stays, what it has empty is left out."""
    kept = {each.language: each for each in words}
    old = kept.get(new.language, EditorWords(new.language))
    introduction, subject = (
        (was if now is None else now) or None
        for was, now in ((old.introduction, new.introduction), (old.subject, new.subject))
    )
    kept[new.language] = EditorWords(new.language, introduction, subject)
    return tuple(kept[language] for language in sorted(kept) if kept[language].introduction or kept[language].subject)


@dataclass(frozen=True, slots=True)
class Merge:
    """Two items taken for copies of one another: which stayed, which went, and why."""

    kept: str
    kept_source: str
    dropped_source: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kept!r} came from {self.kept_source} and from {self.dropped_source} ({self.reason}); merged"


@dataclass(frozen=True, slots=True)
class Issue:
    """The content of one period's issue. `number` is the one it has, or would get if it were approved now."""

    digest: str
    period: Period
    state: IssueState
    sections: tuple[Section, ...] = ()
    merges: tuple[Merge, ...] = ()
    number: int | None = None
    words: tuple[EditorWords, ...] = ()

    def items(self) -> Iterator[IssueItem]:
        """Every item in printed order."""
        for section in self.sections:
            yield from section.items

    @property
    def size(self) -> int:
        """How many items the issue holds."""
        return sum(len(section.items) for section in self.sections)

    def used_ids(self) -> list[int]:
        """The ids of the items that this issue uses up, merged copies included."""
        return [id_ for entry in self.items() for id_ in (entry.item.id, *entry.copies)]

    def words_in(self, language: str) -> EditorWords:
        """The editor's words in a language; empty ones where nothing was written."""
        return next((words for words in self.words if words.language == language), EditorWords(language))

    def in_language(self, language: str, languages: tuple[str, ...]) -> Issue:
        """The issue as the edition of `language` shows it.

        An item in one of the digest's `languages` goes to that edition only, any other to all. An edition
        that would hold nothing falls back to the whole issue.
        """
        sections = tuple(
            replace(section, items=tuple(entry for entry in section.items if entry.belongs_to(language, languages)))
            for section in self.sections
        )
        kept = tuple(section for section in sections if section.items)
        return replace(self, sections=kept) if kept else self

    def falls_back(self, language: str, languages: tuple[str, ...]) -> bool:
        """Whether the edition of `language` shows the whole issue for want of any item that belongs to it."""
        return self.size > 0 and not any(entry.belongs_to(language, languages) for entry in self.items())
