"""Runs a contender as a process of its own and says what it took.

The kernel counts the memory that a child has for the moment between its start and its program as the child's; it is
this process's. So nothing heavy is imported here, and what prepares the runs does so in processes of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import IO

from bench.delivery.places import ROOT, clean_environ


@dataclass(frozen=True, slots=True)
class Command:
    """What to start, where, and with what in its environment."""

    arguments: tuple[str, ...]
    folder: Path = ROOT
    environ: Mapping[str, str] = field(default_factory=dict)
    good: frozenset[int] = frozenset({0})  # exit codes that mean it did what it should


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: seconds by the clock, seconds of CPU (user and system), and its peak memory in bytes."""

    seconds: float
    cpu: float
    peak: int


class FailedError(Exception):
    """A contender did not do what it should; the text says what it said."""


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command line that runs a module of the bench."""
    return (sys.executable, "-m", f"bench.delivery.{module}", *arguments)


def run_together(commands: Sequence[Command]) -> Run:
    """Start processes at once: the time until the last one is done, the sum of their CPU, the largest peak.

    Raises:
        FailedError: one of them failed.
    """
    start = perf_counter()
    with tempfile.TemporaryFile() as said:
        started = [start_process(command, said) for command in commands]
        runs = [wait_for(process, command, said, start) for process, command in zip(started, commands, strict=True)]
    return Run(max(run.seconds for run in runs), sum(run.cpu for run in runs), max(run.peak for run in runs))


def start_process(command: Command, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process whose words go to `said`."""
    environ = {**clean_environ(), **command.environ}
    return subprocess.Popen(
        command.arguments, cwd=command.folder, env=environ, stdin=subprocess.DEVNULL, stdout=said, stderr=said
    )


def wait_for(process: subprocess.Popen[bytes], command: Command, said: IO[bytes], start: float) -> Run:
    """Wait until a process ends, and say what it took since `start`.

    Raises:
        FailedError: its exit code is not one of the good ones.
    """
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.good:
        said.seek(0)
        words = said.read().decode("utf-8", "replace").strip()[-2000:]
        raise FailedError(f"{' '.join(command.arguments[:4])} ... ended with {process.returncode}:\n{words}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
