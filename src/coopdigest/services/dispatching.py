"""Dispatch: drain what is due over several connections, intent committed before every final dot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from coopdigest.domain.delivery import Backoff, Claimed, Outcome, Terms
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import CoopdigestError
from coopdigest.ports import Clock, Ledger, MessageFactory, Transport
from coopdigest.services.crew import Crew
from coopdigest.services.lane import Lane
from coopdigest.services.queue import Queue
from coopdigest.services.stock import Stock

_BATCH, _BATCH_PER_LANE = 500, 25  # rows claimed at a time: few for few lanes, so that other processes get some too


@dataclass(frozen=True, slots=True)
class Dispatching:
    """Hands messages over by a transport and writes down what became of each.

    `on_outcome` hears of every outcome; `should_stop` is asked between messages. Who is not in `terms.only_to` stays
    pending. `wait` is how time passes for a lane that waits for its turn, in seconds.
    """

    ledger: Ledger
    transport: Transport
    messages: MessageFactory
    clock: Clock
    envelope_sender: str
    backoff: Backoff = field(default_factory=Backoff)
    on_outcome: Callable[[Claimed, Outcome], None] = lambda delivery, outcome: None
    should_stop: Callable[[], bool] = lambda: False
    terms: Terms = field(default_factory=Terms)
    connections: int = 1
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    def drain(self, campaign: int, editions: Sequence[Edition]) -> None:
        """Send every delivery that is due now; never waits for a back-off.

        Raises:
            TransportError: the transport is unusable; what was not sent is pending.
            StoreError: the ledger cannot be written; what was in flight is held in doubt by the next run.
        """
        now = self.clock.now()
        self.ledger.give_up(campaign, now - self.backoff.give_up_after, now, self.terms.only_to)
        asyncio.run(self._drain(campaign, editions))

    async def _drain(self, campaign: int, editions: Sequence[Edition]) -> None:
        with Stock(self.messages, {edition.language: edition for edition in editions}) as stock:
            crew = self._assemble(campaign, stock)
            try:
                await _work(crew, self.connections)
                if crew.failure is not None:
                    raise crew.failure
            except BaseException as error:  # whatever ended the run, what it did not begin is free for another
                _disband_after(error, crew)
                raise
            crew.disband()

    def _assemble(self, campaign: int, stock: Stock) -> Crew:
        queue = Queue(
            ledger=self.ledger,
            stock=stock,
            clock=self.clock,
            campaign=campaign,
            envelope_sender=self.envelope_sender,
            terms=self.terms,
            batch=min(_BATCH, _BATCH_PER_LANE * self.connections),
            should_stop=self.should_stop,
            sender=self.ledger.enlist(self.clock.now()),
        )
        return Crew(self.ledger, self.transport, self.clock, self.backoff, queue, self.on_outcome, self.wait)


async def _work(crew: Crew, connections: int) -> None:
    """Run the lanes to their end, the first one alone until it is connected: a server that is not there is met once."""
    beating = asyncio.create_task(crew.beat())
    lanes = [asyncio.create_task(Lane(crew, leads=number == 0).run()) for number in range(connections)]
    try:
        await asyncio.gather(*lanes)
    finally:
        for task in (beating, *lanes):
            task.cancel()
        beaten, *_ = await asyncio.gather(beating, *lanes, return_exceptions=True)
    if isinstance(beaten, Exception):
        raise beaten


def _disband_after(error: BaseException, crew: Crew) -> None:
    """Free what can be freed; a store that fails now too must not hide why the run ended."""
    try:
        crew.disband()
    except CoopdigestError as second:
        error.add_note(str(second))
