"""Which items an issue holds: a pure decision, recomputed until approved, reserving nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coopdigest.domain.digest import Themes
from coopdigest.domain.issue import Issue, IssueItem, IssueState, Merge, Section
from coopdigest.domain.item import Item
from coopdigest.domain.period import Period


@dataclass(frozen=True, slots=True)
class History:
    """What was before: what a draft must not repeat, and from when a late item counts as late.

    `used` are items of this cadence's other issues; `closed` maps the key of an earlier period to the instant
    its issue was approved, sent, empty or missed; `first_collects` maps a source to its first good collect.
    """

    used: Sequence[Item] = ()
    closed: Mapping[str, datetime] = field(default_factory=dict)
    first_collects: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a digest chooses: its name, themes, source order, and how many periods back it carries over."""

    digest: str
    themes: Themes
    sources: tuple[str, ...] = ()
    carry_over: int = 1


def draft(period: Period, items: Iterable[Item], history: History, policy: Policy) -> Issue:
    """Choose and order the items of `period`'s issue; state `draft`, or `empty` when there is nothing to say."""
    earlier = _earlier_periods(period, policy.carry_over)
    candidates = [
        IssueItem(item, policy.themes.heading(item.theme), carried)
        for item in items
        if (carried := _is_late(item, earlier, history)) or period.contains(item.day)
    ]
    fresh = _without_used(candidates, history.used)
    kept, merges = _merge_copies(sorted(fresh, key=lambda entry: _source_rank(entry, policy)))
    sections = _sections(kept, policy)
    state = IssueState.DRAFT if sections else IssueState.EMPTY
    return Issue(policy.digest, period, state, sections, tuple(merges))


def _earlier_periods(period: Period, count: int) -> list[Period]:
    if period.cadence is None:
        return []
    earlier: list[Period] = []
    for _ in range(count):
        earlier.append((earlier[-1] if earlier else period).previous())
    return earlier


def _is_late(item: Item, earlier: Sequence[Period], history: History) -> bool:
    """Whether an item of an earlier period came after that period's own issue was closed."""
    for period in earlier:
        if period.contains(item.day):
            closed = history.closed.get(period.key)
            first = history.first_collects.get(item.source)
            return closed is not None and item.first_seen > closed and item.first_seen != first
    return False


def _without_used(entries: Iterable[IssueItem], used: Sequence[Item]) -> list[IssueItem]:
    ids = {item.id for item in used}
    links = {item.link for item in used if item.link}
    headlines = {(item.source, item.headline) for item in used}
    titles = {headline for _, headline in headlines}

    def is_used(item: Item) -> bool:
        elsewhere = item.headline in titles and (item.source, item.headline) not in headlines
        return item.id in ids or item.link in links or elsewhere

    return [entry for entry in entries if not is_used(entry.item)]


def _source_rank(entry: IssueItem, policy: Policy) -> tuple[int, int]:
    known = policy.sources.index(entry.item.source) if entry.item.source in policy.sources else len(policy.sources)
    return (known, entry.item.position)


def _merge_copies(entries: Iterable[IssueItem]) -> tuple[list[IssueItem], list[Merge]]:
    """Keep the first of each set of copies, with the facts that only a copy knew."""
    kept: list[IssueItem] = []
    merges: list[Merge] = []
    for entry in entries:
        fits = [(i, why) for i, other in enumerate(kept) if (why := _copy_reason(other.item, entry.item))]
        if not fits:
            kept.append(entry)
            continue
        index, why = min(fits, key=lambda fit: fit[1] != _SAME_LINK)  # a link tells more than a headline
        merges.append(Merge(kept[index].item.title, kept[index].item.source, entry.item.source, why))
        kept[index] = _absorb(kept[index], entry)
    return kept, merges


_SAME_LINK = "same link"


def _copy_reason(one: Item, other: Item) -> str | None:
    if one.link and one.link == other.link:
        return _SAME_LINK
    if one.source != other.source and one.headline == other.headline:
        return "same title and date"
    return None


def _absorb(kept: IssueItem, copy: IssueItem) -> IssueItem:
    mine, theirs = kept.item, copy.item
    whole = replace(
        mine,
        url=mine.url or theirs.url,
        summary=mine.summary or theirs.summary,
        summary_html=mine.summary_html if mine.summary else theirs.summary_html,
        image=mine.image or theirs.image,
        credit=mine.credit or theirs.credit,
        language=mine.language or theirs.language,
    )
    return replace(
        kept,
        item=whole,
        copies=(*kept.copies, theirs.id, *copy.copies),
        carried_over=kept.carried_over and copy.carried_over,
    )


def _sections(entries: Sequence[IssueItem], policy: Policy) -> tuple[Section, ...]:
    """Sections in the order of the themes, then by size and recency; items newest first."""
    grouped: dict[str, list[IssueItem]] = {}
    for entry in entries:
        grouped.setdefault(entry.theme, []).append(entry)
    order = {policy.themes.heading(theme): rank for rank, theme in reversed(list(enumerate(policy.themes.order)))}

    def newest_first(entry: IssueItem) -> tuple[float, float, tuple[int, int]]:
        published = entry.item.published.timestamp() if entry.item.published else 0.0
        return (-entry.item.day.toordinal(), -published, _source_rank(entry, policy))

    def section_rank(section: Section) -> tuple[int, int, int, str]:
        newest = section.items[0].item.day.toordinal()
        return (order.get(section.theme, len(order)), -len(section.items), -newest, section.theme)

    sections = (Section(theme, tuple(sorted(group, key=newest_first))) for theme, group in grouped.items())
    return tuple(sorted(sections, key=section_rank))
