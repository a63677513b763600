"""How a send goes on, in figures: outcomes, speed, time left, the domains with trouble; and in words."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic

from coopdigest.domain.delivery import Claimed, Outcome, Tally, Verdict
from coopdigest.domain.pace import DomainTroubles, domain_of, worst_of

_WINDOW = 10.0  # seconds over which the speed is taken
_MOST_DOMAINS = 1_000  # kept apart; a send that everybody refuses must not remember a million domains
_OTHERS = "(other domains)"
_TOLD = {Verdict.DEFERRED: "deferred", Verdict.REFUSED: "refused", Verdict.IN_DOUBT: "in doubt"}


class Progress:
    """Counts what a send does. `note` is called thousands of times a second and only counts; the rest is for the eye.

    One thread may note while another looks: looking copies what it walks through in one step.
    """

    def __init__(
        self, period: str, tally: Tally, *, resend_in_doubt: bool = False, clock: Callable[[], float] = monotonic
    ) -> None:
        """Begin at `tally`, the campaign as it stands. `clock` gives seconds and never goes back."""
        self.period, self.recipients = period, tally.recipients
        self.to_go = tally.pending + tally.deferred + (tally.in_doubt if resend_in_doubt else 0)
        self._counts = dict.fromkeys(Verdict, 0)
        self._domains: dict[str, dict[Verdict, int]] = {}
        self._last: dict[str, Outcome] = {}
        self._clock = clock
        self._samples = deque([(clock(), 0)])

    def note(self, delivery: Claimed, outcome: Outcome) -> None:
        """Count one outcome."""
        self._counts[outcome.verdict] += 1
        if outcome.verdict in _TOLD:
            self._blame(domain_of(delivery.address), outcome)

    def _blame(self, domain: str, outcome: Outcome) -> None:
        counts = self._domains.get(domain)
        if counts is None:
            if len(self._domains) >= _MOST_DOMAINS:
                domain = _OTHERS
            counts = self._domains.setdefault(domain, dict.fromkeys(_TOLD, 0))
        counts[outcome.verdict] += 1
        self._last[domain] = outcome

    def count(self, verdict: Verdict) -> int:
        """How many ended so."""
        return self._counts[verdict]

    @property
    def answered(self) -> int:
        """How many were tried to the end by this send; those put back do not count."""
        return sum(self._counts.values()) - self._counts[Verdict.NOT_SENT]

    @property
    def left(self) -> int:
        """How many are still to be tried; what was deferred and is tried again does not make it less than none."""
        return max(self.to_go - self.answered, 0)

    @property
    def done(self) -> int:
        """How many of the recipients are behind us, those of earlier sends included."""
        return self.recipients - self.left

    def measure(self) -> float | None:
        """Messages per second over the last seconds, up to now; None before there is anything to go by."""
        now, answered = self._clock(), self.answered
        self._samples.append((now, answered))
        while self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()
        since, then = self._samples[0]
        return (answered - then) / (now - since) if now > since else None

    def worst(self, most: int) -> tuple[DomainTroubles, ...]:
        """The domains with the most troubles."""
        found = list(self._domains.items())  # in one step: note() may add a domain meanwhile
        return worst_of((self._troubles(domain, counts) for domain, counts in found), most)

    def _troubles(self, domain: str, counts: Mapping[Verdict, int]) -> DomainTroubles:
        last = self._last.get(domain) or Outcome(Verdict.IN_DOUBT)
        deferred, refused, in_doubt = (counts[verdict] for verdict in _TOLD)
        return DomainTroubles(domain, deferred, refused, in_doubt, last.code, last.text)

    def line(self) -> str:
        """All of it but the domains on one line, for a log."""
        rate = self.measure()
        troubles = [f"{self.count(verdict):,} {word}" for verdict, word in _TOLD.items() if self.count(verdict)]
        parts = [f"{self.done:,} of {self.recipients:,}", speed(rate), *troubles, time_left(self.left, rate)]
        return f"{self.period}: {', '.join(filter(None, parts))}"


def speed(rate: float | None) -> str:
    """Messages per second in words, per minute or per hour where that reads better; nothing when not known."""
    if not rate:
        return ""
    for unit, seconds in (("s", 1), ("min", 60)):
        if rate * seconds >= 1:
            return f"{rate * seconds:,.0f}/{unit}" if rate * seconds >= 10 else f"{rate * seconds:.2g}/{unit}"
    return f"{rate * 3600:.0f}/h"


def time_left(left: int, rate: float | None) -> str:
    """How long `left` messages take at this rate, in words; nothing when that is not known."""
    if not rate or not left:
        return ""
    seconds = left / rate
    if seconds < 90:
        return f"about {max(seconds, 1):.0f} s left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min left"
    hours, minutes = divmod(minutes, 60)
    return f"about {hours} h {minutes:02} min left" if hours < 24 else f"about {hours / 24:.1f} days left"
