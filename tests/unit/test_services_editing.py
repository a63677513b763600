"""How an issue gets its number, carries the editor's words, and is approved, by force too, on fakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.errors import CheckError, CompositionError, HeldError
from coopdigest.domain.issue import EditorWords, Issue, IssueState
from coopdigest.domain.period import Cadence, Period
from coopdigest.services.editing import Editing
from coopdigest.testing.builders import make_found, make_period
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.fake_compose import FakeComposer, FakeMessageChecker
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.samples import sample_digest
from coopdigest.testing.scenes import ACCEPTED, collect, enrol, settle_all

MONTHS = [make_period(date(2021, month, 1)) for month in (8, 9, 10, 11)]
NOVEMBER = MONTHS[-1]
LATE = datetime(2021, 12, 24, 12, tzinfo=UTC)


class Desk:
    """A digest of four months, each with one item, whose checks find what a test sets."""

    def __init__(self, **facts: Any) -> None:
        self.store = MemoryStore()
        self.composer = FakeComposer()
        self.checker = FakeMessageChecker()
        digest = sample_digest(**facts)
        stores = self.store.items, self.store.issues
        self.editing = Editing(digest, ["newsroom"], *stores, FixedClock(LATE), self.checker)
        collect(self.store, *(make_found(f"Item of {month.key}", month.first) for month in MONTHS))
        enrol(self.store, "amina@example.org")

    def issue(self, period: Period = NOVEMBER) -> Issue:
        return self.editing.issue(period)

    def approve(self, period: Period = NOVEMBER, **how: Any) -> int | None:
        return self.editing.approve(period, self.composer, by="Ana", **how).number

    def open(self, period: Period = NOVEMBER) -> None:
        self.store.ledger.open(self.issue(period), NOON)

    def send(self, period: Period = NOVEMBER) -> None:
        campaign = self.store.ledger.campaign(period.key)
        if campaign is None:
            return
        sender = self.store.ledger.enlist(NOON)
        settle_all(self.store, campaign, sender, ACCEPTED)
        self.store.ledger.retire(sender)
        self.store.ledger.finish(campaign.id, NOON)


def error(rule: str, place: str = "header.mjml:3", severity: Severity = Severity.ERROR) -> Finding:
    """A finding of `check`."""
    return Finding(rule, severity, place, "it is wrong")


def test_numbers_count_up_from_the_first_one() -> None:
    """A draft shows the number it would get; every approval takes the next."""
    desk = Desk(first_number=84)
    assert [desk.issue(month).number for month in MONTHS] == [84] * 4
    assert [desk.approve(month) for month in (MONTHS[1], MONTHS[0])] == [84, 85]
    assert [desk.issue(month).number for month in MONTHS] == [85, 84, 86, 86]


def test_a_frozen_issue_keeps_its_number() -> None:
    """Whatever is approved later, sent or not, an issue that went out has the number it went out with."""
    desk = Desk()
    desk.approve(MONTHS[0])
    desk.open(MONTHS[0])
    desk.approve(MONTHS[1])
    desk.send(MONTHS[0])
    assert desk.issue(MONTHS[0]).number == 1
    assert desk.approve(MONTHS[1]) == 2  # once more: its own number is not in its way


def test_a_first_number_set_later_is_skipped_to() -> None:
    """A digest that finds out later which number it continues with goes on there, never back."""
    desk = Desk()
    desk.approve(MONTHS[0])
    desk.editing = replace(desk.editing, digest=sample_digest(first_number=84))
    assert desk.issue(MONTHS[1]).number == 84


def test_a_range_of_days_has_no_number_and_no_words() -> None:
    """Only issues that can be sent are counted."""
    desk = Desk()
    for period in (make_period(cadence=Cadence.WEEK), make_period(cadence=Cadence.YEAR)):
        assert (desk.issue(period).number, desk.issue(period).words) == (None, ())


STEPS = st.tuples(st.sampled_from(["approve", "void", "open", "send", "cancel", "words"]), st.sampled_from(MONTHS))


@given(st.lists(STEPS))
def test_no_number_is_ever_seen_on_two_issues(steps: Sequence[tuple[str, Period]]) -> None:
    """In whatever order issues are approved, voided, opened, sent and cancelled."""
    desk = Desk()
    seen: dict[str, int | None] = {}
    for step, month in steps:
        try:
            _take(desk, step, month)
        except HeldError as refusal:
            assert "number" not in str(refusal)  # noqa: PT017 - what an issue's life forbids is no matter here
        for record in desk.store.issues.records():
            campaign = desk.store.ledger.campaign(record.period)
            if campaign and campaign.tally.accepted:
                assert seen.setdefault(record.period, record.number) == record.number
        live = {r.period: r.number for r in desk.store.issues.records() if r.state is not IssueState.DRAFT and r.number}
        numbers = list({**live, **seen}.values())
        assert None not in numbers
        assert len(numbers) == len(set(numbers))


def _take(desk: Desk, step: str, month: Period) -> None:
    if step == "approve":
        desk.approve(month)
    elif step == "void":
        desk.store.issues.unapprove(month, "a change")
    elif step == "cancel":
        desk.store.ledger.cancel(month, NOON)
    elif step == "words":
        desk.store.issues.set_words(month, EditorWords("en", str(len(desk.composer.composed))))
    else:
        getattr(desk, step)(month)


def test_the_editors_words_stand_in_the_issue_by_the_digests_languages() -> None:
    """Own language first; words in a language that the digest no longer has are left out, not lost."""
    desk = Desk(languages=("fr", "en"))
    words = [EditorWords("en", "Hello"), EditorWords("fr", "Bonjour", "Sujet"), EditorWords("de", "Hallo")]
    for each in words:
        desk.store.issues.set_words(NOVEMBER, each)
    assert desk.issue().words == (words[1], words[0])
    desk.approve()
    assert desk.issue().words == (words[1], words[0])


def test_an_error_stops_an_approval() -> None:
    """The first error is said, the others counted, and nothing is frozen."""
    desk = Desk()
    desk.composer.findings = [error("A08"), error("A10", severity=Severity.WARNING)]
    desk.checker.findings = [error("B20", "edition en")]
    with pytest.raises(CheckError, match=r"header\.mjml:3: A08: it is wrong \(and 1 more\)"):
        desk.approve()
    assert desk.store.issues.record(NOVEMBER) is None


def test_an_error_of_a_template_stops_an_approval() -> None:
    """What `check` says of the templates counts as much as what it says of the edition."""
    desk = Desk()
    desk.composer.template_findings = [error("M02", "partials/item.mjml:7:3")]
    desk.composer.findings = desk.composer.template_findings  # found in what it became, too, and said once
    with pytest.raises(CheckError, match="M02: it is wrong; see"):
        desk.approve()


def test_force_approves_over_errors_and_the_approval_names_them() -> None:
    """Every error once by rule and place; warnings are overridden by nobody."""
    desk = Desk(languages=("en", "fr"))
    desk.composer.template_findings = [error("M02", "partials/item.mjml:7:3")]
    desk.composer.findings = [error("A08"), error("A10", severity=Severity.WARNING)]
    desk.approve(force=True)
    record = desk.store.issues.record(NOVEMBER)
    assert record is not None
    assert record.state is IssueState.APPROVED
    assert record.overridden == ("M02 at partials/item.mjml:7:3", "A08 at header.mjml:3")


def test_force_without_errors_overrides_nothing() -> None:
    """A clean issue is approved as ever."""
    desk = Desk()
    desk.approve(force=True)
    record = desk.store.issues.record(NOVEMBER)
    assert record is not None
    assert record.overridden == ()


def test_a_template_that_does_not_compile_cannot_be_forced() -> None:
    """There is nothing that could be sent."""
    desk = Desk()
    desk.composer.failure = "unexpected end"
    with pytest.raises(CompositionError):
        desk.approve(force=True)


def test_a_message_that_cannot_be_built_cannot_be_forced() -> None:
    """What force cannot help is said, the errors it could go over are not counted, and nothing is approved."""
    desk = Desk()
    nothing = Finding("B23", Severity.ERROR, "message", "it cannot be built", can_be_forced=False)
    desk.composer.findings = [error("A08")]
    desk.checker.findings = [nothing]
    refusal = "message: B23: it cannot be built, and --force does not help; see: coopdigest check 2021-11"
    with pytest.raises(CheckError, match=f"^{refusal}$"):
        desk.approve(force=True)
    assert desk.store.issues.record(NOVEMBER) is None


@pytest.mark.parametrize("fault", ["does not compile", "breaks a rule", "has no items"])
def test_an_approval_outlives_another_that_fails(fault: str) -> None:
    """Approving again is safe: until the new approval is there the old one holds, with its editions."""
    desk = Desk()
    desk.approve()
    before = desk.store.issues.record(NOVEMBER), desk.store.issues.editions(NOVEMBER)
    if fault == "does not compile":
        desk.composer.failure = "unexpected end"
    elif fault == "breaks a rule":
        desk.composer.findings = [error("A08")]
    else:
        desk.editing = replace(desk.editing, sources=[])
    with pytest.raises((CheckError, CompositionError, HeldError)):
        desk.approve()
    assert (desk.store.issues.record(NOVEMBER), desk.store.issues.editions(NOVEMBER)) == before


def test_force_overrides_no_calendar() -> None:
    """A period that is not over stays closed."""
    desk = Desk()
    with pytest.raises(HeldError, match="not over"):
        desk.approve(make_period(date(2021, 12, 1)), force=True)
