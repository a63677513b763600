"""A delivery is one campaign x one subscriber; its life is one pure transition table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from coopdigest.domain.rates import Rates
from coopdigest.domain.recipients import OnlyTo


class DeliveryState(StrEnum):
    """Where a delivery stands. CLAIMED is internal: reports count it as pending."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"


class Cause(StrEnum):
    """What moves a delivery from one state to another."""

    CLAIM = "claim"  # a live sender takes a due row
    RELEASE = "release"  # clean stop, connection lost before the dot, or sender dead before it
    ANSWER = "answer"  # the server's reply to MAIL, RCPT or the dot
    INTENT = "intent"  # committed before the final dot is written
    UNSENT = "unsent"  # intent committed, but not one byte of the dot was written
    LOST = "lost"  # connection lost after the dot, or the owner died
    RESEND = "resend"  # --resend-in-doubt
    GIVE_UP = "give_up"  # deferred for longer than give_up_after
    RETRY = "retry"  # --retry-refused
    SKIP = "skip"  # suppressed, left the roster, or campaign cancelled


_D = DeliveryState
TRANSITIONS: dict[tuple[DeliveryState, Cause], frozenset[DeliveryState]] = {
    (_D.PENDING, Cause.CLAIM): frozenset({_D.CLAIMED}),
    (_D.DEFERRED, Cause.CLAIM): frozenset({_D.CLAIMED}),
    (_D.CLAIMED, Cause.RELEASE): frozenset({_D.PENDING}),
    (_D.CLAIMED, Cause.ANSWER): frozenset({_D.REFUSED, _D.DEFERRED}),
    (_D.CLAIMED, Cause.INTENT): frozenset({_D.SENDING}),
    (_D.SENDING, Cause.ANSWER): frozenset({_D.ACCEPTED, _D.DEFERRED, _D.REFUSED}),
    (_D.SENDING, Cause.UNSENT): frozenset({_D.PENDING}),
    (_D.SENDING, Cause.LOST): frozenset({_D.IN_DOUBT}),
    (_D.IN_DOUBT, Cause.ANSWER): frozenset({_D.ACCEPTED, _D.DEFERRED, _D.REFUSED}),
    (_D.IN_DOUBT, Cause.RESEND): frozenset({_D.PENDING}),
    (_D.DEFERRED, Cause.GIVE_UP): frozenset({_D.REFUSED}),
    (_D.REFUSED, Cause.RETRY): frozenset({_D.PENDING}),
    (_D.PENDING, Cause.SKIP): frozenset({_D.SKIPPED}),
    (_D.DEFERRED, Cause.SKIP): frozenset({_D.SKIPPED}),
    (_D.CLAIMED, Cause.SKIP): frozenset({_D.SKIPPED}),
}
UNFINISHED = frozenset({_D.PENDING, _D.CLAIMED, _D.SENDING, _D.DEFERRED})


def sources_of(cause: Cause, target: DeliveryState) -> list[DeliveryState]:
    """The states from which `cause` may lead to `target`: what an UPDATE names in its WHERE."""
    return [state for (state, why), targets in TRANSITIONS.items() if why is cause and target in targets]


class Verdict(StrEnum):
    """What became of one try at handing a message over."""

    ACCEPTED = "accepted"  # 250 after the dot: the server owns the message
    DEFERRED = "deferred"  # 4yz: the server does not have it, try later
    REFUSED = "refused"  # 5yz: never repeat
    IN_DOUBT = "in_doubt"  # the connection was lost after the dot
    NOT_SENT = "not_sent"  # the connection was lost before the dot, or the row may no longer be sent


UNKNOWN_MAILBOX = ("5.1.1", "5.1.10")  # in two issues running they make a suppression


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with the server's reply (RFC 5321 4.2), and whether the dot had been reached."""

    verdict: Verdict
    code: int | None = None
    text: str = ""

    @property
    def is_unknown_mailbox(self) -> bool:
        """Whether it was refused because nobody has this address: 5.1.1 (RFC 3463 3.2) or 5.1.10 (RFC 7505 5)."""
        return self.verdict is Verdict.REFUSED and self.text.split(" ", 1)[0] in UNKNOWN_MAILBOX


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SMTP is told: return path and recipient (bare addresses)."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this process may try now. `attempt` counts from 1; `first_tried` is None before that."""

    id: int
    campaign: int
    subscriber: int
    address: str
    language: str
    attempt: int
    first_tried: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed delivery. `due` is when a deferred one is to be repeated."""

    delivery: Claimed
    outcome: Outcome
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms rows are claimed: whom a staging list allows (None: everybody), and how fast."""

    only_to: OnlyTo | None = None
    rates: Rates = field(default_factory=Rates)


UNLIMITED = Terms()  # everybody, as fast as it goes


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a deferred delivery waits, and when it is given up."""

    retry_after: tuple[timedelta, ...] = (
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
    )
    give_up_after: timedelta = timedelta(days=3)

    def due(self, attempt: int, now: datetime) -> datetime:
        """When attempt `attempt` (from 1), deferred at `now`, is to be repeated."""
        return now + self.retry_after[min(attempt, len(self.retry_after)) - 1]

    def is_over(self, first_tried: datetime | None, now: datetime) -> bool:
        """Whether a delivery first tried then is given up at `now`."""
        return first_tried is not None and now - first_tried >= self.give_up_after


@dataclass(frozen=True, slots=True)
class Tally:
    """The seven counts of a campaign, which add up to its recipients."""

    pending: int = 0
    sending: int = 0
    accepted: int = 0
    deferred: int = 0
    refused: int = 0
    in_doubt: int = 0
    skipped: int = 0

    @property
    def recipients(self) -> int:
        """The audience: everybody ends in exactly one count."""
        return self.pending + self.sending + self.accepted + self.deferred + self.refused + self.in_doubt + self.skipped

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do: an issue is sent only then."""
        return not (self.pending or self.sending or self.deferred)

    def __str__(self) -> str:
        names = ("accepted", "pending", "sending", "deferred", "refused", "in_doubt", "skipped")
        told = [f"{getattr(self, name)} {name.replace('_', ' ')}" for name in names if getattr(self, name)]
        return f"{self.recipients} recipients: {', '.join(told) or 'nobody'}"
