"""TLS and logins, against servers with a throw-away certificate authority."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme

from coopdigest.domain.delivery import Envelope, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import Login, SmtpEndpoint
from coopdigest.mail.smtp import SmtpTransport
from coopdigest.testing.smtp_script import Act, Offer, Script, Step, at, behave
from coopdigest.testing.smtp_server import MisbehavingServer

AMINA = Envelope("news@example.org", "amina@example.net")
MESSAGE = b"Message-ID: <1.2.3@example.org>\r\n\r\nx\r\n"
LOGIN = Login("amina", "s3crét")


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


def deliver(server: MisbehavingServer, trust: ssl.SSLContext | None, **endpoint: object) -> Verdict:
    """Hand one message over in a session of its own."""
    where = SmtpEndpoint("127.0.0.1", server.port, **endpoint)  # type: ignore[arg-type]
    connection = SmtpTransport(where, ssl_context=trust).connect()
    outcome = connection.send(AMINA, MESSAGE, lambda: True)
    connection.close()
    return outcome.verdict


def test_starttls_secures_the_line_and_greets_again(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """Everything after STARTTLS is inside TLS, beginning with a second EHLO (RFC 3207 4.2)."""
    with running(tls=good) as server:
        verdict = deliver(server, trust)

    assert verdict is Verdict.ACCEPTED
    assert server.accepted[0].secure
    assert [command.split()[0] for command in server.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]


def test_implicit_tls_is_there_from_the_first_octet(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """smtps:// needs no STARTTLS and asks for none."""
    with running(tls=good, implicit_tls=True) as server:
        verdict = deliver(server, trust, implicit_tls=True, starttls=StartTls.OFF)

    assert (verdict, server.accepted[0].secure) == (Verdict.ACCEPTED, True)
    assert not any("STARTTLS" in command for command in server.commands)


def test_what_a_stranger_said_before_tls_counts_for_nothing(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """Replies put in behind the answer to STARTTLS are thrown away with the clear text (STARTTLS injection)."""
    injected = Act(b"220 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n")
    with running(at(Step.STARTTLS, injected), tls=good) as server:
        verdict = deliver(server, trust)

    assert (verdict, server.accepted[0].secure) == (Verdict.ACCEPTED, True)


def test_nothing_is_sent_in_the_clear_where_tls_is_required(trust: ssl.SSLContext) -> None:
    """A server that offers no STARTTLS, or somebody between who took it away, gets no mail."""
    with running() as server, pytest.raises(TransportError, match="offers no STARTTLS"):
        deliver(server, trust)

    assert [command.split()[0] for command in server.commands] == ["EHLO"]


def test_a_refused_starttls_is_trouble_where_it_is_required(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """454 to STARTTLS ends the session before anything is said in the clear."""
    with (
        running(at(Step.STARTTLS, Act("454 4.7.0 not now")), tls=good) as server,
        pytest.raises(TransportError, match=r"refused STARTTLS \(454 4\.7\.0 not now\)"),
    ):
        deliver(server, trust)

    assert server.accepted == []


def test_auto_goes_on_in_the_clear_when_starttls_is_refused(good: ssl.SSLContext, trust: ssl.SSLContext) -> None:
    """`auto` takes TLS where it can be had."""
    with running(at(Step.STARTTLS, Act("454 4.7.0 not now")), tls=good) as server:
        verdict = deliver(server, trust, starttls=StartTls.AUTO)

    assert (verdict, server.accepted[0].secure) == (Verdict.ACCEPTED, False)


def test_off_never_begins_tls(good: ssl.SSLContext) -> None:
    """`off` leaves an offered STARTTLS alone."""
    with running(tls=good) as server:
        verdict = deliver(server, None, starttls=StartTls.OFF)

    assert (verdict, server.accepted[0].secure) == (Verdict.ACCEPTED, False)


@pytest.mark.parametrize("endpoint", [{}, {"implicit_tls": True, "starttls": StartTls.OFF}])
def test_a_certificate_of_an_unknown_authority_is_refused(good: ssl.SSLContext, endpoint: dict[str, object]) -> None:
    """Without trust there is no session, and the line says why."""
    with (
        MisbehavingServer(behave, Offer(tls=good, implicit_tls="implicit_tls" in endpoint)) as server,
        pytest.raises(TransportError, match=rf"^127\.0\.0\.1:{server.port}: its certificate is not trusted"),
    ):
        deliver(server, None, **endpoint)

    assert server.accepted == []


def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    """A good certificate of somebody else is no good."""
    with (
        MisbehavingServer(behave, Offer(tls=make_server_context(authority, "mail.example.org"))) as server,
        pytest.raises(TransportError, match="certificate is not trusted"),
    ):
        deliver(server, trust)


def test_auto_to_this_machine_takes_any_certificate(good: ssl.SSLContext) -> None:
    """Where the clear would do, a home-made certificate does too."""
    with running(tls=good) as server:
        verdict = deliver(server, None, starttls=StartTls.AUTO)

    assert (verdict, server.accepted[0].secure) == (Verdict.ACCEPTED, True)


def test_tls_towards_a_server_that_speaks_none_says_what_may_be_wrong() -> None:
    """smtps:// to a plain port is a common slip; the line names both schemes."""
    with MisbehavingServer() as server, pytest.raises(TransportError, match=r"smtp:// or smtps://"):
        deliver(server, None, implicit_tls=True, starttls=StartTls.OFF)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "PLAIN", "LOGIN", "CRAM-MD5 LOGIN", "XOAUTH2 PLAIN"])
def test_the_login_works_by_whatever_is_offered(good: ssl.SSLContext, trust: ssl.SSLContext, mechanisms: str) -> None:
    """PLAIN is used where it is offered, else LOGIN, only inside TLS."""
    with running(tls=good, login=(LOGIN.user, LOGIN.password), mechanisms=mechanisms) as server:
        verdict = deliver(server, trust, login=LOGIN)

    assert (verdict, server.accepted[0].user) == (Verdict.ACCEPTED, "amina")


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_a_refused_login_is_one_line_without_the_password(mechanisms: str) -> None:
    """A wrong password names the key to correct, and shows neither user nor password."""
    with (
        running(login=(LOGIN.user, "another"), mechanisms=mechanisms) as server,
        pytest.raises(TransportError) as caught,
    ):
        deliver(server, None, starttls=StartTls.AUTO, login=LOGIN)

    text = str(caught.value)
    assert "refused the login (535 5.7.8 no); see user and password in [smtp] url" in text
    assert "s3cr" not in text
    assert "amina" not in text


def test_a_server_without_a_known_login_is_one_line() -> None:
    """A login that cannot be used is trouble, not silently left out."""
    with (
        running(login=(LOGIN.user, LOGIN.password), mechanisms="GSSAPI") as server,
        pytest.raises(TransportError, match="no login that is known here"),
    ):
        deliver(server, None, starttls=StartTls.AUTO, login=LOGIN)


def test_a_server_that_wants_a_login_says_so_at_mail() -> None:
    """Without a login 530 is the transport's trouble, with the server's words."""
    with running(login=(LOGIN.user, LOGIN.password)) as server, pytest.raises(TransportError, match="530"):
        deliver(server, None, starttls=StartTls.AUTO)

    assert server.accepted == []


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    """`auto` may mean the clear for mail, never for a password; only `off` says that this is meant."""
    another = "127.1"  # this machine, under a name that is not known to be it
    with running(login=(LOGIN.user, LOGIN.password)) as server:
        endpoint = SmtpEndpoint(another, server.port, starttls=StartTls.AUTO, login=LOGIN)
        with pytest.raises(TransportError, match="not sent in the clear"):
            SmtpTransport(endpoint).connect()

    assert not any(command.startswith("AUTH") for command in server.commands)
