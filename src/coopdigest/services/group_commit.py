"""Group commit: what several lanes have to write down goes into one transaction, where a transaction takes long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from coopdigest.domain.delivery import Claimed, Settled

_LONGEST_WAIT = 0.001  # seconds; a timer of 2 ms halves the speed, one of 10 ms leaves a fifth
_QUICK = 0.0002  # seconds; to wait for others costs a lane more than this, and lets the server run dry

Record = Callable[[Sequence[Settled], Sequence[Claimed]], frozenset[int]]


class GroupCommit:
    """Collects results and intents until half of the lanes wait, or a millisecond has passed.

    As long as the last transaction was quick, each lane gets its own at once.
    """

    def __init__(self, record: Record, timer: Callable[[], float] = time.monotonic) -> None:
        """`record` writes both in one transaction, and says which intents hold; `timer` is a clock of seconds."""
        self._record, self._timer = record, timer
        self._is_quick = False
        self._results: list[Settled] = []
        self._waiting: list[tuple[Claimed | None, asyncio.Future[bool]]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self.lanes = 0  # how many are at work: those that may have something to write

    async def proceed(self, results: Sequence[Settled], intent: Claimed | None) -> bool:
        """Write down a lane's results and its intent; whether that intent holds (True where there is none).

        Raises:
            StoreError: nothing was written.
        """
        if self._is_quick and not self._waiting:
            holding = self._write(results, [intent])
            return intent is None or intent.id in holding
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()
        self._results += results
        self._waiting.append((intent, written))
        if 2 * len(self._waiting) >= self.lanes:
            self._flush()
        elif self._alarm is None:
            self._alarm = loop.call_later(_LONGEST_WAIT, self._flush)
        return await written

    def _flush(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        results, waiting = self._results, self._waiting
        self._results, self._waiting = [], []
        try:
            holding = self._write(results, [intent for intent, _ in waiting])
        except Exception as error:  # whatever it is, it is every waiting lane's: none may hang, none may send
            for _, written in waiting:
                if not written.done():
                    written.set_exception(error)
            return
        for intent, written in waiting:
            if not written.done():  # the lane was cancelled meanwhile
                written.set_result(intent is None or intent.id in holding)

    def _write(self, results: Sequence[Settled], intents: Sequence[Claimed | None]) -> frozenset[int]:
        """Write all of it in one transaction; the intents that hold."""
        begun = self._timer()
        holding = self._record(results, [intent for intent in intents if intent is not None])
        self._is_quick = self._timer() - begun < _QUICK
        return holding
