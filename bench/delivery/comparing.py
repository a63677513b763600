"""Compares contenders in rounds: in each, everybody has a turn, so that a busy machine slows them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.delivery.contenders import Contender, Setting
from bench.delivery.running import Run

WARMING = 3  # short runs before the rounds, which also tell what starting up takes


@dataclass(frozen=True, slots=True)
class Figures:
    """What a contender took.

    `short` is a run of `few` messages: what its start and its end cost. `runs` are those of `count` messages, a round
    each. The rates and the CPU are those of the messages between the two.
    """

    name: str
    few: int
    count: int
    short: Run
    runs: tuple[Run, ...]

    @property
    def rates(self) -> list[float]:
        """Messages per second in each round, the start taken out."""
        return [(self.count - self.few) / max(run.seconds - self.short.seconds, 1e-9) for run in self.runs]

    @property
    def rate(self) -> float:
        """The median of the rates."""
        return median(self.rates)

    @property
    def whole_rate(self) -> float:
        """Messages per second of the whole process, its start included."""
        return median(self.count / run.seconds for run in self.runs)

    @property
    def cpus(self) -> list[float]:
        """Seconds of CPU per message in each round, those of the start taken out."""
        return [(run.cpu - self.short.cpu) / (self.count - self.few) for run in self.runs]

    @property
    def cpu(self) -> float:
        """The median of the CPU per message."""
        return median(self.cpus)

    @property
    def peak(self) -> int:
        """The largest peak of memory, in bytes."""
        return max(run.peak for run in self.runs)


def rate_ratio(ours: Figures, theirs: Figures) -> float:
    """How many times as fast `ours` is: the median over the rounds, in which both had a turn."""
    return median(a / b for a, b in zip(ours.rates, theirs.rates, strict=True))


def cpu_ratio(ours: Figures, theirs: Figures) -> float:
    """How many times as much CPU `ours` takes for a message: the median over the rounds."""
    return median(a / b for a, b in zip(ours.cpus, theirs.cpus, strict=True))


def compare(contenders: Sequence[Contender], setting: Setting, count: int, rounds: int = 3) -> list[Figures]:
    """Warm everybody up, then let them take turns; their figures in the same order."""
    few = setting.connections * len(setting.ports)
    short = {each.name: _take_short(each, setting, few) for each in contenders}
    amounts = {each.name: int(count * each.pace) for each in contenders}
    runs: dict[str, list[Run]] = {each.name: [] for each in contenders}
    for _ in range(rounds):
        for each in contenders:
            runs[each.name].append(each.run(setting, amounts[each.name]))
    return [Figures(n, few, amounts[n], short[n], tuple(runs[n])) for n in runs]


def _take_short(contender: Contender, setting: Setting, few: int) -> Run:
    runs = [contender.run(setting, few) for _ in range(WARMING)]
    seconds, cpu = (median(getattr(run, name) for run in runs) for name in ("seconds", "cpu"))
    return Run(seconds, cpu, max(run.peak for run in runs))
