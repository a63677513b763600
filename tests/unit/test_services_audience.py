"""How many an issue would go to, before the roster file is applied, on fakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.errors import HeldError
from coopdigest.domain.subscriber import Reason, parse_address
from coopdigest.services.subscriptions import RosterAtHand, Subscriptions, roster_stamp
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.memory_roster import MemoryRoster

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


def file_of(*names: str, more: bytes = b"") -> RosterAtHand:
    """A roster file of these people, and with more at its end."""
    data = "\n".join(["email", *(f"{name}@example.org" for name in names), ""]).encode() + more
    return RosterAtHand("subscribers.csv", roster_stamp(data), lambda: data)


@given(NAMES, NAMES, NAMES, NAMES)
def test_the_audience_is_counted_as_sending_would_find_it(
    before: list[str], by_hand: list[str], suppressed: list[str], now: list[str]
) -> None:
    """Whoever came, left, was added by hand or is suppressed: the count is that of the roster once it is applied."""
    roster = MemoryRoster()
    desk = Subscriptions(roster, FixedClock(NOON))
    desk.sync_file(file_of(*before))
    for name in by_hand:
        desk.add(f"{name}@example.org")
    for name in suppressed:
        roster.suppress(parse_address(f"{name}@example.org"), Reason.UNSUBSCRIBED, NOON)
    kept = roster.subscribers()
    counted = desk.audience_size(file_of(*now))
    assert roster.subscribers() == kept
    desk.sync_file(file_of(*now))
    assert counted == roster.audience_size() == desk.audience_size(file_of(*now))


def test_without_a_file_those_who_are_known_are_counted() -> None:
    """A roster kept by hand needs no file."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    desk.add("amina@example.org")
    assert desk.audience_size(None) == 1


def test_a_file_with_wrong_rows_leaves_the_last_good_roster() -> None:
    """As at sending: before the first good file it is refused with its line, later the roster stays as it was."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    wrong = file_of("a", "b", more=b"nobody\n")
    with pytest.raises(HeldError, match=r"^subscribers\.csv:4: "):
        desk.audience_size(wrong)
    desk.sync_file(file_of("a"))
    assert desk.audience_size(wrong) == 1


def test_a_file_that_too_many_left_has_no_audience() -> None:
    """It would hold the sending, so no number is true."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    desk.sync_file(file_of(*(f"n{number}" for number in range(20))))
    with pytest.raises(HeldError, match="20 of 20 subscribers would go"):
        desk.audience_size(file_of())


def test_a_file_that_did_not_change_is_not_read() -> None:
    """A roster of a million is not taken into memory to find that it is the same."""
    desk = Subscriptions(MemoryRoster(), FixedClock(NOON))
    first = file_of("a", "b")
    desk.sync_file(first)

    def read() -> bytes:
        raise AssertionError("it was read")

    again = RosterAtHand(first.name, first.stamp, read)
    assert desk.sync_file(again).unchanged
    assert desk.audience_size(again) == 2
