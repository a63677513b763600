"""How sessions begin: greeting, TLS and logins, against servers with a throw-away certificate authority."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import trustme
from smtp_sessions import AMINA, BORIS, LOCK_STEP, PIPELINING, Session, deliver, make_timeouts, to

from coopdigest.domain.delivery import Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import Login, SmtpEndpoint
from coopdigest.testing.smtp_script import Act, Ending, Offer, Script, Step, at, behave, first_of
from coopdigest.testing.smtp_server import MisbehavingServer

LOGIN = Login("amina", "s3crét")
TOKEN = Login("amina@example.org", "ya29.s3cret", xoauth2=True)
BULKY = b"Subject: x\r\n\r\n" + (b"x" * 990 + b"\r\n") * 20_000  # more than socket buffers hold


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody else trusts."""
    return trustme.CA()


@pytest.fixture(scope="module")
def good(authority: trustme.CA) -> ssl.SSLContext:
    """What a server on this machine needs for TLS."""
    return make_server_context(authority, "127.0.0.1")


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """A client's trust in that authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def make_server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """A server's context with a certificate for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@contextmanager
def running(script: Script = behave, **offer: object) -> Iterator[MisbehavingServer]:
    """A server whose sessions have all been read to their end afterwards."""
    with MisbehavingServer(script, Offer(**offer)) as server:  # type: ignore[arg-type]
        yield server
        server.wait_until_left()
    assert server.impatient == 0, "something was said behind a command that must be the last of its group"


def send(server: MisbehavingServer, trust: ssl.SSLContext | None = None, **endpoint: object) -> Session:
    """Hand two messages over in a session of their own."""
    where = SmtpEndpoint("127.0.0.1", server.port, **endpoint)  # type: ignore[arg-type]
    return deliver(server.port, [AMINA, BORIS], endpoint=where, ssl_context=trust)


IN_THE_CLEAR = {"starttls": StartTls.AUTO}
IMPLICIT = {"implicit_tls": True, "starttls": StartTls.OFF}


def test_starttls_secures_the_line_and_greets_again(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """Everything after STARTTLS is inside TLS, beginning with a second EHLO (RFC 3207 4.2)."""
    with running(tls=good) as server:
        session = send(server, trust)

    assert session.work.verdicts == [Verdict.ACCEPTED] * 2
    assert all(message.secure for message in server.accepted)
    assert [command.split()[0] for command in server.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]
    assert server.pipelined > 0


def test_implicit_tls_is_there_from_the_first_octet(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """smtps:// needs no STARTTLS and asks for none."""
    with running(tls=good, implicit_tls=True) as server:
        session = send(server, trust, **IMPLICIT)

    assert (session.work.verdicts, server.accepted[0].secure) == ([Verdict.ACCEPTED] * 2, True)
    assert not any("STARTTLS" in command for command in server.commands)


@pytest.mark.parametrize("extra", [b"250-evil\r\n250 AUTH PLAIN\r\n", b"250 half"])
@pytest.mark.parametrize("wish", [StartTls.REQUIRED, StartTls.AUTO])
def test_what_is_put_in_before_tls_ends_the_session(
    good: ssl.SSLContext, trust: ssl.SSLContext, wish: StartTls, extra: bytes
) -> None:
    """Words in the clear behind the answer to STARTTLS are somebody between: no login, no mail (STARTTLS injection)."""
    with (
        running(at(Step.STARTTLS, Act(b"220 go ahead\r\n" + extra)), tls=good) as server,
        pytest.raises(TransportError, match="somebody spoke in the clear behind the answer to STARTTLS"),
    ):
        send(server, trust, starttls=wish)

    assert [command.split()[0] for command in server.commands] == ["EHLO", "STARTTLS"]


def test_what_is_offered_in_the_clear_counts_for_nothing_inside_tls(
    good: ssl.SSLContext, trust: ssl.SSLContext
) -> None:
    """PIPELINING that was there before TLS and is gone after it is not used; the results are the same."""
    with running(tls=good, withdrawn=("PIPELINING",)) as server:
        session = send(server, trust)

    assert (session.work.verdicts, server.pipelined) == ([Verdict.ACCEPTED] * 2, 0)


def test_nothing_is_sent_in_the_clear_where_tls_is_required(trust: ssl.SSLContext) -> None:
    """A server that offers no STARTTLS, or somebody between who took it away, gets no mail."""
    with running() as server, pytest.raises(TransportError, match="offers no STARTTLS"):
        send(server, trust)

    assert [command.split()[0] for command in server.commands] == ["EHLO"]


def test_a_refused_starttls_is_trouble_where_it_is_required(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """454 to STARTTLS ends the session before anything is said in the clear."""
    with (
        running(at(Step.STARTTLS, Act("454 4.7.0 not now")), tls=good) as server,
        pytest.raises(TransportError, match=r"refused STARTTLS \(454 4\.7\.0 not now\)"),
    ):
        send(server, trust)

    assert server.accepted == []


def test_auto_goes_on_in_the_clear_when_starttls_is_refused(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """`auto` takes TLS where it can be had."""
    with running(at(Step.STARTTLS, Act("454 4.7.0 not now")), tls=good) as server:
        session = send(server, trust, **IN_THE_CLEAR)

    assert (session.work.verdicts, server.accepted[0].secure) == ([Verdict.ACCEPTED] * 2, False)


def test_off_never_begins_tls(good: ssl.SSLContext) -> None:
    """`off` leaves an offered STARTTLS alone."""
    with running(tls=good) as server:
        session = send(server, starttls=StartTls.OFF)

    assert (session.work.verdicts, server.accepted[0].secure) == ([Verdict.ACCEPTED] * 2, False)


@pytest.mark.parametrize("endpoint", [{}, IMPLICIT])
def test_a_certificate_of_an_unknown_authority_is_refused(good: ssl.SSLContext, endpoint: dict[str, object]) -> None:
    """Without trust there is no session, and the line says why."""
    with (
        running(tls=good, implicit_tls="implicit_tls" in endpoint) as server,
        pytest.raises(TransportError, match=rf"^127\.0\.0\.1:{server.port}: its certificate is not trusted"),
    ):
        send(server, **endpoint)

    assert server.accepted == []


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    """A good certificate of somebody else is no good."""
    with (
        running(tls=make_server_context(authority, "mail.example.org")) as server,
        pytest.raises(TransportError, match="certificate is not trusted"),
    ):
        send(server, trust)


def test_auto_to_this_machine_takes_any_certificate(good: ssl.SSLContext) -> None:
    """Where the clear would do, a home-made certificate does too."""
    with running(tls=good) as server:
        session = send(server, **IN_THE_CLEAR)

    assert (session.work.verdicts, server.accepted[0].secure) == ([Verdict.ACCEPTED] * 2, True)


def test_tls_towards_a_server_that_speaks_none_says_what_may_be_wrong() -> None:
    """smtps:// to a plain port is a common slip; the line names both schemes."""
    with running() as server, pytest.raises(TransportError, match=r"smtp:// or smtps://"):
        send(server, **IMPLICIT)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_connection_lost_during_the_handshake_is_one_line(trust: ssl.SSLContext, ending: Ending) -> None:
    """A server that goes away instead of beginning TLS is the transport's trouble."""
    script = first_of(at(Step.EHLO, Act("250-x\r\n250 STARTTLS")), at(Step.STARTTLS, Act("220 go", ending)))
    with running(script) as server, pytest.raises(TransportError, match=rf"^127\.0\.0\.1:{server.port}: "):
        send(server, trust)

    assert server.accepted == []


@pytest.mark.parametrize("offer", [PIPELINING, LOCK_STEP], ids=["pipelining", "lock-step"])
@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
@pytest.mark.parametrize(
    ("step", "expected"),
    [(Step.MAIL, Verdict.NOT_SENT), (Step.DATA, Verdict.NOT_SENT), (Step.DOT, Verdict.IN_DOUBT)],
)
def test_losses_inside_tls_are_judged_by_the_dot(
    good: ssl.SSLContext, trust: ssl.SSLContext, offer: Offer, ending: Ending, step: Step, expected: Verdict
) -> None:
    """TLS changes nothing about what a lost connection means."""
    with running(at(step, Act(ending=ending)), tls=good, extensions=offer.extensions) as server:
        session = send(server, trust)

    assert session.work.verdicts[0] is expected
    assert set(session.work.verdicts[1:]) <= {Verdict.NOT_SENT}
    assert (server.accepted, session.was_open) == ([], False)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (Act(ending=Ending.CLOSE), Verdict.NOT_SENT),
        (Act(ending=Ending.RESET), Verdict.NOT_SENT),
        (Act("552 5.3.4 too big"), Verdict.REFUSED),
    ],
)
def test_a_message_broken_off_inside_tls_was_not_sent(
    good: ssl.SSLContext, trust: ssl.SSLContext, act: Act, expected: Verdict
) -> None:
    """While fewer octets have left than stand before the dot, no record with the dot in it can have arrived whole."""
    with running(at(Step.BODY, act), tls=good) as server:
        where = SmtpEndpoint("127.0.0.1", server.port)
        session = deliver(server.port, [to("amina", BULKY)], endpoint=where, ssl_context=trust)

    assert (session.work.verdicts, server.accepted) == ([expected], [])


def test_a_server_that_reads_no_further_is_given_up_inside_tls_too(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """What is not yet written below TLS counts as not yet written: the limit is that of a block."""
    timeouts = make_timeouts(block=timedelta(milliseconds=150), dot=timedelta(hours=1))
    with MisbehavingServer(at(Step.BODY, Act(delay=60)), Offer(tls=good)) as server:
        where = SmtpEndpoint("127.0.0.1", server.port)
        session = deliver(server.port, [to("amina", BULKY)], endpoint=where, ssl_context=trust, timeouts=timeouts)

    assert session.work.verdicts == [Verdict.NOT_SENT]
    assert "no answer within 0.15 s" in session.work.outcomes[0].text


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "PLAIN", "LOGIN", "CRAM-MD5 LOGIN", "XOAUTH2 PLAIN"])
def test_the_login_works_by_whatever_is_offered(good: ssl.SSLContext, trust: ssl.SSLContext, mechanisms: str) -> None:
    """PLAIN is used where it is offered, else LOGIN, only inside TLS."""
    with running(tls=good, login=(LOGIN.user, LOGIN.password), mechanisms=mechanisms) as server:
        session = send(server, trust, login=LOGIN)

    assert (session.work.verdicts, server.accepted[0].user) == ([Verdict.ACCEPTED] * 2, "amina")


def test_a_token_is_shown_when_it_is_one(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """XOAUTH2 logs in with an access token, even where passwords would do."""
    with running(tls=good, login=(TOKEN.user, TOKEN.password), mechanisms="PLAIN XOAUTH2") as server:
        session = send(server, trust, login=TOKEN)

    assert (session.work.verdicts, server.accepted[0].user) == ([Verdict.ACCEPTED] * 2, TOKEN.user)
    assert any(command.startswith("AUTH XOAUTH2 ") for command in server.commands)


@pytest.mark.parametrize(
    ("login", "mechanisms"), [(LOGIN, "PLAIN"), (LOGIN, "LOGIN"), (TOKEN, "XOAUTH2")], ids=["PLAIN", "LOGIN", "XOAUTH2"]
)
def test_a_refused_login_is_one_line_without_the_password(login: Login, mechanisms: str) -> None:
    """A wrong password or token names the key to correct, and shows neither user nor password."""
    with (
        running(login=(login.user, "another"), mechanisms=mechanisms) as server,
        pytest.raises(TransportError) as caught,
    ):
        send(server, **IN_THE_CLEAR, login=login)

    text = str(caught.value)
    assert "refused the login (535 5.7.8 no); see user and password in [smtp] url" in text
    assert "s3cr" not in text
    assert "amina" not in text


@pytest.mark.parametrize(("login", "said"), [(LOGIN, "no login that is known here"), (TOKEN, "no login by token")])
def test_a_server_without_a_known_login_is_one_line(login: Login, said: str) -> None:
    """A login that cannot be used is trouble, not silently left out."""
    with (
        running(login=(login.user, login.password), mechanisms="GSSAPI") as server,
        pytest.raises(TransportError, match=said),
    ):
        send(server, **IN_THE_CLEAR, login=login)


def test_a_server_that_wants_a_login_says_so_at_mail() -> None:
    """Without a login 530 is the transport's trouble, with the server's words."""
    with running(login=(LOGIN.user, LOGIN.password)) as server:
        session = send(server, **IN_THE_CLEAR)

    assert isinstance(session.error, TransportError)
    assert "530" in str(session.error)
    assert server.accepted == []


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    """`auto` may mean the clear for mail, never for a password; only `off` says that this is meant."""
    another = "127.1"  # this machine, under a name that is not known to be it
    with running(login=(LOGIN.user, LOGIN.password)) as server:
        endpoint = SmtpEndpoint(another, server.port, starttls=StartTls.AUTO, login=LOGIN)
        with pytest.raises(TransportError, match="not sent in the clear"):
            deliver(server.port, [AMINA], endpoint=endpoint)

    assert not any(command.startswith("AUTH") for command in server.commands)


def test_an_old_server_is_greeted_with_helo() -> None:
    """A server that does not know EHLO still gets its mail, in lock-step (RFC 5321 3.2)."""
    with running(at(Step.EHLO, Act("502 what?"))) as server:
        session = send(server, **IN_THE_CLEAR)

    assert (session.work.verdicts, server.pipelined) == ([Verdict.ACCEPTED] * 2, 0)
    assert server.commands[1].startswith("HELO ")


def test_the_name_told_to_the_server_can_be_chosen() -> None:
    """`local_hostname` is what EHLO says."""
    with running() as server:
        deliver(server.port, [], local_hostname="digest.example.org")

    assert server.commands == ["EHLO digest.example.org", "QUIT"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (at(Step.GREETING, Act("554 5.3.2 not here")), "takes nobody in (554 5.3.2 not here)"),
        (at(Step.GREETING, Act("421 4.7.0 busy", Ending.CLOSE)), "takes nobody in (421 4.7.0 busy)"),
        (at(Step.GREETING, Act(ending=Ending.CLOSE)), "the server closed the connection"),
        (at(Step.GREETING, Act("HTTP/1.1 400 Bad Request")), "an answer is not SMTP"),
        (at(Step.GREETING, Act("220 hello\r\n220 again")), "the server answered what was not asked"),
        (at(Step.EHLO, Act("421 4.7.0 busy")), "refused the greeting (421 4.7.0 busy)"),
        (at(Step.EHLO, Act(ending=Ending.RESET)), "the connection broke"),
        (first_of(at(Step.EHLO, Act("550 no")), at(Step.HELO, Act("550 no"))), "refused the greeting (550 no)"),
    ],
)
def test_a_server_that_takes_nobody_is_one_line(script: Script, said: str) -> None:
    """The line names host and port, the cause, and where to look."""
    with running(script) as server, pytest.raises(TransportError) as caught:
        send(server, **IN_THE_CLEAR)

    text = str(caught.value)
    assert text.startswith(f"127.0.0.1:{server.port}: {said}")
    assert "\n" not in text


def test_a_port_with_nobody_behind_it_is_one_line() -> None:
    """The line asks whether the server runs."""
    with MisbehavingServer() as server:
        port = server.port

    with pytest.raises(TransportError) as caught:
        deliver(port, [AMINA])

    assert str(caught.value) == f"127.0.0.1:{port}: connection refused; is the mail server running? see [smtp] url"


def test_a_silent_server_is_given_up_when_connecting() -> None:
    """A greeting that never comes ends in a line that says how long was waited."""
    with (
        MisbehavingServer(at(Step.GREETING, Act(ending=Ending.SILENCE))) as server,
        pytest.raises(TransportError, match=r"no answer within 0\.15 s"),
    ):
        deliver(server.port, [AMINA], timeouts=make_timeouts(command=timedelta(milliseconds=150)))


def test_a_host_that_can_be_none_is_one_line() -> None:
    """A name that no resolver would know names the key to correct."""
    with pytest.raises(TransportError, match=r"^mail\.\.example\.org:25: no such host; see \[smtp\] url"):
        deliver(25, [AMINA], endpoint=SmtpEndpoint("mail..example.org", 25))
