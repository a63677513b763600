"""What is built ahead is what would have been built, whatever is asked for and in whatever order."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.building_ahead import BuildingAhead

NOW = datetime(2021, 12, 1, 8, tzinfo=UTC)
EDITIONS = {language: Edition(language, f"News {language}", "", "", "") for language in ("en", "fr")}


@dataclass
class Factory:
    """A `MessageFactory` that remembers in which thread it built what, and cannot write to number `mute`."""

    mute: int = -1
    built: list[tuple[int, str]] = field(default_factory=list)

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """A message that says everything it was made of."""
        self.built.append((delivery.id, threading.current_thread().name))
        if delivery.id == self.mute:
            raise CompositionError(f"nothing can be said to {delivery.id}")
        return f"{edition.subject} {delivery} {now}".encode()


def claimed(number: int, attempt: int = 1) -> Claimed:
    """A delivery."""
    language = ("en", "fr")[number % 2]
    return Claimed(number, 7, number, f"n{number}@example.org", language=language, attempt=attempt)


def wanted(delivery: Claimed, now: datetime = NOW) -> bytes:
    """The message of a delivery."""
    return Factory().build(EDITIONS[delivery.language], delivery, now)


def build(factory: BuildingAhead, delivery: Claimed, now: datetime = NOW) -> bytes:
    """What the factory builds."""
    return factory.build(EDITIONS[delivery.language], delivery, now)


def test_what_is_expected_is_built_in_another_thread_and_once() -> None:
    """A hundred messages in their order: each is built ahead, by one thread, one time."""
    inner = Factory()
    factory, waiting = BuildingAhead(inner), [claimed(number) for number in range(100)]

    messages = []
    while waiting:
        factory.expect(EDITIONS, waiting, NOW)
        messages.append(build(factory, waiting.pop(0)))

    assert messages == [wanted(claimed(number)) for number in range(100)]
    assert Counter(number for number, _ in inner.built) == Counter(range(100))
    assert {thread for _, thread in inner.built} == {"signing_0"}


def test_only_a_few_are_built_ahead() -> None:
    """A claim of hundreds is not taken into memory as messages."""
    inner = Factory()
    factory, waiting = BuildingAhead(inner), [claimed(number) for number in range(500)]

    for _ in range(50):
        factory.expect(EDITIONS, waiting, NOW)
    for number in range(24):
        build(factory, waiting[number])

    assert len(inner.built) == 24


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(1, 2)), max_size=60))
def test_whatever_was_expected_the_message_is_the_right_one(steps: list[tuple[bool, int, int]]) -> None:
    """Deliveries given back, tried again, never asked for or asked for by surprise: nobody gets another's message."""
    factory = BuildingAhead(Factory())

    for is_hint, number, attempt in steps:
        if is_hint:
            factory.expect(EDITIONS, [claimed(number + more, attempt) for more in range(30)], NOW)
        else:
            assert build(factory, claimed(number, attempt)) == wanted(claimed(number, attempt))


def test_after_a_surprise_it_builds_ahead_again() -> None:
    """What was expected and never asked for does not take up the room for ever."""
    inner = Factory()
    factory = BuildingAhead(inner)
    for _ in range(5):
        factory.expect(EDITIONS, [claimed(number) for number in range(100)], NOW)
    build(factory, claimed(1_000))
    inner.built.clear()

    factory.expect(EDITIONS, [claimed(2_000)], NOW)
    assert build(factory, claimed(2_000)) == wanted(claimed(2_000))
    assert (2_000, "signing_0") in inner.built


def test_a_message_that_waited_is_built_anew() -> None:
    """Its Date would not be that of the attempt."""
    factory, later = BuildingAhead(Factory()), NOW + timedelta(seconds=5)
    factory.expect(EDITIONS, [claimed(1)], NOW)

    assert build(factory, claimed(1), later) == wanted(claimed(1), later)


def test_a_delivery_that_changed_is_built_anew() -> None:
    """The same row, but the address is another by now."""
    factory, moved = BuildingAhead(Factory()), replace(claimed(1), address="new@example.org")
    factory.expect(EDITIONS, [claimed(1)], NOW)

    assert build(factory, moved) == wanted(moved)


def test_a_message_that_cannot_be_built_is_said_to_who_asks_for_it_only() -> None:
    """Its neighbours in the job are built."""
    factory = BuildingAhead(Factory(mute=3))
    factory.expect(EDITIONS, [claimed(number) for number in range(8)], NOW)

    for number in (0, 1, 2, 4, 5, 6, 7):
        assert build(factory, claimed(number)) == wanted(claimed(number))
    with pytest.raises(CompositionError, match="said to 3"):
        build(factory, claimed(3))


def test_a_bug_in_the_thread_comes_out() -> None:
    """An edition that is missing is no expected error; it does not vanish in the thread."""
    factory = BuildingAhead(Factory())
    factory.expect({}, [claimed(1)], NOW)

    with pytest.raises(KeyError):
        build(factory, claimed(1))
