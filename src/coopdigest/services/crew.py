"""What the lanes of one run share: the queue, the books, how the server treats them, and when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from coopdigest.domain.delivery import Backoff, Claimed, Outcome, Settled, Verdict
from coopdigest.domain.errors import CoopdigestError, TransportError
from coopdigest.domain.first_recipients import FirstRecipients
from coopdigest.domain.recipients import Refused
from coopdigest.ports import Clock, Ledger, Outgoing, Transport
from coopdigest.services.group_commit import GroupCommit
from coopdigest.services.queue import Queue

BEAT = 30.0  # seconds between two signs of life
_SLICE = 0.25  # seconds: the longest that a waiting lane does not notice that the run is over
_LOST_IN_A_ROW = 3  # connections that ended with nobody answered, one after the other: the server is gone


@dataclass(slots=True)
class Crew:
    """Lends the lanes what they need, and hears of everything they do."""

    ledger: Ledger
    transport: Transport
    clock: Clock
    backoff: Backoff
    queue: Queue
    on_outcome: Callable[[Claimed, Outcome], None]
    wait: Callable[[float], Awaitable[None]]
    commits: GroupCommit = field(init=False)
    senders: list[int] = field(init=False)  # every id that this run had; the last one is alive
    first: FirstRecipients = field(default_factory=FirstRecipients)
    met: asyncio.Event = field(default_factory=asyncio.Event)  # set when the first lane is connected, or has ended
    failure: CoopdigestError | None = None
    was_served: bool = False  # whether the server answered for anybody in this run
    lost_in_a_row: int = 0

    def __post_init__(self) -> None:
        """Begin with the id that the queue claims under."""
        self.senders = [self.queue.sender]
        self.commits = GroupCommit(self._record)

    @property
    def is_served(self) -> bool:
        """Whether some lane is connected and at work."""
        return self.commits.lanes > 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.failure is not None or self.queue.should_stop()

    def take(self) -> Outgoing | None:
        """The next message that may be begun now; one that is found dead begins again under a new id."""
        if self.is_over:
            return None
        outgoing = self.queue.take()
        return self.queue.take() if outgoing is None and self.revive() else outgoing

    async def next(self) -> Outgoing | None:
        """The next message, waited for while rows only wait for their turn; None when the run is over."""
        while not self.is_over:
            if (outgoing := self.take()) is not None:
                return outgoing
            turn = self.queue.next_turn()
            if turn is None:
                return None
            await self.wait(min(turn, _SLICE))
        return None

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """Write down results and an intent, then tell of the results; see `ports.Work.proceed`."""
        settled = [self._settle(sent.delivery, outcome) for sent, outcome in results if sent.delivery is not None]
        holds = await self.commits.proceed(settled, intent.delivery if intent else None)
        for entry in settled:
            self._hear(entry)
        if not holds:
            self.queue.look_at_once()
        return holds

    async def rest(self, seconds: float) -> None:
        """Wait, but no longer than there is something to wait for."""
        left = seconds
        while left > 0 and not self.is_over and (self.is_served or self.queue.holds_some):
            await self.wait(min(left, _SLICE))
            left -= _SLICE

    async def beat(self) -> None:
        """Give signs of life until cancelled."""
        while self.failure is None:
            await self.wait(BEAT)
            try:
                self.revive()
            except CoopdigestError as error:
                self.fail(error)

    def revive(self) -> bool:
        """Give a sign of life; True when it came too late and a new id was taken: the old one never lives again."""
        now = self.clock.now()
        if self.ledger.beat(self.senders[-1], now):
            return False
        self.senders.append(self.ledger.enlist(now))
        self.queue.start_over(self.senders[-1])
        return True

    def note_answer(self) -> None:
        """Take in that the server answered for somebody: it is there."""
        self.was_served, self.lost_in_a_row = True, 0

    def note_loss(self, last_words: str) -> None:
        """Count a connection that ended with nobody answered.

        Raises:
            TransportError: it was one too many.
        """
        self.lost_in_a_row += 1
        if self.lost_in_a_row >= _LOST_IN_A_ROW:
            raise TransportError(f"the server hangs up before taking a message ({last_words}); what is left is pending")

    def fail(self, error: CoopdigestError) -> None:
        """End the run: what is in flight is finished, the first error is the one that counts."""
        self.failure = self.failure or error

    def disband(self) -> None:
        """Free what is still claimed; refusals that were the transport's trouble are pending again."""
        alike = self.first.alike.items() if self.first.show_trouble else ()
        if refused := frozenset(delivery for delivery, outcome in alike if outcome.verdict is Verdict.REFUSED):
            self.ledger.retry(self.queue.campaign, Refused(deliveries=refused), self.clock.now())
        for sender in self.senders:
            self.ledger.retire(sender)

    def _record(self, results: Sequence[Settled], intents: Sequence[Claimed]) -> frozenset[int]:
        """What was claimed under a former id is nobody else's business than that id's; usually there is but one."""
        now = self.clock.now()
        holding = (self.ledger.record(sender, results, intents, now) for sender in self.senders)
        return frozenset[int]().union(*holding)

    def _settle(self, delivery: Claimed, outcome: Outcome) -> Settled:
        is_deferred = outcome.verdict is Verdict.DEFERRED
        return Settled(delivery, outcome, self.backoff.due(delivery.attempt, self.clock.now()) if is_deferred else None)

    def _hear(self, entry: Settled) -> None:
        delivery, outcome = entry.delivery, entry.outcome
        self.on_outcome(delivery, outcome)
        if outcome.verdict is Verdict.NOT_SENT:
            self.queue.note_fall(delivery)
        if delivery.first_tried is None or outcome.verdict is not Verdict.DEFERRED:
            self.first.hear(delivery.id, outcome)  # who was deferred before may well be so again: it is not news of us
        if self.first.show_trouble and self.failure is None:
            said = f"{outcome.code} {outcome.text}".strip()
            self.fail(TransportError(f"the server answers everybody alike ({said}); nobody is written off, send again"))
