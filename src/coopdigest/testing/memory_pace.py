"""The pace of a campaign whose rows are kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from coopdigest.domain.delivery import DeliveryState, Outcome, Verdict
from coopdigest.domain.pace import DomainTroubles, Pace, domain_of, worst_of

_S = DeliveryState
_AT_WORK, _REPLIED = (_S.CLAIMED, _S.SENDING), (_S.DEFERRED, _S.REFUSED)


class Row(Protocol):
    """What is known of one delivery."""

    address: str
    state: DeliveryState
    sender: int | None
    outcome: Outcome | None
    since: datetime | None


def pace_of(rows: Iterable[Row], beats: Mapping[int, datetime], now: datetime, most: int) -> Pace:
    """The pace of these rows, held by living senders with these heartbeats."""
    every = list(rows)
    answered = (row for row in every if row.outcome and row.outcome.verdict is not Verdict.NOT_SENT)
    recent = [row.since for row in answered if row.since and row.since > now - timedelta(minutes=1)]
    rate = len(recent) / max((now - min(recent)).total_seconds(), 1.0) if recent else None
    holders = {row.sender for row in every if row.state in _AT_WORK and row.sender in beats}
    heard = max((beats[sender] for sender in holders if sender), default=None)
    return Pace(rate, len(holders), heard, worst_of(_troubles(every).values(), most))


def _troubles(rows: Iterable[Row]) -> dict[str, DomainTroubles]:
    found: dict[str, DomainTroubles] = {}
    for row in rows:
        if row.state in (*_REPLIED, _S.IN_DOUBT):
            domain, field = domain_of(row.address), row.state.value
            each = found.get(domain) or DomainTroubles(domain)
            reply = (row.outcome.code, row.outcome.text) if row.outcome and row.state in _REPLIED else None
            code, text = reply or (each.code, each.reply)
            found[domain] = replace(each, **{field: getattr(each, field) + 1}, code=code, reply=text)
    return found
