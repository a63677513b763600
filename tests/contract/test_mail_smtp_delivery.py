"""Messages handed over to our own server with its many faults: with PIPELINING or without, the results are the same."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from smtp_sessions import (
    AMINA,
    BORIS,
    CHEN,
    DALIA,
    LOCK_STEP,
    MESSAGE,
    PIPELINING,
    Session,
    deliver,
    make_timeouts,
    make_transport,
    to,
)

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import StoreError, TransportError
from coopdigest.ports import Outgoing
from coopdigest.testing.listed_work import Allow, ListedWork
from coopdigest.testing.smtp_script import Act, Ending, Moment, Offer, Script, Step, at, behave, by_recipient, first_of
from coopdigest.testing.smtp_server import MisbehavingServer

SHORT, LONGER = timedelta(milliseconds=150), timedelta(seconds=1)
TAKEN = Outcome(Verdict.ACCEPTED, 250, "2.0.0 taken")
BULKY = b"Subject: x\r\n\r\n" + (b"x" * 990 + b"\r\n") * 20_000  # more than socket buffers hold


@pytest.fixture(params=[PIPELINING, LOCK_STEP], ids=["pipelining", "lock-step"])
def offer(request: pytest.FixtureRequest) -> Offer:
    """What the server offers."""
    return request.param  # type: ignore[no-any-return]


def hand_over(
    offer: Offer,
    messages: Sequence[Outgoing],
    script: Script = behave,
    allow: Allow = lambda outgoing: True,
    **facts: object,
) -> tuple[MisbehavingServer, Session]:
    """A server and one session with it; at the end everything that was written has been read."""
    with MisbehavingServer(script, offer) as server:
        session = deliver(server.port, messages, allow, **facts)
        server.wait_until_left()
    assert server.impatient == 0, "a command that must be the last of its group was followed by another"
    assert session.work.owed == [] or session.error
    return server, session


def verbs(server: MisbehavingServer) -> list[str]:
    """The commands, without what they say."""
    return [command.split()[0] for command in server.commands]


def recipients(server: MisbehavingServer) -> list[str]:
    """Whom the server has a message for."""
    return [message.recipients[0].partition("@")[0] for message in server.accepted]


def test_messages_follow_each_other_on_one_connection(offer: Offer) -> None:
    """Each takes MAIL, RCPT, DATA and a dot, every octet arrives, and the session ends with QUIT (R85)."""
    server, session = hand_over(offer, [AMINA, BORIS, CHEN])

    assert session.work.outcomes == [TAKEN] * 3
    assert [message.content for message in server.accepted] == [MESSAGE] * 3
    assert recipients(server) == ["amina", "boris", "chen"]
    assert verbs(server) == ["EHLO", *["MAIL", "RCPT", "DATA", "."] * 3, "QUIT"]
    assert (session.was_open, server.connections) == (True, 1)


def test_commands_go_in_groups_only_where_the_server_offers_it(offer: Offer) -> None:
    """With PIPELINING nothing waits that need not; without it every command waits for its reply (RFC 2920, R80)."""
    server, _ = hand_over(offer, [AMINA, BORIS, CHEN])

    assert server.pipelined == (6 if offer is PIPELINING else 0)  # MAIL and RCPT of each


def test_a_result_goes_with_the_next_intent(offer: Offer) -> None:
    """One transaction a message: result n and intent n+1; the last result goes alone."""
    _, session = hand_over(offer, [AMINA, BORIS, CHEN])

    assert session.work.calls == [(0, AMINA), (1, BORIS), (1, CHEN), (1, None)]


def test_many_messages_go_by_one_connection(offer: Offer) -> None:
    """Nothing wears out on the way."""
    messages = [to(f"r{number}", MESSAGE * 20) for number in range(300)]
    server, session = hand_over(offer, messages)

    assert session.work.outcomes == [TAKEN] * 300
    assert len(server.accepted) == 300
    assert {message.content for message in server.accepted} == {MESSAGE * 20}


def test_a_connection_carries_on_where_it_stopped(offer: Offer) -> None:
    """When there is nothing to take the connection stays open, and later work goes the same way."""

    async def carry_twice(port: int) -> list[ListedWork]:
        connection = await make_transport(port).connect()
        works = [ListedWork([AMINA, BORIS]), ListedWork([CHEN])]
        for work in works:
            await connection.carry(work)
        await connection.close()
        return works

    with MisbehavingServer(at(Step.RCPT, Act("550 5.1.1 no"), recipient="boris@example.net"), offer) as server:
        works = asyncio.run(carry_twice(server.port))

    assert [work.verdicts for work in works] == [[Verdict.ACCEPTED, Verdict.REFUSED], [Verdict.ACCEPTED]]
    assert server.connections == 1


def test_a_session_ends_after_the_agreed_number_of_messages(offer: Offer) -> None:
    """`most_messages` tries use a connection up, politely; no more than these are taken."""
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], most_messages=2)

    assert (session.work.outcomes, session.work.untaken, session.was_open) == ([TAKEN] * 2, 1, False)
    assert server.commands[-1] == "QUIT"


def test_leave_is_asked_once_the_server_wants_the_message(offer: Offer) -> None:
    """When leave is asked the server has said 354 and taken nothing; leave refused means no dot and no mail."""
    seen: list[list[str]] = []
    with MisbehavingServer(behave, offer) as server:

        def refuse(_: Outgoing) -> bool:
            seen.append(verbs(server))
            return False

        session = deliver(server.port, [AMINA, BORIS], refuse)
        server.wait_until_left()

    assert (session.work.verdicts, session.was_open, session.work.untaken) == ([Verdict.NOT_SENT], False, 1)
    assert seen == [["EHLO", "MAIL", "RCPT", "DATA"]]
    assert server.commands[-1] == "DATA"  # neither dot nor QUIT: the connection was just dropped
    assert (server.accepted, server.unfinished) == ([], 1)


def test_leave_refused_later_leaves_what_went_before(offer: Offer) -> None:
    """The message before has its answer; the one without leave is not sent, though its body was wanted."""
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], allow=lambda outgoing: outgoing is AMINA)

    assert session.work.verdicts == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert (session.work.untaken, session.was_open) == (1, False)
    assert (recipients(server), server.unfinished) == (["amina"], 1)


def test_no_leave_is_asked_for_what_the_server_does_not_want(offer: Offer) -> None:
    """A recipient who is refused needs no intent in the ledger, and the results do not wait for one."""
    _, session = hand_over(offer, [AMINA, BORIS], at(Step.RCPT, Act("550 5.1.1 no such user")))

    assert session.work.calls == [(1, None), (1, None)]


def test_a_failure_of_the_ledger_leaves_no_dot_behind(offer: Offer) -> None:
    """When asking for leave fails, its error comes through and the connection is dropped without the dot."""

    def fail(_: Outgoing) -> bool:
        raise StoreError("disk full")

    server, session = hand_over(offer, [AMINA, BORIS], allow=fail)

    assert isinstance(session.error, StoreError)
    assert (session.was_open, session.work.results) == (False, [])
    assert (server.accepted, server.unfinished) == ([], 1)


class FailingWork(ListedWork):
    """Work that gives one message and then breaks."""

    def take(self) -> Outgoing | None:
        """One message, then an error."""
        outgoing = super().take()
        if outgoing is None:
            raise StoreError("cannot read the queue")
        return outgoing


def test_what_is_under_way_is_finished_when_no_more_can_be_had(offer: Offer) -> None:
    """An error of `take` comes through once the message before it has been answered and written down."""

    async def carry(port: int) -> tuple[ListedWork, bool]:
        connection = await make_transport(port).connect()
        work = FailingWork([AMINA])
        with pytest.raises(StoreError, match="cannot read the queue"):
            await connection.carry(work)
        return work, connection.is_open

    with MisbehavingServer(behave, offer) as server:
        work, is_open = asyncio.run(carry(server.port))

    assert (work.outcomes, is_open, recipients(server)) == ([TAKEN], False, ["amina"])


@pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.DOT])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("450 4.2.1 try later", Outcome(Verdict.DEFERRED, 450, "4.2.1 try later")),
        ("451-4.7.1 two\r\n451 lines", Outcome(Verdict.DEFERRED, 451, "4.7.1 two lines")),
        ("550 5.1.1 <boris@example.net>: no", Outcome(Verdict.REFUSED, 550, "5.1.1 <[address]>: no")),
        ("554 5.7.1 spam", Outcome(Verdict.REFUSED, 554, "5.7.1 spam")),
    ],
)
def test_a_refused_recipient_does_not_hold_up_the_next(offer: Offer, step: Step, reply: str, expected: Outcome) -> None:
    """4yz defers and 5yz refuses, at RCPT, DATA or the dot; the others go by the same connection."""
    script = at(step, Act(reply), recipient="boris@example.net")
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], script)

    assert session.work.outcomes == [TAKEN, expected, TAKEN]
    assert recipients(server) == ["amina", "chen"]
    assert server.connections == 1
    assert ("RSET" in server.commands) == (step is not Step.DOT)  # MAIL in an open transaction would be an error


@pytest.mark.parametrize("answer", ["250 2.0.0 taken", "554 5.5.1 no valid recipients", "451 4.3.0 hm"])
def test_a_body_wanted_for_nobody_is_a_lone_dot(answer: str) -> None:
    """RCPT refused but 354: a lone dot ends it, its reply is thrown away, and no body is sent (RFC 2920 3.1, R80)."""
    boris = "boris@example.net"
    plan = {boris: {Step.RCPT: Act("550 5.1.1 no"), Step.DATA: Act("354 go"), Step.DOT: Act(answer, keeps=False)}}
    server, session = hand_over(PIPELINING, [AMINA, BORIS, CHEN], by_recipient(plan))

    assert session.work.verdicts == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED]
    assert recipients(server) == ["amina", "chen"]
    assert verbs(server) == ["EHLO", *["MAIL", "RCPT", "DATA", "."] * 3, "QUIT"]
    assert server.connections == 1


@pytest.mark.parametrize("act", [Act(ending=Ending.CLOSE), Act("421 4.3.2 closing", Ending.CLOSE), Act("garbage")])
@pytest.mark.parametrize("step", [Step.DATA, Step.DOT])
def test_an_answer_to_rcpt_stands_whatever_follows(step: Step, act: Act) -> None:
    """When the session is lost behind a refusal, the refusal counts, and the next message is not sent."""
    boris = "boris@example.net"
    plan = {boris: {Step.RCPT: Act("550 5.1.1 no"), Step.DATA: Act("354 go"), step: act}}
    server, session = hand_over(PIPELINING, [AMINA, BORIS, CHEN], by_recipient(plan))

    assert session.work.verdicts[:2] == [Verdict.ACCEPTED, Verdict.REFUSED]
    assert set(session.work.verdicts[2:]) <= {Verdict.NOT_SENT}
    assert (recipients(server), session.was_open) == (["amina"], False)


def test_a_reset_that_is_refused_ends_the_session(offer: Offer) -> None:
    """Who cannot leave a transaction must not begin another in it."""
    script = first_of(at(Step.RCPT, Act("550 5.1.1 no"), recipient=AMINA.envelope.recipient), at(Step.RSET, Act("500")))
    server, session = hand_over(offer, [AMINA, BORIS], script)

    assert session.work.verdicts == [Verdict.REFUSED, Verdict.NOT_SENT]
    assert (server.accepted, session.was_open) == ([], False)


@pytest.mark.parametrize(
    "reply", ["451 4.3.0 overloaded", "550 5.7.1 <news@example.org> not allowed", "530 5.7.0 log in first"]
)
@pytest.mark.parametrize("message", [1, 2])
def test_a_refused_sender_is_the_transports_trouble(offer: Offer, message: int, reply: str) -> None:
    """Any 4yz or 5yz at MAIL raises, with host, port and reply, for nothing is wrong with the recipient."""
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], at(Step.MAIL, Act(reply), message=message))

    text = str(session.error)
    assert isinstance(session.error, TransportError)
    assert text.startswith(f"127.0.0.1:{server.port}: refused the sender ({reply[:9]}")
    assert "news@example.org" not in text
    assert "[digest] from" in text
    assert session.work.verdicts == [Verdict.ACCEPTED] * (message - 1) + [Verdict.NOT_SENT]
    assert (session.work.owed, session.was_open) == ([], False)


ENDINGS = [
    Act(ending=Ending.CLOSE),
    Act(ending=Ending.RESET),
    Act(ending=Ending.HALF_CLOSE),
    Act("garbage"),
    Act(b"\xff\x00\n"),
]


@pytest.mark.parametrize("act", ENDINGS)
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_a_connection_lost_before_the_dot_sent_nothing(offer: Offer, step: Step, act: Act) -> None:
    """Closed, reset, half-closed or talking nonsense before 354: not sent, and the connection is given up."""
    server, session = hand_over(offer, [AMINA, BORIS], at(step, act), allow=lambda _: pytest.fail("leave was asked"))

    assert (session.work.verdicts, session.was_open) == ([Verdict.NOT_SENT], False)
    assert (server.accepted, session.work.untaken) == ([], 1)


@pytest.mark.parametrize("act", ENDINGS)
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_what_was_answered_before_a_connection_was_lost_counts(offer: Offer, step: Step, act: Act) -> None:
    """The answer to the first dot is read even if the line goes in the same breath."""
    quiet = Act(act.reply, act.ending, delay=0.05)  # a reset throws away what the client has not read yet
    server, session = hand_over(offer, [AMINA, BORIS], at(step, quiet, message=2))

    assert session.work.verdicts == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert (recipients(server), session.was_open) == (["amina"], False)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_connection_lost_inside_the_message_sent_nothing(offer: Offer, ending: Ending) -> None:
    """A server that goes away while the message is written does not have it: its dot was still here."""
    server, session = hand_over(offer, [to("amina", BULKY), BORIS], at(Step.BODY, Act(ending=ending)))

    assert session.work.verdicts in ([Verdict.NOT_SENT], [Verdict.NOT_SENT] * 2)
    assert (session.was_open, server.accepted) == (False, [])


def test_a_half_close_inside_the_message_stops_the_writing(offer: Offer) -> None:
    """A server that talks no more will not answer: what is not yet written is not written any more."""
    script = at(Step.BODY, Act(ending=Ending.HALF_CLOSE))
    server, session = hand_over(offer, [to("amina", BULKY)], script)

    assert (session.work.verdicts, server.accepted) == ([Verdict.NOT_SENT], [])


def test_a_connection_lost_while_leave_is_asked_sent_nothing(offer: Offer) -> None:
    """When not one octet of the dot can be written, the server cannot have taken the message."""
    with MisbehavingServer(at(Step.DATA, Act("354 go", Ending.RESET)), offer) as server:

        def allow_too_late(_: Outgoing) -> bool:
            server.wait_until_left()
            return True

        session = deliver(server.port, [AMINA, BORIS], allow_too_late)

    assert set(session.work.verdicts) == {Verdict.NOT_SENT}
    assert (server.accepted, session.was_open) == ([], False)


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("act", ENDINGS)
def test_a_connection_lost_after_the_dot_is_in_doubt(offer: Offer, act: Act, keeps: bool) -> None:
    """Only the server knows whether it took the message; the one behind it was not sent. One in doubt, no more."""
    script = at(Step.DOT, Act(act.reply, act.ending, keeps=keeps))
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], script)

    expected = [Verdict.IN_DOUBT, Verdict.NOT_SENT] if offer is PIPELINING else [Verdict.IN_DOUBT]
    assert (session.work.verdicts, session.was_open) == (expected, False)
    assert session.work.outcomes[0].text
    assert recipients(server) == ["amina"] * keeps


def test_a_server_that_says_no_is_believed_even_if_it_kept_the_message(offer: Offer) -> None:
    """A 451 after the dot is an answer, so the message is deferred, not in doubt."""
    server, session = hand_over(offer, [AMINA], at(Step.DOT, Act("451 4.3.0 sorry", keeps=True)))

    assert session.work.outcomes == [Outcome(Verdict.DEFERRED, 451, "4.3.0 sorry")]
    assert len(server.accepted) == 1


@pytest.mark.parametrize(
    ("step", "later", "fresh"),
    [
        (Step.RCPT, Verdict.NOT_SENT, Verdict.DEFERRED),
        (Step.DATA, Verdict.NOT_SENT, Verdict.DEFERRED),
        (Step.DOT, Verdict.DEFERRED, Verdict.DEFERRED),
    ],
)
@pytest.mark.parametrize("message", [1, 2])
def test_a_421_ends_the_session(offer: Offer, step: Step, later: Verdict, fresh: Verdict, message: int) -> None:
    """After other messages it means reconnect; on a new session it is meant for this recipient, who must wait."""
    closing = at(step, Act("421 4.3.2 closing", Ending.CLOSE), message=message)
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], closing)

    assert session.work.outcomes[message - 1] == Outcome(fresh if message == 1 else later, 421, "4.3.2 closing")
    assert set(session.work.verdicts[message:]) <= {Verdict.NOT_SENT}  # begun in the same write as the dot before
    assert (len(server.accepted), session.was_open) == (message - 1, False)


def test_a_421_to_the_sender_after_other_messages_means_reconnect(offer: Offer) -> None:
    """Servers close a session after so many messages; that is nobody's fault, and nothing was sent."""
    _, session = hand_over(offer, [AMINA, BORIS], at(Step.MAIL, Act("421 4.3.2 enough", Ending.CLOSE), message=2))

    assert session.error is None
    assert session.work.outcomes == [TAKEN, Outcome(Verdict.NOT_SENT, text="421 4.3.2 enough")]
    assert not session.was_open


def test_a_421_to_the_first_sender_is_the_transports_trouble(offer: Offer) -> None:
    """A server that takes nobody's mail right now would otherwise be asked again for ever."""
    _, session = hand_over(offer, [AMINA], at(Step.MAIL, Act("421 4.7.0 too busy", Ending.CLOSE)))

    assert isinstance(session.error, TransportError)
    assert "421 4.7.0 too busy" in str(session.error)


def test_a_silent_close_after_a_message_is_nobodys_fault(offer: Offer) -> None:
    """A server that closes after an answer, without a word, has taken what it answered for (B33)."""
    script = at(Step.DOT, Act("250 2.0.0 taken", Ending.CLOSE), message=1)
    server, session = hand_over(offer, [AMINA, BORIS], script)

    assert session.work.verdicts == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert (session.error, session.was_open, recipients(server)) == (None, False, ["amina"])


@pytest.mark.parametrize("extra", [b"250 extra\r\n", b"550 5.1.1 extra\r\n", b"250-half a re"])
def test_a_word_said_unasked_means_that_answers_are_not_trusted_any_longer(offer: Offer, extra: bytes) -> None:
    """An extra reply would be taken for the answer to the next command; the session ends, nothing more is sent."""
    script = at(Step.DATA, Act(b"354 go\r\n" + extra), message=2)
    server, session = hand_over(offer, [AMINA, BORIS, CHEN], script)

    assert session.work.verdicts[:2] == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert set(session.work.verdicts[2:]) <= {Verdict.NOT_SENT}
    assert (recipients(server), session.was_open) == (["amina"], False)


@pytest.mark.parametrize("extra", [b"250 extra\r\n", b"550 5.1.1 extra\r\n"])
def test_an_extra_answer_to_the_dot_sends_nothing_more(offer: Offer, extra: bytes) -> None:
    """Counted on, the replies no longer fit their commands: whatever they say, no second message is taken for sent."""
    server, session = hand_over(offer, [AMINA, BORIS], at(Step.DOT, Act(b"250 taken\r\n" + extra, keeps=True)))

    assert session.work.verdicts[0] is Verdict.ACCEPTED
    assert Verdict.ACCEPTED not in session.work.verdicts[1:]
    assert recipients(server) == ["amina"]
    assert not session.was_open


@pytest.mark.parametrize("ending", [None, Ending.CLOSE])
def test_a_verdict_given_inside_the_message_is_taken_before_the_dot(offer: Offer, ending: Ending | None) -> None:
    """A server that refuses while it should read gets no dot, hanging up or not: the refusal counts."""
    script = at(Step.BODY, Act("552 5.3.4 too big", ending))
    server, session = hand_over(offer, [to("amina", BULKY), BORIS], script)

    assert session.work.outcomes[0] == Outcome(Verdict.REFUSED, 552, "5.3.4 too big")
    assert set(session.work.verdicts[1:]) <= {Verdict.NOT_SENT}
    assert (server.accepted, session.was_open) == ([], False)


def test_an_early_yes_is_not_taken_for_the_answer_to_the_dot(offer: Offer) -> None:
    """A 250 that comes before the dot has left accepts nothing."""
    server, session = hand_over(offer, [to("amina", BULKY)], at(Step.BODY, Act("250 2.0.0 taken")))

    assert (session.work.verdicts, server.accepted) == ([Verdict.NOT_SENT], [])


def test_a_small_message_refused_early_is_refused(offer: Offer) -> None:
    """Where the dot was out already, the early refusal is the answer to it by count."""
    _, session = hand_over(offer, [AMINA], at(Step.BODY, Act("552 5.3.4 too big", Ending.CLOSE)))

    assert session.work.outcomes == [Outcome(Verdict.REFUSED, 552, "5.3.4 too big")]


def test_replies_split_at_every_octet_are_read_whole(offer: Offer) -> None:
    """How a reply is cut on its way changes nothing."""
    server, session = hand_over(offer, [AMINA, BORIS], lambda _: Act(split=True))

    assert session.work.outcomes == [TAKEN] * 2
    assert [message.content for message in server.accepted] == [MESSAGE] * 2


def test_a_slow_answer_is_waited_for(offer: Offer) -> None:
    """A late 250 is as good as any."""
    _, session = hand_over(offer, [AMINA, BORIS], at(Step.DOT, Act(delay=0.3)))

    assert session.work.outcomes == [TAKEN] * 2


@pytest.mark.parametrize(
    ("step", "limits", "verdict"),
    [
        (Step.MAIL, {"command": LONGER}, Verdict.NOT_SENT),  # the opening has to keep within it too
        (Step.RCPT, {"command": LONGER}, Verdict.NOT_SENT),
        (Step.DATA, {"data": SHORT}, Verdict.NOT_SENT),
        (Step.DOT, {"dot": SHORT}, Verdict.IN_DOUBT),
    ],
)
def test_silence_is_not_waited_for_for_ever(
    offer: Offer, step: Step, limits: dict[str, timedelta], verdict: Verdict
) -> None:
    """A server that says nothing more is given up: not sent before the dot, in doubt after it."""
    with MisbehavingServer(at(step, Act(ending=Ending.SILENCE)), offer) as server:
        session = deliver(server.port, [AMINA], timeouts=make_timeouts(**limits))

    (limit,) = limits.values()
    assert (session.work.verdicts, session.was_open) == ([verdict], False)
    assert session.work.outcomes[0].text == f"no answer within {limit.total_seconds():g} s"


def test_each_wait_has_its_own_limit(offer: Offer) -> None:
    """A short limit for one step does not cut short another."""
    timeouts = make_timeouts(data=SHORT, block=SHORT)
    _, session = hand_over(offer, [AMINA], at(Step.DOT, Act(delay=0.5)), timeouts=timeouts)

    assert session.work.outcomes == [TAKEN]


def test_a_server_that_reads_no_further_is_given_up(offer: Offer) -> None:
    """While a body is stuck the limit is that of a block, and the message was not sent."""
    with MisbehavingServer(at(Step.BODY, Act(delay=60)), offer) as server:
        session = deliver(
            server.port, [to("amina", BULKY)], timeouts=make_timeouts(block=SHORT, dot=timedelta(hours=1))
        )

    assert session.work.verdicts == [Verdict.NOT_SENT]
    assert "no answer within 0.15 s" in session.work.outcomes[0].text


def test_different_recipients_meet_different_fates(offer: Offer) -> None:
    """One script treats each recipient its own way, and each outcome is its own."""
    plan = {
        "amina@example.net": {Step.RCPT: Act("550 5.1.1 unknown")},
        "boris@example.net": {Step.DOT: Act("452 4.2.2 full")},
        "dalia@example.net": {Step.DOT: Act(ending=Ending.CLOSE, keeps=True)},
    }
    server, session = hand_over(offer, [AMINA, BORIS, CHEN, DALIA], by_recipient(plan))

    assert session.work.verdicts == [Verdict.REFUSED, Verdict.DEFERRED, Verdict.ACCEPTED, Verdict.IN_DOUBT]
    assert recipients(server) == ["chen", "dalia"]


def test_a_cancelled_connection_is_dropped_at_once(offer: Offer) -> None:
    """Cancelling does not wait for the server, and says nothing more to it."""
    waiting = threading.Event()

    def stay_silent(moment: Moment) -> Act | None:
        if moment.step is not Step.DATA:
            return None
        waiting.set()
        return Act(ending=Ending.SILENCE)

    async def carry(port: int) -> bool:
        connection = await make_transport(port).connect()
        task = asyncio.ensure_future(connection.carry(ListedWork([AMINA])))
        await asyncio.to_thread(waiting.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return connection.is_open

    with MisbehavingServer(stay_silent, offer) as server:
        is_open = asyncio.run(carry(server.port))
        server.wait_until_left()

    assert (is_open, server.commands[-1]) == (False, "DATA")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_closed_connection_can_be_closed_again(offer: Offer, allowed: bool) -> None:
    """close never raises, whatever happened before."""

    async def close_twice(port: int) -> bool:
        connection = await make_transport(port).connect()
        await connection.carry(ListedWork([AMINA], lambda _: allowed))
        await connection.close()
        await connection.close()
        return connection.is_open

    with MisbehavingServer(at(Step.QUIT, Act(ending=Ending.RESET)), offer) as server:
        assert not asyncio.run(close_twice(server.port))
