"""A campaign for a million subscribers: how long planning takes, and how much memory sending to the first ones."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.delivery.contenders import open_campaign, send_command
from bench.delivery.folders import Folders, Settings
from bench.delivery.running import FailedError, run_together, start_process, wait_for

_SIZE = 45_000
_LOOK = 0.1  # seconds between two looks into the ledger
_LONGEST = 600.0  # seconds


@dataclass(frozen=True, slots=True)
class Million:
    """Seconds of planning, and bytes of memory of a whole send and of one that was stopped as early."""

    planning: float
    few: int
    many: int


def measure_million(folders: Folders, port: int, readers: int, count: int) -> Million:
    """Plan for all `readers` three times, then send to `count` of them, and to `count` alone."""
    planning = []
    for _ in range(3):
        with folders.copy(_SIZE, readers, Settings()) as folder:
            planning.append(open_campaign(folder))
    with folders.copy(_SIZE, readers, Settings()) as folder:
        many = send_first(folder, port, count)
    with folders.copy(_SIZE, count, Settings()) as folder:
        few = run_together([send_command(folder, (port,))]).peak
    return Million(median(planning), few, many)


def send_first(folder: Path, port: int, count: int) -> int:
    """Send until `count` were accepted, then ask the sender to stop; its peak memory in bytes.

    Raises:
        FailedError: it did not stop as it should, or never came so far.
    """
    command = send_command(folder, (port,), frozenset({9}))
    with tempfile.TemporaryFile() as said:
        process = start_process(command, said)
        _wait_for_accepted(folder / "coopdigest.db", count, process)
        process.send_signal(signal.SIGTERM)
        return wait_for(process, command, said, time.perf_counter()).peak


def _wait_for_accepted(ledger: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    query = f"SELECT 1 FROM deliveries WHERE state = 'accepted' LIMIT 1 OFFSET {count - 1}"  # noqa: S608 - a number
    until = time.monotonic() + _LONGEST
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)
    try:
        while time.monotonic() < until:
            if connection.execute(query).fetchone():
                return
            time.sleep(_LOOK)
    finally:
        connection.close()
    process.kill()
    raise FailedError(f"{count} messages were not accepted in {_LONGEST:.0f} s")
