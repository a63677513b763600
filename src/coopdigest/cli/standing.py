"""How a campaign that is being sent goes on, as `status` tells it from elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from coopdigest.cli.live import last_reply
from coopdigest.cli.progress import speed, time_left
from coopdigest.cli.troubles import plain
from coopdigest.domain.issue import IssueState
from coopdigest.domain.pace import DomainTroubles, Pace

if TYPE_CHECKING:
    from coopdigest.ports import Campaign
    from coopdigest.wiring import Workplace

_WORST = 5  # domains told


def standing(place: Workplace, campaign: Campaign) -> list[str]:
    """Lines about a campaign that is being sent: pace, domains with trouble, and whether it waits for a word."""
    if campaign.state is not IssueState.SENDING or campaign.tally.is_finished:
        return []
    now = place.clock.now()
    pace = place.store.ledger.pace(campaign.id, now, _WORST)
    lines = [pace_line(pace, campaign.tally.pending, now), *map(domain_line, pace.worst)]
    if why := place.store.ledger.displacement(campaign.id):
        lines.append(f"does not go on by itself: {why}; see: coopdigest send {campaign.period}")
    return lines


def pace_line(pace: Pace, pending: int, now: datetime) -> str:
    """How fast a campaign goes, until when, and by how many senders."""
    heard = f", last heard {max((now - pace.heard).total_seconds(), 0):.0f} s ago" if pace.heard else ""
    senders = f"{pace.senders} {'sender' if pace.senders == 1 else 'senders'} at work{heard}" if pace.senders else ""
    rate = f"{speed(pace.rate)} in the last minute" if pace.rate else ""
    return ", ".join(filter(None, [rate, senders or "no sender at work", time_left(pending, pace.rate)]))


def domain_line(troubles: DomainTroubles) -> str:
    """What became of messages to one domain, and what its server said last."""
    named = {"deferred": troubles.deferred, "refused": troubles.refused, "in doubt": troubles.in_doubt}
    counts = ", ".join(f"{count:,} {name}" for name, count in named.items() if count)
    reply = last_reply(troubles)
    return f"{plain(troubles.domain)}: {counts}" + (f"; last reply {reply}" if reply else "")
