"""Writes docs/performance.md: the words of page.md, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from string import Template

from bench.delivery.report import Section, tabulate_bars

_PAGE = Path(__file__).with_name("page.md")


def make_page(machine: Sequence[str], sections: Sequence[Section], day: date) -> str:
    """The whole page."""
    bars = [bar for section in sections for bar in section.bars]
    page = Template(_PAGE.read_text("utf-8"))
    return page.substitute(
        day=day.isoformat(),
        machine="\n".join(f"- {line}" for line in machine),
        bars="\n".join(tabulate_bars(bars)),
        sections="\n\n".join(map(str, sections)),
    )
