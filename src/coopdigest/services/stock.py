"""The messages of claimed deliveries: built as they are taken, slow ones a few ahead in a thread beside the loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition
from coopdigest.ports import MessageFactory, Unfinished

_JOB = 8  # messages: to hand over each by itself costs more than it gains
_JOBS = 2  # one in the thread, and one behind it
_FRESH = timedelta(seconds=5)  # an older message has an older Date than its attempt


@dataclass(frozen=True, slots=True)
class _Built:
    delivery: Claimed
    message: bytes
    since: datetime


class Stock:
    """Gives one message after the other, and never waits for the thread while there is another message to begin.

    RSA leaves the interpreter to others while it computes, so another core does it beside the event loop; whatever
    the thread has not got to is signed in the loop. Everything else is done in the loop either way.
    """

    def __init__(self, messages: MessageFactory, editions: Mapping[str, Edition]) -> None:
        """Build by `messages`; `editions` by their languages."""
        self._messages, self._editions = messages, editions
        self._thread = ThreadPoolExecutor(1, "signing") if messages.is_slow else None
        self._jobs: deque[Future[list[_Built]]] = deque()
        self._built: deque[_Built] = deque()

    def __enter__(self) -> Self:
        """Nothing more; what counts is the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the thread end."""
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    @property
    def holds_some(self) -> bool:
        """Whether some deliveries were taken from those that are claimed, and not given yet."""
        return bool(self._built or self._jobs)

    def clear(self) -> None:
        """Forget what was begun."""
        self._jobs.clear()
        self._built.clear()

    def take(self, claimed: deque[Claimed], now: datetime) -> tuple[Claimed, bytes]:
        """The next message, of a delivery that was taken from `claimed`; there must be one there or in stock.

        Raises:
            CompositionError: a message cannot be built.
        """
        if self._thread is not None:
            self._begin_ahead(self._thread, claimed, now)
            while self._jobs and (self._jobs[0].done() or not (claimed or self._built)):
                self._built.extend(self._jobs.popleft().result())
        if not self._built:
            return self._build(claimed.popleft(), now)
        built = self._built.popleft()
        return (built.delivery, built.message) if now - built.since < _FRESH else self._build(built.delivery, now)

    def _begin_ahead(self, thread: ThreadPoolExecutor, claimed: deque[Claimed], now: datetime) -> None:
        """Keep the thread busy; the last few are left for whoever asks next."""
        while len(claimed) > _JOB and len(self._jobs) < _JOBS and len(self._built) <= _JOB:
            begun = [self._begin(claimed.popleft(), now) for _ in range(_JOB)]
            self._jobs.append(thread.submit(_finish, begun, now))

    def _begin(self, delivery: Claimed, now: datetime) -> tuple[Claimed, Unfinished]:
        return delivery, self._messages.begin(self._editions[delivery.language], delivery, now)

    def _build(self, delivery: Claimed, now: datetime) -> tuple[Claimed, bytes]:
        return delivery, self._messages.build(self._editions[delivery.language], delivery, now)


def _finish(begun: list[tuple[Claimed, Unfinished]], now: datetime) -> list[_Built]:
    """What the thread does."""
    return [_Built(delivery, finish(), now) for delivery, finish in begun]
