"""Campaigns: opened once per period, tallied, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from coopdigest.domain.delivery import Cause, DeliveryState, Tally, sources_of
from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import Issue, IssueState
from coopdigest.domain.period import Period
from coopdigest.ports import Campaign
from coopdigest.store.issues import find_issue, move_issue, release_issue
from coopdigest.store.schema import (
    attempts,
    campaigns,
    deliveries,
    editions,
    issues,
    subscribers,
    suppressions,
    used_items,
)


def find_campaign(connection: Connection, digest: str, period: str) -> Campaign | None:
    """The period's campaign with its tally."""
    where = (campaigns.c.digest == digest, campaigns.c.period == period)
    id_ = connection.execute(select(campaigns.c.id).where(*where)).scalar()
    return get_campaign(connection, id_) if id_ is not None else None


def get_campaign(connection: Connection, campaign: int) -> Campaign:
    """A campaign by its id, with its tally."""
    joined = select(campaigns.c.period, issues.c.state).join(issues, issues.c.id == campaigns.c.issue_id)
    row = connection.execute(joined.where(campaigns.c.id == campaign)).one()
    return Campaign(campaign, row.period, IssueState(row.state), _tally(connection, campaign))


def _tally(connection: Connection, campaign: int) -> Tally:
    counted = select(deliveries.c.state, func.count()).where(deliveries.c.campaign_id == campaign)
    counts: dict[str, int] = dict(connection.execute(counted.group_by(deliveries.c.state)).all())
    pending = counts.pop("pending", 0) + counts.pop("claimed", 0)
    return Tally(pending=pending, **counts)


def issue_of(connection: Connection, campaign: int) -> Row[Any]:
    """The issue that a campaign sends."""
    joined = select(issues).join(campaigns, campaigns.c.issue_id == issues.c.id)
    return connection.execute(joined.where(campaigns.c.id == campaign)).one()


def open_campaign(connection: Connection, digest: str, issue: Issue, now: datetime) -> Campaign:
    """Find or create the campaign of an approved issue; see `ports.Ledger.open`."""
    found = find_campaign(connection, digest, issue.period.key)
    if found and found.state is not IssueState.APPROVED:
        return found
    row = find_issue(connection, digest, issue.period.key)
    if row is None:
        raise HeldError(f"issue {issue.period.key} is not approved; run: coopdigest approve {issue.period.key}")
    move_issue(connection, row, IssueState.SENDING, now)
    if found:
        _forget(connection, found)
    _use_items(connection, row, issue.used_ids())
    values = {"digest": digest, "period": issue.period.key, "issue_id": row.id, "opened_at": now}
    campaign = connection.execute(insert(campaigns).values(values).returning(campaigns.c.id)).scalar_one()
    planned = _plan(connection, digest, campaign, row.id)
    if not planned:
        raise HeldError("nobody to send to: no active subscriber; see: coopdigest subscribers list")
    return Campaign(campaign, issue.period.key, IssueState.SENDING, Tally(pending=planned))


def _forget(connection: Connection, campaign: Campaign) -> None:
    """Drop a campaign that was cancelled before anything was handed over, so that its issue can be sent afresh."""
    if campaign.tally.accepted or campaign.tally.in_doubt or campaign.tally.sending:
        raise HeldError(f"issue {campaign.period} was cancelled after somebody had it; nobody gets it twice")
    theirs = select(deliveries.c.id).where(deliveries.c.campaign_id == campaign.id)
    connection.execute(delete(attempts).where(attempts.c.delivery_id.in_(theirs)))
    connection.execute(delete(deliveries).where(deliveries.c.campaign_id == campaign.id))
    connection.execute(delete(campaigns).where(campaigns.c.id == campaign.id))


def _use_items(connection: Connection, issue: Row[Any], ids: Sequence[int]) -> None:
    taken = select(used_items.c.item_id).where(
        used_items.c.digest == issue.digest, used_items.c.cadence == issue.cadence
    )
    if set(ids) & set(connection.execute(taken).scalars()):
        raise HeldError(
            f"an item of issue {issue.period} went out in another issue meanwhile; "
            f"approve it again: coopdigest approve {issue.period}"
        )
    scope = {"digest": issue.digest, "cadence": issue.cadence, "issue_id": issue.id}
    connection.execute(insert(used_items), [{**scope, "item_id": id_} for id_ in dict.fromkeys(ids)])


def _plan(connection: Connection, digest: str, campaign: int, issue_id: int) -> int:
    """One pending delivery per member of the audience; how many.

    SQLite is to read the roster in the order of its ids, and not by the index on digests: a million look-ups and a
    sort cost more than all the rest. So the digest is compared in a way that no index serves.
    """
    rows = connection.execute(
        select(editions.c.language).where(editions.c.issue_id == issue_id).order_by(editions.c.rank)
    )
    edition = _choose_edition(list(rows.scalars()))
    state, attempt = literal(DeliveryState.PENDING.value), literal(0)
    audience = select(literal(campaign), subscribers.c.id, edition, state, attempt).where(
        subscribers.c.digest.concat("") == digest,
        subscribers.c.active.is_(True),
        subscribers.c.id.not_in(_suppressed_ids(digest)),
    )
    columns = ["campaign_id", "subscriber_id", "language", "state", "attempt"]
    planned = insert(deliveries).from_select(columns, audience.order_by(subscribers.c.id))
    return connection.execute(planned.execution_options(preserve_rowcount=True)).rowcount


def _suppressed_ids(digest: str) -> Select[tuple[int]]:
    """The subscribers whose address is suppressed: fewer look-ups than one for each subscriber."""
    same = (suppressions.c.digest == subscribers.c.digest, suppressions.c.address_hash == subscribers.c.address_hash)
    return select(subscribers.c.id).join(suppressions, and_(*same)).where(suppressions.c.digest == digest)


def _choose_edition(offered: Sequence[str]) -> ColumnElement[str]:
    """The edition for a subscriber's language: the exact tag, else the base language, else the first one offered."""
    first = literal(offered[0])
    if len(offered) == 1:
        return first
    spoken = func.lower(subscribers.c.language)
    exact = {language.lower(): literal(language) for language in reversed(offered)}
    base = [(_speaks(spoken, language.split("-")[0].lower()), literal(language)) for language in offered]
    chosen = case(exact, value=spoken, else_=case(*base, else_=first))
    return case((subscribers.c.language.is_(None), first), else_=chosen)


def _speaks(spoken: ColumnElement[str], base: str) -> ColumnElement[bool]:
    return or_(spoken == base, spoken.like(f"{base}-%"))


def cancel_campaign(connection: Connection, digest: str, period: Period, now: datetime) -> Campaign | None:
    """Skip what was not handed over; release the items if nothing was; see `ports.Ledger.cancel`."""
    issue = find_issue(connection, digest, period.key)
    if issue is None:
        return None
    move_issue(connection, issue, IssueState.CANCELLED, now)
    campaign = find_campaign(connection, digest, period.key)
    if campaign is None:
        release_issue(connection, issue.id)
        return None
    unsent = [state.value for state in sources_of(Cause.SKIP, DeliveryState.SKIPPED)]
    where = (deliveries.c.campaign_id == campaign.id, deliveries.c.state.in_(unsent))
    connection.execute(update(deliveries).where(*where).values(state=DeliveryState.SKIPPED.value))
    after = get_campaign(connection, campaign.id)
    if not (after.tally.accepted or after.tally.in_doubt or after.tally.sending):
        release_issue(connection, issue.id)
    return after
