"""Dispatch: drain what is due, intent committed before every final dot, one result at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coopdigest.domain.delivery import Backoff, Claimed, Envelope, Outcome, Verdict
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import TransportError
from coopdigest.domain.issue import IssueState
from coopdigest.domain.recipients import OnlyTo
from coopdigest.ports import Clock, Ledger, LockStepConnection, LockStepTransport, MessageFactory

_BATCH = 100  # rows claimed at a time; those not tried are released on a clean stop
_BEAT = timedelta(seconds=30)
_LOST_IN_A_ROW = 3  # connections lost before the dot, one after the other, that mean the server is gone


@dataclass(frozen=True, slots=True)
class Dispatching:
    """Hands messages over by a transport and writes down what became of each.

    `on_outcome` hears of every outcome; `should_stop` is asked between messages. Who is not in `only_to` stays pending.
    """

    ledger: Ledger
    transport: LockStepTransport
    messages: MessageFactory
    clock: Clock
    envelope_sender: str
    backoff: Backoff = field(default_factory=Backoff)
    on_outcome: Callable[[Outcome], None] = lambda outcome: None
    should_stop: Callable[[], bool] = lambda: False
    only_to: OnlyTo | None = None

    def drain(self, campaign: int, editions: Sequence[Edition]) -> None:
        """Send every delivery that is due now; never waits for a back-off.

        Raises:
            TransportError: the transport is unusable; what was not sent is pending.
        """
        by_language = {edition.language: edition for edition in editions}
        now = self.clock.now()
        self.ledger.give_up(campaign, now - self.backoff.give_up_after, now, self.only_to)
        sender = self.ledger.enlist(now)
        try:
            _Lane(self, campaign, sender, by_language, now).run()
        finally:
            self.ledger.retire(sender)


@dataclass(slots=True)
class _Lane:
    """One connection at work on one campaign."""

    dispatching: Dispatching
    campaign: int
    sender: int
    editions: dict[str, Edition]
    last_beat: datetime
    connection: LockStepConnection | None = None
    lost: int = 0

    def run(self) -> None:
        """Claim and send until nothing is due, or somebody asks to stop."""
        part = self.dispatching
        try:
            while not part.should_stop():
                batch = part.ledger.claim(self.campaign, self.sender, _BATCH, part.clock.now(), part.only_to)
                if not batch or not self._send_batch(batch):
                    return
        finally:
            if self.connection:
                self.connection.close()

    def _send_batch(self, batch: Sequence[Claimed]) -> bool:
        """Send a batch; False when the lane is to stop. Rows not tried are released by the caller's `retire`."""
        for delivery in batch:
            if self.dispatching.should_stop() or not self._is_alive():
                return False
            if not self._send_one(delivery) and not self._is_wanted():
                return False
        return True

    def _is_wanted(self) -> bool:
        """Whether the campaign still goes on: a refused intent may mean that it was paused or cancelled."""
        part = self.dispatching
        return part.ledger.finish(self.campaign, part.clock.now()).state is IssueState.SENDING

    def _is_alive(self) -> bool:
        now = self.dispatching.clock.now()
        if now - self.last_beat < _BEAT:
            return True
        self.last_beat = now
        return self.dispatching.ledger.beat(self.sender, now)

    def _send_one(self, delivery: Claimed) -> bool:
        """Try one delivery and write down its outcome; False when its intent was refused."""
        part = self.dispatching
        message = part.messages.build(self.editions[delivery.language], delivery, part.clock.now())
        envelope = Envelope(part.envelope_sender, delivery.address)
        answers: list[bool] = []

        def intend() -> bool:
            answers.append(part.ledger.intend(delivery, self.sender, part.clock.now()))
            return answers[-1]

        outcome = self._open().send(envelope, message, intend)
        now = part.clock.now()
        due = part.backoff.due(delivery.attempt, now) if outcome.verdict is Verdict.DEFERRED else None
        part.ledger.settle(delivery, self.sender, outcome, due, now)
        part.on_outcome(outcome)
        self._count_losses(outcome, was_fenced=not all(answers))
        return all(answers)

    def _open(self) -> LockStepConnection:
        if self.connection is None or not self.connection.is_open:
            self.connection = self.dispatching.transport.connect()
        return self.connection

    def _count_losses(self, outcome: Outcome, *, was_fenced: bool) -> None:
        """Count connections lost in a row; one that we closed ourselves, because of the fence, is none."""
        self.lost = self.lost + 1 if outcome.verdict is Verdict.NOT_SENT and not was_fenced else 0
        if self.lost >= _LOST_IN_A_ROW:
            raise TransportError(
                f"the server hangs up before taking a message ({outcome.text}); what is left is pending"
            )
