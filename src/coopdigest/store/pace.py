"""How a campaign goes on, read while others send it: speed, live senders, the domains with the most troubles."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Integer, case, func, select

from coopdigest.domain.delivery import DeliveryState, Verdict
from coopdigest.domain.pace import DomainTroubles, Pace
from coopdigest.store.schema import attempts, deliveries, senders, subscribers

_D = DeliveryState
_MINUTE = timedelta(minutes=1)
_LATE = 1_000_000  # attempts, the newest, among which those of the last minute are looked for


def read_pace(connection: Connection, campaign: int, now: datetime, most: int) -> Pace:
    """The campaign's pace at `now`, with at most `most` domains; see `ports.Ledger.pace`."""
    at_work = select(deliveries.c.sender_id).where(
        deliveries.c.campaign_id == campaign, deliveries.c.state.in_((_D.CLAIMED.value, _D.SENDING.value))
    )
    living = select(func.count(), func.max(senders.c.heartbeat)).where(
        senders.c.alive.is_(True), senders.c.id.in_(at_work)
    )
    count, heard = connection.execute(living).one()
    return Pace(_rate(connection, campaign, now), count, heard, _worst(connection, campaign, most))


def _rate(connection: Connection, campaign: int, now: datetime) -> float | None:
    """Messages answered per second since the first of those of the last minute."""
    newest = select(func.max(attempts.c.id)).scalar_subquery()
    answered = (
        attempts.c.id > newest - _LATE,
        attempts.c.ended_at > now - _MINUTE,
        attempts.c.outcome != Verdict.NOT_SENT.value,
        deliveries.c.campaign_id == campaign,
    )
    joined = select(func.count(), func.min(attempts.c.ended_at)).join(deliveries)
    count, first = connection.execute(joined.where(*answered)).one()
    return count / max((now - first).total_seconds(), 1.0) if count else None


def _worst(connection: Connection, campaign: int, most: int) -> tuple[DomainTroubles, ...]:
    domain = _domain(connection).label("domain")
    state, sampled = deliveries.c.state, (_D.DEFERRED.value, _D.REFUSED.value)
    query = (
        select(
            domain,
            *(_count_of(each).label(each.value) for each in (_D.DEFERRED, _D.REFUSED, _D.IN_DOUBT)),
            func.max(case((state.in_(sampled), deliveries.c.id))).label("latest"),
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.campaign_id == campaign, state.in_((*sampled, _D.IN_DOUBT.value)))
        .group_by(domain)
        .order_by(func.count().desc(), domain)
        .limit(most)
    )
    rows = connection.execute(query).all()
    return tuple(DomainTroubles(*row[:4], *_reply(connection, row.latest)) for row in rows)


def _count_of(state: DeliveryState) -> ColumnElement[int]:
    return func.sum(case((deliveries.c.state == state.value, 1), else_=0), type_=Integer)


def _reply(connection: Connection, delivery: int | None) -> tuple[int | None, str]:
    """Code and words that a delivery was answered with; deliveries go out by their ids, so the highest is the last."""
    query = select(deliveries.c.code, deliveries.c.reply).where(deliveries.c.id == delivery)
    row = connection.execute(query).first() if delivery else None
    return (row.code, row.reply or "") if row else (None, "")


def _domain(connection: Connection) -> ColumnElement[str]:
    """What stands behind the @ of an address key, which has but one."""
    key = subscribers.c.address_key
    find = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return func.substr(key, find(key, "@") + 1)
