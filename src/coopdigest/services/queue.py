"""The queue of a run: claims due deliveries a batch at a time, and gives their messages as lanes take them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coopdigest.domain.delivery import Claimed, Envelope, Terms
from coopdigest.ports import Clock, Ledger, Outgoing
from coopdigest.services.stock import Stock

_TRIES = 3  # times that a message may fall before its dot in one run; then it waits for the next
_LOOK_AGAIN = timedelta(seconds=0.5)  # how long a pause from another process may go unnoticed


@dataclass(slots=True)
class Queue:
    """What is claimed and not yet begun. `sender` is the id it claims under; `batch` is how many rows at a time."""

    ledger: Ledger
    stock: Stock
    clock: Clock
    campaign: int
    envelope_sender: str
    terms: Terms
    batch: int
    should_stop: Callable[[], bool]
    sender: int
    _claimed: deque[Claimed] = field(default_factory=deque)
    _fallen: Counter[int] = field(default_factory=Counter)
    _looked: datetime | None = None

    def take(self) -> Outgoing | None:
        """The next message, None when nothing may be begun now.

        Raises:
            StoreError: the ledger cannot be asked.
            CompositionError: the message cannot be built.
        """
        if self.should_stop():
            return None
        now = self.clock.now()
        if not (self._claimed or self._claim(now) or self.stock.holds_some) or not self._is_wanted(now):
            return None
        delivery, message = self.stock.take(self._claimed, now)
        return Outgoing(Envelope(self.envelope_sender, delivery.address), message, delivery, is_free_of_dots=True)

    @property
    def holds_some(self) -> bool:
        """Whether something is claimed and not yet begun."""
        return bool(self._claimed) or self.stock.holds_some

    def give_back(self, outgoing: Outgoing) -> None:
        """Put a message that was never begun first in line again."""
        if outgoing.delivery is not None:
            self._claimed.appendleft(outgoing.delivery)

    def note_fall(self, delivery: Claimed) -> None:
        """Count that a message fell before its dot; the ledger has it as pending again."""
        self._fallen[delivery.id] += 1

    def next_turn(self) -> float | None:
        """In how many seconds a row that only waits for its turn has one; None when none does."""
        now = self.clock.now()
        turn = None if self.should_stop() else self.ledger.next_turn(self.campaign, now, self.terms)
        return None if turn is None else max((turn - now).total_seconds(), 0.0)

    def look_at_once(self) -> None:
        """Ask before the next message whether the campaign still goes on."""
        self._looked = None

    def start_over(self, sender: int) -> None:
        """Forget what was claimed under the former id: its rows are another sender's by now."""
        self.sender = sender
        self._claimed.clear()
        self.stock.clear()

    def _claim(self, now: datetime) -> bool:
        """Claim until there is something to send; rows that fell too often stay claimed until the run ends."""
        while not self._claimed:
            rows = self.ledger.claim(self.campaign, self.sender, self.batch, now, self.terms)
            if not rows:
                return False
            self._claimed.extend(row for row in rows if self._fallen[row.id] < _TRIES)
            self._looked = now  # a claim asks what `_is_wanted` asks
        return True

    def _is_wanted(self, now: datetime) -> bool:
        """Whether the campaign still goes on; asked now and then, the fence of every intent is what protects.

        Seen before MAIL, a pause lets a lane end politely instead of inside DATA.
        """
        if self._looked is not None and now - self._looked < _LOOK_AGAIN:
            return True
        self._looked = now
        return self.ledger.may_send(self.campaign, self.sender)
