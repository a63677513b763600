"""Compares contenders in rounds: in each, everybody has a turn, so that a busy machine slows them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.delivery.contenders import Contender, Setting
from bench.delivery.running import Run


@dataclass(frozen=True, slots=True)
class Figures:
    """What a contender took.

    In each round it sends `few` messages, which tells what its start and its end cost, and then `count`. The rates and
    the CPU are those of the messages between the two.
    """

    name: str
    few: int
    count: int
    shorts: tuple[Run, ...]
    runs: tuple[Run, ...]

    @property
    def start(self) -> float:
        """Seconds that a run takes beside its messages: the median."""
        return median(short.seconds for short in self.shorts)

    @property
    def rates(self) -> list[float]:
        """Messages per second in each round, the start taken out."""
        pairs = zip(self.runs, self.shorts, strict=True)
        return [(self.count - self.few) / max(run.seconds - short.seconds, 1e-9) for run, short in pairs]

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
        pairs = zip(self.runs, self.shorts, strict=True)
        return [(run.cpu - short.cpu) / (self.count - self.few) for run, short in pairs]

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
    shorts: list[list[Run]] = [[] for _ in contenders]
    runs: list[list[Run]] = [[] for _ in contenders]
    for each in contenders:
        each.run(setting, few)
    for _ in range(rounds):
        for place, each in enumerate(contenders):
            shorts[place].append(each.run(setting, few))
            runs[place].append(each.run(setting, int(count * each.pace)))
    return [
        Figures(each.name, few, int(count * each.pace), tuple(shorts[place]), tuple(runs[place]))
        for place, each in enumerate(contenders)
    ]
