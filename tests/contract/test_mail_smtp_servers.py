"""One contract with several servers: aiosmtpd, Debian's smtp-sink, our own; with PIPELINING and without, with TLS."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from smtp_sessions import AMINA, BORIS, LOCK_STEP, MESSAGE, PIPELINING, deliver, to

from coopdigest.domain.delivery import Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.catcher import CaughtMessage, MailCatcher
from coopdigest.mail.endpoint import SmtpEndpoint
from coopdigest.testing.smtp_script import Offer
from coopdigest.testing.smtp_server import MisbehavingServer


@dataclass(frozen=True, slots=True)
class Running:
    """A server: how to reach it, and the messages that it has, None where it throws them away."""

    endpoint: SmtpEndpoint
    taken: Callable[[], list[bytes]] | None = None
    trust: ssl.SSLContext | None = None


@contextmanager
def aiosmtpd() -> Iterator[Running]:
    """The catcher of `demo`; it offers no PIPELINING."""
    with MailCatcher() as catcher:
        yield Running(in_the_clear(catcher.port), lambda: [message.content for message in catcher.messages])


@contextmanager
def ours(offer: Offer) -> Iterator[Running]:
    """Our own server, behaving."""
    with MisbehavingServer(offer=offer) as server:
        yield Running(in_the_clear(server.port), lambda: [message.content for message in server.accepted])
        server.wait_until_left()
        assert server.impatient == 0


@contextmanager
def ours_with_tls(offer: Offer, *, implicit: bool) -> Iterator[Running]:
    """Our own server with TLS, begun by STARTTLS or at once."""
    authority = trustme.CA()
    context, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trust)
    secure = Offer(extensions=offer.extensions, tls=context, implicit_tls=implicit)
    with MisbehavingServer(offer=secure) as server:
        wish = StartTls.OFF if implicit else StartTls.REQUIRED
        endpoint = SmtpEndpoint("127.0.0.1", server.port, implicit, wish)
        yield Running(endpoint, lambda: [message.content for message in server.accepted], trust)
        server.wait_until_left()
        assert all(message.secure for message in server.accepted)


@contextmanager
def smtp_sink(*options: str) -> Iterator[Running]:
    """Debian's smtp-sink: from PATH, or from a package of postfix unpacked at COOPDIGEST_POSTFIX_DIR."""
    command, environment = find_smtp_sink()
    if not command:
        pytest.skip("smtp-sink is not installed: it comes with Debian's postfix; COOPDIGEST_POSTFIX_DIR may name one")
    port = find_free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    arguments = [command, *user, *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(arguments, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_it_listens(process, port)
            yield Running(in_the_clear(port))
        finally:
            process.kill()


def find_smtp_sink() -> tuple[str, dict[str, str]]:
    """Where it is, and what it needs to run; nowhere is an empty string."""
    unpacked = Path(os.environ.get("COOPDIGEST_POSTFIX_DIR", ""))
    if os.environ.get("COOPDIGEST_POSTFIX_DIR") and (unpacked / "usr/sbin/smtp-sink").exists():
        return str(unpacked / "usr/sbin/smtp-sink"), {"LD_LIBRARY_PATH": str(unpacked / "usr/lib/postfix")}
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("smtp-sink", path=places) or "", {}


def find_free_port() -> int:
    """A port that nobody listens on; smtp-sink cannot choose one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    """It does not say when it does."""
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        else:
            return
    raise TimeoutError("smtp-sink does not listen")


def in_the_clear(port: int) -> SmtpEndpoint:
    """A server on this machine without TLS."""
    return SmtpEndpoint("127.0.0.1", port, starttls=StartTls.AUTO)


SERVERS = {
    "aiosmtpd": aiosmtpd,
    "ours": lambda: ours(PIPELINING),
    "ours in lock-step": lambda: ours(LOCK_STEP),
    "ours with STARTTLS": lambda: ours_with_tls(PIPELINING, implicit=False),
    "ours with STARTTLS in lock-step": lambda: ours_with_tls(LOCK_STEP, implicit=False),
    "ours with TLS": lambda: ours_with_tls(PIPELINING, implicit=True),
    "smtp-sink": smtp_sink,
    "smtp-sink in lock-step": lambda: smtp_sink("-p"),
}


@pytest.fixture(params=SERVERS.values(), ids=SERVERS.keys())
def server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A server of each kind."""
    with ExitStack() as stack:
        yield stack.enter_context(request.param())


def test_messages_of_all_sizes_arrive_as_they_were_built(server: Running) -> None:
    """From almost nothing to far more than socket buffers hold, dots and all, in order, on one connection (R85)."""
    line = b"..dots and " + b"x" * 60 + b"\r\n"
    messages = [to(f"r{number}", MESSAGE + line * size) for number, size in enumerate((0, 1, 600, 30_000, 0, 600))]

    session = deliver(server.endpoint.port, messages, endpoint=server.endpoint, ssl_context=server.trust)

    assert session.work.verdicts == [Verdict.ACCEPTED] * 6
    assert session.was_open
    if server.taken is not None:
        assert server.taken() == [outgoing.message for outgoing in messages]


def test_leave_refused_sends_nothing(server: Running) -> None:
    """What may not be sent any longer is not there, whatever the server."""
    session = deliver(
        server.endpoint.port,
        [AMINA, BORIS],
        lambda outgoing: outgoing is AMINA,
        endpoint=server.endpoint,
        ssl_context=server.trust,
    )

    assert (session.work.verdicts, session.was_open) == ([Verdict.ACCEPTED, Verdict.NOT_SENT], False)
    if server.taken is not None:
        assert server.taken() == [AMINA.message]


REFUSING = {"RCPT": "rcpt", "DATA": "data", "dot": "."}


@pytest.mark.parametrize("step", REFUSING.values(), ids=REFUSING.keys())
@pytest.mark.parametrize(("option", "verdict"), [("-r", Verdict.DEFERRED), ("-f", Verdict.REFUSED)])
def test_smtp_sink_refuses_everybody(step: str, option: str, verdict: Verdict) -> None:
    """A server that says no to each is asked about each, on one connection (it offers no PIPELINING then)."""
    with smtp_sink(option, step) as server:
        session = deliver(server.endpoint.port, [AMINA, BORIS, AMINA], endpoint=server.endpoint)

    assert session.work.verdicts == [verdict] * 3
    assert session.was_open


@pytest.mark.parametrize("option", ["-r", "-f"])
def test_smtp_sink_refuses_the_sender(option: str) -> None:
    """No at MAIL is the transport's trouble, with a real server too."""
    with smtp_sink(option, "mail") as server:
        session = deliver(server.endpoint.port, [AMINA, BORIS], endpoint=server.endpoint)

    assert isinstance(session.error, TransportError)
    assert session.work.verdicts == [Verdict.NOT_SENT]


@pytest.mark.parametrize(
    ("step", "verdict"),
    [("rcpt", Verdict.NOT_SENT), ("data", Verdict.NOT_SENT), (".", Verdict.IN_DOUBT)],
)
def test_smtp_sink_hangs_up(step: str, verdict: Verdict) -> None:
    """A real server that goes away leaves the doubt that it must, and no more."""
    with smtp_sink("-q", step) as server:
        session = deliver(server.endpoint.port, [AMINA, BORIS], endpoint=server.endpoint)

    assert session.work.verdicts[0] is verdict
    assert set(session.work.verdicts[1:]) <= {Verdict.NOT_SENT}
    assert not session.was_open


@pytest.mark.parametrize("options", [["-Q", "rcpt"], ["-Q", "data"], ["-Q", "rcpt", "-p"], ["-Q", "."]], ids=str)
def test_smtp_sink_takes_its_leave(options: list[str]) -> None:
    """A 421 on a new session is meant for this recipient, who must wait."""
    with smtp_sink(*options) as server:
        session = deliver(server.endpoint.port, [AMINA, BORIS], endpoint=server.endpoint)

    assert session.work.verdicts[0] is Verdict.DEFERRED
    assert session.work.outcomes[0].code == 421
    assert set(session.work.verdicts[1:]) <= {Verdict.NOT_SENT}


@pytest.mark.parametrize("pipelining", [[], ["-p"]], ids=["pipelining", "lock-step"])
@pytest.mark.parametrize("lines", [0, 300_000])
def test_smtp_sink_refuses_inside_the_message(lines: int, pipelining: list[str]) -> None:
    """A server that answers 550 instead of reading the message has refused it, whether or not the dot was out."""
    with smtp_sink("-A", "0", *pipelining) as server:
        message = to("amina", MESSAGE + (b"x" * 70 + b"\r\n") * lines)
        session = deliver(server.endpoint.port, [message], endpoint=server.endpoint)

    assert session.work.verdicts in ([Verdict.REFUSED], [Verdict.NOT_SENT])


def test_a_catcher_gets_the_envelope() -> None:
    """What aiosmtpd hears is from whom and for whom the envelope says."""
    with MailCatcher() as catcher:
        deliver(catcher.port, [AMINA, BORIS])

    assert catcher.messages == [
        CaughtMessage("news@example.org", (outgoing.envelope.recipient,), MESSAGE) for outgoing in (AMINA, BORIS)
    ]


def test_a_catcher_whose_port_is_taken_says_so() -> None:
    """A taken port is one line with the address."""
    with MailCatcher() as catcher, pytest.raises(TransportError, match=rf"^127\.0\.0\.1:{catcher.port}: cannot listen"):
        MailCatcher(catcher.port).__enter__()
