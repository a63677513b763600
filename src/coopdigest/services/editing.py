"""Draft, compose, check and approve: from items to frozen editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Finding, Severity, fingerprint, merge_findings
from coopdigest.domain.errors import CheckError, HeldError
from coopdigest.domain.issue import FROZEN, OPENED, EditorWords, Issue, IssueState
from coopdigest.domain.period import Period
from coopdigest.domain.selection import History, Policy, draft
from coopdigest.ports import Clock, Composer, IssueRecord, IssueStore, ItemStore, MessageChecker
from coopdigest.services.language_coverage import check_languages


@dataclass(frozen=True, slots=True)
class Editing:
    """Makes issues of what was collected. `sources` are the names configured, in their order."""

    digest: Digest
    sources: Sequence[str]
    items: ItemStore
    issues: IssueStore
    clock: Clock
    messages: MessageChecker

    def issue(self, period: Period) -> Issue:
        """The period's issue as it stands: frozen content once approved, else drafted afresh."""
        record = self.issues.record(period) if self._is_own(period) else None
        if record and record.content and record.state in FROZEN:
            return record.content
        return self._draft(period, record)

    def _draft(self, period: Period, record: IssueRecord | None) -> Issue:
        """The issue as it would be approved now, whatever was approved before."""
        drafted = draft(period, self.items.present(self.sources), self._history(period), self._policy())
        words = self._words(record) if record else ()
        return replace(drafted, state=self._state(drafted, record), number=self._number(period), words=words)

    def _number(self, period: Period) -> int | None:
        """The number that the issue would get now: one more than any other has; a mere range of days has none."""
        if not self._is_own(period):
            return None
        highest = self.issues.highest_number(but=period.key)
        return max(self.digest.first_number, (highest or 0) + 1)

    def _words(self, record: IssueRecord) -> tuple[EditorWords, ...]:
        by_language = {words.language: words for words in record.words}
        return tuple(by_language[each] for each in self.digest.languages if each in by_language)

    def _is_own(self, period: Period) -> bool:
        return period.cadence is self.digest.cadence

    def _state(self, drafted: Issue, record: IssueRecord | None) -> IssueState:
        if record and record.state not in {IssueState.DRAFT, IssueState.EMPTY, IssueState.COLLECTING}:
            return record.state
        if not drafted.period.is_over(self.clock.now()):
            return IssueState.COLLECTING
        return drafted.state

    def _policy(self) -> Policy:
        return Policy(self.digest.slug, self.digest.themes, tuple(self.sources), self.digest.carry_over)

    def _history(self, period: Period) -> History:
        if not self._is_own(period):
            return History()
        used = self.issues.used_items(self.digest.cadence.value, but=period.key)
        closed = {record.period: record.closed_at for record in self.issues.records() if record.closed_at}
        records = [self.items.source(name) for name in self.sources]
        first = {record.name: record.first_collected for record in records if record.first_collected}
        return History(used, closed, first)

    def compose(self, issue: Issue, composer: Composer) -> list[Edition]:
        """Render one edition per language, the digest's own first.

        Raises:
            HeldError: the issue holds nothing.
            CompositionError: a template does not compile.
        """
        _require_items(issue)
        languages = self.digest.languages
        return [composer.compose(issue.in_language(language, languages), language) for language in languages]

    def editions(self, period: Period, composer: Composer) -> list[Edition]:
        """The editions as they would be sent: frozen once approved, else composed afresh."""
        record = self.issues.record(period) if self._is_own(period) else None
        if record and record.state in FROZEN and (frozen := self.issues.editions(period)):
            return frozen
        return self.compose(self.issue(period), composer)

    def check(self, editions: Sequence[Edition], composer: Composer) -> Mapping[str, list[Finding]]:
        """The findings of every edition and of the message it becomes, by language; worst first."""
        found = {each.language: [*composer.check(each), *self.messages.check(each)] for each in editions}
        return {language: sorted(each, key=_by_severity) for language, each in found.items()}

    def check_issue(self, issue: Issue, editions: Sequence[Edition], composer: Composer) -> Mapping[str, list[Finding]]:
        """The findings of every edition as `check` has them, and what it lacks beside the others, by language."""
        missing = check_languages(issue, self.digest.languages)
        found = self.check(editions, composer)
        return {language: [*findings, *missing.get(language, [])] for language, findings in found.items()}

    def approve(
        self, period: Period, composer: Composer, *, by: str, early: bool = False, force: bool = False
    ) -> IssueRecord:
        """Freeze and approve the period's issue, also once more. One whose campaign is open is left as it is.

        With `force` the errors of `check` do not stop it, unless they leave nothing to send; the record names those
        that were overridden. Whatever is raised, an earlier approval stays as it is.

        Raises:
            HeldError: the period is not over, is not the digest's own, or holds nothing.
            CompositionError: a template does not compile; `force` does not help.
            CheckError: a rule of `check` is broken.
        """
        self.require_sendable(period, early)
        record = self.issues.record(period)
        if record and record.state in OPENED:
            return record
        issue = self._draft(period, record)
        if not record or record.state not in FROZEN:
            self.refuse_empty(issue)
        editions = self.compose(issue, composer)
        errors = self._find_errors(editions, composer)
        _refuse_errors(period, errors, force)
        self._freeze(issue, editions, by, errors)
        approved = self.issues.record(period)
        assert approved is not None  # noqa: S101 - written a line above
        return approved

    def _freeze(self, issue: Issue, editions: Sequence[Edition], by: str, errors: Sequence[Finding]) -> None:
        over = list(dict.fromkeys(f"{error.rule} at {error.place}" for error in errors))
        frozen, mark = replace(issue, state=IssueState.APPROVED), fingerprint(self.digest, editions)
        self.issues.approve(frozen, editions, mark, by=by, now=self.clock.now(), overridden=over)

    def refuse_empty(self, issue: Issue) -> None:
        """Record an issue that holds nothing as empty, and raise HeldError."""
        if not issue.size:
            self.issues.set_state(issue.period, IssueState.EMPTY, self.clock.now())
        _require_items(issue)

    def require_sendable(self, period: Period, early: bool) -> None:
        """Refuse a period that is not the digest's own, or not over."""
        if not self._is_own(period):
            raise HeldError(
                f"{period.key} is not a {self.digest.cadence} of this digest; only its own periods are sent"
            )
        if not early and not period.is_over(self.clock.now()):
            raise HeldError(f"{period.key} is not over before {period.end}; --early sends it all the same")

    def _find_errors(self, editions: Sequence[Edition], composer: Composer) -> list[Finding]:
        """All that `check` would call an error: in the templates, in the editions and in their messages."""
        findings = dict.fromkeys([*composer.check_templates(), *merge_findings(self.check(editions, composer))])
        return [finding for finding in findings if finding.severity is Severity.ERROR]

    def void_stale_approval(self, period: Period) -> bool:
        """Void an approval whose editions would now go out under other headers; True when it was voided."""
        record = self.issues.record(period)
        if not record or record.state is not IssueState.APPROVED:
            return False
        if fingerprint(self.digest, self.issues.editions(period)) == record.fingerprint:
            return False
        self.issues.unapprove(period, "the sender or list headers changed after approval")
        return True


def _by_severity(finding: Finding) -> int:
    return list(Severity).index(finding.severity)


def _refuse_errors(period: Period, errors: Sequence[Finding], force: bool) -> None:
    """Raise CheckError for the first error, with `force` for the first that cannot be forced."""
    stopping = [error for error in errors if not (force and error.can_be_forced)]
    if not stopping:
        return
    first, more = stopping[0], f" (and {len(stopping) - 1} more)" if len(stopping) > 1 else ""
    but = ", and --force does not help" if force else ""
    said = f"{first.place}: {first.rule}: {first.message}{more}{but}"
    raise CheckError(f"{said}; see: coopdigest check {period.key}")


def _require_items(issue: Issue) -> None:
    key = issue.period.key
    if not issue.size:
        raise HeldError(f"nothing to send for {key}: no items; see: coopdigest issue {key}")
