"""Builds in a thread of its own, a few messages ahead, for signers that take longer than all the rest of sending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import CompositionError
from coopdigest.ports import MessageFactory

_BATCH = 8  # messages a job: to hand over each by itself costs more than it gains
_MOST = 24  # messages ahead: there is always a job to do, and their memory is not felt
_FRESH = timedelta(seconds=5)  # an older message has an older Date than its attempt


@dataclass(frozen=True, slots=True)
class _Expected:
    """A delivery that a job builds, among others."""

    delivery: Claimed
    job: Future[dict[int, bytes]]
    since: datetime


class BuildingAhead:
    """A `MessageFactory` that has built already what it was told to expect.

    RSA leaves the interpreter to others while it computes, so another core does it beside the event loop. Without
    `expect`, and for whatever was not expected, messages are built when they are asked for.
    """

    def __init__(self, factory: MessageFactory) -> None:
        """Build by `factory`, which has to be safe to use from two threads."""
        self._factory = factory
        self._expected: dict[int, _Expected] = {}
        self._thread = ThreadPoolExecutor(1, "signing")

    def expect(self, editions: Mapping[str, Edition], deliveries: Iterable[Claimed], now: datetime) -> None:
        """Tell what will most likely be built next, in this order, by the editions' languages. It never blocks.

        Only the first few are looked at; so it should be told again before every `build`.
        """
        if len(self._expected) > _MOST - _BATCH:
            return
        coming = [each for each in islice(deliveries, _MOST) if each.id not in self._expected][:_BATCH]
        if coming:
            job = self._thread.submit(self._build_all, editions, coming, now)
            self._expected |= {delivery.id: _Expected(delivery, job, now) for delivery in coming}

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """See `ports.MessageFactory.build`; waits for a message that is being built."""
        found = self._expected.pop(delivery.id, None)
        if found is None:
            self._expected.clear()  # things came otherwise than expected: what is left may never be asked for
        elif found.delivery == delivery and now - found.since < _FRESH:
            message = found.job.result().get(delivery.id)
            if message is not None:
                return message
        return self._factory.build(edition, delivery, now)

    def _build_all(
        self, editions: Mapping[str, Edition], deliveries: Sequence[Claimed], now: datetime
    ) -> dict[int, bytes]:
        """The messages by the ids of their deliveries, but for those that cannot be built: who asks hears why."""
        built: dict[int, bytes] = {}
        for delivery in deliveries:
            with suppress(CompositionError):
                built[delivery.id] = self._factory.build(editions[delivery.language], delivery, now)
        return built
