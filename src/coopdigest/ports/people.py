"""Keeps subscribers, and the truth about what was sent to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coopdigest.domain.delivery import UNLIMITED, Claimed, DeliveryState, Settled, Tally, Terms
from coopdigest.domain.issue import Issue, IssueState
from coopdigest.domain.pace import Pace
from coopdigest.domain.period import Period
from coopdigest.domain.recipients import OnlyTo, Refused
from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Address, Reason, Subscriber


@dataclass(frozen=True, slots=True)
class Campaign:
    """The sending of one issue to one audience."""

    id: int
    period: str
    state: IssueState
    tally: Tally


@dataclass(frozen=True, slots=True)
class Trouble:
    """A delivery that did not arrive, and why. `address` is None once the subscriber was erased.

    `since` is when its last answer came or its connection was lost; for a sender that died, its last sign of life.
    """

    address: str | None
    state: DeliveryState
    code: int | None
    reply: str
    attempts: int
    due: datetime | None
    since: datetime | None


class Ledger(Protocol):
    """Campaigns, deliveries, attempts: the truth about sending (delivery.md section 1)."""

    def campaign(self, period: str) -> Campaign | None:
        """The period's campaign with its tally, None if it was never opened."""
        ...

    def open(self, issue: Issue, now: datetime) -> Campaign:
        """Find or create the campaign, in one transaction: items used, one pending delivery per member of
        the audience with its edition fixed, issue moves from approved to sending.

        Raises:
            HeldError: the audience is empty, or an item was used by another issue meanwhile.
        """
        ...

    def enlist(self, now: datetime) -> int:
        """Register this process as a live sender; returns its id. It heartbeats and holds a lock file."""
        ...

    def beat(self, sender: int, now: datetime) -> bool:
        """Renew the sender's heartbeat; False when it was declared dead meanwhile."""
        ...

    def retire(self, sender: int) -> None:
        """Release the sender's claimed rows and forget it."""
        ...

    def reap(self, now: datetime) -> int:
        """Return dead senders' claimed rows to pending and hold their sending rows in doubt; how many were held."""
        ...

    def claim(self, campaign: int, sender: int, limit: int, now: datetime, terms: Terms = UNLIMITED) -> list[Claimed]:
        """Take up to `limit` due rows for this sender; suppressed and departed ones become skipped instead.

        Rows that the staging list does not allow stay as they are, and so do those for which the rates leave no
        token; one domain's want of tokens holds no other domain up. There may be fewer than `limit` while more are
        due. Empty when nothing may be claimed now, or the campaign is paused or cancelled.
        """
        ...

    def may_send(self, campaign: int, sender: int) -> bool:
        """Whether the sender is alive and the campaign sending: neither paused, cancelled nor finished."""
        ...

    def next_turn(self, campaign: int, now: datetime, terms: Terms) -> datetime | None:
        """When a row that is due now and waits only for a token can have one; None when no due row waits for that."""
        ...

    def record(
        self, sender: int, results: Sequence[Settled], intents: Sequence[Claimed], now: datetime
    ) -> frozenset[int]:
        """In one transaction write down `results`, then the intents to write the final dot of `intents`.

        A result counts only by the table and only where the row is still this sender's and of the same attempt. An
        address that answered 5.1.1 or 5.1.10 in this issue and in the one before it is suppressed as bounced.

        Returns the ids of the intents' deliveries whose dot may be written. The others may no longer be sent: fenced,
        paused, cancelled, or not in the audience any more, which makes them skipped.

        Raises:
            StoreError: nothing was written down, so no dot may be written.
        """
        ...

    def give_up(self, campaign: int, first_tried_before: datetime, now: datetime, only_to: OnlyTo | None = None) -> int:
        """Refuse deferred rows that were first tried before the given instant and that `only_to` allows; how many."""
        ...

    def held_back(self, campaign: int, only_to: OnlyTo) -> int:
        """How many rows wait that `only_to` does not allow."""
        ...

    def requeue(self, campaign: int, state: DeliveryState, now: datetime) -> int:
        """Put rows that are in doubt or refused back to pending; how many."""
        ...

    def retry(self, campaign: int, which: Refused, now: datetime) -> int:
        """Put these refused rows back to pending; how many. Who was suppressed or left the roster stays refused."""
        ...

    def troubles(self, campaign: int, states: Collection[DeliveryState]) -> Iterator[Trouble]:
        """The rows in these states, by address, the erased last.

        They are read as they are asked for: use the store for nothing else until the last one.
        """
        ...

    def pace(self, campaign: int, now: datetime, most: int) -> Pace:
        """How the campaign goes on, by whomever it is sent, with at most `most` domains of its troubles."""
        ...

    def displacement(self, campaign: int) -> str | None:
        """Why this campaign must not go on by itself, in words: the ledger may be an old copy; None when it may."""
        ...

    def adopt(self) -> None:
        """Take this ledger, where it is and as it is, for the one that goes on. Senders of its old place are dead."""
        ...

    def finish(self, campaign: int, now: datetime) -> Campaign:
        """Mark the issue sent if nothing is left to do; the campaign as it stands then."""
        ...

    def cancel(self, period: Period, now: datetime) -> Campaign | None:
        """Skip everything that was not handed over; releases the items if nothing was accepted."""
        ...


class Roster(Protocol):
    """Subscribers and suppressions."""

    def subscribers(self) -> list[Subscriber]:
        """Everybody, active or not, with the reason of a suppression, by address."""
        ...

    def find(self, address: Address) -> Subscriber | None:
        """The subscriber with this address."""
        ...

    def get(self, subscriber: int) -> Subscriber | None:
        """The subscriber with this id."""
        ...

    def audience_size(self) -> int:
        """How many active subscribers are not suppressed."""
        ...

    def put(self, rows: Iterable[RosterRow], origin: str, now: datetime) -> tuple[int, int]:
        """Insert or update subscribers by address; (added, updated). One transaction."""
        ...

    def departing(self, present: Sequence[str]) -> list[int]:
        """Ids of active subscribers who came by the file and whose address key is not in `present`."""
        ...

    def sync(self, rows: Sequence[RosterRow], departed: Sequence[int], stamp: str, now: datetime) -> tuple[int, int]:
        """Apply a roster file in one transaction: put its rows, deactivate `departed`, remember `stamp`."""
        ...

    def stamp(self) -> str | None:
        """The stamp of the roster file last applied."""
        ...

    def suppress(self, address: Address, reason: Reason, now: datetime) -> bool:
        """Suppress an address, known or not; False if it was already."""
        ...

    def unsuppress(self, address: Address) -> bool:
        """Lift a suppression; False if there was none."""
        ...

    def suppressions(self) -> Mapping[str, Reason]:
        """Reasons by address hash."""
        ...

    def erase(self, address: Address, now: datetime) -> bool:
        """Forget the person, keep only the hash as a suppression; False if nobody was known."""
        ...
