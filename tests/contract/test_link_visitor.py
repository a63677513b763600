"""Asking for links at a real HTTP server on loopback: every kind of answer, politeness, bounds, and the guard."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from coopdigest.ports import LinkAnswer
from coopdigest.sources.fetch import Limits
from coopdigest.sources.guard import Deadline, FetchError, Resolver, resolve_host
from coopdigest.sources.links import WebLinkVisitor
from coopdigest.sources.turns import Turns
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.fake_links import FakeLinkVisitor

QUICK = Limits(connect=2, read=0.3, total=1.0, size=100_000)
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web server that answers as told, and remembers by which method it was asked for what."""

    port: int = 0
    scheme: str = "http"
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    def says(self, path: str, status: int = 200, methods: str = "HEAD GET", **headers: str) -> str:
        """Answer `status` at `path`; returns its address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return self.does(path, answer, methods)

    def does(self, path: str, answer: Answer, methods: str = "HEAD GET") -> str:
        """Let `answer` treat whoever asks for `path`; returns its address."""
        self.answers |= {(method, path): answer for method in methods.split()}
        return self.at(path)


def serve(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site, closed at the end."""
    site = Site(scheme="https" if context else "http")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            site.asked.append((self.command, self.path))
            site.headers.append(dict(self.headers.items()))
            try:
                site.answers[(self.command, self.path)](self)
            except OSError:
                self.close_connection = True

        do_GET = do_HEAD = _answer  # noqa: N815 - the names are the base class's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.port = int(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback."""
    yield from serve()


@dataclass
class Guest:
    """A visitor whose pauses are noted instead of slept."""

    clock: FixedClock = field(default_factory=FixedClock)
    slept: list[float] = field(default_factory=list)
    limits: Limits = field(default_factory=lambda: Limits(connect=2, read=5, total=10))
    resolve: Resolver = resolve_host
    tls: ssl.SSLContext | None = None
    turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self.turns = Turns(self.clock, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)

    def visit(self, url: str) -> LinkAnswer:
        """Ask for an address that the configuration names, so that it may be on loopback."""
        return self._visitor(frozenset({url})).visit(url)

    def visit_item(self, url: str) -> LinkAnswer:
        """Ask for an address that a source names."""
        return self._visitor(frozenset()).visit(url)

    def _visitor(self, own: frozenset[str]) -> WebLinkVisitor:
        return WebLinkVisitor(self.turns, own, self.limits, self.tls, self.resolve)


def to_loopback(host: str, port: int, deadline: Deadline) -> list[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


# --- answers ---------------------------------------------------------------------------------------------


def test_a_page_that_is_there_is_asked_for_once_without_its_body(site: Site) -> None:
    """HEAD is enough where it is answered; we say who we are."""
    url = site.says("/story?id=7")
    assert Guest().visit(url) == LinkAnswer(url=url, final_url=url, status=200)
    assert site.asked == [("HEAD", "/story?id=7")]
    assert site.headers[0]["User-Agent"].startswith("coopdigest/")
    assert "Cookie" not in site.headers[0]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501, 503])
def test_where_head_is_refused_get_decides(site: Site, status: int) -> None:
    """Many servers answer HEAD with whatever comes to mind."""
    site.says("/", status, "HEAD")
    answer = Guest().visit(site.says("/", 200, "GET"))
    assert (answer.status, answer.problem) == (200, None)
    assert site.asked == [("HEAD", "/"), ("GET", "/")]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
def test_what_get_says_is_the_answer(site: Site, status: int) -> None:
    """An error status is handed on as it is."""
    answer = Guest().visit(site.says("/", status))
    assert (answer.status, answer.problem, answer.is_dead) == (status, None, False)
    assert len(site.asked) == 2


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Close without a word."""
    handler.close_connection = True


def talk_nonsense(handler: BaseHTTPRequestHandler) -> None:
    """Speak no HTTP."""
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n" * 10)


@pytest.mark.parametrize("answer", [hang_up, talk_nonsense])
def test_a_broken_conversation_is_in_doubt_not_dead(site: Site, answer: Answer) -> None:
    """GET is tried too; a line that breaks says nothing about the page."""
    found = Guest().visit(site.does("/", answer))
    assert (found.status, found.problem, found.is_dead) == (None, "127.0.0.1 broke off the conversation", False)
    assert [method for method, _ in site.asked] == ["HEAD", "GET"]


def test_a_server_that_hangs_up_on_head_is_asked_by_get(site: Site) -> None:
    """Such servers are met."""
    site.does("/", hang_up, "HEAD")
    assert Guest().visit(site.says("/", 200, "GET")).status == 200


def test_nobody_there_is_dead() -> None:
    """A refused connection and an unknown name say that readers get nothing."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        refused = Guest().visit(f"http://127.0.0.1:{spare.getsockname()[1]}/")
    assert refused.is_dead
    assert (refused.problem or "").startswith("127.0.0.1 cannot be reached (")
    unknown = Guest(limits=Limits()).visit("http://nowhere.invalid/")
    assert (unknown.is_dead, unknown.problem) == (True, "nowhere.invalid cannot be found")


def test_a_name_server_that_does_not_answer_says_nothing_about_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who checks without a line to the world must not be told that all links are dead."""

    def look_up(*question: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answer = Guest().visit("http://news.example/")
    assert (answer.is_dead, answer.problem) == (False, "news.example cannot be found")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Site]:
    """A web server behind TLS whose certificate is for news.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(context)
    yield from serve(context)


def test_a_certificate_that_readers_would_be_warned_of_is_dead(secure: Site, authority: trustme.CA) -> None:
    """The certificate is checked against the name; a good one is asked on."""
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    secure.says("/")
    guest = Guest(tls=tls, resolve=to_loopback)
    assert guest.visit(secure.at("/", "news.example")).status == 200
    broken = guest.visit(secure.at("/", "other.example"))
    assert broken.is_dead
    assert "other.example has a certificate that is not to be trusted" in (broken.problem or "")
    assert len(secure.asked) == 1


def test_plain_talk_where_tls_is_expected_is_dead(site: Site) -> None:
    """An https link to a server that knows only http shows readers an error."""
    answer = Guest().visit(f"https://127.0.0.1:{site.port}/")
    assert (answer.is_dead, answer.problem) == (True, "127.0.0.1 does not agree on TLS")


def test_the_fake_answers_as_the_real_one(site: Site) -> None:
    """Tests on the fake are worth what they say: same question, same answer."""
    site.says("/new")
    fine, gone, old = site.says("/fine"), site.says("/gone", 410), site.says("/old", 301, Location="/new")
    fake = FakeLinkVisitor().answering(gone, status=410).moved(old, site.at("/new"))
    for url in (fine, gone, old):
        assert Guest().visit(url) == fake.visit(url)
    nowhere = "http://nowhere.invalid/"
    real = Guest(limits=Limits()).visit(nowhere)
    assert real == fake.dead(nowhere, real.problem or "").visit(nowhere)


# --- redirects -------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_told(site: Site) -> None:
    """`moved_to` is where the permanent ones at the start lead, `final_url` where all end."""
    site.says("/a", 301, Location="/b")
    site.says("/b", 308, Location=f"{site.at('/c')}#part")
    site.says("/c", 302, Location="d")
    site.says("/d", 301, Location="/e")
    site.says("/e")
    answer = Guest().visit(site.at("/a"))
    assert answer == LinkAnswer(url=site.at("/a"), final_url=site.at("/e"), status=200, moved_to=site.at("/c"))
    assert site.asked == [("HEAD", path) for path in ("/a", "/b", "/c", "/d", "/e")]


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_passing_redirect_is_no_move(site: Site, status: int) -> None:
    """A page that is elsewhere for today keeps its address."""
    site.says("/b")
    answer = Guest().visit(site.says("/a", status, Location="/b"))
    assert (answer.moved_to, answer.final_url) == (None, site.at("/b"))


def test_a_redirect_to_a_dead_page_is_dead(site: Site) -> None:
    """What counts is the end."""
    site.says("/b", 404)
    assert Guest().visit(site.says("/a", 301, Location="/b")).status == 404


@pytest.mark.parametrize("head", [302, 405])
def test_a_circle_ends_after_five_redirects(site: Site, head: int) -> None:
    """However the circle is begun, by HEAD or by GET."""
    site.says("/loop", head, "HEAD", Location="/loop")
    answer = Guest().visit(site.says("/loop", 302, "GET", Location="/loop"))
    assert (answer.problem, answer.is_dead) == ("127.0.0.1 redirects more than 5 times", False)
    assert len([method for method, _ in site.asked if method == ("HEAD" if head == 302 else "GET")]) == 6


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("", "127.0.0.1 redirects to nowhere"),
        ("http://[::1", "127.0.0.1 redirects to nowhere"),
        ("file:///etc/passwd", "its address leads to an address that is not http or https"),
        ("gopher://127.0.0.1:6379/_x", "127.0.0.1 leads to an address that is not http or https"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is an address that no newsroom has"),
        ("http://user:secret@127.0.0.1/", "127.0.0.1 has a user name or password in its address, which coopdigest"),
        ("https://", "its address leads to an address without a host"),
    ],
)
def test_a_redirect_to_nowhere_good_is_not_followed(site: Site, target: str, problem: str) -> None:
    """Every hop is checked, and no password is told."""
    answer = Guest().visit(site.says("/a", 302, Location=target))
    assert (answer.problem or "").startswith(problem)
    assert "secret" not in (answer.problem or "")
    assert not answer.is_dead
    assert site.asked == [("HEAD", "/a")]


# --- the guard -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"),
        *("169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "10.0.0.1", "192.168.1.1"),
    ],
)
def test_a_sources_link_never_reaches_a_private_address(site: Site, host: str) -> None:
    """Feeds are hostile: however the address is written, nothing on this machine or beside it is asked."""
    answer = Guest().visit_item(f"http://{host}:{site.port}/latest/meta-data/")
    assert "address" in (answer.problem or "")
    assert (answer.status, answer.is_dead, site.asked) == (None, False, [])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_inside_is_not_followed(site: Site, address: str) -> None:
    """Addresses are judged, not names."""
    guest = Guest(resolve=lambda host, port, deadline: [address])
    answer = guest.visit_item(f"http://rebound.example:{site.port}/")
    assert (answer.problem or "").startswith("rebound.example is ")
    assert site.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "javascript:1", ""])
def test_other_schemes_are_refused_by_the_visitor_too(url: str) -> None:
    """Whoever forgets to sift them does no harm."""
    answer = Guest().visit(url)
    assert (answer.status, answer.problem is None) == (None, False)


def test_what_the_configuration_names_opens_nothing_beside_it(site: Site) -> None:
    """One loopback address of one's own is asked for; another path there, or another port, is not."""
    site.says("/own")
    visitor = WebLinkVisitor(Guest().turns, frozenset({site.at("/own")}))
    assert visitor.visit(site.at("/own")).status == 200
    assert visitor.visit(site.at("/other")).problem == "127.0.0.1 is not a public address"
    assert visitor.visit("http://127.0.0.1:1/own").problem == "127.0.0.1 is not a public address"
    assert site.asked == [("HEAD", "/own")]


def test_ones_own_server_may_redirect_within_itself_only(site: Site) -> None:
    """Another server inside is as closed as to anybody."""
    site.says("/b")
    assert Guest().visit(site.says("/a", 301, Location="/b")).status == 200
    neighbour = site.says("/c", 301, Location=site.at("/b", "localhost"))
    assert Guest().visit(neighbour).problem == "localhost is not a public address"


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect for us where we may not."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, site.at("/"))
    assert Guest().visit_item("http://10.0.0.1/").problem == "10.0.0.1 is not a public address"
    assert site.asked == []


# --- bounds ----------------------------------------------------------------------------------------------


def test_no_body_is_read(site: Site) -> None:
    """A page without end costs what its headers cost."""
    sent: list[int] = []

    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not site.closing.is_set():
            sent.append(handler.wfile.write(b"x" * 65_536))

    site.says("/", 405, "HEAD")
    assert Guest().visit(site.does("/", pour, "GET")).status == 200
    assert sum(sent) < 50_000_000  # what buffers between two sockets took


def keep_silent(site: Site) -> Answer:
    """No answer at all."""
    return lambda handler: site.closing.wait() and None


def trickle(site: Site) -> Answer:
    """One byte of a header at a time, for ever."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not site.closing.wait(0.05):
            handler.wfile.write(b"x")

    return answer


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (keep_silent, "127.0.0.1 did not answer within 0.3 seconds"),
        (trickle, "127.0.0.1 did not finish within 1 seconds"),
    ],
)
def test_a_slow_server_is_given_up(site: Site, answer: Callable[[Site], Answer], problem: str) -> None:
    """All requests of a link, redirects and GET included, end within its time; slow is in doubt, not dead."""
    begun = time.monotonic()
    found = Guest(limits=QUICK).visit(site.does("/", answer(site)))
    assert (found.problem, found.is_dead) == (problem, False)
    assert time.monotonic() - begun < 5


def test_a_server_that_sleeps_on_head_is_asked_by_get(site: Site) -> None:
    """Silence to HEAD takes only a part of the link's time."""
    site.does("/", keep_silent(site), "HEAD")
    assert Guest(limits=QUICK).visit(site.says("/", 200, "GET")).status == 200


def test_slow_redirects_share_the_time_of_one_link(site: Site) -> None:
    """A chain cannot take its bound over and over."""

    def dawdle(handler: BaseHTTPRequestHandler) -> None:
        site.closing.wait(0.25)
        handler.send_response(302)
        handler.send_header("Location", "/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    found = Guest(limits=QUICK).visit(site.does("/", dawdle))
    assert found.problem == "127.0.0.1 did not finish within 1 seconds"


# --- politeness ------------------------------------------------------------------------------------------


def test_a_host_is_given_a_pause_between_requests(site: Site) -> None:
    """Half a second, whether the next request is another link, a redirect, or GET after HEAD."""
    site.says("/c", 405, "HEAD")
    site.says("/c", 200, "GET")
    site.says("/b", 302, Location="/c")
    guest = Guest()
    guest.visit(site.says("/a"))
    assert guest.slept == []
    guest.visit(site.at("/b"))
    assert guest.slept == [0.5, 0.5, 0.5]


def test_another_host_is_asked_without_a_pause(site: Site) -> None:
    """Each host has its own turn, whatever the case of its name."""
    site.says("/")
    guest = Guest(resolve=to_loopback)
    for host in ("one.example", "two.example", "ONE.example"):
        guest.visit(site.at("/", host))
    assert guest.slept == [0.5]


def test_time_that_passed_otherwise_counts_as_pause(site: Site) -> None:
    """Nobody waits for what is over."""
    guest = Guest()
    guest.visit(site.says("/"))
    guest.clock.advance(seconds=0.2)
    guest.visit(site.at("/"))
    guest.clock.advance(seconds=9)
    guest.visit(site.at("/"))
    assert guest.slept == [pytest.approx(0.3)]


def test_a_host_is_asked_one_thing_at_a_time(site: Site) -> None:
    """Threads that meet at a host by redirects stand in line."""
    busy, most = threading.Semaphore(1), []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        alone = busy.acquire(blocking=False)
        most.append(alone)
        site.closing.wait(0.02)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        if alone:
            busy.release()

    urls = [site.does(f"/{number}", answer) for number in range(8)]
    guest = Guest()
    with ThreadPoolExecutor(4) as pool:
        assert {found.status for found in pool.map(guest.visit, urls)} == {200}
    assert most == [True] * 8


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("how", ["7", "date"])
def test_a_short_rest_is_given_once(site: Site, status: int, how: str) -> None:
    """Retry-After in seconds or as a date; then the question is put again."""
    value = how if how == "7" else format_datetime(NOON + timedelta(seconds=7), usegmt=True)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status if len(site.asked) == 1 else 200)
        handler.send_header("Retry-After", value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    guest = Guest()
    assert guest.visit(site.does("/", answer)).status == 200
    assert guest.slept == [7]
    assert site.asked == [("HEAD", "/"), ("HEAD", "/")]


@pytest.mark.parametrize(
    ("status", "headers", "requests"),
    [(429, {"Retry_After": "31"}, 1), (503, {"Retry_After": "86400"}, 1), (429, {}, 1), (429, {"Retry_After": "x"}, 1)],
)
def test_a_host_that_wants_a_long_rest_is_asked_no_more(
    site: Site, status: int, headers: dict[str, str], requests: int
) -> None:
    """Its other links are not asked for either; none of them is called dead."""
    guest = Guest()
    first = guest.visit(site.says("/a", status, **headers))
    second = guest.visit(site.says("/b"))
    assert [(a.problem, a.is_dead) for a in (first, second)] == [("127.0.0.1 asked us to come later", False)] * 2
    assert len(site.asked) == requests


def test_a_host_that_goes_on_asking_for_rest_is_left_alone(site: Site) -> None:
    """One rest for one link."""
    guest = Guest()
    assert guest.visit(site.says("/", 429, Retry_After="2")).problem == "127.0.0.1 asked us to come later"
    assert guest.slept == [2]
    assert len(site.asked) == 2


def test_a_host_in_trouble_without_a_wish_is_only_in_trouble(site: Site) -> None:
    """503 alone closes nothing."""
    guest = Guest()
    assert guest.visit(site.says("/a", 503)).status == 503
    assert guest.visit(site.says("/b")).status == 200


def test_a_resolver_that_gives_up_is_in_doubt() -> None:
    """A name that was not found in time may be there."""

    def give_up(host: str, port: int, deadline: Deadline) -> list[str]:
        raise FetchError("cannot be found in time; is the name server up?")

    answer = Guest(resolve=give_up).visit("http://news.example/")
    assert (answer.problem, answer.is_dead) == ("news.example cannot be found in time", False)
