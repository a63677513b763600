"""Campaigns, deliveries and their senders, kept in memory and moved by the transition table alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from coopdigest.domain.delivery import (
    TRANSITIONS,
    UNLIMITED,
    Cause,
    Claimed,
    DeliveryState,
    Outcome,
    Settled,
    Tally,
    Terms,
    Verdict,
)
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import OPENED, Issue, IssueState, check_transition
from coopdigest.domain.pace import Pace
from coopdigest.domain.period import Period
from coopdigest.domain.recipients import OnlyTo, Refused
from coopdigest.domain.subscriber import Reason, Subscriber
from coopdigest.ports import Campaign, Trouble
from coopdigest.testing.memory_buckets import MemoryBuckets
from coopdigest.testing.memory_issues import MemoryIssues
from coopdigest.testing.memory_items import MemoryItems
from coopdigest.testing.memory_pace import pace_of
from coopdigest.testing.memory_roster import MemoryRoster

HEARTBEAT_LIMIT = timedelta(seconds=90)  # three beats of 30 s
_S = DeliveryState
_MOVES = {
    Verdict.ACCEPTED: ((Cause.ANSWER, _S.ACCEPTED),),
    Verdict.DEFERRED: ((Cause.ANSWER, _S.DEFERRED),),
    Verdict.REFUSED: ((Cause.ANSWER, _S.REFUSED),),
    Verdict.IN_DOUBT: ((Cause.LOST, _S.IN_DOUBT),),
    Verdict.NOT_SENT: ((Cause.RELEASE, _S.PENDING), (Cause.UNSENT, _S.PENDING)),
}
_PERHAPS_HANDED_OVER = frozenset({_S.SENDING, _S.ACCEPTED, _S.IN_DOUBT})


@dataclass(slots=True)
class _Row:
    id: int
    campaign: int
    subscriber: int
    address: str
    language: str
    state: DeliveryState = _S.PENDING
    sender: int | None = None
    attempt: int = 0
    first_tried: datetime | None = None
    due: datetime | None = None
    outcome: Outcome | None = None
    since: datetime | None = None

    def move(self, cause: Cause, target: DeliveryState) -> bool:
        """Go to `target` if the table lets `cause` do that."""
        is_allowed = target in TRANSITIONS.get((self.state, cause), frozenset())
        self.state = target if is_allowed else self.state
        return is_allowed

    def is_due(self, now: datetime) -> bool:
        """Whether it may be claimed at `now`."""
        return (self.state, Cause.CLAIM) in TRANSITIONS and (self.due is None or self.due <= now)


class MemoryLedger:
    """A `Ledger`. It reads the audience from the roster and the editions from the issues."""

    def __init__(self, items: MemoryItems, issues: MemoryIssues, roster: MemoryRoster) -> None:
        """Know no campaign."""
        self._items, self._issues, self._roster = items, issues, roster
        self._buckets = MemoryBuckets()
        self._campaigns: dict[str, tuple[int, Period]] = {}
        self._rows: dict[int, _Row] = {}
        self._beats: dict[int, datetime] = {}
        self._last_beats: dict[int, datetime] = {}
        self._abandoned: set[int] = set()
        self._last_campaign = self._last_sender = self._last_row = 0

    def campaign(self, period: str) -> Campaign | None:
        """The period's campaign with its tally."""
        if period not in self._campaigns:
            return None
        id_, whole = self._campaigns[period]
        record = self._issues.record(whole)
        return Campaign(id_, period, record.state if record else IssueState.SENDING, self._tally(id_))

    def open(self, issue: Issue, now: datetime) -> Campaign:
        """Find or create the campaign."""
        period = issue.period
        record = self._issues.record(period)
        state = record.state if record else IssueState.DRAFT
        found = self.campaign(period.key)
        if found and state is not IssueState.APPROVED:  # approved again after a cancel: planned anew
            return found
        check_transition(period.key, state, IssueState.SENDING)
        if found and self._was_perhaps_handed_over(found.id):
            raise HeldError(f"issue {period.key} was cancelled after somebody had it; nobody gets it twice")
        audience = self._roster.audience()
        if not audience:
            raise HeldError("nobody to send to; see: coopdigest subscribers list")
        if not self._items.use(str(period.cadence), period.key, issue.used_ids()):
            raise HeldError(
                f"another issue used an item of {period.key} meanwhile; run: coopdigest approve {period.key}"
            )
        self._plan(period, audience, self._issues.editions(period))
        self._issues.set_state(period, IssueState.SENDING, now)
        return self._known(period.key)

    def enlist(self, now: datetime) -> int:
        """Register a live sender; returns its id."""
        self._last_sender += 1
        self._beats[self._last_sender] = self._last_beats[self._last_sender] = now
        return self._last_sender

    def beat(self, sender: int, now: datetime) -> bool:
        """Renew the sender's heartbeat; False when it was declared dead meanwhile."""
        if sender in self._beats:
            self._beats[sender] = self._last_beats[sender] = now
        return sender in self._beats

    def retire(self, sender: int) -> None:
        """Release the sender's claimed rows and forget it."""
        for row in self._held_by({sender}):
            row.move(Cause.RELEASE, _S.PENDING)
        self._beats.pop(sender, None)

    def abandon(self, sender: int) -> None:
        """Let the sender die as in a crash: nothing is released, the next `reap` finds it dead."""
        self._abandoned.add(sender)

    def reap(self, now: datetime) -> int:
        """Return dead senders' claimed rows to pending and hold their sending rows in doubt; how many were held."""
        late = {sender for sender, beat in self._beats.items() if now - beat > HEARTBEAT_LIMIT}
        for sender in late | self._abandoned:
            self._beats.pop(sender, None)
        dead = {row.sender for row in self._rows.values() if row.sender is not None} - self._beats.keys()
        held = 0
        for row in self._held_by(dead):
            row.move(Cause.RELEASE, _S.PENDING)
            if row.move(Cause.LOST, _S.IN_DOUBT):
                row.since, row.outcome = self._last_beats[row.sender or 0], None
                held += 1
        return held

    def claim(self, campaign: int, sender: int, limit: int, now: datetime, terms: Terms = UNLIMITED) -> list[Claimed]:
        """Take up to `limit` due rows for this sender; suppressed and departed ones become skipped instead."""
        if not self.may_send(campaign, sender):
            return []
        taken: list[Claimed] = []
        for row in self._due(campaign, now, terms):
            if len(taken) == limit:
                break
            if not self._may_receive(row):
                row.move(Cause.SKIP, _S.SKIPPED)
            elif self._buckets.take(self._domain_of(row), terms.rates, now):
                taken.append(self._take(row, sender))
        return taken

    def _due(self, campaign: int, now: datetime, terms: Terms) -> list[_Row]:
        """What is due of those whom the staging list allows, longest deferred first."""
        due = [row for row in self._rows_of(campaign) if row.is_due(now) and self._is_allowed(row, terms.only_to)]
        return sorted(due, key=lambda row: (row.due is None, row.due or now))

    def _domain_of(self, row: _Row) -> str:
        person = self._roster.get(row.subscriber)
        return person.address.key.rpartition("@")[2] if person else ""

    def may_send(self, campaign: int, sender: int) -> bool:
        """Whether the sender is alive and the campaign sending."""
        return sender in self._beats and self._is_sending(campaign)

    def next_turn(self, campaign: int, now: datetime, terms: Terms) -> datetime | None:
        """When a row that waits only for a token can have one."""
        due = [row for row in self._due(campaign, now, terms) if self._may_receive(row)]
        turns = (self._buckets.ready(self._domain_of(row), terms.rates, now) for row in due)
        return min(turns, default=None) if terms.rates.are_limits else None

    def record(
        self, sender: int, results: Sequence[Settled], intents: Sequence[Claimed], now: datetime
    ) -> frozenset[int]:
        """Write down results, then intents; the ids that may be sent."""
        for settled in results:
            self._settle(settled, sender, now)
        return frozenset(delivery.id for delivery in intents if self._intend(delivery, sender))

    def _intend(self, delivery: Claimed, sender: int) -> bool:
        row = self._mine(delivery, sender)
        if row is None or not self.may_send(row.campaign, sender):
            return False
        if row.state is _S.CLAIMED and not self._may_receive(row):
            row.move(Cause.SKIP, _S.SKIPPED)
        return row.move(Cause.INTENT, _S.SENDING)

    def _settle(self, settled: Settled, sender: int, now: datetime) -> None:
        row, outcome = self._mine(settled.delivery, sender), settled.outcome
        if row is None or not any(row.move(cause, target) for cause, target in _MOVES[outcome.verdict]):
            return
        row.outcome, row.since, row.due = outcome, now, settled.due if row.state is _S.DEFERRED else None
        if outcome.verdict is not Verdict.NOT_SENT:
            row.first_tried = row.first_tried or now
        if outcome.verdict in (Verdict.DEFERRED, Verdict.NOT_SENT):
            self._reopen(row, now)
        if outcome.is_unknown_mailbox:
            self._suppress_bounced(row, now)

    def give_up(self, campaign: int, first_tried_before: datetime, now: datetime, only_to: OnlyTo | None = None) -> int:
        """Refuse deferred rows that were first tried before the given instant; how many."""
        rows = [row for row in self._rows_of(campaign) if row.first_tried and row.first_tried < first_tried_before]
        return sum(row.move(Cause.GIVE_UP, _S.REFUSED) for row in rows if self._is_allowed(row, only_to))

    def held_back(self, campaign: int, only_to: OnlyTo) -> int:
        """How many rows wait that `only_to` does not allow."""
        waiting = (row for row in self._rows_of(campaign) if row.state in (_S.PENDING, _S.CLAIMED, _S.DEFERRED))
        return sum(not self._is_allowed(row, only_to) for row in waiting)

    def requeue(self, campaign: int, state: DeliveryState, now: datetime) -> int:
        """Put rows that are in doubt or refused back to pending; how many. An issue already sent is sending again."""
        cause = Cause.RESEND if state is _S.IN_DOUBT else Cause.RETRY
        return self._put_back(campaign, [row for row in self._rows_of(campaign) if row.state is state], cause, now)

    def retry(self, campaign: int, which: Refused, now: datetime) -> int:
        """Put these refused rows back to pending; how many."""
        refused = (row for row in self._rows_of(campaign) if row.state is _S.REFUSED and self._may_receive(row))
        return self._put_back(campaign, [row for row in refused if self._is_meant(row, which)], Cause.RETRY, now)

    def troubles(self, campaign: int, states: Collection[DeliveryState]) -> Iterator[Trouble]:
        """The rows in these states, by address, the erased last."""
        rows = [(self._roster.get(row.subscriber), row) for row in self._rows_of(campaign) if row.state in states]
        for person, row in sorted(rows, key=lambda pair: (pair[0] is None, pair[0].address.key if pair[0] else "")):
            outcome = row.outcome or Outcome(Verdict.IN_DOUBT)
            due = row.due if row.state is _S.DEFERRED else None
            address = person.address.given if person else None
            yield Trouble(address, row.state, outcome.code, outcome.text, row.attempt, due, row.since)

    def _put_back(self, campaign: int, rows: Sequence[_Row], cause: Cause, now: datetime) -> int:
        period = self._period_of(campaign)
        record = self._issues.record(period)
        if not rows or record is None or record.state not in OPENED:
            return 0
        for row in rows:
            if row.move(cause, _S.PENDING):
                row.sender = row.first_tried = row.due = None
        if record.state is IssueState.SENT:
            self._issues.set_state(period, IssueState.SENDING, now)
        return len(rows)

    def finish(self, campaign: int, now: datetime) -> Campaign:
        """Mark the issue sent if nothing is left to do; the campaign as it stands then."""
        period = self._period_of(campaign)
        if self._tally(campaign).is_finished and self._is_sending(campaign):
            self._issues.set_state(period, IssueState.SENT, now)
        return self._known(period.key)

    def cancel(self, period: Period, now: datetime) -> Campaign | None:
        """Skip everything that was not handed over; releases the items if nothing was accepted."""
        if self._issues.record(period) is None:
            return None
        self._issues.set_state(period, IssueState.CANCELLED, now)
        found = self.campaign(period.key)
        if found is None:
            self._issues.release(period)
            return None
        for row in self._rows_of(found.id):
            row.move(Cause.SKIP, _S.SKIPPED)
        if not self._was_perhaps_handed_over(found.id):
            self._issues.release(period)
        return self.campaign(period.key)

    def pace(self, campaign: int, now: datetime, most: int) -> Pace:
        """How the campaign goes on."""
        return pace_of(self._rows_of(campaign), self._beats, now, most)

    def displacement(self, campaign: int) -> str | None:
        """None: memory is not copied."""
        return None

    def adopt(self) -> None:
        """Nothing has to change."""

    def outcomes(self, campaign: int) -> dict[str, Outcome | None]:
        """The last answer for every recipient, by address: what a test asks afterwards."""
        return {row.address: row.outcome for row in self._rows_of(campaign)}

    def states(self, campaign: int) -> dict[str, DeliveryState]:
        """Where every recipient's delivery stands, by address: what a test asks afterwards."""
        return {row.address: row.state for row in self._rows_of(campaign)}

    def standing(self, campaign: int) -> dict[str, tuple[DeliveryState, int | None, int]]:
        """Every recipient's state, sender and attempt, by address: what a test watches."""
        return {row.address: (row.state, row.sender, row.attempt) for row in self._rows_of(campaign)}

    def _plan(self, period: Period, audience: Sequence[Subscriber], editions: Sequence[Edition]) -> None:
        self._last_campaign += 1
        self._campaigns[period.key] = (self._last_campaign, period)
        languages = [edition.language for edition in editions]
        for person in audience:
            self._last_row += 1
            language = _choose_language(person.language, languages)
            row = _Row(self._last_row, self._last_campaign, person.id, person.address.given, language)
            self._rows[row.id] = row

    def _take(self, row: _Row, sender: int) -> Claimed:
        row.move(Cause.CLAIM, _S.CLAIMED)
        row.sender, row.attempt = sender, row.attempt + 1
        return Claimed(row.id, row.campaign, row.subscriber, row.address, row.language, row.attempt, row.first_tried)

    def _may_receive(self, row: _Row) -> bool:
        person = self._roster.get(row.subscriber)
        return person is not None and person.active and person.suppressed is None

    def _is_allowed(self, row: _Row, only_to: OnlyTo | None) -> bool:
        person = self._roster.get(row.subscriber)
        return only_to is None or (person is not None and only_to.allows(person.address))

    def _is_meant(self, row: _Row, which: Refused) -> bool:
        person, outcome = self._roster.get(row.subscriber), row.outcome
        return bool(person and outcome and which.fits(row.id, person.address.key, outcome.code, outcome.text))

    def _reopen(self, row: _Row, now: datetime) -> None:
        """A late answer that leaves a row open: an issue called sent is sending again, a cancelled one skips it."""
        period = self._period_of(row.campaign)
        state = self._known(period.key).state
        if state is IssueState.SENT:
            self._issues.set_state(period, IssueState.SENDING, now)
        if state is IssueState.CANCELLED:
            row.move(Cause.SKIP, _S.SKIPPED)

    def _suppress_bounced(self, row: _Row, now: datetime) -> None:
        """Suppress who had no mailbox in the campaign before either."""
        before = max((id_ for id_, _ in self._campaigns.values() if id_ < row.campaign), default=None)
        person = self._roster.get(row.subscriber)
        for old in self._rows.values():
            was_refused = (old.campaign, old.subscriber, old.state) == (before, row.subscriber, _S.REFUSED)
            if person and was_refused and old.outcome and old.outcome.is_unknown_mailbox:
                self._roster.suppress(person.address, Reason.BOUNCED, now)

    def _mine(self, delivery: Claimed, sender: int) -> _Row | None:
        row = self._rows.get(delivery.id)
        return row if row and (row.sender, row.attempt) == (sender, delivery.attempt) else None

    def _held_by(self, senders: set[int]) -> Iterator[_Row]:
        return (row for row in self._rows.values() if row.sender in senders)

    def _rows_of(self, campaign: int) -> list[_Row]:
        return [row for row in self._rows.values() if row.campaign == campaign]

    def _was_perhaps_handed_over(self, campaign: int) -> bool:
        return any(row.state in _PERHAPS_HANDED_OVER for row in self._rows_of(campaign))

    def _is_sending(self, campaign: int) -> bool:
        return self._known(self._period_of(campaign).key).state is IssueState.SENDING

    def _period_of(self, campaign: int) -> Period:
        return next(period for id_, period in self._campaigns.values() if id_ == campaign)

    def _known(self, period: str) -> Campaign:
        campaign = self.campaign(period)
        if campaign is None:
            raise LookupError(f"no campaign of {period}")
        return campaign

    def _tally(self, campaign: int) -> Tally:
        """Claimed rows count as pending."""
        counts = Counter(_S.PENDING if row.state is _S.CLAIMED else row.state for row in self._rows_of(campaign))
        return Tally(**{state.value: number for state, number in counts.items()})


def _choose_language(wanted: str | None, offered: Sequence[str]) -> str:
    """The edition for a subscriber: the wanted language, else one of its base language, else the digest's own."""
    spoken = (wanted or "").lower()
    exact = [language for language in offered if language.lower() == spoken]
    base = [language for language in offered if language.lower().split("-")[0] == spoken.split("-")[0]]
    return [*exact, *base, *offered, "en"][0]
