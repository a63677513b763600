"""The stock gives every claimed delivery's message once, and uses its thread without ever depending on it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, get_ident

import pytest

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import CompositionError
from coopdigest.ports import Unfinished
from coopdigest.services.stock import Stock

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
EDITIONS = {"en": Edition("en", "News", "<p>News</p>", "News", "0" * 24)}


@dataclass
class Factory:
    """Messages that tell what they are of, and notes which thread finished them; it may be held up."""

    is_slow: bool = True
    may_finish: Event = field(default_factory=Event)
    elsewhere: set[int] = field(default_factory=set)
    fails: bool = False

    def begin(self, edition: Edition, delivery: Claimed, now: datetime) -> Unfinished:
        """Hold the thread up until it may finish."""
        home = get_ident()

        def finish() -> bytes:
            if get_ident() != home:
                assert self.may_finish.wait(10)
                self.elsewhere.add(delivery.id)
            if self.fails:
                raise CompositionError("no message")
            return f"{delivery.id} {now.isoformat()}".encode()

        return finish

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """Begin and finish."""
        return self.begin(edition, delivery, now)()


def claim(count: int) -> deque[Claimed]:
    """So many claimed deliveries."""
    return deque(Claimed(number, 1, number, f"{number}@example.org", "en", 1) for number in range(1, count + 1))


def take_all(stock: Stock, claimed: deque[Claimed], now: datetime = NOW) -> Iterator[tuple[int, bytes]]:
    """Everything that there is, each delivery's id with its message."""
    while claimed or stock.holds_some:
        delivery, message = stock.take(claimed, now)
        yield delivery.id, message


@pytest.mark.parametrize("is_slow", [True, False])
@pytest.mark.parametrize("count", [1, 8, 9, 30, 100])
def test_every_delivery_gets_its_own_message_once(count: int, is_slow: bool) -> None:
    """Nobody is left out or given twice, whichever thread came first."""
    factory = Factory(is_slow)
    factory.may_finish.set()
    with Stock(factory, EDITIONS) as stock:
        given = sorted(take_all(stock, claim(count)))

    assert given == [(number, f"{number} {NOW.isoformat()}".encode()) for number in range(1, count + 1)]
    assert is_slow or not factory.elsewhere


def test_a_held_up_thread_holds_nobody_up() -> None:
    """While the thread is at work, the loop takes what comes behind; only the last ones are waited for."""
    factory, claimed = Factory(), claim(24)
    with Stock(factory, EDITIONS) as stock:
        early = [stock.take(claimed, NOW)[0].id for _ in range(8)]
        factory.may_finish.set()
        late = [number for number, _ in take_all(stock, claimed)]

    assert early == list(range(17, 25))
    assert sorted(late) == list(range(1, 17))
    assert factory.elsewhere == set(range(1, 17))


def test_a_message_that_lay_too_long_is_built_anew() -> None:
    """Its Date is that of its attempt, not of a time when the server was slow."""
    factory, claimed, later = Factory(), claim(9), NOW + timedelta(seconds=6)
    factory.may_finish.set()
    with Stock(factory, EDITIONS) as stock:
        stock.take(claimed, NOW)
        rest = dict(take_all(stock, claimed, later))

    assert {message.split()[1].decode() for message in rest.values()} == {later.isoformat()}


def test_what_is_forgotten_never_comes_back() -> None:
    """When a dead sender begins again, the rows of its old id are another's."""
    factory, claimed = Factory(), claim(20)
    factory.may_finish.set()
    with Stock(factory, EDITIONS) as stock:
        stock.take(claimed, NOW)
        stock.clear()
        claimed.clear()

        assert not stock.holds_some


def test_a_message_that_cannot_be_finished_is_told_to_whoever_takes_it() -> None:
    """An error in the thread is not lost in the thread."""
    factory = Factory(fails=True)
    factory.may_finish.set()
    with Stock(factory, EDITIONS) as stock, pytest.raises(CompositionError, match="no message"):
        list(take_all(stock, claim(9)))
