"""Who did not get an issue, and why: what `status PERIOD --refused`, `--in-doubt` and `--deferred` list."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from coopdigest.cli.output import show, tell
from coopdigest.domain.delivery import DeliveryState

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from coopdigest.ports import Trouble
    from coopdigest.wiring import Workplace

_WORDS = 200  # characters of a server's reply that are shown
_ERASED = "(erased)"


def states_of(*, refused: bool, in_doubt: bool, deferred: bool) -> list[DeliveryState]:
    """The states that these options name."""
    asked = {DeliveryState.REFUSED: refused, DeliveryState.IN_DOUBT: in_doubt, DeliveryState.DEFERRED: deferred}
    return [state for state, is_asked in asked.items() if is_asked]


def show_troubles(place: Workplace, period: str, states: Collection[DeliveryState]) -> None:
    """One line for each delivery in these states, as they are read; a store of a million is never held whole."""
    is_empty = True
    for trouble in _read(place, period, states):
        is_empty = False
        show(line_of(trouble, place.digest.zone))
    if is_empty:
        tell(f"{period}: nobody is {' or '.join(_name(state) for state in states)}")


def show_troubles_as_json(place: Workplace, period: str, states: Collection[DeliveryState]) -> None:
    """The same as one JSON document, written as it is read."""
    print(f'{{"period": {json.dumps(period)}, "deliveries": [', end="")
    mark = "\n"
    for trouble in _read(place, period, states):
        print(mark + json.dumps(document_of(trouble, place.digest.zone), ensure_ascii=False), end="")
        mark = ",\n"
    print("]}")


def _read(place: Workplace, period: str, states: Collection[DeliveryState]) -> Iterator[Trouble]:
    campaign = place.store.ledger.campaign(period)
    return place.store.ledger.troubles(campaign.id, states) if campaign else iter(())


def line_of(trouble: Trouble, zone: ZoneInfo) -> str:
    """A delivery for the eye: address, state, reply, then what there is of attempts and instants."""
    reply = " ".join(filter(None, [str(trouble.code or ""), plain(trouble.reply)]))
    attempts = f"{trouble.attempts} {'attempt' if trouble.attempts == 1 else 'attempts'}"
    notes = [attempts, _moment("due", trouble.due, zone), _moment("since", trouble.since, zone)]
    return "  ".join(filter(None, [_address(trouble), _name(trouble.state), reply, f"({_join(notes)})"]))


def document_of(trouble: Trouble, zone: ZoneInfo) -> dict[str, Any]:
    """A delivery as `--json` has it; instants in the digest's zone."""
    return {
        "address": _address(trouble),
        "state": trouble.state.value,
        "code": trouble.code,
        "reply": plain(trouble.reply),
        "attempts": trouble.attempts,
        "due": trouble.due.astimezone(zone).isoformat() if trouble.due else None,
        "since": trouble.since.astimezone(zone).isoformat() if trouble.since else None,
    }


def plain(text: str) -> str:
    """A server's words on one line, bounded, without anything that would steer a terminal."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"


def _address(trouble: Trouble) -> str:
    return _ERASED if trouble.address is None else trouble.address


def _name(state: DeliveryState) -> str:
    return state.value.replace("_", " ")


def _moment(word: str, instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{word} {instant.astimezone(zone):%Y-%m-%d %H:%M %Z}" if instant else ""


def _join(notes: list[str]) -> str:
    return "; ".join(filter(None, notes))
