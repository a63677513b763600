"""Says what was measured: tables in Markdown, and beside each bar whether it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.delivery.comparing import Figures, cpu_ratio, rate_ratio

MEGABYTE = 1024 * 1024
HEADINGS = ("", "messages/s", "ratio", "start, s", "CPU/message", "ratio", "peak memory")


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the table in delivery.md section 4: a figure, and what it must at least or at most be."""

    what: str
    figure: float
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the figure is on the right side of the bar."""
        return (self.least is None or self.figure >= self.least) and (self.most is None or self.figure <= self.most)

    @property
    def demand(self) -> str:
        """The bar in words."""
        sign, limit = (">=", self.least) if self.least is not None else ("<=", self.most)
        return f"{sign} {limit:g}{self.unit}"


@dataclass(frozen=True, slots=True)
class Section:
    """One comparison: its title, its table, what has to be said about it, and the bars it answers."""

    title: str
    table: list[str]
    words: str = ""
    bars: tuple[Bar, ...] = ()

    def __str__(self) -> str:
        return "\n\n".join(part for part in (f"### {self.title}", self.words, "\n".join(self.table)) if part)


def make_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table whose columns are as wide as their widest cell; the first one is of words."""
    widths = [max(len(row[place]) for row in (headings, *rows)) for place in range(len(headings))]
    lines = [_line(headings, widths), "|" + "|".join(_rule(place, width) for place, width in enumerate(widths)) + "|"]
    return [*lines, *(_line(row, widths) for row in rows)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (c.ljust(w) if place == 0 else c.rjust(w) for place, (c, w) in enumerate(zip(cells, widths, strict=True)))
    return "| " + " | ".join(padded) + " |"


def _rule(place: int, width: int) -> str:
    return "-" * (width + 2) if place == 0 else "-" * (width + 1) + ":"


def tabulate(figures: Sequence[Figures], limit: Figures) -> list[str]:
    """A row for each contender; the ratios are those to `limit`."""
    return make_table(HEADINGS, [_row(each, limit) for each in figures])


def _row(each: Figures, limit: Figures) -> list[str]:
    memory = f"{each.peak / MEGABYTE:.1f} MB"
    rates = [f"{each.rate:,.0f}", f"{rate_ratio(each, limit):.2f}", f"{each.start:.2f}"]
    return [each.name, *rates, f"{each.cpu * 1e6:,.0f} us", f"{cpu_ratio(each, limit):.2f}", memory]


def tabulate_bars(bars: Sequence[Bar]) -> list[str]:
    """A row for each bar: what must be reached, what is, and whether that is enough."""
    rows = [
        [bar.what, bar.demand, f"{bar.figure:.2f}{bar.unit}", "reached" if bar.is_reached else "MISSED"] for bar in bars
    ]
    return make_table(("what `send` does", "must be", "is", ""), rows)
