"""Sends digests with EmailMessage and smtplib, a thread for each connection: PORT COUNT CONNECTIONS EDITION."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from smtplib import SMTP

from bench.delivery.personal_mail import Digest, build_message, read_digest


def send_all(port: int, count: int, connections: int, digest: Digest) -> None:
    """Send `count` messages over as many connections at once."""
    numbers = iter(range(count))
    with ThreadPoolExecutor(connections) as threads:
        for done in [threads.submit(_send, port, numbers, digest) for _ in range(connections)]:
            done.result()


def _send(port: int, numbers: Iterator[int], digest: Digest) -> None:
    with SMTP("127.0.0.1", port) as client:
        for number in numbers:  # one range iterator for all threads: its next is one step under the interpreter's lock
            client.send_message(build_message(digest, number))


if __name__ == "__main__":
    send_all(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), read_digest(Path(sys.argv[4])))
