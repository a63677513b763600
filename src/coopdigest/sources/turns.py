"""Lets one request at a time go to each host, with a pause between, and none to a host that asked for rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from coopdigest.ports import Clock

PAUSE = 0.5  # seconds between two requests to a host
LONGEST_REST = 30.0  # seconds that a host may ask us to wait


@dataclass(slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))
    is_closed: bool = False


@dataclass(slots=True)
class Turns:
    """Whose turn it is at each host. `sleep` waits for a number of seconds."""

    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def take(self, host: str) -> Iterator[None]:
        """Wait for our turn at `host`, and give it back at the end. Turns at two hosts never nest."""
        turn = self._host(host)
        with turn.lock:
            left = (turn.free_at - self.clock.now()).total_seconds()
            if left > 0:
                self.sleep(min(left, LONGEST_REST))  # a machine's clock may be set back meanwhile
            try:
                yield
            finally:
                self._rest(turn, PAUSE)

    def rest(self, host: str, seconds: float) -> None:
        """Leave the host alone for so long."""
        self._rest(self._host(host), seconds)

    def close(self, host: str) -> None:
        """Leave the host alone from now on."""
        self._host(host).is_closed = True

    def is_closed(self, host: str) -> bool:
        """Whether the host is to be left alone."""
        return self._host(host).is_closed

    def _rest(self, turn: _Host, seconds: float) -> None:
        turn.free_at = max(turn.free_at, self.clock.now() + timedelta(seconds=seconds))

    def _host(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host.lower(), _Host())


def read_retry_after(value: str, now: datetime) -> float | None:
    """The seconds of a Retry-After (RFC 9110 10.2.3), None for what is none."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a server may write numbers without end
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
