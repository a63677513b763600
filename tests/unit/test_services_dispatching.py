"""The engine on fakes: lanes share a queue, everybody ends in one outcome, and what stops it loses nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from coopdigest.domain.delivery import Claimed, Outcome, Settled, Tally, Terms, Verdict
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import StoreError, TransportError
from coopdigest.domain.issue import IssueState
from coopdigest.domain.rates import Rates
from coopdigest.ports import Campaign
from coopdigest.services.dispatching import Dispatching
from coopdigest.testing.builders import make_edition, make_issue
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.fake_compose import FakeMessageFactory
from coopdigest.testing.fake_transport import FakeTransport
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.scenes import open_campaign


class Factory(FakeMessageFactory):
    """A `MessageFactory` of messages that name their delivery."""

    def build(self, edition: Edition, delivery: Claimed, now: Any) -> bytes:
        """The same for every attempt."""
        return f"Message-ID: <{delivery.campaign}.{delivery.subscriber}@example.org>".encode()


def people(count: int) -> list[str]:
    """Addresses, each its own."""
    return [f"reader{number:03}@example.org" for number in range(count)]


@dataclass
class Scene:
    """A campaign to so many people, a server, and what the engine told."""

    count: int = 20
    connections: int = 4
    terms: Terms = field(default_factory=Terms)
    transport: FakeTransport = field(default_factory=FakeTransport)
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    told: list[tuple[int, Outcome]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    stop: Callable[[], bool] = lambda: False
    is_slow: bool = False

    def __post_init__(self) -> None:
        """Open the campaign."""
        self.campaign: Campaign = open_campaign(self.store, *people(self.count))

    async def wait(self, seconds: float) -> None:
        """Let time pass at once; a sign of life every 30 s is not what these tests are about."""
        if seconds >= 30:
            await asyncio.Event().wait()
        self.waited.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def drain(self) -> Tally:
        """Send what is due; how the campaign stands then."""
        Dispatching(
            self.store.ledger,
            self.transport,
            Factory(is_slow=self.is_slow),
            self.clock,
            "bounces@example.org",
            on_outcome=lambda delivery, outcome: self.told.append((delivery.id, outcome)),
            should_stop=lambda: self.stop(),
            terms=self.terms,
            connections=self.connections,
            wait=self.wait,
        ).drain(self.campaign.id, [make_edition(make_issue([]), "en")])
        return self.tally()

    def tally(self) -> Tally:
        """How the campaign stands."""
        return self.store.ledger.finish(self.campaign.id, self.clock.now()).tally


@pytest.mark.parametrize("is_slow", [False, True])
def test_lanes_share_the_queue_and_everybody_is_written_to_once(is_slow: bool) -> None:
    """Four lanes, one message each per person, every outcome told once, wherever messages are finished."""
    scene = Scene(count=50, is_slow=is_slow)
    assert scene.drain() == Tally(accepted=50)
    assert sorted(scene.transport.recipients) == people(50)
    assert len(scene.transport.connections) == 4
    assert len(scene.told) == len({delivery for delivery, _ in scene.told}) == 50


def test_no_more_connections_are_opened_than_there_are_messages() -> None:
    """Two recipients need two connections at most, nobody none."""
    scene = Scene(count=2, connections=8)
    scene.drain()
    assert len(scene.transport.connections) <= 2
    scene.drain()
    assert len(scene.transport.connections) <= 2


def test_a_server_that_is_not_there_is_met_once() -> None:
    """Nobody is lost, and one trouble is told, not one a lane."""
    scene = Scene()
    scene.transport.unusable()
    with pytest.raises(TransportError, match="connection refused"):
        scene.drain()
    assert scene.tally() == Tally(pending=20)


def test_each_recipient_ends_as_the_server_answered() -> None:
    """Deferred, refused, lost after the dot: each as it was, the others accepted, nobody twice."""
    scene = Scene(count=40)
    for number, address in enumerate(people(40)):
        if number % 10 == 1:
            scene.transport.defer(address, at_dot=number == 11)
        if number % 10 == 2:
            scene.transport.refuse(address, at_dot=number == 12)
        if number == 33:
            scene.transport.doubt(address)
    assert scene.drain() == Tally(accepted=31, deferred=4, refused=4, in_doubt=1)
    assert len(scene.transport.recipients) == len(set(scene.transport.recipients)) == 32


def test_a_message_that_falls_before_its_dot_is_sent_on_another_connection() -> None:
    """The server does not have it, so it may go again at once."""
    scene = Scene()
    scene.transport.drop("reader003@example.org").drop("reader003@example.org")
    assert scene.drain() == Tally(accepted=20)
    assert sorted(scene.transport.recipients) == people(20)


def test_a_message_that_always_falls_holds_nobody_up() -> None:
    """After three tries it waits for the next run; everybody else has theirs."""
    scene = Scene(connections=2)
    for _ in range(9):
        scene.transport.drop("reader000@example.org")
    assert scene.drain() == Tally(accepted=19, pending=1)


def test_a_server_that_takes_nothing_ends_the_run() -> None:
    """Connections that end one after the other with nobody answered mean that the server is gone."""
    scene = Scene(connections=1)
    for address in people(20):
        scene.transport.drop(address).drop(address).drop(address)
    with pytest.raises(TransportError, match="hangs up"):
        scene.drain()
    assert scene.tally() == Tally(pending=20)
    assert len(scene.transport.connections) == 3


def test_a_server_that_loses_every_message_after_the_dot_ends_the_run() -> None:
    """A handful is in doubt, not the whole audience."""
    scene = Scene(connections=1)
    for address in people(20):
        scene.transport.doubt(address)
    with pytest.raises(TransportError, match="hangs up"):
        scene.drain()
    assert scene.tally() == Tally(in_doubt=3, pending=17)


def test_a_refused_sender_is_everybodys_trouble() -> None:
    """MAIL refused: the recipient who met it is pending like the rest."""
    scene = Scene()
    scene.transport.refuse_sender("reader000@example.org")
    with pytest.raises(TransportError, match="530"):
        scene.drain()
    tally = scene.tally()
    assert (tally.refused, tally.in_doubt) == (0, 0)
    assert tally.accepted == len(scene.transport.recipients)


@pytest.mark.parametrize(("code", "text"), [(550, "5.7.1 Relaying denied"), (451, "4.3.2 Not now"), (554, "Spam")])
@pytest.mark.parametrize("connections", [1, 4])
def test_ten_first_recipients_answered_alike_are_the_transports_trouble(code: int, text: str, connections: int) -> None:
    """Nobody is written off, and the run ends soon: it is us whom the server does not want."""
    scene = Scene(count=60, connections=connections)
    for address in people(60):
        (scene.transport.refuse if code >= 500 else scene.transport.defer)(address, code, text)
    with pytest.raises(TransportError, match=str(code)):
        scene.drain()
    tally = scene.tally()
    assert tally.refused == 0
    assert tally.pending + tally.deferred == 60
    assert len(scene.told) < 10 + 2 * connections
    assert scene.store.ledger.finish(scene.campaign.id, NOON).state is IssueState.SENDING


def test_ten_first_mailboxes_that_do_not_exist_are_their_own_trouble() -> None:
    """5.1.1 speaks of the recipient, however many of them begin the list."""
    scene = Scene()
    for address in people(15):
        scene.transport.refuse(address, 550, "5.1.1 No such user")
    assert scene.drain() == Tally(accepted=5, refused=15)


@pytest.mark.parametrize("is_slow", [False, True])
def test_who_asks_to_stop_gets_what_is_in_flight_finished_and_the_rest_pending(is_slow: bool) -> None:
    """No claim is left behind, nothing is in doubt."""
    scene = Scene(count=100, is_slow=is_slow)
    scene.stop = lambda: len(scene.told) >= 10
    tally = scene.drain()
    assert tally == Tally(accepted=tally.accepted, pending=100 - tally.accepted)
    assert 10 <= tally.accepted <= 10 + 2 * 4
    scene.stop = lambda: False
    assert scene.drain() == Tally(accepted=100)
    assert len(set(scene.transport.recipients)) == len(scene.transport.recipients) == 100


def test_a_pause_from_elsewhere_is_obeyed_at_the_next_dot() -> None:
    """The fence refuses the intent; nothing more is sent, and nothing is lost."""
    scene = Scene(count=100)

    def pause_after_ten() -> bool:
        if len(scene.told) >= 10 and scene.store.issues.record(make_issue([]).period).state is IssueState.SENDING:
            scene.store.issues.set_state(make_issue([]).period, IssueState.PAUSED, NOON)
        return False

    scene.stop = pause_after_ten
    tally = scene.drain()
    assert tally == Tally(accepted=tally.accepted, pending=100 - tally.accepted)
    assert tally.accepted <= 10 + 2 * 4


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_sender_declared_dead_goes_on_under_a_new_id(is_slow: bool) -> None:
    """Its old claims are another's; it claims afresh, and nobody is written to twice."""
    scene = Scene(count=60, is_slow=is_slow)
    other = FixedClock(NOON + timedelta(minutes=5))

    def declare_dead_once() -> bool:
        if len(scene.told) >= 10 and not scene.waited:
            scene.waited.append(0.0)
            scene.store.ledger.reap(other.now())
        return False

    scene.stop = declare_dead_once
    tally = scene.drain()
    assert tally.recipients == 60
    assert tally.accepted + tally.in_doubt + tally.pending == 60
    scene.drain()
    assert len(scene.transport.recipients) == len(set(scene.transport.recipients))


class FailingLedger:
    """A ledger that fails when it is to write down the nth group."""

    def __init__(self, ledger: Any, nth: int) -> None:
        """Wrap `ledger`."""
        self._ledger, self._left = ledger, nth

    def __getattr__(self, name: str) -> Any:
        """Everything else is the ledger's own."""
        return getattr(self._ledger, name)

    def record(
        self, sender: int, results: Sequence[Settled], intents: Sequence[Claimed], now: datetime
    ) -> frozenset[int]:
        """Fail at last."""
        self._left -= 1
        if self._left <= 0:
            raise StoreError("disk full; make room")
        return self._ledger.record(sender, results, intents, now)  # type: ignore[no-any-return]


def test_a_store_that_fails_ends_the_run_and_the_next_one_knows_who_is_in_doubt() -> None:
    """What got no answer written is in doubt, at most one a connection; the others are sent by the next run."""
    scene = Scene(count=60)
    ledger = scene.store.ledger
    engine = Dispatching(
        FailingLedger(ledger, 12), scene.transport, Factory(), scene.clock, "b@example.org", connections=4
    )
    with pytest.raises(StoreError, match="disk full"):
        engine.drain(scene.campaign.id, [make_edition(make_issue([]), "en")])
    ledger.reap(NOON)
    assert scene.tally().in_doubt <= 4
    tally = scene.drain()
    assert tally == Tally(accepted=60 - tally.in_doubt, in_doubt=tally.in_doubt)
    assert len(set(scene.transport.recipients)) == len(scene.transport.recipients) == 60


def test_rates_are_kept_by_waiting() -> None:
    """Ten a second for fifty people takes at least three seconds, however many lanes there are."""
    scene = Scene(count=50, terms=Terms(rates=Rates(transport=10.0)))
    assert scene.drain() == Tally(accepted=50)
    assert scene.clock.now() - NOON >= timedelta(seconds=3)


def test_a_message_that_cannot_be_built_ends_the_run_with_its_error() -> None:
    """An error of the composition is told as it is, and what was claimed is free again."""

    class Broken(Factory):
        def build(self, edition: Edition, delivery: Claimed, now: Any) -> bytes:
            raise ZeroDivisionError

    scene = Scene()
    engine = Dispatching(scene.store.ledger, scene.transport, Broken(), scene.clock, "b@example.org", connections=4)
    with pytest.raises(ZeroDivisionError):
        engine.drain(scene.campaign.id, [make_edition(make_issue([]), "en")])
    assert scene.tally() == Tally(pending=20)
    assert Verdict.ACCEPTED not in {outcome.verdict for _, outcome in scene.told}


@pytest.mark.parametrize("connections", [1, 4])
def test_a_bug_in_the_ledger_comes_out_and_no_lane_hangs(connections: int) -> None:
    """Whether the group was written by a lane or by the timer: the error is raised, and nothing more is sent."""

    class Wrong(FailingLedger):
        def record(self, *arguments: Any) -> frozenset[int]:
            raise ZeroDivisionError

    scene = Scene()
    ledger = Wrong(scene.store.ledger, 1)
    engine = Dispatching(ledger, scene.transport, Factory(), scene.clock, "b@example.org", connections=connections)
    with pytest.raises(ZeroDivisionError):
        engine.drain(scene.campaign.id, [make_edition(make_issue([]), "en")])
    assert scene.transport.taken == []
    assert scene.tally() == Tally(pending=20)


def test_a_bug_in_the_sign_of_life_comes_out() -> None:
    """A sender that cannot say that it is alive must not go on as if nothing were wrong."""

    class Deaf(FailingLedger):
        def beat(self, sender: int, now: datetime) -> bool:
            raise ZeroDivisionError

    scene = Scene()
    engine = Dispatching(
        Deaf(scene.store.ledger, 99), scene.transport, Factory(), scene.clock, "b@example.org", wait=no_time
    )
    with pytest.raises(ZeroDivisionError):
        engine.drain(scene.campaign.id, [make_edition(make_issue([]), "en")])


async def no_time(seconds: float) -> None:
    """Let others work, and no time pass."""
    await asyncio.sleep(0)
