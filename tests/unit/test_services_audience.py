"""How many an issue would go to, before the roster file is applied, on fakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.errors import HeldError
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.services.subscriptions import Subscriptions
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.memory_roster import MemoryRoster

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


def file_of(*names: str) -> bytes:
    """A roster file of these people."""
    return "\n".join(["email", *(f"{name}@example.org" for name in names), ""]).encode()


@given(NAMES, NAMES, NAMES, NAMES)
def test_the_audience_is_counted_as_sending_would_find_it(
    before: list[str], by_hand: list[str], suppressed: list[str], now: list[str]
) -> None:
    """Whoever came, left, was added by hand or is suppressed: the count is that of the roster once it is applied."""
    roster = MemoryRoster()
    desk = Subscriptions(roster, FixedClock(NOON))
    desk.sync_file(file_of(*before), "subscribers.csv")
    for name in by_hand:
        desk.add(f"{name}@example.org")
    for name in suppressed:
        roster.suppress(parse_address(f"{name}@example.org"), Reason.UNSUBSCRIBED, NOON)
    kept = roster.subscribers()
    counted = desk.audience_size(file_of(*now), "subscribers.csv")
    assert roster.subscribers() == kept
    desk.sync_file(file_of(*now), "subscribers.csv")
    assert counted == roster.audience_size() == desk.audience_size(file_of(*now), "subscribers.csv")


def test_without_a_file_those_who_are_known_are_counted() -> None:
    """A roster kept by hand needs no file."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    desk.add("amina@example.org")
    assert desk.audience_size(None, "subscribers.csv") == 1


def test_a_file_with_wrong_rows_leaves_the_last_good_roster() -> None:
    """As at sending: before the first good file it is refused with its line, later the roster stays as it was."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    wrong = file_of("a", "b") + b"nobody\n"
    with pytest.raises(HeldError, match=r"^subscribers\.csv:4: "):
        desk.audience_size(wrong, "subscribers.csv")
    desk.sync_file(file_of("a"), "subscribers.csv")
    assert desk.audience_size(wrong, "subscribers.csv") == 1


def test_a_file_that_too_many_left_has_no_audience() -> None:
    """It would hold the sending, so no number is true."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    desk.sync_file(file_of(*(f"n{number}" for number in range(20))), "subscribers.csv")
    with pytest.raises(HeldError, match="20 of 20 subscribers would go"):
        desk.audience_size(file_of(), "subscribers.csv")
