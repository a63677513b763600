"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2021, 12, 1, 12, tzinfo=UTC)


class FixedClock:
    """A `Clock` that tells the instant it was given; tests move it by hand."""

    def __init__(self, instant: datetime = NOON) -> None:
        """Stand at `instant` (aware)."""
        self.set(instant)

    def now(self) -> datetime:
        """The instant the clock stands at, in UTC."""
        return self._instant

    def set(self, instant: datetime) -> datetime:
        """Move to `instant`, forwards or back, and return it. Raises ValueError when it is naive."""
        if instant.tzinfo is None:
            raise ValueError("a clock tells aware instants only")
        self._instant = instant.astimezone(UTC)
        return self._instant

    def advance(self, step: timedelta | None = None, **units: float) -> datetime:
        """Move on by `step`, or by the units of a timedelta (``advance(minutes=5)``), and return the new instant."""
        return self.set(self._instant + (step if step is not None else timedelta(**units)))
