"""The misbehaving server as a process of its own: its log tells what it took, whatever happens to the client."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from smtp_sessions import AMINA, deliver

from coopdigest.domain.delivery import Verdict


def test_the_log_outlives_the_server(tmp_path: Path) -> None:
    """It prints its port, logs each message before it answers, and ends on SIGTERM."""
    log = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "coopdigest.testing.smtp_server", "--log", str(log), "--delay-ms", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        session = deliver(port, [AMINA])
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)

    assert session.work.verdicts == [Verdict.ACCEPTED]
    assert entries == [
        {
            "connection": 1,
            "recipients": ["amina@example.net"],
            "message_id": "<1.2.3@example.org>",
            "octets": len(AMINA.message),
        }
    ]
    assert status == 0
