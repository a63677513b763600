"""SMTP sessions with real servers: aiosmtpd, and our own with its many faults."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.catcher import CaughtMessage, MailCatcher
from coopdigest.mail.endpoint import SmtpEndpoint, Timeouts
from coopdigest.mail.smtp import SmtpTransport
from coopdigest.mail.smtp_connection import SmtpConnection
from coopdigest.testing.smtp_script import Act, Ending, Moment, Offer, Script, Step, at, behave, by_recipient, first_of
from coopdigest.testing.smtp_server import MisbehavingServer

AMINA = Envelope("news@example.org", "amina@example.net")
BORIS = Envelope("news@example.org", "boris@example.net")
MESSAGE = b"Message-ID: <1.2.3@example.org>\r\nSubject: x\r\n\r\n.\r\n.dots\r\n..\r\nend\r\n"
SHORT = timedelta(milliseconds=150)
PATIENT = timedelta(seconds=20)


def yes() -> bool:
    """Leave to send."""
    return True


def make_transport(port: int, **facts: object) -> SmtpTransport:
    """A transport to this machine that waits long enough for any loaded test machine."""
    timeouts = Timeouts(connect=PATIENT, command=PATIENT, data=PATIENT, block=PATIENT, dot=PATIENT)
    return SmtpTransport(SmtpEndpoint("127.0.0.1", port, starttls=StartTls.AUTO), timeouts, **facts)  # type: ignore[arg-type]


@contextmanager
def session(script: Script = behave, offer: Offer | None = None) -> Iterator[tuple[MisbehavingServer, SmtpConnection]]:
    """A server and one connection to it; at the end everything that was written has been read."""
    with MisbehavingServer(script, offer) as server:
        connection = make_transport(server.port).connect()
        try:
            yield server, connection
        finally:
            connection.close()
            server.wait_until_left()


def test_a_catcher_gets_every_octet_and_the_envelope() -> None:
    """What aiosmtpd receives is what was built, dots and all, from whom and for whom the envelope says (R85)."""
    with MailCatcher() as catcher:
        connection = make_transport(catcher.port).connect()
        outcomes = [connection.send(envelope, MESSAGE, yes) for envelope in (AMINA, BORIS)]
        connection.close()

    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 2
    assert catcher.messages == [
        CaughtMessage("news@example.org", (envelope.recipient,), MESSAGE) for envelope in (AMINA, BORIS)
    ]


def test_a_catcher_whose_port_is_taken_says_so() -> None:
    """A taken port is one line with the address."""
    with MailCatcher() as catcher, pytest.raises(TransportError, match=rf"^127\.0\.0\.1:{catcher.port}: cannot listen"):
        MailCatcher(catcher.port).__enter__()


def test_a_catcher_hangs_up_on_who_is_still_there() -> None:
    """The end of the catcher does not wait for its clients."""
    with MailCatcher() as catcher:
        connection = make_transport(catcher.port).connect()

    outcome = connection.send(AMINA, MESSAGE, yes)

    assert (outcome.verdict, connection.is_open) == (Verdict.NOT_SENT, False)


def test_messages_follow_each_other_on_one_connection() -> None:
    """In lock-step a message takes MAIL, RCPT, DATA and a dot; the session goes on, and ends with QUIT."""
    with session() as (server, connection):
        outcomes = [connection.send(AMINA, MESSAGE, yes) for _ in range(3)]
        assert connection.is_open

    assert outcomes == [Outcome(Verdict.ACCEPTED, 250, "2.0.0 taken")] * 3
    assert [message.content for message in server.accepted] == [MESSAGE] * 3
    assert [command.split()[0] for command in server.commands] == ["EHLO", *["MAIL", "RCPT", "DATA", "."] * 3, "QUIT"]
    assert server.connections == 1


def test_a_session_ends_after_the_agreed_number_of_messages() -> None:
    """`most_messages` tries use a connection up, politely."""
    with MisbehavingServer() as server:
        connection = make_transport(server.port, most_messages=2).connect()
        states = [(connection.send(AMINA, MESSAGE, yes).verdict, connection.is_open) for _ in range(2)]
        server.wait_until_left()

    assert states == [(Verdict.ACCEPTED, True), (Verdict.ACCEPTED, False)]
    assert server.commands[-1] == "QUIT"


def test_leave_is_asked_once_everything_but_the_dot_is_written() -> None:
    """When `intend` is called the server has said 354 and taken nothing; leave refused means no dot and no mail."""
    seen: list[list[str]] = []
    with session() as (server, connection):

        def refuse() -> bool:
            seen.append(server.commands)
            return False

        outcome = connection.send(AMINA, MESSAGE, refuse)
        assert not connection.is_open
        server.wait_until_left()

    assert outcome.verdict is Verdict.NOT_SENT
    assert [[command.split()[0] for command in commands] for commands in seen] == [["EHLO", "MAIL", "RCPT", "DATA"]]
    assert server.commands[-1] == "DATA"  # neither dot nor QUIT: the connection was just dropped
    assert (server.accepted, server.unfinished) == ([], 1)


def test_no_leave_is_asked_for_what_the_server_does_not_want() -> None:
    """A recipient who is refused needs no intent in the ledger."""
    with session(at(Step.RCPT, Act("550 5.1.1 no such user"))) as (_, connection):
        connection.send(AMINA, MESSAGE, lambda: pytest.fail("intend was called"))


def test_a_failure_of_the_ledger_leaves_no_dot_behind() -> None:
    """When asking for leave fails, its error comes through and the connection is dropped without the dot."""
    with session() as (server, connection):

        def fail() -> bool:
            raise RuntimeError("disk full")

        with pytest.raises(RuntimeError, match="disk full"):
            connection.send(AMINA, MESSAGE, fail)
        assert not connection.is_open
        server.wait_until_left()

    assert (server.accepted, server.unfinished) == ([], 1)


@pytest.mark.parametrize("step", [Step.RCPT, Step.DATA, Step.DOT])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("450 4.2.1 try later", Outcome(Verdict.DEFERRED, 450, "4.2.1 try later")),
        ("451-4.7.1 two\r\n451 lines", Outcome(Verdict.DEFERRED, 451, "4.7.1 two lines")),
        ("550 5.1.1 <amina@example.net>: no", Outcome(Verdict.REFUSED, 550, "5.1.1 <[address]>: no")),
        ("554 5.7.1 spam", Outcome(Verdict.REFUSED, 554, "5.7.1 spam")),
    ],
)
def test_a_refused_recipient_does_not_hold_up_the_next(step: Step, reply: str, expected: Outcome) -> None:
    """4yz defers and 5yz refuses, at RCPT, DATA or the dot; the next recipient goes by the same connection."""
    with session(at(step, Act(reply), recipient=AMINA.recipient)) as (server, connection):
        outcomes = [connection.send(envelope, MESSAGE, yes) for envelope in (AMINA, BORIS)]

    assert outcomes == [expected, Outcome(Verdict.ACCEPTED, 250, "2.0.0 taken")]
    assert [message.recipients for message in server.accepted] == [(BORIS.recipient,)]
    assert ("RSET" in server.commands) == (step is not Step.DOT)
    assert server.connections == 1


@pytest.mark.parametrize(
    "reply", ["451 4.3.0 overloaded", "550 5.7.1 <news@example.org> not allowed", "530 5.7.0 log in first"]
)
def test_a_refused_sender_is_the_transports_trouble(reply: str) -> None:
    """Any 4yz or 5yz at MAIL raises, with host, port and reply, for nothing is wrong with the recipient."""
    with session(at(Step.MAIL, Act(reply))) as (server, connection), pytest.raises(TransportError) as caught:
        connection.send(AMINA, MESSAGE, yes)

    text = str(caught.value)
    assert text.startswith(f"127.0.0.1:{server.port}: refused the sender ({reply[:9]}")
    assert "news@example.org" not in text
    assert "[digest] from" in text


ENDINGS = [
    Act(ending=Ending.CLOSE),
    Act(ending=Ending.RESET),
    Act(ending=Ending.HALF_CLOSE),
    Act("garbage"),
    Act(b"\xff\x00\n"),
]


@pytest.mark.parametrize("act", ENDINGS)
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA])
def test_a_connection_lost_before_the_dot_sent_nothing(step: Step, act: Act) -> None:
    """Closed, reset, half-closed or talking nonsense before 354: not sent, and the connection is given up."""
    with session(at(step, act)) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, lambda: pytest.fail("intend was called"))
        assert not connection.is_open

    assert (outcome.verdict, server.accepted) == (Verdict.NOT_SENT, [])


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_connection_lost_inside_the_message_sent_nothing(ending: Ending) -> None:
    """A server that goes away while the message is written does not have it, however late that is noticed."""
    with session(at(Step.BODY, Act(ending=ending))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE * 50_000, yes)
        assert not connection.is_open

    assert (outcome.verdict, server.accepted) == (Verdict.NOT_SENT, [])


def test_a_connection_lost_while_leave_is_asked_sent_nothing() -> None:
    """When not one octet of the dot can be written, the server cannot have taken the message."""
    asked = threading.Event()

    def leave_when_asked(moment: Moment) -> Act | None:
        return Act(ending=Ending.RESET) if moment.step is Step.BODY and asked.wait(20) else None

    with session(leave_when_asked) as (server, connection):

        def allow_too_late() -> bool:
            asked.set()
            server.wait_until_left()
            return True

        outcome = connection.send(AMINA, MESSAGE, allow_too_late)

    assert outcome == Outcome(Verdict.NOT_SENT, text="the connection was lost before the final dot")
    assert server.accepted == []


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("act", ENDINGS)
def test_a_connection_lost_after_the_dot_is_in_doubt(act: Act, keeps: bool) -> None:
    """Only the server knows whether it took the message; we say so and give the connection up."""
    with session(at(Step.DOT, Act(act.reply, act.ending, keeps=keeps))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, yes)
        assert not connection.is_open

    assert outcome.verdict is Verdict.IN_DOUBT
    assert outcome.text
    assert len(server.accepted) == keeps


def test_a_server_that_says_no_is_believed_even_if_it_kept_the_message() -> None:
    """A 451 after the dot is an answer, so the message is deferred, not in doubt."""
    with session(at(Step.DOT, Act("451 4.3.0 sorry", keeps=True))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, yes)

    assert outcome == Outcome(Verdict.DEFERRED, 451, "4.3.0 sorry")
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
def test_a_421_ends_the_session(step: Step, later: Verdict, fresh: Verdict, message: int) -> None:
    """After other messages it means reconnect; on a new session it is meant for this recipient, who must wait."""
    closing = Act("421 4.3.2 closing", Ending.CLOSE)
    with session(at(step, closing, message=message)) as (server, connection):
        outcomes = [connection.send(AMINA, MESSAGE, yes) for _ in range(message)]
        assert not connection.is_open

    assert outcomes[-1] == Outcome(fresh if message == 1 else later, 421, "4.3.2 closing")
    assert len(server.accepted) == message - 1


def test_a_421_to_the_sender_after_other_messages_means_reconnect() -> None:
    """Servers close a session after so many messages; that is nobody's fault, and nothing was sent."""
    with session(at(Step.MAIL, Act("421 4.3.2 enough", Ending.CLOSE), message=2)) as (_, connection):
        outcomes = [connection.send(AMINA, MESSAGE, yes).verdict for _ in range(2)]
        assert not connection.is_open

    assert outcomes == [Verdict.ACCEPTED, Verdict.NOT_SENT]


def test_a_421_to_the_first_sender_is_the_transports_trouble() -> None:
    """A server that takes nobody's mail right now would otherwise be asked again for ever."""
    with (
        session(at(Step.MAIL, Act("421 4.7.0 too busy", Ending.CLOSE))) as (_, connection),
        pytest.raises(TransportError, match=r"421 4\.7\.0 too busy"),
    ):
        connection.send(AMINA, MESSAGE, yes)


@pytest.mark.parametrize("extra", [b"250 extra\r\n", b"550 5.1.1 extra\r\n", b"250-half a re"])
def test_a_word_said_unasked_means_that_answers_are_not_trusted_any_longer(extra: bytes) -> None:
    """An extra reply would be taken for the answer to the next command; the session ends, nothing is sent."""
    with session(at(Step.DOT, Act(b"250 taken\r\n" + extra), message=1)) as (server, connection):
        outcomes = [connection.send(AMINA, MESSAGE, yes) for _ in range(2)]
        assert not connection.is_open

    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert len(server.accepted) == 1


def test_a_yes_said_before_the_dot_is_not_taken_for_the_answer_to_it() -> None:
    """A 250 that comes with the 354 accepts nothing: no leave is asked, no dot written."""
    with session(at(Step.DATA, Act(b"354 go\r\n250 taken\r\n"))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, lambda: pytest.fail("intend was called"))

    assert (outcome.verdict, server.accepted) == (Verdict.NOT_SENT, [])


@pytest.mark.parametrize("ending", [None, Ending.CLOSE])
def test_a_verdict_given_inside_the_message_is_taken_before_the_dot(ending: Ending | None) -> None:
    """A server that refuses while it should read gets no dot, hanging up or not: the refusal counts."""
    allowed: list[bool] = []
    body = b"Subject: x\r\n\r\n" + (b"x" * 990 + b"\r\n") * 20_000  # more than socket buffers hold: it has read on
    with session(at(Step.BODY, Act("552 5.3.4 too big", ending))) as (server, connection):
        outcome = connection.send(AMINA, body, lambda: allowed.append(True) or True)
        assert not connection.is_open

    assert outcome == Outcome(Verdict.REFUSED, 552, "5.3.4 too big")
    assert (allowed, server.accepted) == ([], [])


def test_replies_split_at_every_octet_are_read_whole() -> None:
    """How a reply is cut on its way changes nothing."""
    steps = (Step.GREETING, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.DOT)
    with session(first_of(*(at(step, Act(split=True)) for step in steps))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, yes)

    assert outcome == Outcome(Verdict.ACCEPTED, 250, "2.0.0 taken")
    assert [message.content for message in server.accepted] == [MESSAGE]


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        (Step.MAIL, Verdict.NOT_SENT),
        (Step.RCPT, Verdict.NOT_SENT),
        (Step.DATA, Verdict.NOT_SENT),
        (Step.DOT, Verdict.IN_DOUBT),
    ],
)
def test_silence_is_not_waited_for_for_ever(step: Step, verdict: Verdict) -> None:
    """A server that says nothing more is given up: not sent before the dot, in doubt after it."""
    with MisbehavingServer(at(step, Act(ending=Ending.SILENCE))) as server:
        endpoint = SmtpEndpoint("127.0.0.1", server.port, starttls=StartTls.AUTO)
        timeouts = Timeouts(connect=PATIENT, command=SHORT, data=SHORT, block=SHORT, dot=SHORT)
        connection = SmtpTransport(endpoint, timeouts).connect()
        outcome = connection.send(AMINA, MESSAGE, yes)

    assert (outcome.verdict, connection.is_open) == (verdict, False)
    assert outcome.text == "no answer within 0.15 s"


def test_different_recipients_meet_different_fates() -> None:
    """One script treats each recipient its own way, and each outcome is its own."""
    people = [Envelope("news@example.org", f"{name}@example.net") for name in ("a", "b", "c", "d")]
    plan = {
        "a@example.net": {Step.RCPT: Act("550 5.1.1 unknown")},
        "b@example.net": {Step.DOT: Act("452 4.2.2 full")},
        "d@example.net": {Step.DOT: Act(ending=Ending.CLOSE, keeps=True)},
    }
    with session(by_recipient(plan)) as (server, connection):
        verdicts = [connection.send(person, MESSAGE, yes).verdict for person in people]

    assert verdicts == [Verdict.REFUSED, Verdict.DEFERRED, Verdict.ACCEPTED, Verdict.IN_DOUBT]
    assert [message.recipients[0] for message in server.accepted] == ["c@example.net", "d@example.net"]


def test_size_is_told_and_kept_to() -> None:
    """MAIL names the size, and a message over the server's limit is refused without asking (R83)."""
    with session(offer=Offer(extensions=("SIZE 100",))) as (server, connection):
        outcomes = [connection.send(AMINA, message, yes) for message in (MESSAGE, MESSAGE + b"x" * 100)]

    assert outcomes[0].verdict is Verdict.ACCEPTED
    assert (outcomes[1].verdict, outcomes[1].code) == (Verdict.REFUSED, 552)
    assert [command for command in server.commands if command.startswith("MAIL")] == [
        f"MAIL FROM:<news@example.org> SIZE={len(MESSAGE)}"
    ]


EAI = "To: jörg@example.org\r\n\r\nx\r\n".encode()


def test_an_international_address_needs_a_server_that_knows_it() -> None:
    """A non-ASCII local part goes with SMTPUTF8 and 8BITMIME (RFC 6531, R20)."""
    with session() as (server, connection):
        outcome = connection.send(Envelope("news@example.org", "jörg@exämple.org"), EAI, yes)

    assert outcome.verdict is Verdict.ACCEPTED
    assert server.accepted[0].recipients == ("jörg@xn--exmple-cua.org",)
    assert any(command.endswith(" BODY=8BITMIME SMTPUTF8") for command in server.commands)


def test_an_international_address_is_refused_clearly_where_the_server_does_not_know_it() -> None:
    """Without SMTPUTF8 there is no way to write to it: that recipient is refused, the session goes on (R20)."""
    with session(offer=Offer(extensions=("8BITMIME",))) as (server, connection):
        outcomes = [
            connection.send(Envelope("news@example.org", "jörg@example.org"), EAI, yes),
            connection.send(AMINA, MESSAGE, yes),
        ]

    assert (outcomes[0].verdict, outcomes[0].code) == (Verdict.REFUSED, 553)
    assert "non-ASCII" in outcomes[0].text
    assert outcomes[1].verdict is Verdict.ACCEPTED
    assert len(server.accepted) == 1


def test_an_international_domain_needs_nothing_of_the_server() -> None:
    """A non-ASCII domain goes as A-labels without SMTPUTF8, which is not used when it is not needed (R20)."""
    with session() as (server, connection):
        outcome = connection.send(Envelope("news@exämple.org", "amina@bücher.example"), MESSAGE, yes)

    assert outcome.verdict is Verdict.ACCEPTED
    assert server.commands[1].startswith("MAIL FROM:<news@xn--exmple-cua.org>")
    assert server.commands[2] == "RCPT TO:<amina@xn--bcher-kva.example>"
    assert not any("SMTPUTF8" in command for command in server.commands)


def test_octets_over_127_need_a_server_that_takes_them() -> None:
    """A body that is not ASCII is refused locally without 8BITMIME (R84)."""
    message = "Subject: x\r\n\r\né\r\n".encode()
    with session(offer=Offer(extensions=())) as (server, connection):
        outcome = connection.send(AMINA, message, yes)

    assert (outcome.verdict, outcome.code, server.accepted) == (Verdict.REFUSED, 554, [])


def test_an_international_return_path_is_the_transports_trouble() -> None:
    """When our own address needs what the server lacks, no recipient is blamed."""
    with session(offer=Offer(extensions=())) as (_, connection), pytest.raises(TransportError, match="return_path"):
        connection.send(Envelope("nëws@example.org", "amina@example.net"), MESSAGE, yes)


@pytest.mark.parametrize("recipient", ["amina@example.net>\r\nRCPT TO:<b@example.net", "no address", "a@b>c"])
def test_an_address_cannot_bring_in_a_command(recipient: str) -> None:
    """A recipient that is none is refused before a word is written about it."""
    with session() as (server, connection):
        outcome = connection.send(Envelope("news@example.org", recipient), MESSAGE, yes)

    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, 553)
    assert [command.split()[0] for command in server.commands] == ["EHLO", "QUIT"]


def test_an_old_server_is_greeted_with_helo() -> None:
    """A server that does not know EHLO still gets its mail (RFC 5321 3.2)."""
    with session(at(Step.EHLO, Act("502 what?"))) as (server, connection):
        outcome = connection.send(AMINA, MESSAGE, yes)

    assert outcome.verdict is Verdict.ACCEPTED
    assert server.commands[1].startswith("HELO ")


def test_the_name_told_to_the_server_can_be_chosen() -> None:
    """`local_hostname` is what EHLO says."""
    with MisbehavingServer() as server:
        make_transport(server.port, local_hostname="digest.example.org").connect().close()
        server.wait_until_left()

    assert server.commands == ["EHLO digest.example.org", "QUIT"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (at(Step.GREETING, Act("554 5.3.2 not here")), "takes nobody in (554 5.3.2 not here)"),
        (at(Step.GREETING, Act("421 4.7.0 busy", Ending.CLOSE)), "takes nobody in (421 4.7.0 busy)"),
        (at(Step.GREETING, Act(ending=Ending.CLOSE)), "the server closed the connection"),
        (at(Step.GREETING, Act("HTTP/1.1 400 Bad Request")), "an answer is not SMTP"),
        (at(Step.EHLO, Act("421 4.7.0 busy")), "refused the greeting (421 4.7.0 busy)"),
        (at(Step.EHLO, Act(ending=Ending.RESET)), "the connection broke"),
        (first_of(at(Step.EHLO, Act("550 no")), at(Step.HELO, Act("550 no"))), "refused the greeting (550 no)"),
    ],
)
def test_a_server_that_takes_nobody_is_one_line(script: Script, said: str) -> None:
    """The line names host and port, the cause, and where to look."""
    with MisbehavingServer(script) as server, pytest.raises(TransportError) as caught:
        make_transport(server.port).connect()

    text = str(caught.value)
    assert text.startswith(f"127.0.0.1:{server.port}: {said}")
    assert "\n" not in text


def test_a_port_with_nobody_behind_it_is_one_line() -> None:
    """The line asks whether the server runs."""
    with MisbehavingServer() as server:
        port = server.port

    with pytest.raises(TransportError) as caught:
        make_transport(port).connect()

    assert str(caught.value) == f"127.0.0.1:{port}: connection refused; is the mail server running? see [smtp] url"


def test_a_silent_server_is_given_up_when_connecting() -> None:
    """A greeting that never comes ends in a line that says how long was waited."""
    with MisbehavingServer(at(Step.GREETING, Act(ending=Ending.SILENCE))) as server:
        endpoint = SmtpEndpoint("127.0.0.1", server.port, starttls=StartTls.AUTO)
        with pytest.raises(TransportError, match=r"no answer within 0\.15 s"):
            SmtpTransport(endpoint, Timeouts(command=SHORT)).connect()


@pytest.mark.parametrize(
    "finish", [lambda connection: connection.close(), lambda connection: connection.send(AMINA, MESSAGE, lambda: False)]
)
def test_a_closed_connection_can_be_closed_again(finish: Callable[[SmtpConnection], object]) -> None:
    """close never raises, whatever happened before."""
    with session(at(Step.QUIT, Act(ending=Ending.RESET))) as (_, connection):
        finish(connection)
        connection.close()

        assert not connection.is_open
