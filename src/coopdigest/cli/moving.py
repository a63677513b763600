"""A ledger that was copied or restored: ask the person at the terminal before it goes on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from coopdigest.cli.output import tell

if TYPE_CHECKING:
    from coopdigest.ports import Campaign
    from coopdigest.wiring import Workplace


def settle_here(place: Workplace, campaign: Campaign, *, here: bool, resends: bool) -> None:
    """Take the ledger for the one that goes on, when it was displaced and somebody says so: by --here, or asked.

    Raises:
        HeldError: it was displaced, and nobody says so.
    """
    why = place.store.ledger.displacement(campaign.id)
    if why is None or (campaign.tally.is_finished and not (here or resends)):
        return
    if not here and not _confirms(campaign.period, why):
        place.campaigns().refuse_displaced(campaign)
    place.store.ledger.adopt()
    tell(f"{campaign.period}: the ledger goes on from here")


def _confirms(period: str, why: str) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    tell(f"{period}: {why}. People may have had it since, and would get it twice.")
    return typer.confirm("Go on with this ledger?", default=False, err=True)
