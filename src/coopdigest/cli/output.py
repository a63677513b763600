"""How results are shown: text or one JSON document on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from coopdigest.domain.issue import Issue
from coopdigest.ports import Campaign


def show(text: str) -> None:
    """One line of the answer, on stdout."""
    print(text)


def tell(text: str) -> None:
    """One line about the work, on stderr."""
    print(text, file=sys.stderr, flush=True)


def show_json(document: Any) -> None:
    """The answer as one JSON document on stdout."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def show_table(heads: list[str], rows: list[list[str]]) -> None:
    """Rows under their heads, on stdout, as wide as the terminal; only where one is there to read it."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # as they stand: a title may look like rich's own markup
    Console().print(table)


def issue_document(issue: Issue) -> dict[str, Any]:
    """`issue PERIOD --json`, as the contract has it."""
    return {
        "digest": issue.digest,
        "period": issue.period.key,
        "starts": issue.period.starts.isoformat(),
        "ends": issue.period.ends.isoformat(),
        "state": issue.state.value,
        "sections": [
            {
                "theme": section.theme,
                "items": [
                    {
                        "title": entry.item.title,
                        "date": entry.item.day.isoformat(),
                        "theme": entry.theme,
                        "summary": entry.item.summary,
                        "url": entry.item.url,
                        "credit": entry.item.credit,
                        "language": entry.item.language,
                        "source": entry.item.source,
                        "carried_over": entry.carried_over,
                    }
                    for entry in section.items
                ],
            }
            for section in issue.sections
        ],
    }


def show_issue(issue: Issue) -> None:
    """An issue for the eye."""
    number = f"  number {issue.number}" if issue.number else ""
    show(f"{issue.period.key}  {issue.state}  {issue.size} items{number}")
    for section in issue.sections:
        show(f"\n{section.theme}")
        for entry in section.items:
            carried = "  (carried over)" if entry.carried_over else ""
            show(f"  {entry.item.day}  {entry.item.title}{carried}")


COUNTS = ("pending", "sending", "accepted", "deferred", "refused", "in_doubt", "skipped")


def status_document(digest: str, campaign: Campaign) -> dict[str, Any]:
    """`status PERIOD --json`, as the contract has it."""
    counts = {name: getattr(campaign.tally, name) for name in COUNTS}
    return {
        "digest": digest,
        "period": campaign.period,
        "state": campaign.state.value,
        "recipients": campaign.tally.recipients,
        "counts": counts,
    }


@contextmanager
def counting(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, a line at the start elsewhere; yields what counts one more, from any thread."""
    if not sys.stderr.isatty():
        tell(f"{what}: {total} to go")
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
