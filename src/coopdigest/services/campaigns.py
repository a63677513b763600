"""Campaigns: send an approved issue once, resume it, and say how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from coopdigest.domain.delivery import DeliveryState, Tally
from coopdigest.domain.digest import Digest
from coopdigest.domain.errors import ExitCode, HeldError
from coopdigest.domain.issue import OPENED, IssueState
from coopdigest.domain.period import Period, period_of_key
from coopdigest.domain.recipients import Refused
from coopdigest.ports import Campaign, Clock, Composer, IssueStore, ItemStore, Ledger
from coopdigest.services.collecting import find_holes
from coopdigest.services.dispatching import Dispatching
from coopdigest.services.editing import Editing


class Sent(Enum):
    """What a call of `send` found."""

    ALREADY = "already"
    DRAINED = "drained"


@dataclass(frozen=True, slots=True)
class Sending:
    """What `send` did: whether it had anything to do, and the campaign as it stands."""

    what: Sent
    campaign: Campaign

    @property
    def exit_code(self) -> ExitCode:
        """0 done; 9 deferred ones remain; 8 some refused or in doubt; 5 paused; 9 goes before 8."""
        tally = self.campaign.tally
        if self.what is Sent.ALREADY:
            return ExitCode.DONE
        if self.campaign.state is IssueState.PAUSED:
            return ExitCode.HELD
        if tally.deferred or tally.pending or tally.sending:
            return ExitCode.DEFERRED
        return ExitCode.PARTLY_REFUSED if tally.refused or tally.in_doubt else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Opens, resumes and stops campaigns."""

    digest: Digest
    editing: Editing
    items: ItemStore
    issues: IssueStore
    ledger: Ledger
    clock: Clock
    dispatching: Dispatching

    def prepare(
        self, period: Period, composer: Composer, *, early: bool, required: Sequence[str], force: bool = False
    ) -> Campaign:
        """Open the period's campaign, or find the open one; nothing is sent yet.

        An issue that is not approved is approved by itself when the digest is automatic, with `force` over errors of
        `check` too. `required` are the sources without which no issue goes out.

        Raises:
            HeldError: not approved, not over, a hole in the sources, nothing to send, nobody to send to.
            CheckError: a rule of `check` stops the automatic approval.
        """
        record = self.issues.record(period)
        if record and record.state in OPENED:
            campaign = self.ledger.campaign(period.key)
            if campaign:
                return campaign
        self.editing.require_sendable(period, early)
        self._refuse_ended(period, record.state if record else None)
        self._refuse_holes(period, early, required)
        if self.editing.void_stale_approval(period):
            record = self.issues.record(period)
        if not record or record.state is not IssueState.APPROVED:
            self._approve(period, composer, early, force)
        return self.ledger.open(self.editing.issue(period), self.clock.now())

    def _refuse_ended(self, period: Period, state: IssueState | None) -> None:
        if state is IssueState.CANCELLED:
            raise HeldError(f"issue {period.key} was cancelled; to send it after all: coopdigest approve {period.key}")

    def _refuse_holes(self, period: Period, early: bool, required: Sequence[str]) -> None:
        holes = [] if early else find_holes(self.items, required, period.ends)
        if holes:
            raise HeldError(
                f"source {holes[0]} was not collected since {period.key} ended; run: coopdigest collect, "
                f"or send --without {holes[0]}"
            )

    def _approve(self, period: Period, composer: Composer, early: bool, force: bool) -> None:
        self.editing.refuse_empty(self.editing.issue(period))
        if not self.digest.automatic:
            raise HeldError(
                f"issue {period.key} is not approved; look at it, then run: coopdigest approve {period.key}"
            )
        self.editing.approve(period, composer, by="automatic", early=early, force=force)

    def drain(self, campaign: Campaign, *, resend_in_doubt: bool = False) -> Sending:
        """Send what is due now and say how the campaign stands; a finished one sends nothing.

        Raises:
            HeldError: the ledger was copied or restored, and nobody said yet that it is the one that goes on.
        """
        if resend_in_doubt or not campaign.tally.is_finished:
            self.refuse_displaced(campaign)
        self.ledger.reap(self.clock.now())
        if resend_in_doubt and campaign.state is not IssueState.CANCELLED:
            self.ledger.requeue(campaign.id, DeliveryState.IN_DOUBT, self.clock.now())
        now_standing = self.ledger.finish(campaign.id, self.clock.now())
        if now_standing.state is IssueState.SENT:
            return Sending(Sent.ALREADY if campaign.state is IssueState.SENT else Sent.DRAINED, now_standing)
        period = period_of_key(campaign.period, self.digest.zone)
        self.dispatching.drain(campaign.id, self.issues.editions(period))
        return Sending(Sent.DRAINED, self.ledger.finish(campaign.id, self.clock.now()))

    def refuse_displaced(self, campaign: Campaign) -> None:
        """Let a campaign go on only where the ledger is known to be the newest.

        Raises:
            HeldError: it may be an old copy; says what was found and how to go on.
        """
        if why := self.ledger.displacement(campaign.id):
            period = campaign.period
            raise HeldError(
                f"{period}: {why}. People may have had it since, and would get it twice; compare: coopdigest status "
                f"{period}; to go on with this ledger: coopdigest send {period} --here"
            )

    def retry_refused(self, campaign: Campaign, which: Refused) -> int:
        """Put refused deliveries back to pending, for the next drain; how many."""
        return self.ledger.retry(campaign.id, which, self.clock.now())

    def held_back(self, campaign: Campaign) -> int:
        """How many deliveries wait only because the staging list does not name them."""
        only_to = self.dispatching.terms.only_to
        return self.ledger.held_back(campaign.id, only_to) if only_to is not None else 0

    def pause(self, period: Period) -> None:
        """Hold an open campaign; what is in flight is finished, the rest stays pending."""
        self._require_campaign(period)
        self.issues.set_state(period, IssueState.PAUSED, self.clock.now())

    def resume(self, period: Period) -> None:
        """Let a paused campaign go on with the next `send` or tick."""
        self._require_campaign(period)
        self.issues.set_state(period, IssueState.SENDING, self.clock.now())

    def cancel(self, period: Period) -> Tally:
        """End an issue: what was not handed over is skipped; nothing accepted yet means its items are free again."""
        if self.issues.record(period) is None:
            self.issues.set_state(period, IssueState.CANCELLED, self.clock.now())
        campaign = self.ledger.cancel(period, self.clock.now())
        return campaign.tally if campaign else Tally()

    def _require_campaign(self, period: Period) -> None:
        if self.ledger.campaign(period.key) is None:
            raise HeldError(f"{period.key} has no campaign; send it first: coopdigest send {period.key}")
