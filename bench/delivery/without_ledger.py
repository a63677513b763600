"""Sends by coopdigest's transport with nothing written down: FOLDER COUNT CONNECTIONS, and `same` or `personal`.

With `same` everybody gets the same bytes, built once: that is the transport alone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.delivery.folders import PERIOD
from bench.delivery.personal_mail import DOMAIN
from coopdigest.domain.delivery import Claimed, Envelope, Outcome, Verdict
from coopdigest.ports import Outgoing, Transport
from coopdigest.wiring import Workplace, open_workplace


@dataclass(slots=True)
class Pile:
    """Messages until there are no more, and how many were accepted (see `ports.Work`)."""

    messages: Iterator[Outgoing]
    accepted: int = field(default=0)

    def take(self) -> Outgoing | None:
        """The next message."""
        return next(self.messages, None)

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """Count, and let everything go."""
        self.accepted += sum(outcome.verdict is Verdict.ACCEPTED for _, outcome in results)
        return True


def make_messages(place: Workplace, count: int, *, personal: bool) -> Iterator[Outgoing]:
    """`count` messages of the folder's edition."""
    edition = place.store.issues.editions(place.period(PERIOD))[0]
    sender, bounce = place.messages, place.digest.envelope_sender
    first = sender.build(edition, Claimed(1, 1, 1, f"reader1@{DOMAIN}", edition.language, 1), datetime.now(UTC))
    for number in range(count):
        address = f"reader{number}@{DOMAIN}"
        claimed = Claimed(number, 1, number, address, edition.language, 1)
        message = sender.build(edition, claimed, datetime.now(UTC)) if personal else first
        yield Outgoing(Envelope(bounce, address), message, claimed)


async def send_all(transport: Transport, pile: Pile, connections: int) -> None:
    """Send the pile over as many connections at once."""
    await asyncio.gather(*(_send(transport, pile) for _ in range(connections)))


async def _send(transport: Transport, pile: Pile) -> None:
    connection = await transport.connect()
    await connection.carry(pile)
    await connection.close()


def main(folder: Path, count: int, connections: int, way: str) -> int:
    """Send; exit code 1 when not all were accepted."""
    place = open_workplace(folder / "coopdigest.toml")
    pile = Pile(make_messages(place, count, personal=way == "personal"))
    asyncio.run(send_all(place.transport, pile, connections))
    place.close()
    return 0 if pile.accepted == count else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
