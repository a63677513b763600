"""How long a reply is waited for: first as long as what was written goes out, block by block, then within its limit."""

from __future__ import annotations


class Patience:
    """One wait after another; everything is in seconds, and the time is told by whoever asks."""

    def __init__(self, block: float, shortest: float) -> None:
        """`block` is the limit for each piece of what is written; no limit of any wait is below `shortest`."""
        self._block, self._shortest = block, shortest
        self._limit = self._until = 0.0
        self._unsent = 0

    @property
    def text(self) -> str:
        """What to say once it is over."""
        return f"no answer within {self._block if self._unsent else self._limit:g} s"

    def begin(self, now: float, limit: float, unsent: int) -> None:
        """Begin to wait, with so many octets not yet written."""
        self._limit, self._unsent = limit, unsent
        self._until = now + (self._block if unsent else limit)

    def look(self, now: float, unsent: int) -> float:
        """When to look again; 0 when it is over.

        Never later than after the shortest limit there is, so that a look planned for one wait is early enough for the
        next: a timer need not be set anew for every reply.
        """
        if unsent < self._unsent:
            self.begin(now, self._limit, unsent)
        return max(min(self._until - now, self._shortest), 0.0)
