"""Two schedulers on one folder, one killed in the middle of sending: nobody twice, nobody forgotten."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from digest_folder import Folder

from coopdigest.config.loading import load_settings
from coopdigest.testing.clock import FixedClock
from coopdigest.wiring import Workplace

PEOPLE = 150
CONNECTIONS = 4  # as many as a configuration that does not say has
NEWS = "News\n\n  1. Video\n\n    The ferry crews\n\n    {day:%d %B %Y}\n\n    They row on time.\n"


@pytest.fixture
def server(tmp_path: Path, folder: Folder) -> Iterator[Path]:
    """A slow mail server in a process of its own; yields the log of what it accepted."""
    log = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "coopdigest.testing.smtp_server", "--log", str(log), "--delay-ms", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        folder.environ["COOPDIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        yield log
        process.send_signal(signal.SIGTERM)


def accepted(log: Path) -> Counter[str]:
    """How often each address was accepted."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    return Counter(recipient for line in lines for recipient in json.loads(line)["recipients"])


def wait_until(condition: object, seconds: float = 45.0) -> None:
    """Wait for something that other processes bring about."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never happened"
        select_nothing(0.02)


def select_nothing(seconds: float) -> None:
    """Let other processes work."""
    import select

    select.select([], [], [], seconds)


def test_a_kill_in_the_middle_loses_nobody_and_doubles_nobody(folder: Folder, server: Path) -> None:
    """Two `run`, one killed with -9 while sending and started again: each person once, or named as in doubt."""
    now = datetime.now(UTC)
    last_month = now.replace(day=1) - timedelta(days=5)
    folder.configure(approval="auto", send="* * * * *")
    (folder.path / "news.txt").write_text(NEWS.format(day=last_month), "utf-8")
    rows = [f"reader{number}@example.org" for number in range(PEOPLE)]
    (folder.path / "subscribers.csv").write_text("email\n" + "\n".join(rows), "utf-8")
    settings = load_settings(folder.path / "coopdigest.toml", {})
    began = Workplace(settings, FixedClock(now - timedelta(days=3)))
    began.store.issues.began(now - timedelta(days=3))
    began.close()

    runs = [folder.start("run", stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        wait_until(lambda: sum(accepted(server).values()) >= PEOPLE // 4)
        runs[0].kill()
        runs[0].wait()
        runs.append(folder.start("run", stderr=subprocess.DEVNULL))
        wait_until(lambda: folder.run("status", "last", "--json").json["state"] == "sent")
    finally:
        for run in runs:
            run.terminate()
        codes = [run.wait(timeout=20) for run in runs]

    counts = folder.run("status", "last", "--json").json["counts"]
    heard = accepted(server)
    assert max(heard.values()) == 1
    assert counts["accepted"] + counts["in_doubt"] == PEOPLE
    assert counts["in_doubt"] <= CONNECTIONS
    assert counts["accepted"] <= len(heard) <= PEOPLE
    assert sum(counts.values()) == PEOPLE
    assert codes == [-9, 0, 0]
