"""The misbehaving server as a process of its own: its log tells what it took, whatever happens to the client."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from coopdigest.domain.delivery import Envelope, Verdict
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import SmtpEndpoint
from coopdigest.mail.smtp import SmtpTransport

AMINA = Envelope("news@example.org", "amina@example.net")
MESSAGE = b"Message-ID: <1.2.3@example.org>\r\n\r\nx\r\n"


def test_the_log_outlives_the_server(tmp_path: Path) -> None:
    """It prints its port, logs each message before it answers, and ends on SIGTERM."""
    log = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "coopdigest.testing.smtp_server", "--log", str(log), "--delay-ms", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        connection = SmtpTransport(SmtpEndpoint("127.0.0.1", port, starttls=StartTls.AUTO)).connect()
        outcome = connection.send(AMINA, MESSAGE, lambda: True)
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        connection.close()
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=30)

    assert outcome.verdict is Verdict.ACCEPTED
    assert entries == [
        {
            "connection": 1,
            "recipients": ["amina@example.net"],
            "message_id": "<1.2.3@example.org>",
            "octets": len(MESSAGE),
        }
    ]
    assert status == 0
