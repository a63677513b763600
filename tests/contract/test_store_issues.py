"""What every IssueStore does, on the fake and on the real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import FINAL, EditorWords, IssueItem, IssueState, Merge, Section
from coopdigest.domain.item import Image
from coopdigest.domain.period import Cadence, Period
from coopdigest.testing.builders import UTC_ZONE, make_edition, make_found, make_issue, make_item, make_period
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import ACCEPTED, Store, approve, collect, enrol, settle_all

NOVEMBER = make_period()
LATER = NOON + timedelta(days=1)


def test_issue_of_an_untouched_period_is_unknown(store: Store) -> None:
    """Nothing is kept of a period before something happens to it."""
    assert store.issues.record(NOVEMBER) is None
    assert store.issues.records() == []
    assert store.issues.editions(NOVEMBER) == []


@pytest.mark.parametrize("state", [IssueState.COLLECTING, IssueState.DRAFT, *sorted(FINAL - {IssueState.SENT})])
def test_state_is_created_when_absent(store: Store, state: IssueState) -> None:
    """The first state of an issue creates it, and a final one says when and why."""
    store.issues.set_state(NOVEMBER, state, NOON, "no items")
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert (record.period, record.state, record.reason) == ("2021-11", state, "no items")
    assert record.closed_at == (NOON if state in FINAL else None)


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.SENT, IssueState.PAUSED])
def test_issue_that_was_never_approved_cannot_be_sending(store: Store, state: IssueState) -> None:
    """The issue's life is not skipped, and a refused move leaves nothing behind."""
    with pytest.raises(HeldError):
        store.issues.set_state(NOVEMBER, state, NOON)
    assert store.issues.record(NOVEMBER) is None


def test_range_is_no_issue_of_the_digest(store: Store) -> None:
    """Only periods of the digest's own cadence are kept."""
    some_days = Period("2021-11-01..2021-11-15", date(2021, 11, 1), date(2021, 11, 16), UTC_ZONE, None)
    for period in (some_days, make_period(cadence=Cadence.WEEK)):
        with pytest.raises(HeldError):
            store.issues.set_state(period, IssueState.DRAFT, NOON)


def test_approval_freezes_content_and_editions(store: Store) -> None:
    """An approved issue and its editions come back exactly as they were approved, the first edition first."""
    image = Image(url="https://example.org/a.jpg", alt=None, credit="Ana")
    published = datetime(2021, 11, 15, 9, 30, tzinfo=UTC)
    facts = {"theme": "Video", "summary": "Words", "summary_html": "<b>Words</b>", "credit": "© Ana", "language": "fr"}
    facts |= {"kind": "Photo story"}
    item = make_item(7, "“Ünï”", published=published, url="https://example.org/1", image=image, undated=True, **facts)
    entries = (IssueItem(item, "Films", carried_over=True, copies=(8, 9)),)
    merges = (Merge("“Ünï”", "newsroom", "feed", "same link"),)
    words = (EditorWords("en", "“Ünï”\n\n*so*", None), EditorWords("fr", None, "Sujet"))
    issue = replace(make_issue(), sections=(Section("Films", entries),), merges=merges, number=84, words=words)
    editions = [make_edition(issue, language) for language in ("fr", "ar", "en")]
    for said in words:
        store.issues.set_words(NOVEMBER, said)
    store.issues.approve(issue, editions, "f" * 64, by="Ana", now=NOON)
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert record.content == replace(issue, state=IssueState.APPROVED)
    assert (record.state, record.fingerprint) == (IssueState.APPROVED, "f" * 64)
    assert (record.approved_by, record.approved_at) == ("Ana", NOON)
    assert store.issues.editions(NOVEMBER) == editions


def test_second_approval_replaces_the_first(store: Store) -> None:
    """Approving again freezes the new content and drops the old editions."""
    approve(store, [make_item(1, "Old")], languages=("en", "fr"))
    issue = approve(store, [make_item(2, "New")])
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert record.content is not None
    assert [entry.item.title for entry in record.content.items()] == ["New"]
    assert store.issues.editions(NOVEMBER) == [make_edition(issue)]


def test_unapproval_drops_the_editions(store: Store) -> None:
    """A voided approval leaves a draft that says why and keeps nothing frozen."""
    approve(store, [make_item()])
    store.issues.unapprove(NOVEMBER, "a template changed")
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert (record.state, record.reason) == (IssueState.DRAFT, "a template changed")
    assert (record.content, record.fingerprint, record.approved_at) == (None, None, None)
    assert store.issues.editions(NOVEMBER) == []


def test_issue_that_is_sending_can_be_neither_approved_nor_unapproved(store: Store) -> None:
    """What is on its way stays as it was approved."""
    enrol(store, "amina@example.org")
    issue = approve(store, collect(store, make_found()))
    store.ledger.open(issue, NOON)
    editions = store.issues.editions(NOVEMBER)
    with pytest.raises(HeldError):
        store.issues.unapprove(NOVEMBER, "too late")
    with pytest.raises(HeldError):
        store.issues.approve(issue, [], "0" * 64, by="Ana", now=LATER)
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert (record.state, record.fingerprint) == (IssueState.SENDING, "f" * 64)
    assert store.issues.editions(NOVEMBER) == editions


def test_records_come_newest_period_first_without_content(store: Store) -> None:
    """The list of issues is short and ordered."""
    for day in (date(2021, 10, 1), date(2021, 12, 1), date(2021, 11, 1)):
        approve(store, [make_item()], make_period(day))
    records = store.issues.records()
    assert [record.period for record in records] == ["2021-12", "2021-11", "2021-10"]
    assert {record.content for record in records} == {None}


def test_items_are_used_by_opening_not_by_approving(store: Store) -> None:
    """A draft and an approval reserve nothing; the campaign uses the items, merged copies included."""
    enrol(store, "amina@example.org")
    items = collect(store, make_found("One"), make_found("Two"))
    issue = make_issue(items[:1])
    entry = replace(issue.sections[0].items[0], copies=(items[1].id,))
    issue = replace(issue, sections=(replace(issue.sections[0], items=(entry,)),))
    store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)
    assert store.issues.used_items("month", but="2021-12") == []
    store.ledger.open(issue, NOON)
    assert {item.title for item in store.issues.used_items("month", but="2021-12")} == {"One", "Two"}
    assert store.issues.used_items("month", but="2021-11") == []
    assert store.issues.used_items("week", but="2021-12") == []


def test_digest_began_when_it_was_first_run(store: Store) -> None:
    """The first run is remembered for ever."""
    odd = NOON + timedelta(microseconds=7)
    assert store.issues.began(odd) == odd
    assert store.issues.began(LATER) == odd


def test_closing_instant_tells_when_the_content_was_fixed(store: Store) -> None:
    """An approved issue is closed from its approval, an empty one from then; a voided approval opens it again."""
    approve(store, [make_item()])
    approved = store.issues.record(NOVEMBER)
    store.issues.unapprove(NOVEMBER, "changed")
    voided = store.issues.record(NOVEMBER)
    assert approved is not None
    assert voided is not None
    assert (approved.closed_at, voided.closed_at) == (NOON, None)


ENGLISH = EditorWords("en", "A month of *boats*.\n\n- one\n- two", "Boats")
FRENCH = EditorWords("fr", "Un mois de bateaux.")


def words_of(store: Store, period: Period = NOVEMBER) -> tuple[EditorWords, ...]:
    """The editor's words that are kept for a period."""
    record = store.issues.record(period)
    return record.words if record else ()


def approve_number(store: Store, number: int, period: Period = NOVEMBER) -> None:
    """Approve an issue of one item of its own, with this number."""
    found = make_found(f"Item of {period.key}", period.first)
    items = [item for item in collect(store, found, source=period.key) if item.source == period.key]
    issue = replace(make_issue(items, period), number=number, words=words_of(store, period))
    store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)


def open_issue(store: Store, period: Period = NOVEMBER) -> int:
    """Open the campaign of an approved issue; its id."""
    enrol(store, "amina@example.org")
    record = store.issues.record(period)
    assert record is not None
    assert record.content is not None
    return store.ledger.open(record.content, NOON).id


def hand_over(store: Store, period: Period = NOVEMBER) -> None:
    """Hand everything of an open campaign over."""
    campaign = store.ledger.campaign(period.key)
    assert campaign is not None
    sender = store.ledger.enlist(NOON)
    settle_all(store, campaign, sender, ACCEPTED)
    store.ledger.retire(sender)


def test_words_are_kept_by_language(store: Store) -> None:
    """Words in a language replace those in the same one, absent ones stay, empty ones go; nothing else changes."""
    for words in (FRENCH, EditorWords("en", "Old", "Boats"), replace(ENGLISH, subject=None), EditorWords("fr")):
        store.issues.set_words(NOVEMBER, words)
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert (record.state, record.words) == (IssueState.DRAFT, (ENGLISH, FRENCH))
    store.issues.set_words(NOVEMBER, EditorWords("en", "", ""))
    assert words_of(store) == (FRENCH,)
    assert words_of(store, make_period(date(2021, 12, 1))) == ()
    assert [each.words for each in store.issues.records()] == [(FRENCH,)]


def test_words_outlive_an_approval(store: Store) -> None:
    """Approving, voiding and approving again lose no word."""
    store.issues.set_words(NOVEMBER, ENGLISH)
    approve(store, [make_item()])
    assert words_of(store) == (ENGLISH,)
    store.issues.unapprove(NOVEMBER, "a template changed")
    assert words_of(store) == (ENGLISH,)
    store.issues.set_state(NOVEMBER, IssueState.EMPTY, NOON)
    approve(store, [make_item()])
    assert words_of(store) == (ENGLISH,)


def test_other_words_void_an_approval(store: Store) -> None:
    """An approval holds for the words that were approved; the same words again leave it alone."""
    store.issues.set_words(NOVEMBER, ENGLISH)
    approve(store, [make_item()])
    store.issues.set_words(NOVEMBER, ENGLISH)
    still = store.issues.record(NOVEMBER)
    store.issues.set_words(NOVEMBER, FRENCH)
    voided = store.issues.record(NOVEMBER)
    assert still is not None
    assert voided is not None
    assert still.state is IssueState.APPROVED
    assert (voided.state, voided.reason) == (IssueState.DRAFT, "the editor's words in fr changed")
    assert (voided.content, store.issues.editions(NOVEMBER)) == (None, [])
    assert voided.words == (ENGLISH, FRENCH)


def test_words_of_an_issue_that_goes_out_stay(store: Store) -> None:
    """Once the campaign is open, and also when it was cancelled half-way, no word can be changed any more."""
    store.issues.set_words(NOVEMBER, ENGLISH)
    approve_number(store, 1)
    open_issue(store)
    with pytest.raises(HeldError):
        store.issues.set_words(NOVEMBER, FRENCH)
    hand_over(store)
    store.ledger.cancel(NOVEMBER, NOON)
    with pytest.raises(HeldError):
        store.issues.set_words(NOVEMBER, FRENCH)
    assert words_of(store) == (ENGLISH,)


def test_approval_of_other_words_than_are_kept_is_refused(store: Store) -> None:
    """Words that changed while the issue was composed must not be approved unseen, nor those before them be sent."""
    store.issues.set_words(NOVEMBER, ENGLISH)
    store.issues.set_words(NOVEMBER, FRENCH)
    issue = make_issue([make_item()])
    with pytest.raises(HeldError, match="words of issue 2021-11 changed"):
        store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)
    assert store.issues.editions(NOVEMBER) == []
    said = replace(issue, words=(ENGLISH,))  # French is no language of these editions
    store.issues.approve(said, [make_edition(said)], "f" * 64, by="editor", now=NOON)
    record = store.issues.record(NOVEMBER)
    assert record is not None
    assert record.state is IssueState.APPROVED


def test_same_words_create_no_issue(store: Store) -> None:
    """Removing what nobody said leaves a period untouched, so that it is listed nowhere."""
    store.issues.set_words(NOVEMBER, EditorWords("en", "", ""))
    assert store.issues.records() == []


def test_cancelled_issue_that_nobody_had_can_be_approved(store: Store) -> None:
    """Approving takes it back in the same step; one that somebody had stays cancelled."""
    approve_number(store, 7)
    store.ledger.cancel(NOVEMBER, NOON)
    approve_number(store, 8)
    assert store.issues.highest_number(but="2021-12") == 8
    open_issue(store)
    hand_over(store)
    store.ledger.cancel(NOVEMBER, NOON)
    with pytest.raises(HeldError, match="after somebody had it"):
        approve_number(store, 9)
    assert store.issues.highest_number(but="2021-12") == 8


def test_range_has_no_words(store: Store) -> None:
    """Only issues of the digest's own cadence have words of the editor."""
    with pytest.raises(HeldError):
        store.issues.set_words(make_period(cadence=Cadence.WEEK), ENGLISH)


def test_approval_keeps_the_errors_it_was_forced_over(store: Store) -> None:
    """What was overridden is remembered with the approval, and forgotten with it."""
    issue = make_issue([make_item()])
    over = ("A08 at header.mjml.j2:3", "B27 at edition en")
    store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="Ana", now=NOON, overridden=over)
    approved = store.issues.record(NOVEMBER)
    assert approved is not None
    assert approved.overridden == over
    assert [record.overridden for record in store.issues.records()] == [over]
    store.issues.unapprove(NOVEMBER, "changed")
    voided = store.issues.record(NOVEMBER)
    assert voided is not None
    assert voided.overridden == ()
    approve(store, [make_item()])
    again = store.issues.record(NOVEMBER)
    assert again is not None
    assert again.overridden == ()


def test_highest_number_is_that_of_the_others(store: Store) -> None:
    """Approved issues count, those without a number and the one that is asked for do not."""
    december, january = make_period(date(2021, 12, 1)), make_period(date(2022, 1, 1))
    assert store.issues.highest_number(but="2021-11") is None
    approve_number(store, 84)
    approve_number(store, 85, december)
    approve(store, [make_item()], january)
    assert store.issues.highest_number(but="2022-01") == 85
    assert store.issues.highest_number(but="2021-12") == 84
    assert [record.number for record in store.issues.records()] == [None, 85, 84]


@pytest.mark.parametrize("end", ["unapprove", "missed", "cancel", "cancel open"])
def test_number_that_nobody_saw_is_free_again(store: Store, end: str) -> None:
    """An issue that was voided, missed or cancelled before anybody had it gives its number back."""
    approve_number(store, 7)
    if end == "unapprove":
        store.issues.unapprove(NOVEMBER, "changed")
    elif end == "missed":
        store.issues.set_state(NOVEMBER, IssueState.MISSED, NOON)
    else:
        if end == "cancel open":
            open_issue(store)
        store.ledger.cancel(NOVEMBER, NOON)
    assert store.issues.highest_number(but="2021-12") is None


@pytest.mark.parametrize("end", ["paused", "sent", "cancelled half-way"])
def test_number_that_somebody_saw_is_never_free_again(store: Store, end: str) -> None:
    """An issue that went out keeps its number, whatever becomes of it."""
    approve_number(store, 7)
    campaign = open_issue(store)
    if end == "paused":
        store.issues.set_state(NOVEMBER, IssueState.PAUSED, NOON)
    else:
        hand_over(store)
    if end == "sent":
        store.ledger.finish(campaign, NOON)
    if end == "cancelled half-way":
        store.ledger.cancel(NOVEMBER, NOON)
        with pytest.raises(HeldError):
            store.issues.unapprove(NOVEMBER, "again")
    assert store.issues.highest_number(but="2021-12") == 7


def test_two_issues_cannot_have_one_number(store: Store) -> None:
    """Whoever comes second with a number is refused, and nothing of that approval is kept."""
    approve_number(store, 7)
    december = make_period(date(2021, 12, 1))
    with pytest.raises(HeldError, match="number 7"):
        approve_number(store, 7, december)
    record = store.issues.record(december)
    assert record is None or (record.state, record.number) == (IssueState.DRAFT, None)
    approve_number(store, 8, december)
    approve_number(store, 7)  # its own number is no other's
