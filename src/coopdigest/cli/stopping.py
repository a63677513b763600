"""Stop politely: the first SIGTERM or Ctrl-C ends after what is in flight, a second Ctrl-C ends at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from coopdigest.cli.output import tell

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopping(what: str) -> Iterator[Callable[[], bool]]:
    """Yield what says whether somebody asked to stop; the signals mean again what they meant when this ends."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) == 1:
            tell(f"stopping: {what}; press Ctrl-C again to stop at once")
        elif number == signal.SIGINT:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
