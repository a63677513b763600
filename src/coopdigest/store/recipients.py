"""Deliveries by their recipients: allowed by a staging list, meant by a retry, listed by address."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from coopdigest.domain.delivery import DeliveryState
from coopdigest.domain.recipients import OnlyTo, Refused
from coopdigest.ports import Trouble
from coopdigest.store.schema import attempts, deliveries, senders, subscribers

_PAGE = 1_000  # rows fetched at a time


def is_allowed(only_to: OnlyTo | None) -> ColumnElement[bool]:
    """Whether the delivery's address is on the staging list; without a list everybody's is."""
    if only_to is None:
        return true()
    key = subscribers.c.address_key
    domains = (key.endswith(f"@{domain}", autoescape=True) for domain in sorted(only_to.domains))
    return _has_subscriber(or_(key.in_(sorted(only_to.keys)), *domains))


def is_meant(which: Refused) -> ColumnElement[bool]:
    """Whether a refused delivery is one of those that are to be tried again."""
    conditions: list[ColumnElement[bool]] = [true()]
    if which.key is not None:
        conditions.append(_has_subscriber(subscribers.c.address_key == which.key))
    if which.code is not None:
        conditions.append(deliveries.c.code == which.code)
    if which.enhanced is not None:
        reply = deliveries.c.reply
        conditions.append(or_(reply == which.enhanced, reply.startswith(f"{which.enhanced} ", autoescape=True)))
    if which.deliveries is not None:
        conditions.append(deliveries.c.id.in_(sorted(which.deliveries)))
    return and_(*conditions)


def _has_subscriber(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    theirs = select(subscribers.c.id).where(subscribers.c.id == deliveries.c.subscriber_id, condition)
    return theirs.correlate(deliveries).exists()


def read_troubles(connection: Connection, campaign: int, states: Collection[DeliveryState]) -> Iterator[Trouble]:
    """The campaign's deliveries in these states; see `ports.Ledger.troubles`."""
    same = (attempts.c.delivery_id == deliveries.c.id, attempts.c.attempt == deliveries.c.attempt)
    ended = select(func.max(attempts.c.ended_at)).where(*same).correlate(deliveries).scalar_subquery()
    key = subscribers.c.address_key
    query = (
        select(deliveries, subscribers.c.address, senders.c.heartbeat, ended.label("ended_at"))
        .outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .outerjoin(senders, senders.c.id == deliveries.c.sender_id)
        .where(deliveries.c.campaign_id == campaign, deliveries.c.state.in_([state.value for state in states]))
        .order_by(key.is_(None), key, deliveries.c.id)
    )
    for row in connection.execution_options(yield_per=_PAGE).execute(query):
        yield _trouble(row)


def _trouble(row: Row[Any]) -> Trouble:
    """What a row says; the reply of a try that a dead sender began anew is not the answer to that one."""
    state = DeliveryState(row.state)
    if state is DeliveryState.IN_DOUBT and row.ended_at is None:
        return Trouble(row.address, state, None, "", row.attempt, None, row.heartbeat)
    due = row.due if state is DeliveryState.DEFERRED else None
    return Trouble(row.address, state, row.code, row.reply or "", row.attempt, due, row.ended_at or row.heartbeat)
