"""Fetching from a real HTTP server on loopback: conditional, bounded in time and size, and guarded at every hop."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from coopdigest.domain.errors import SourceError
from coopdigest.ports import Validators
from coopdigest.sources.fetch import Fetched, Fetcher, Limits

QUICK = Limits(connect=2, read=0.4, total=1.0, size=100_000)
Answer = Callable[[BaseHTTPRequestHandler, "Newsroom"], None]


@dataclass
class Newsroom:
    """A web server that misbehaves as told, and remembers what it was asked."""

    server: ThreadingHTTPServer
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}"

    def says(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Serve `body` at `path`; returns its address."""

        def answer(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            if "Transfer_Encoding" not in headers:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url + path

    def does(self, path: str, answer: Answer) -> str:
        """Let `answer` treat whoever asks for `path`; returns its address."""
        self.answers[path] = answer
        return self.url + path


def serve(context: ssl.SSLContext | None = None) -> Iterator[Newsroom]:
    """A newsroom, closed at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            newsroom.asked.append((self.path, dict(self.headers.items())))
            try:
                newsroom.answers[self.path](self, newsroom)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    newsroom = Newsroom(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield newsroom
    newsroom.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    """A web server on loopback."""
    yield from serve()


def fetch(url: str, validators: Validators | None = None, limits: Limits = QUICK, **more: Any) -> Fetched:
    """Fetch for a source that may visit loopback."""
    return Fetcher("news", True, limits, **more).fetch(url, validators)


def test_a_body_comes_with_its_validators_and_charset(newsroom: Newsroom) -> None:
    """What the server says is passed on verbatim, and we say who we are."""
    url = newsroom.says(
        "/f",
        b"words",
        ETag='W/"a\xe9b"',
        Last_Modified="Mon, 29 Nov 2021 10:00:00 GMT",
        Content_Type="text/xml; charset=latin-1",
    )
    fetched = fetch(url)
    assert fetched.validators == Validators('W/"a\xe9b"', "Mon, 29 Nov 2021 10:00:00 GMT")
    assert (fetched.body, fetched.charset, fetched.url, fetched.unchanged) == (b"words", "latin-1", url, False)
    headers = newsroom.asked[0][1]
    assert headers["User-Agent"].startswith("coopdigest/")
    assert "If-None-Match" not in headers


def test_a_second_fetch_asks_with_what_the_first_was_given(newsroom: Newsroom) -> None:
    """The validators go back byte for byte; 304 means unchanged, and keeps them."""
    validators = Validators('W/"a\xe9b"', "some day, as the server wrote it")
    fetched = fetch(newsroom.says("/f", status=304), validators)
    assert fetched.unchanged
    assert fetched.validators == validators
    headers = newsroom.asked[0][1]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == (validators.etag, validators.last_modified)


def test_304_without_a_question_is_a_failure(newsroom: Newsroom) -> None:
    """Nothing was asked conditionally, so nothing can be unchanged."""
    with pytest.raises(SourceError, match="answered 304"):
        fetch(newsroom.says("/f", status=304))


def test_redirects_are_followed(newsroom: Newsroom) -> None:
    """Relative and absolute ones; the body's address is the last."""
    newsroom.says("/a", status=301, Location="b")
    newsroom.says("/b", status=307, Location=newsroom.says("/c", b"here"))
    fetched = fetch(newsroom.url + "/a")
    assert (fetched.body, fetched.url) == (b"here", newsroom.url + "/c")


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        ("/loop", "redirects more than 5 times"),
        ("file:///etc/passwd", "not http or https"),
        ("ftp://example.org/", "not http or https"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
        ("http://169.254.169.254/latest/meta-data/", "an address that no newsroom has"),
        ("http://0.0.0.0:1/", "an address that no newsroom has"),
        ("", "redirects to nowhere"),
        ("http://[::1", "redirects to nowhere"),
        ("https://", "without a host"),
    ],
)
def test_a_redirect_to_nowhere_good_is_refused(newsroom: Newsroom, target: str, cause: str) -> None:
    """Loops, other schemes, passwords and forbidden addresses end the fetch, named, without the password."""
    with pytest.raises(SourceError, match=f"^news: .*{cause}") as caught:
        fetch(newsroom.says("/loop", status=302, Location=target))
    assert "secret" not in str(caught.value)
    assert len(newsroom.asked) <= QUICK.redirects + 1


def test_a_public_page_cannot_redirect_inside(newsroom: Newsroom) -> None:
    """Every hop is checked: what the first name may be, the second may not."""
    newsroom.says("/a", status=302, Location=f"http://inside.example:{newsroom.port}/b")
    inside = newsroom.says("/b", b"secret")
    names = {"127.0.0.1": "127.0.0.1", "inside.example": "169.254.1.1"}
    with pytest.raises(SourceError, match=r"^news: inside\.example is an address"):
        fetch(newsroom.url + "/a", resolve=lambda host, port, deadline: [names[host]])
    assert inside not in newsroom.asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"])
def test_private_addresses_are_refused_however_they_are_written(newsroom: Newsroom, host: str) -> None:
    """Without permission nothing on loopback is asked anything."""
    with pytest.raises(SourceError, match="allow_private"):
        Fetcher("news", False, QUICK).fetch(f"http://{host}:{newsroom.port}/")
    assert not newsroom.asked


def test_the_name_is_looked_up_once_and_the_checked_address_is_visited(newsroom: Newsroom) -> None:
    """A name server that changes its mind (rebinding) is not asked again; the Host header keeps the name."""
    newsroom.says("/", b"here")
    asked: list[str] = []

    def resolve(host: str, port: int, deadline: object) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    assert fetch(f"http://news.example:{newsroom.port}/", resolve=resolve).body == b"here"
    assert asked == ["news.example"]
    assert newsroom.asked[0][1]["Host"] == f"news.example:{newsroom.port}"


def test_the_next_address_is_tried_when_one_does_not_answer(newsroom: Newsroom) -> None:
    """A name with a dead address beside a living one is reached; forbidden ones are passed over."""
    newsroom.says("/", b"here")
    addresses = ["169.254.0.1", "127.0.0.2", "127.0.0.1"]
    assert fetch(f"http://news.example:{newsroom.port}/", resolve=lambda *question: addresses).body == b"here"


def test_proxies_of_the_environment_are_not_used(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would connect for us where we may not."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch(newsroom.says("/", b"here")).body == b"here"


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "login"),
        (403, "refuses us"),
        (404, "no such page"),
        (410, "for good"),
        (429, "less often"),
        (500, "answered 500"),
        (204, "answered 204"),
    ],
)
def test_every_status_has_its_words(newsroom: Newsroom, status: int, cause: str) -> None:
    """The source, the host, the cause and the next step stand in one line."""
    with pytest.raises(SourceError, match=rf"^news: 127\.0\.0\.1 .*{cause}.*; "):
        fetch(newsroom.says("/", status=status))


def test_a_body_that_is_too_large_is_cut_off(newsroom: Newsroom) -> None:
    """The limit counts while the bytes come."""
    with pytest.raises(SourceError, match=r"more than 0\.1 MB"):
        fetch(newsroom.says("/", b"x" * 100_001))
    assert len(fetch(newsroom.says("/", b"x" * 100_000)).body) == 100_000


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_compressed_bomb_is_cut_off(newsroom: Newsroom, coding: str) -> None:
    """Decoded bytes are counted, and codings over codings are not unpacked."""
    raw = b"\0" * 50_000_000
    body = zlib.compress(raw) if coding == "deflate" else gzip.compress(raw)
    body = gzip.compress(body) if "," in coding else body
    with pytest.raises(SourceError, match=r"more than 0\.1 MB|was not asked for"):
        fetch(newsroom.says("/", body, Content_Encoding=coding))


def test_a_coding_that_swallows_bytes_is_cut_off_too(newsroom: Newsroom) -> None:
    """What follows the end of a compressed body counts on the wire."""
    with pytest.raises(SourceError, match="more than"):
        fetch(newsroom.says("/", gzip.compress(b"x") + b"\0" * 200_000, Content_Encoding="gzip"))


def test_a_compressed_body_is_unpacked(newsroom: Newsroom) -> None:
    """Gzip is what most servers send."""
    assert fetch(newsroom.says("/", gzip.compress(b"words"), Content_Encoding="gzip")).body == b"words"


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"no gzip"), ("br", b"x")])
def test_a_coding_that_is_not_what_it_says_fails(newsroom: Newsroom, coding: str, body: bytes) -> None:
    """Broken and unknown codings are no text."""
    with pytest.raises(SourceError, match=r"^news: 127"):
        fetch(newsroom.says("/", body, Content_Encoding=coding))


def trickle_body(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """One byte of the body at a time, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while not newsroom.closing.wait(0.05):
        handler.wfile.write(b"x")


def trickle_headers(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """One byte of a header at a time, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not newsroom.closing.wait(0.05):
        handler.wfile.write(b"x")


def keep_silent(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """No answer at all."""
    newsroom.closing.wait()


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (trickle_body, "did not finish within 1 seconds"),
        (trickle_headers, "did not finish within 1 seconds"),
        (keep_silent, "did not answer within 0.4 seconds"),
    ],
)
def test_a_slow_server_is_given_up(newsroom: Newsroom, answer: Answer, cause: str) -> None:
    """Silence ends by the limit between two pieces, a trickle by the limit in all."""
    begun = time.monotonic()
    with pytest.raises(SourceError, match=f"^news: 127.0.0.1 {cause}"):
        fetch(newsroom.does("/", answer))
    assert time.monotonic() - begun < 5


def hang_up(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """Promise more than comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")


def talk_nonsense(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """Speak no HTTP."""
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n" * 10)


def reset(handler: BaseHTTPRequestHandler, newsroom: Newsroom) -> None:
    """Break the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


@pytest.mark.parametrize("answer", [hang_up, talk_nonsense, reset])
def test_a_broken_conversation_is_a_failure(newsroom: Newsroom, answer: Answer) -> None:
    """Half a body is no body: a whole-state source would lose its items over it."""
    with pytest.raises(SourceError, match=r"^news: 127.0.0.1 broke off the conversation"):
        fetch(newsroom.does("/", answer))


def test_a_server_that_is_not_there_is_named(newsroom: Newsroom) -> None:
    """Refused connections and unknown names say so."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
        with pytest.raises(SourceError, match="cannot be reached"):
            fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(SourceError, match=r"^news: nowhere\.invalid cannot be found"):
        fetch("http://nowhere.invalid/", limits=Limits())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Newsroom]:
    """A web server behind TLS whose certificate is for news.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(context)
    yield from serve(context)


def test_tls_is_checked_against_the_name_not_the_address(secure: Newsroom, authority: trustme.CA) -> None:
    """The connection goes to the checked address, the certificate is for the name."""
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    secure.says("/", b"here")
    reach = {"resolve": lambda *question: ["127.0.0.1"], "limits": Limits(read=5, total=10), "tls": tls}
    assert fetch(f"https://news.example:{secure.port}/", **reach).body == b"here"
    with pytest.raises(SourceError, match=r"^news: other\.example .*certificate"):
        fetch(f"https://other.example:{secure.port}/", **reach)


def test_https_does_not_redirect_to_http(secure: Newsroom, authority: trustme.CA) -> None:
    """What was configured as private is not fetched in the open."""
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    secure.says("/", status=302, Location=f"http://news.example:{secure.port}/b")
    with pytest.raises(SourceError, match="from https to http"):
        fetch(f"https://news.example:{secure.port}/", resolve=lambda *question: ["127.0.0.1"], limits=Limits(), tls=tls)
