"""The ledger: claim, intent, result, reap, by the table of transitions (delivery.md section 1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, select, update

from coopdigest.domain.delivery import (
    UNLIMITED,
    Cause,
    Claimed,
    DeliveryState,
    Settled,
    Terms,
    sources_of,
)
from coopdigest.domain.issue import OPENED, Issue, IssueState
from coopdigest.domain.pace import Pace
from coopdigest.domain.period import Period
from coopdigest.domain.recipients import OnlyTo, Refused
from coopdigest.ports import Campaign, Trouble
from coopdigest.store.campaigns import cancel_campaign, find_campaign, get_campaign, issue_of, open_campaign
from coopdigest.store.claiming import Asked, Claiming
from coopdigest.store.database import Database
from coopdigest.store.home import Home
from coopdigest.store.issues import move_issue
from coopdigest.store.liveness import Liveness
from coopdigest.store.pace import read_pace
from coopdigest.store.recipients import is_allowed, is_meant, read_troubles
from coopdigest.store.recording import record_intents, record_results
from coopdigest.store.roster import not_suppressed
from coopdigest.store.schema import deliveries, senders, subscribers
from coopdigest.store.statements import MAY_SEND

_D = DeliveryState


class LedgerTables:
    """`ports.Ledger` on a database. A sender's id is its claim: one declared dead never claims again under it."""

    def __init__(self, database: Database, digest: str, home: Home | None = None) -> None:
        """Keep the ledger of one digest; `home` watches where it is, by default on a machine without a name."""
        self._database, self._digest = database, digest
        self._home = home or Home(database)
        self._claiming = Claiming(digest)
        self._liveness = Liveness(database)

    def campaign(self, period: str) -> Campaign | None:
        """See `ports.Ledger.campaign`."""
        with self._database.reading() as connection:
            return find_campaign(connection, self._digest, period)

    def open(self, issue: Issue, now: datetime) -> Campaign:
        """See `ports.Ledger.open`."""
        with self._database.writing() as connection:
            campaign = open_campaign(connection, self._digest, issue, now)
        self._database.checkpoint()  # after so much, or every later commit would search a long log
        return campaign

    def cancel(self, period: Period, now: datetime) -> Campaign | None:
        """See `ports.Ledger.cancel`."""
        with self._database.writing() as connection:
            return cancel_campaign(connection, self._digest, period, now)

    def finish(self, campaign: int, now: datetime) -> Campaign:
        """See `ports.Ledger.finish`."""
        with self._database.writing() as connection:
            found = get_campaign(connection, campaign)
            if found.state is not IssueState.SENDING or not found.tally.is_finished:
                return found
            move_issue(connection, issue_of(connection, campaign), IssueState.SENT, now)
            return replace(found, state=IssueState.SENT)

    def enlist(self, now: datetime) -> int:
        """See `ports.Ledger.enlist`."""
        with self._database.writing() as connection:
            sender = self._liveness.enlist(connection, now)
        self._home.raise_epoch(anew=True)
        return sender

    def beat(self, sender: int, now: datetime) -> bool:
        """See `ports.Ledger.beat`."""
        self._home.raise_epoch()
        with self._database.writing(shared=True) as connection:
            return self._liveness.beat(connection, sender, now)

    def retire(self, sender: int) -> None:
        """See `ports.Ledger.retire`."""
        with self._database.writing() as connection:
            self._free(connection, [sender])
            self._liveness.bury(connection, sender)
        self._liveness.release(sender)
        self._home.raise_epoch(anew=True)

    def abandon(self, sender: int) -> None:
        """Drop the sender's lock file without retiring it, as a crash does."""
        self._liveness.release(sender)

    def reap(self, now: datetime) -> int:
        """See `ports.Ledger.reap`."""
        with self._database.writing() as connection:
            dead = self._liveness.dead(connection, now)
            for sender in dead:
                self._liveness.bury(connection, sender)
            self._free(connection, dead)
            alive = select(senders.c.id).where(senders.c.alive.is_(True))
            lost = (*_held(_D.SENDING), deliveries.c.sender_id.not_in(alive))
            return connection.execute(update(deliveries).where(*lost).values(state=_D.IN_DOUBT.value)).rowcount

    def _free(self, connection: Connection, owners: Sequence[int]) -> None:
        claimed = (deliveries.c.sender_id.in_(owners), *_held(_D.CLAIMED))
        connection.execute(update(deliveries).where(*claimed).values(state=_D.PENDING.value, sender_id=None))

    def claim(self, campaign: int, sender: int, limit: int, now: datetime, terms: Terms = UNLIMITED) -> list[Claimed]:
        """See `ports.Ledger.claim`."""
        with self._database.sharing() as lean:
            taken = self._claiming.claim(lean, Asked(campaign, now, terms), sender, limit)
        if taken:
            self._home.raise_epoch(campaign)
        return taken

    def may_send(self, campaign: int, sender: int) -> bool:
        """See `ports.Ledger.may_send`."""
        with self._database.sharing() as lean:
            return lean.execute(MAY_SEND, (sender, campaign)).fetchone() is not None

    def next_turn(self, campaign: int, now: datetime, terms: Terms) -> datetime | None:
        """See `ports.Ledger.next_turn`."""
        with self._database.sharing() as lean:
            return self._claiming.next_turn(lean, Asked(campaign, now, terms))

    def record(
        self, sender: int, results: Sequence[Settled], intents: Sequence[Claimed], now: datetime
    ) -> frozenset[int]:
        """See `ports.Ledger.record`."""
        with self._database.sharing() as lean:
            instant = lean.bind(now)
            record_results(lean, self._digest, sender, results, instant)
            return record_intents(lean, sender, intents, instant)

    def give_up(self, campaign: int, first_tried_before: datetime, now: datetime, only_to: OnlyTo | None = None) -> int:
        """See `ports.Ledger.give_up`."""
        late = (
            deliveries.c.campaign_id == campaign,
            deliveries.c.state == _literal(_D.DEFERRED),
            deliveries.c.first_tried < first_tried_before,
            is_allowed(only_to),
        )
        with self._database.writing() as connection:
            return connection.execute(update(deliveries).where(*late).values(state=_D.REFUSED.value)).rowcount

    def held_back(self, campaign: int, only_to: OnlyTo) -> int:
        """See `ports.Ledger.held_back`."""
        waiting = deliveries.c.state.in_((_D.PENDING.value, _D.CLAIMED.value, _D.DEFERRED.value))
        query = select(func.count()).select_from(deliveries)
        with self._database.reading() as connection:
            where = (deliveries.c.campaign_id == campaign, waiting, ~is_allowed(only_to))
            return int(connection.execute(query.where(*where)).scalar_one())

    def requeue(self, campaign: int, state: DeliveryState, now: datetime) -> int:
        """See `ports.Ledger.requeue`."""
        cause = Cause.RESEND if state is _D.IN_DOUBT else Cause.RETRY
        if state not in sources_of(cause, _D.PENDING):
            raise ValueError(f"{state} is not put back to pending")
        return self._put_back(campaign, deliveries.c.state == state.value, now)

    def retry(self, campaign: int, which: Refused, now: datetime) -> int:
        """See `ports.Ledger.retry`."""
        refused = deliveries.c.state.in_([state.value for state in sources_of(Cause.RETRY, _D.PENDING)])
        return self._put_back(campaign, and_(refused, _is_in_audience(), is_meant(which)), now)

    def _put_back(self, campaign: int, condition: ColumnElement[bool], now: datetime) -> int:
        where = (deliveries.c.campaign_id == campaign, condition)
        with self._database.writing() as connection:
            if issue_of(connection, campaign).state not in OPENED:
                return 0
            back = {"state": _D.PENDING.value, "sender_id": None, "due": None, "first_tried": None}
            count = connection.execute(update(deliveries).where(*where).values(back)).rowcount
            if count and issue_of(connection, campaign).state == IssueState.SENT.value:
                move_issue(connection, issue_of(connection, campaign), IssueState.SENDING, now)
        return count

    def troubles(self, campaign: int, states: Collection[DeliveryState]) -> Iterator[Trouble]:
        """See `ports.Ledger.troubles`."""
        with self._database.reading() as connection:
            yield from read_troubles(connection, campaign, states)

    def pace(self, campaign: int, now: datetime, most: int) -> Pace:
        """See `ports.Ledger.pace`."""
        with self._database.reading() as connection:
            return read_pace(connection, campaign, now, most)

    def displacement(self, campaign: int) -> str | None:
        """See `ports.Ledger.displacement`."""
        return self._home.displacement(campaign)

    def adopt(self) -> None:
        """See `ports.Ledger.adopt`."""
        self._home.adopt()
        if not self._database.is_sqlite:
            return  # senders on other hosts live on; those of a restored database fall silent
        with self._database.writing() as connection:
            absent = self._liveness.absent(connection)
            for sender in absent:
                self._liveness.bury(connection, sender)
            self._free(connection, absent)

    def close(self) -> None:
        """Let go of the lock files."""
        self._liveness.release_all()


def _literal(state: DeliveryState) -> ColumnElement[str]:
    """The state as it stands in the conditions of the partial indexes; SQLite does not see that a parameter fits."""
    return literal_column(f"'{state}'")


def _held(state: DeliveryState) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The rows in this state, found among those that senders hold, not among all that there ever were."""
    held = deliveries.c.state.in_([_literal(_D.CLAIMED), _literal(_D.SENDING)])
    return held, deliveries.c.state == _literal(state)


def _is_in_audience() -> ColumnElement[bool]:
    """Whether the delivery's subscriber is still on the roster, active and not suppressed."""
    there = select(subscribers.c.id).where(
        subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.active.is_(True), not_suppressed()
    )
    return there.correlate(deliveries).exists()
