"""What every ItemStore does, on the fake and on the real store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coopdigest.domain.item import Image
from coopdigest.ports import Collected, Reading, SourceRecord, Validators
from coopdigest.testing.builders import make_found
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import Store, approve, collect, enrol

LATER = NOON + timedelta(hours=1)


def keep(store: Store, *found: Any, whole: bool = True, now: datetime = NOON, **facts: Any) -> Collected:
    """Keep a reading of the source `newsroom`."""
    return store.items.keep("newsroom", Reading(items=found, **facts), whole=whole, now=now, today=now)


def titles(store: Store) -> list[str]:
    """The titles that are present in `newsroom`."""
    return sorted(item.title for item in store.items.present(["newsroom"]))


def test_source_never_tried_has_an_empty_record(store: Store) -> None:
    """A source that was never read is remembered as nothing but its name."""
    assert store.items.source("newsroom") == SourceRecord("newsroom")


def test_good_reading_is_remembered(store: Store) -> None:
    """A good reading notes when the source was collected first and last, its size and its validators."""
    validators = Validators('"1"', "Mon, 29 Nov 2021 10:00:00 GMT")
    keep(store, make_found("One"), make_found("Two"), validators=validators)
    keep(store, make_found("One"), make_found("Two"), validators=validators, now=LATER)
    record = store.items.source("newsroom")
    assert (record.first_collected, record.last_collected, record.last_tried) == (NOON, LATER, LATER)
    assert (record.items, record.validators, record.last_error) == (2, validators, None)


def test_every_fact_of_an_item_survives(store: Store) -> None:
    """An item comes back from the store as the source yielded it."""
    image = Image(url="https://example.org/a.jpg", alt="A mill", credit="Ana")
    published = datetime(2021, 11, 15, 9, 30, 15, 123456, tzinfo=UTC)
    facts = {"theme": "Video", "summary": "Words “so”", "summary_html": "<b>Words</b>", "credit": "© Ana", "guid": "g1"}
    facts |= {"kind": "Photo story"}
    found = make_found(
        "Ünï 合作社", published=published, url="https://example.org/1", image=image, language="ar", **facts
    )
    keep(store, make_found("First"), found)
    item = next(item for item in store.items.present(["newsroom"]) if item.position == 1)
    assert (item.title, item.day, item.published, item.url) == ("Ünï 合作社", found.day, published, found.url)
    assert (item.image, item.language, item.credit) == (image, "ar", "© Ana")
    assert (item.theme, item.summary, item.summary_html) == ("Video", "Words “so”", "<b>Words</b>")
    assert item.kind == "Photo story"
    assert (item.source, item.undated) == ("newsroom", False)


def test_items_of_the_first_collect_carry_its_very_instant(store: Store) -> None:
    """First seen equals the source's first collect to the microsecond: so a first collect carries nothing over."""
    odd = NOON + timedelta(microseconds=123457)
    keep(store, make_found(), now=odd)
    assert store.items.present(["newsroom"])[0].first_seen == store.items.source("newsroom").first_collected == odd


def test_reading_counts_new_and_known_items(store: Store) -> None:
    """A reading says how many items were new, known and gone."""
    assert keep(store, make_found("One"), make_found("Two")) == Collected(new=2)
    assert keep(store, make_found("Two"), make_found("Three"), now=LATER) == Collected(new=1, seen=1, gone=1)


def test_later_reading_updates_an_item_in_place(store: Store) -> None:
    """An item that nobody used follows its source, and keeps its id and when it was first seen."""
    keep(store, make_found("Old words", guid="g1", theme="A"))
    before = store.items.present(["newsroom"])[0]
    keep(store, make_found("New words", day=date(2021, 11, 16), guid="g1", summary="More"), now=LATER)
    after = store.items.present(["newsroom"])[0]
    assert (after.id, after.first_seen) == (before.id, NOON)
    assert (after.title, after.day, after.summary, after.theme) == ("New words", date(2021, 11, 16), "More", None)


def test_used_item_is_not_updated(store: Store) -> None:
    """What an issue used stays as it was printed."""
    enrol(store, "amina@example.org")
    issue = approve(store, collect(store, make_found("Printed", guid="g1")))
    store.ledger.open(issue, NOON)
    assert keep(store, make_found("Changed", guid="g1"), now=LATER).seen == 1
    assert [item.title for item in store.issues.used_items("month", but="2021-12")] == ["Printed"]


def test_absent_item_is_gone_from_a_source_that_shows_its_whole_state(store: Store) -> None:
    """An item that a whole reading no longer shows is left out, and comes back when it is shown again."""
    keep(store, make_found("Stays"), make_found("Goes"))
    keep(store, make_found("Stays"), now=LATER)
    assert titles(store) == ["Stays"]
    assert keep(store, make_found("Stays"), now=LATER).gone == 0
    keep(store, make_found("Stays"), make_found("Goes"), now=LATER)
    assert titles(store) == ["Goes", "Stays"]
    assert {item.first_seen for item in store.items.present(["newsroom"])} == {NOON}


def test_absent_item_stays_in_a_source_that_forgets(store: Store) -> None:
    """A feed drops old entries; what was collected from it stays."""
    keep(store, make_found("Old"), whole=False)
    assert keep(store, make_found("New"), whole=False, now=LATER) == Collected(new=1)
    assert titles(store) == ["New", "Old"]


def test_unchanged_reading_takes_nothing_away(store: Store) -> None:
    """A 304 counts as a good collect, keeps every item and what to ask with next time."""
    validators = Validators('"1"')
    keep(store, make_found("One"), validators=validators)
    store.items.note_failure("newsroom", "no answer", LATER)
    change = keep(store, unchanged=True, now=LATER)
    record = store.items.source("newsroom")
    assert (change.new, change.gone, titles(store)) == (0, 0, ["One"])
    assert (record.last_collected, record.last_error, record.validators, record.items) == (LATER, None, validators, 1)


def test_validators_follow_the_last_reading(store: Store) -> None:
    """A server that stops giving validators is not asked with old ones."""
    keep(store, make_found(), validators=Validators('"1"'))
    keep(store, make_found(), now=LATER)
    assert store.items.source("newsroom").validators is None


def test_failure_keeps_what_was_collected(store: Store) -> None:
    """A failure is remembered beside the last good collect, and the next good one clears it."""
    keep(store, make_found())
    store.items.note_failure("newsroom", "no answer", LATER)
    record = store.items.source("newsroom")
    assert (record.last_collected, record.last_tried, record.last_error, record.items) == (NOON, LATER, "no answer", 1)
    keep(store, make_found(), now=LATER)
    assert store.items.source("newsroom").last_error is None


def test_first_try_may_fail(store: Store) -> None:
    """A source whose first try failed was tried, but never collected."""
    store.items.note_failure("newsroom", "no answer", NOON)
    record = store.items.source("newsroom")
    assert (record.first_collected, record.last_tried, record.last_error) == (None, NOON, "no answer")


def test_item_without_a_day_takes_the_day_in_the_digests_zone(store: Store) -> None:
    """An undated item gets the wall-clock day it was first seen, is marked, and keeps that day."""
    night = datetime(2021, 11, 30, 23, 30, tzinfo=UTC)
    for now in (night, night + timedelta(days=3)):
        reading = Reading(items=[make_found("Undated", day=None, guid="g1")])
        store.items.keep("newsroom", reading, whole=True, now=now, today=now.astimezone(ZoneInfo("Europe/Zurich")))
    item = store.items.present(["newsroom"])[0]
    assert (item.day, item.undated) == (date(2021, 12, 1), True)


def test_undated_item_takes_the_day_its_source_names_later(store: Store) -> None:
    """A day that appears later is the item's day."""
    keep(store, make_found(day=None, guid="g1"))
    keep(store, make_found(day=date(2021, 11, 3), guid="g1"), now=LATER)
    item = store.items.present(["newsroom"])[0]
    assert (item.day, item.undated) == (date(2021, 11, 3), False)


def test_item_that_a_reading_shows_twice_is_kept_once(store: Store) -> None:
    """Two entries of one identity in one reading are one item, the first of them."""
    found = [make_found("First", url="https://example.org/1"), make_found("Second", url="http://example.org/1/")]
    assert keep(store, *found).new == 1
    assert titles(store) == ["First"]


def test_sources_keep_apart(store: Store) -> None:
    """The same link in two sources is two items; only the draft merges them."""
    for source in ("newsroom", "feed"):
        collect(store, make_found(url="https://example.org/1"), source=source)
    assert [len(store.items.present(names)) for names in (["newsroom"], ["feed"], ["newsroom", "feed"], [])] == [
        1,
        1,
        2,
        0,
    ]


def test_positions_follow_the_source(store: Store) -> None:
    """An item's position is its place in the last reading."""
    keep(store, make_found("One"), make_found("Two"))
    keep(store, make_found("Two"), make_found("One"), now=LATER)
    assert [i.title for i in sorted(store.items.present(["newsroom"]), key=lambda i: i.position)] == ["Two", "One"]
