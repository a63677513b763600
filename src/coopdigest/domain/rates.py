"""How fast messages may go out, as a limit for the whole transport and one for each recipient domain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages per second, through the whole transport and to any one domain; None: no limit.

    Raises:
        ValueError: a limit is not greater than nought.
    """

    transport: float | None = None
    per_domain: float | None = None

    def __post_init__(self) -> None:
        if any(rate is not None and not rate > 0 for rate in (self.transport, self.per_domain)):
            raise ValueError("a rate is more than 0 messages per second")
