"""Sends digests with EmailMessage and aiosmtplib: PORT COUNT CONNECTIONS EDITION."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from aiosmtplib import SMTP

from bench.delivery.personal_mail import Digest, build_message, read_digest


async def send_all(port: int, count: int, connections: int, digest: Digest) -> None:
    """Send `count` messages over as many connections at once."""
    numbers = iter(range(count))
    await asyncio.gather(*(_send(port, numbers, digest) for _ in range(connections)))


async def _send(port: int, numbers: Iterator[int], digest: Digest) -> None:
    async with SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for number in numbers:
            await client.send_message(build_message(digest, number))


if __name__ == "__main__":
    asyncio.run(send_all(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), read_digest(Path(sys.argv[4]))))
