"""Rehearsals: hand messages over by a transport with no ledger, or only see whether it lets us in."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.ports import Outgoing, Transport


@dataclass(slots=True)
class _Rehearsal:
    """The `ports.Work` of a rehearsal: every dot may be written, and outcomes are only remembered."""

    left: deque[Outgoing]
    outcomes: list[Outcome] = field(default_factory=list)

    def take(self) -> Outgoing | None:
        return self.left.popleft() if self.left else None

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        self.outcomes += [outcome for _, outcome in results]
        return True


def rehearse(transport: Transport, messages: Iterable[Outgoing]) -> None:
    """Hand all messages over on one connection.

    Raises:
        TransportError: no connection, or one of them was not accepted.
    """
    rehearsal = _Rehearsal(deque(messages))
    asyncio.run(_carry(transport, rehearsal))
    for outcome in rehearsal.outcomes:
        if outcome.verdict is not Verdict.ACCEPTED:
            raise TransportError(f"the test message was not accepted: {outcome.code or ''} {outcome.text}")
    if rehearsal.left:
        raise TransportError("the server closed the connection after the first test message; try again")


def knock(transport: Transport) -> None:
    """Connect, log in, and leave again.

    Raises:
        TransportError: the transport is not usable.
    """
    asyncio.run(_carry(transport, _Rehearsal(deque())))


async def _carry(transport: Transport, rehearsal: _Rehearsal) -> None:
    connection = await transport.connect()
    try:
        await connection.carry(rehearsal)
    finally:
        await connection.close()
