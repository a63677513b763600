"""Group commit: what several lanes have to write down goes into one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from coopdigest.domain.delivery import Claimed, Settled

_LONGEST_WAIT = 0.001  # seconds; a timer of 2 ms halves the speed, one of 10 ms leaves a fifth

Record = Callable[[Sequence[Settled], Sequence[Claimed]], frozenset[int]]


class GroupCommit:
    """Collects results and intents until half of the lanes wait, or a millisecond has passed."""

    def __init__(self, record: Record) -> None:
        """`record` writes results and intents in one transaction, and says which intents hold."""
        self._record = record
        self._results: list[Settled] = []
        self._waiting: list[tuple[Claimed | None, asyncio.Future[bool]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self.lanes = 0  # how many are at work: those that may have something to write

    async def proceed(self, results: Sequence[Settled], intent: Claimed | None) -> bool:
        """Write down a lane's results and its intent; whether that intent holds (True where there is none).

        Raises:
            StoreError: nothing was written.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()
        self._results += results
        self._waiting.append((intent, written))
        if 2 * len(self._waiting) >= self.lanes:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(_LONGEST_WAIT, self._flush)
        return await written

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        results, waiting = self._results, self._waiting
        self._results, self._waiting = [], []
        try:
            holding = self._record(results, [intent for intent, _ in waiting if intent is not None])
        except Exception as error:  # whatever it is, it is every waiting lane's: none may hang, none may send
            for _, written in waiting:
                if not written.done():
                    written.set_exception(error)
            return
        for intent, written in waiting:
            if not written.done():  # the lane was cancelled meanwhile
                written.set_result(intent is None or intent.id in holding)
