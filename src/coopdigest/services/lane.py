"""A lane: one connection at a time, from one message to the next, until nothing is left to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import CoopdigestError, TransportError
from coopdigest.ports import Connection, Outgoing
from coopdigest.services.crew import Crew

_FIRST_PAUSE, _PATIENCE, _LONGEST_PAUSE = 0.5, 2.0, 60.0  # seconds between tries to connect, doubled each time
_ANSWERED = frozenset({Verdict.ACCEPTED, Verdict.DEFERRED, Verdict.REFUSED})


@dataclass(slots=True)
class Lane:
    """The `ports.Work` of its connections: takes from the crew's queue, writes by the crew's group commit.

    One lane `leads`: the others wait until it is connected, so that a server which is not there is met only once.
    """

    crew: Crew
    leads: bool = True
    connection: Connection | None = None
    held: Outgoing | None = None  # taken before a connection is opened for it, so that none is opened for nothing
    pause: float = _FIRST_PAUSE
    is_answered: bool = False
    is_denied: bool = False
    last_words: str = ""

    async def run(self) -> None:
        """Send until the queue is empty, somebody asks to stop, or the run fails; a trouble is the whole crew's."""
        try:
            if not self.leads:
                await self.crew.met.wait()
            while (outgoing := await self.crew.next()) is not None:
                self.held = outgoing
                if await self._is_connected():
                    await self._carry()
        except CoopdigestError as error:
            self.crew.fail(error)
        finally:
            self.crew.met.set()
            await self._leave()

    def take(self) -> Outgoing | None:
        """See `ports.Work.take`."""
        held, self.held = self.held, None
        return held or self.crew.take()

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """See `ports.Work.proceed`."""
        holds = await self.crew.proceed(results, intent)
        self.is_denied = self.is_denied or not holds
        for _, outcome in results:
            self.last_words = outcome.text or self.last_words
            if outcome.verdict in _ANSWERED:
                self.is_answered = True
                self.crew.note_answer()
        return holds

    async def _is_connected(self) -> bool:
        """Whether there is an open connection; False after a pause, when it is worth trying again."""
        if self.connection is not None and self.connection.is_open:
            return True
        self.connection = None
        try:
            self.connection = await self.crew.transport.connect()
        except TransportError:
            self._give_back()
            if not self.crew.is_served and (not self.crew.was_served or self.pause > _PATIENCE):
                raise
            await self.crew.rest(self.pause)
            self.pause = min(2 * self.pause, _LONGEST_PAUSE)
            return False
        self.pause = _FIRST_PAUSE
        self.crew.met.set()
        return True

    async def _carry(self) -> None:
        """Let the connection work; one that ends with nobody answered is a loss."""
        if self.connection is None:
            return
        self.is_answered = self.is_denied = False
        self.crew.commits.lanes += 1
        try:
            await self.connection.carry(self)
        finally:
            self.crew.commits.lanes -= 1
        if not (self.is_answered or self.is_denied or self.connection.is_open):
            self.crew.note_loss(self.last_words)

    async def _leave(self) -> None:
        self._give_back()
        if self.connection is not None:
            await self.connection.close()

    def _give_back(self) -> None:
        if self.held is not None:
            self.crew.queue.give_back(self.held)
            self.held = None
