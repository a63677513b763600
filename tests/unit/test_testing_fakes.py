"""The shipped fakes do what a test tells them, and keep what was done with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest

from coopdigest.domain.delivery import Claimed, Envelope, Outcome, Verdict
from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.errors import CompositionError, SourceError, TransportError
from coopdigest.ports import Note, Outgoing, Validators
from coopdigest.testing.builders import make_edition, make_found, make_issue, make_item
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.fake_compose import FakeComposer, FakeMessageFactory
from coopdigest.testing.fake_sources import FakeSource
from coopdigest.testing.fake_transport import FakeConnection, FakeTransport

AMINA = "amina@example.org"


class OneMessage:
    """A `Work` of one message; `allowed` is whether its dot may be written."""

    def __init__(self, recipient: str, *, allowed: bool) -> None:
        """Begin with the message not taken."""
        self._left: list[Outgoing] = [Outgoing(Envelope("news@example.org", recipient), b"x")]
        self._allowed, self.asked, self.outcomes = allowed, 0, list[Outcome]()

    def take(self) -> Outgoing | None:
        """The message, once."""
        return self._left.pop() if self._left else None

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """Note what is said."""
        self.outcomes += [outcome for _, outcome in results]
        self.asked += intent is not None
        return self._allowed


def connect(transport: FakeTransport) -> FakeConnection:
    """An open connection."""
    return asyncio.run(transport.connect())


def send(connection: FakeConnection, recipient: str = AMINA, *, intent: bool = True) -> tuple[Outcome, int]:
    """Hand a message over; its outcome, and how often the intent was asked for."""
    work = OneMessage(recipient, allowed=intent)
    asyncio.run(connection.carry(work))
    (outcome,) = work.outcomes
    return outcome, work.asked


def test_transport_accepts_whoever_has_no_script() -> None:
    """Everybody is accepted after one intent, and the server owns the message."""
    transport = FakeTransport()
    outcome, asked = send(connect(transport))
    assert (outcome.verdict, outcome.code, asked, transport.recipients) == (Verdict.ACCEPTED, 250, 1, [AMINA])


@pytest.mark.parametrize(
    ("script", "verdict", "intents", "taken", "is_open"),
    [
        (lambda transport: transport.accept(AMINA), Verdict.ACCEPTED, 1, 1, True),
        (lambda transport: transport.defer(AMINA), Verdict.DEFERRED, 0, 0, True),
        (lambda transport: transport.defer(AMINA, at_dot=True), Verdict.DEFERRED, 1, 0, True),
        (lambda transport: transport.refuse(AMINA), Verdict.REFUSED, 0, 0, True),
        (lambda transport: transport.refuse(AMINA, at_dot=True), Verdict.REFUSED, 1, 0, True),
        (lambda transport: transport.doubt(AMINA), Verdict.IN_DOUBT, 1, 1, False),
        (lambda transport: transport.drop(AMINA), Verdict.NOT_SENT, 0, 0, False),
    ],
)
def test_transport_meets_a_recipient_as_scripted(
    script: Callable[[FakeTransport], FakeTransport], verdict: Verdict, intents: int, taken: int, is_open: bool
) -> None:
    """Each fate gives its verdict, asks for the intent only where a dot would follow, and closes where it must."""
    transport = script(FakeTransport())
    connection = connect(transport)
    outcome, asked = send(connection)
    assert (outcome.verdict, asked) == (verdict, intents)
    assert (len(transport.taken), connection.is_open) == (taken, is_open)


def test_transport_uses_a_script_once_for_each_try() -> None:
    """First deferred, then accepted; others are not concerned."""
    connection = connect(transport := FakeTransport().defer(AMINA).accept(AMINA))
    verdicts = [send(connection, who)[0].verdict for who in (AMINA, "luc@example.org", AMINA)]
    assert verdicts == [Verdict.DEFERRED, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert transport.recipients == ["luc@example.org", AMINA]


def test_message_without_an_intent_is_not_handed_over() -> None:
    """A row that may no longer be sent closes the connection without the dot."""
    connection = connect(transport := FakeTransport())
    outcome, _ = send(connection, intent=False)
    assert (outcome.verdict, transport.taken, connection.is_open) == (Verdict.NOT_SENT, [], False)
    with pytest.raises(AssertionError):
        send(connection)


def test_transport_can_be_unusable_and_mend() -> None:
    """Nobody connects while it is unusable; a refused sender is the transport's trouble too."""
    transport = FakeTransport().unusable("no route")
    with pytest.raises(TransportError, match="no route"):
        connect(transport)
    connection = connect(transport.unusable(None).refuse_sender(AMINA))
    with pytest.raises(TransportError, match="530"):
        send(connection)
    assert (connection.is_open, transport.connections) == (False, [connection])


def test_source_yields_fails_and_mends() -> None:
    """What was set up is read; a failure names the source; new items end it."""
    source = FakeSource("feed", shows_whole_state=False).with_items(make_found()).with_notes(Note("line 1", "odd"))
    assert (source.name, source.shows_whole_state, len(source.read(None).items)) == ("feed", False, 1)
    with pytest.raises(SourceError, match=r"^feed: timed out"):
        source.failing("timed out").read(None)
    assert [item.title for item in source.with_items(make_found("New")).read(None).items] == ["New"]


def test_source_is_unchanged_for_who_has_its_validators() -> None:
    """Asked with the validators it gave, a source says unchanged; every question is kept."""
    validators = Validators('"1"')
    source = FakeSource().with_items(make_found()).with_validators(validators)
    readings = [source.read(asked) for asked in (None, Validators('"0"'), validators)]
    assert [reading.unchanged for reading in readings] == [False, False, True]
    assert source.asked == [None, Validators('"0"'), validators]


def test_composer_prints_titles_and_finds_what_it_was_told() -> None:
    """Same issue, same edition; findings and failure are set from outside."""
    finding = Finding("X1", Severity.ERROR, "here", "broken")
    composer, issue = FakeComposer([finding]), make_issue([make_item()])
    edition = composer.compose(issue, "en")
    assert edition == composer.compose(issue, "en") == make_edition(issue)
    assert (composer.check(edition), composer.check_templates()) == ([finding], [])
    assert composer.composed == [("2021-11", "en")] * 2
    composer.failure = "no such filter"
    with pytest.raises(CompositionError, match="no such filter"):
        composer.compose(issue, "en")


def test_message_carries_its_own_link_and_a_lasting_id() -> None:
    """The slot is filled for each subscriber; Message-ID stays over attempts, Date does not."""
    edition = make_edition(make_issue([make_item()]))
    messages = [
        message_from_bytes(FakeMessageFactory().build(edition, Claimed(1, 2, 3, AMINA, "en", attempt), now))
        for attempt, now in ((1, NOON), (2, NOON + timedelta(hours=1)))
    ]
    assert messages[0]["Message-ID"] == messages[1]["Message-ID"]
    assert messages[0]["Date"] != messages[1]["Date"]
    assert "https://news.example.org/u/3" in messages[0].get_payload()
    assert edition.nonce not in messages[0].get_payload()


def test_clock_stands_until_it_is_moved() -> None:
    """The clock tells UTC, goes as far as told, and takes no naive instant."""
    clock = FixedClock()
    assert clock.now() == clock.now() == NOON
    assert clock.advance(minutes=5) == clock.now() == NOON + timedelta(minutes=5)
    assert clock.advance(timedelta(days=-1)) < NOON
    assert clock.set(datetime(2021, 1, 1, tzinfo=UTC)) == datetime(2021, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2021, 1, 1))  # noqa: DTZ001
