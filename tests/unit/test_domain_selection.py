"""Which items an issue holds: period, carry-over, copies, sections."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.domain.digest import Themes
from coopdigest.domain.issue import Issue, IssueState, Merge
from coopdigest.domain.item import Item
from coopdigest.domain.period import Cadence, Period
from coopdigest.domain.selection import History, Policy, draft
from coopdigest.testing.builders import UTC_ZONE, make_item, make_period

NOVEMBER = make_period()
FIRST_COLLECT = datetime(2021, 9, 1, 8, tzinfo=UTC)
CLOSED = datetime(2021, 11, 2, 9, tzinfo=UTC)  # when October's issue was approved
LATE = CLOSED + timedelta(hours=1)
IN_OCTOBER = date(2021, 10, 29)
AFTER_OCTOBER = History(closed={"2021-10": CLOSED}, first_collects={"newsroom": FIRST_COLLECT})


def draft_of(*items: Item, period: Period = NOVEMBER, history: History | None = None, **policy: Any) -> Issue:
    """The draft of a digest that names no themes unless told."""
    return draft(period, items, history or History(), Policy("coop-news", policy.pop("themes", Themes()), **policy))


def titles(issue: Issue) -> list[str]:
    """Every title in printed order."""
    return [entry.item.title for entry in issue.items()]


# --- the period ------------------------------------------------------------------------------------------


def test_items_of_the_period_are_chosen_by_their_day() -> None:
    """The first and the last day belong to the period, the days around it do not."""
    days = [date(2021, 10, 31), date(2021, 11, 1), date(2021, 11, 30), date(2021, 12, 1)]
    issue = draft_of(*(make_item(number, str(day), day) for number, day in enumerate(days)))
    assert titles(issue) == ["2021-11-30", "2021-11-01"]
    assert (issue.state, issue.digest, issue.period) == (IssueState.DRAFT, "coop-news", NOVEMBER)


@pytest.mark.parametrize("items", [[], [make_item(day=date(2021, 12, 1))]])
def test_period_with_nothing_to_say_is_empty(items: list[Item]) -> None:
    """An issue without items is called empty and has no section."""
    issue = draft_of(*items)
    assert (issue.state, issue.sections, issue.size) == (IssueState.EMPTY, (), 0)


# --- carry-over ------------------------------------------------------------------------------------------


def test_item_that_came_after_its_own_issue_closed_is_carried_over() -> None:
    """News of October, first seen after October's issue was closed, goes into November's and is marked."""
    late = make_item(1, "Late", IN_OCTOBER, first_seen=LATE)
    issue = draft_of(late, make_item(2, "Fresh"), history=AFTER_OCTOBER)
    assert {entry.item.title: entry.carried_over for entry in issue.items()} == {"Late": True, "Fresh": False}


@pytest.mark.parametrize("seen", [CLOSED, CLOSED - timedelta(days=1)])
def test_item_that_its_own_issue_could_have_held_is_not_carried_over(seen: datetime) -> None:
    """An item known when October's issue closed was left out there on purpose."""
    assert draft_of(make_item(day=IN_OCTOBER, first_seen=seen), history=AFTER_OCTOBER).size == 0


def test_period_that_never_had_an_issue_carries_nothing() -> None:
    """Without an issue of October there is nothing to be late for."""
    history = History(first_collects={"newsroom": FIRST_COLLECT})
    assert draft_of(make_item(day=IN_OCTOBER, first_seen=LATE), history=history).size == 0


def test_first_collect_of_a_source_carries_nothing() -> None:
    """A source added today brings its old items along; they are not late news."""
    history = History(closed={"2021-10": CLOSED}, first_collects={"newsroom": LATE})
    old = make_item(1, day=IN_OCTOBER, first_seen=LATE)
    next_day = make_item(2, "Late", IN_OCTOBER, first_seen=LATE + timedelta(days=1))
    assert titles(draft_of(old, next_day, history=history)) == ["Late"]


def test_carry_over_reaches_back_as_far_as_configured() -> None:
    """None with 0, the period before with 1, the one before that too with 2."""
    september = make_item(1, "September", date(2021, 9, 30), first_seen=LATE)
    october = make_item(2, "October", IN_OCTOBER, first_seen=LATE)
    closed = {"2021-09": CLOSED - timedelta(days=30), "2021-10": CLOSED}
    history = History(closed=closed, first_collects={"newsroom": FIRST_COLLECT})
    reached = [titles(draft_of(september, october, history=history, carry_over=count)) for count in (0, 1, 2)]
    assert reached == [[], ["October"], ["October", "September"]]


def test_carry_over_crosses_the_turn_of_the_year() -> None:
    """January looks back at December of the year before."""
    history = History(closed={"2020-12": CLOSED}, first_collects={})
    late = make_item(day=date(2020, 12, 31), first_seen=LATE)
    assert draft_of(late, period=make_period(date(2021, 1, 1)), history=history).size == 1


def test_range_of_days_carries_nothing_over() -> None:
    """A range written by hand has no period before it."""
    days = Period("2021-11-01..2021-11-15", date(2021, 11, 1), date(2021, 11, 16), UTC_ZONE, None)
    issue = draft_of(make_item(1, "In", date(2021, 11, 15)), make_item(2, day=IN_OCTOBER, first_seen=LATE), period=days)
    assert titles(issue) == ["In"]


# --- what was used ---------------------------------------------------------------------------------------


def test_used_item_is_not_chosen_again() -> None:
    """What another issue printed is left out."""
    item = make_item()
    assert draft_of(item, history=History(used=[item])).size == 0


@pytest.mark.parametrize(
    ("copy", "is_left_out"),
    [
        (make_item(2, "Other title", url="http://example.org/1/?utm_source=feed", source="feed"), True),
        (make_item(2, "a mill  REOPENS", source="feed"), True),
        (make_item(2, "A mill reopens", source="feed", day=date(2021, 11, 16)), False),
        (make_item(2, "A mill reopens", url="https://example.org/2"), False),
        (make_item(2, "Another title", source="feed"), False),
    ],
)
def test_copy_of_a_used_item_is_left_out(copy: Item, is_left_out: bool) -> None:
    """A copy shares the link, or title and day across sources; two links in one source are two items."""
    used = make_item(1, "A mill reopens", url="https://example.org/1")
    assert draft_of(copy, history=History(used=[used])).size == (0 if is_left_out else 1)


def test_title_that_one_source_used_for_another_link_is_news_again() -> None:
    """A source that used a headline once and now shows it under another link tells a second piece of news."""
    used = [make_item(1, source="newsroom", url="https://example.org/1"), make_item(2, source="feed")]
    new = make_item(3, url="https://example.org/3", source="newsroom")
    assert draft_of(new, history=History(used=used)).size == 1


# --- copies ----------------------------------------------------------------------------------------------


def test_copies_with_one_link_are_merged_and_reported() -> None:
    """The first source's item stays, and the merge says what went and why."""
    one = make_item(1, "Title", url="https://example.org/1")
    two = make_item(2, "Title from the feed", url="http://example.org:80/1#top", source="feed")
    issue = draft_of(two, one, sources=("newsroom", "feed"))
    assert titles(issue) == ["Title"]
    assert issue.merges == (Merge("Title", "newsroom", "feed", "same link"),)
    assert issue.used_ids() == [1, 2]
    assert str(issue.merges[0]) == "'Title' came from newsroom and from feed (same link); merged"


def test_copies_with_one_title_and_day_are_merged_across_sources_only() -> None:
    """Two sources tell the same news once; one source with two links tells two."""
    same = [make_item(1), make_item(2, "A Mill Reopens", source="feed")]
    other = [make_item(1, url="https://example.org/1"), make_item(2, url="https://example.org/2")]
    assert [draft_of(*same).size, draft_of(*other).size] == [1, 2]
    assert draft_of(*same).merges[0].reason == "same title and date"


def test_merged_item_has_the_facts_that_only_the_copy_knew() -> None:
    """What the kept item lacks is taken from the copy; what it has stays; words and their markup go together."""
    one = make_item(1, summary="Mine", credit=None, theme="Video")
    two = make_item(
        2, source="feed", summary="Theirs", summary_html="<b>Theirs</b>", credit="© Ana", url="https://example.org/1"
    )
    (entry,) = draft_of(one, two, sources=("newsroom", "feed")).items()
    kept = entry.item
    assert (kept.id, kept.summary, kept.summary_html, kept.credit) == (1, "Mine", None, "© Ana")
    assert (kept.url, entry.theme) == ("https://example.org/1", "Video")


def test_copy_of_a_late_item_in_the_period_makes_it_no_carry_over() -> None:
    """When one source dates the news inside the period, it is the period's own."""
    late = make_item(1, day=IN_OCTOBER, url="https://example.org/1", first_seen=LATE)
    fresh = make_item(2, source="feed", url="https://example.org/1")
    (entry,) = draft_of(late, fresh, history=AFTER_OCTOBER).items()
    assert not entry.carried_over


def test_three_copies_become_one() -> None:
    """Link joins the first two, headline the third."""
    items = [
        make_item(1, url="https://example.org/1"),
        make_item(2, "Other words", url="https://example.org/1", source="feed"),
        make_item(3, source="page"),
    ]
    issue = draft_of(*items, sources=("newsroom", "feed", "page"))
    assert (issue.size, sorted(issue.used_ids()), len(issue.merges)) == (1, [1, 2, 3], 2)


def test_copy_goes_to_the_item_with_its_link_before_one_with_its_title() -> None:
    """A copy that fits two kept items joins the one whose link it has, so that no link is printed twice."""
    items = [
        make_item(1, "One"),
        make_item(2, "Two", url="https://example.org/1"),
        make_item(3, "One", url="https://example.org/1", source="feed"),
    ]
    issue = draft_of(*items, sources=("newsroom", "feed"))
    assert {entry.item.title: entry.copies for entry in issue.items()} == {"One": (), "Two": (3,)}
    assert [merge.reason for merge in issue.merges] == ["same link"]


# --- sections --------------------------------------------------------------------------------------------


def test_sections_follow_the_configured_order_then_size_then_recency() -> None:
    """Named themes first, in their order; of the others the larger, then the one with newer news."""
    days = {"Old": 3, "New": 9, "Large": 1, "Second": 1, "First": 1}
    items = [make_item(n, theme, date(2021, 11, day), theme=theme) for n, (theme, day) in enumerate(days.items())]
    more = make_item(9, "Large too", date(2021, 11, 2), theme="Large")
    issue = draft_of(*items, more, themes=Themes(order=("First", "Second", "Absent")))
    assert [section.theme for section in issue.sections] == ["First", "Second", "Large", "New", "Old"]


def test_themes_are_renamed_and_joined() -> None:
    """A renamed theme is filed under its new name, an item without a theme under the default."""
    themes = Themes(order=("Events", "News"), rename={"Expo": "Events", "In brief": "News"}, default="In brief")
    items = [make_item(1, "a", theme="Expo"), make_item(2, "b", theme="Events"), make_item(3, "c")]
    sections = draft_of(*items, themes=themes).sections
    assert [(section.theme, len(section.items)) for section in sections] == [("Events", 2), ("News", 1)]


def test_theme_order_may_name_a_theme_before_its_renaming() -> None:
    """The order counts for the heading that a theme has in print; the first place named wins."""
    themes = Themes(order=("Expo", "Video", "Events"), rename={"Expo": "Events"})
    items = [make_item(1, "a", theme="Video"), make_item(2, "b", theme="Events")]
    assert [section.theme for section in draft_of(*items, themes=themes).sections] == ["Events", "Video"]


def test_items_are_newest_first_then_in_the_order_of_their_sources() -> None:
    """Day counts first, then the hour where it is known, then the source's own order."""
    noon = datetime(2021, 11, 15, 12, tzinfo=UTC)
    items = [
        make_item(1, "from the feed", source="feed", position=0),
        make_item(2, "second in the newsroom", position=2),
        make_item(3, "first in the newsroom", position=1),
        make_item(4, "with an hour", published=noon),
        make_item(5, "with a later hour", published=noon + timedelta(hours=1)),
        make_item(6, "next day", date(2021, 11, 16)),
    ]
    assert titles(draft_of(*items, sources=("newsroom", "feed"))) == [
        "next day",
        "with a later hour",
        "with an hour",
        "first in the newsroom",
        "second in the newsroom",
        "from the feed",
    ]


# --- whatever comes --------------------------------------------------------------------------------------

LINKS = st.sampled_from([None, "https://example.org/1", "http://example.org/1/", "https://example.org/2"])


@st.composite
def collections(draw: st.DrawFn) -> list[Item]:
    """Items of a few weeks around November, with many copies among them."""
    days = st.sampled_from([date(2021, 9, 30), IN_OCTOBER, date(2021, 11, 1), date(2021, 11, 30), date(2021, 12, 1)])
    instants = st.datetimes(datetime(2021, 9, 1), datetime(2021, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
    count = draw(st.integers(0, 12))
    return [
        make_item(
            number,
            draw(st.sampled_from(["One", "Two", "Three"])),
            draw(days),
            url=draw(LINKS),
            source=draw(st.sampled_from(["newsroom", "feed"])),
            theme=draw(st.sampled_from([None, "A", "B"])),
            first_seen=draw(instants),
        )
        for number in range(count)
    ]


@settings(max_examples=300)
@given(items=collections(), used=st.integers(0, 4))
def test_draft_holds_nothing_twice_and_nothing_it_may_not(items: list[Item], used: int) -> None:
    """No item and no copy appears twice; all lie in the period or are late; nothing used comes back; all is told."""
    history = History(used=items[:used], closed={"2021-10": CLOSED}, first_collects={"newsroom": FIRST_COLLECT})
    issue = draft_of(*items, history=history, sources=("newsroom", "feed"))
    ids = issue.used_ids()
    assert len(ids) == len(set(ids))
    assert not set(ids) & {item.id for item in items[:used]}
    links = [entry.item.link for entry in issue.items() if entry.item.link]
    assert len(links) == len(set(links))
    assert len(issue.merges) == len(ids) - issue.size
    for entry in issue.items():
        day = entry.item.day
        late = make_period(date(2021, 10, 1)).contains(day) and entry.item.first_seen > CLOSED
        assert NOVEMBER.contains(day) or late
        assert not entry.carried_over or late
    assert (issue.state is IssueState.EMPTY) == (issue.size == 0)


@given(items=collections(), order=st.randoms(use_true_random=False))
def test_draft_does_not_depend_on_the_order_of_the_store(items: list[Item], order: Any) -> None:
    """The same items give the same issue, however the store lists them."""
    shuffled = list(items)
    order.shuffle(shuffled)
    policy = {"sources": ("newsroom", "feed")}
    assert draft_of(*shuffled, history=AFTER_OCTOBER, **policy) == draft_of(*items, history=AFTER_OCTOBER, **policy)


@given(items=collections())
def test_every_item_lands_in_exactly_one_month(items: list[Item]) -> None:
    """Without carry-over and copies, the months share the items out between them."""
    plain = [make_item(number, str(number), item.day) for number, item in enumerate(items)]
    months = [make_period(date(2021, month, 1), Cadence.MONTH) for month in (9, 10, 11, 12)]
    issues = [draft_of(*plain, period=month, carry_over=0) for month in months]
    assert sorted(id_ for issue in issues for id_ in issue.used_ids()) == [item.id for item in plain]
