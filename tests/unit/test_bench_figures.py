"""What the bench makes of what it measured."""

from __future__ import annotations

import pytest
from bench.delivery.comparing import Figures, compare, cpu_ratio, rate_ratio
from bench.delivery.contenders import Contender, Setting
from bench.delivery.report import Bar, make_table, tabulate_bars
from bench.delivery.running import Run


def figures(*seconds: float, start: float = 1.0, cpu: float = 2.0) -> Figures:
    """Of runs with 1,010 messages that took so long, and short ones of ten."""
    runs = tuple(Run(each, cpu, 30_000_000 + int(each)) for each in seconds)
    return Figures("ours", 10, 1_010, (Run(start, 0.5, 20_000_000),) * len(runs), runs)


def test_start_is_no_part_of_the_rate() -> None:
    """The rate is that of the messages between a short run and a long one, and so is the CPU."""
    found = figures(11.0, 6.0, 3.0)
    assert found.rate == pytest.approx(1_000 / 5)
    assert found.whole_rate == pytest.approx(1_010 / 6)
    assert found.cpu == pytest.approx(1.5 / 1_000)


def test_peak_is_the_largest_of_all_rounds() -> None:
    """Memory is what the process needed at its worst."""
    assert figures(11.0, 6.0, 3.0).peak == 30_000_011


def test_ratios_are_taken_inside_a_round() -> None:
    """A round in which the whole machine was slow does not alter a ratio."""
    ours, theirs = figures(3.0, 21.0, 3.0), figures(2.0, 11.0, 2.0)
    assert rate_ratio(ours, theirs) == pytest.approx(0.5)
    assert cpu_ratio(figures(3.0, cpu=2.0), figures(3.0, cpu=1.0)) == pytest.approx(3.0)


def test_contenders_take_turns() -> None:
    """Everybody is warmed up, then has a turn in every round: few messages, then as many as its pace asks for."""
    seen: list[tuple[str, int]] = []

    def run_as(name: str, pace: float) -> Contender:
        def run(setting: Setting, count: int) -> Run:
            seen.append((name, count))
            return Run(1.0 + count, 1.0, 1)

        return Contender(name, run, pace)

    compare([run_as("fast", 1.0), run_as("slow", 0.1)], Setting((25,), connections=4), 1_000, rounds=2)
    assert seen[:2] == [("fast", 4), ("slow", 4)]
    assert seen[2:] == [("fast", 4), ("fast", 1_000), ("slow", 4), ("slow", 100)] * 2


@pytest.mark.parametrize(
    ("bar", "reached"),
    [
        (Bar("rate", 0.95, least=0.95), True),
        (Bar("rate", 0.94, least=0.95), False),
        (Bar("memory", 64.0, most=64), True),
        (Bar("memory", 64.1, most=64), False),
    ],
)
def test_bars_have_a_side(bar: Bar, reached: bool) -> None:
    """A bar is reached at its limit and on the right side of it, and the table says so."""
    assert bar.is_reached is reached
    assert ("MISSED" in tabulate_bars([bar])[-1]) is not reached


def test_tables_are_markdown_with_even_columns() -> None:
    """All lines of a table are equally wide, and figures stand on the right."""
    table = make_table(("", "figure"), [["a long name", "1"], ["b", "2,000"]])
    assert len({len(line) for line in table}) == 1
    assert table[1].endswith("-:|")
    assert table[3].endswith(" 2,000 |")
