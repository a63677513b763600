"""The live view of a send: a panel that is drawn anew on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from coopdigest.cli.output import tell
from coopdigest.cli.progress import Progress, speed, time_left
from coopdigest.cli.troubles import plain
from coopdigest.domain.delivery import Claimed, Outcome, Tally, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from coopdigest.domain.pace import DomainTroubles

_PER_SECOND = 4  # drawings; each costs some milliseconds, which the sender lacks
_EVERY = 10.0  # seconds between two lines
_WORST = 5  # domains shown
_DOMAIN = 30  # characters of a domain's name shown
_NO_SCREEN = {"dumb", "unknown"}

Hear = Callable[[Claimed, Outcome], None]


def watching(period: str, tally: Tally, *, resend_in_doubt: bool = False) -> AbstractContextManager[Hear]:
    """Show on stderr how the send of `period`, now at `tally`, goes on; yields what is to be told every outcome.

    It shows a panel on a terminal, which is left standing where there was trouble, and lines elsewhere. rich is
    imported only for the panel: a send without a terminal has no need of its memory.
    """
    progress = Progress(period, tally, resend_in_doubt=resend_in_doubt)
    is_screen = sys.stderr.isatty() and os.environ.get("TERM") not in _NO_SCREEN
    return _drawing(progress) if is_screen else _telling(progress)


@contextmanager
def _telling(progress: Progress) -> Iterator[Hear]:
    tell(f"sending {progress.period}: {progress.to_go:,} to go")
    is_over = Event()
    teller = Thread(target=tell_until, args=(progress, is_over.wait), daemon=True)
    teller.start()
    try:
        yield progress.note
    finally:
        is_over.set()
        teller.join()


def tell_until(progress: Progress, wait: Callable[[float], bool]) -> None:
    """Say a line whenever `wait` for some seconds was in vain; end when it was not."""
    while not wait(_EVERY):
        tell(progress.line())


@contextmanager
def _drawing(progress: Progress) -> Iterator[Hear]:
    from rich.console import Console
    from rich.live import Live

    view = Live(
        console=Console(stderr=True),
        get_renderable=lambda: panel(progress),
        refresh_per_second=_PER_SECOND,
        transient=True,
    )
    with view:
        try:
            yield progress.note
        finally:
            view.transient = not progress.worst(1)


def panel(progress: Progress) -> RenderableType:
    """What is drawn: a bar with speed and time left, the tally, the worst domains."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    rate = progress.measure()
    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(max(progress.recipients, 1), progress.done, width=16, complete_style="cyan")
    count = f"{progress.done:,} of {progress.recipients:,}"
    head.add_row(f"sending {progress.period}", bar, count, speed(rate), time_left(progress.left, rate))
    worst = progress.worst(_WORST)
    return Group(head, _tally(progress), *([_domains(worst)] if worst else []))


_COLOURS = {"accepted": "green", "deferred": "yellow", "refused": "red", "in doubt": "magenta"}


def _tally(progress: Progress) -> RenderableType:
    from rich.text import Text

    told = Text(no_wrap=True, overflow="ellipsis")
    for verdict in (Verdict.ACCEPTED, Verdict.DEFERRED, Verdict.REFUSED, Verdict.IN_DOUBT):
        name, count = verdict.value.replace("_", " "), progress.count(verdict)
        told.append(f"{count:,} {name}   ", style=_COLOURS[name] if count else "dim")
    return told


def _domains(worst: Sequence[DomainTroubles]) -> Table:
    """The domains with trouble. A reply is a stranger's text: it may look like markup, or steer a terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("domain", no_wrap=True, width=_DOMAIN)
    for name in ("deferred", "refused", "in doubt"):
        table.add_column(name, justify="right", no_wrap=True, width=len(name), style=_COLOURS[name])
    table.add_column("last reply", no_wrap=True, overflow="ellipsis", ratio=1)
    for each in worst:
        counts = (f"{count:,}" if count else "" for count in (each.deferred, each.refused, each.in_doubt))
        table.add_row(Text(short_domain(each.domain)), *counts, Text(last_reply(each)))
    return table


def short_domain(domain: str) -> str:
    """A domain that fits its column: the end, which says whose it is, is kept."""
    name = plain(domain)
    return name if len(name) <= _DOMAIN else f"…{name[1 - _DOMAIN :]}"


def last_reply(troubles: DomainTroubles) -> str:
    """The last reply of a domain on one line, without anything that would steer a terminal."""
    return " ".join(filter(None, [str(troubles.code or ""), plain(troubles.reply)]))
