"""Fetching from a real HTTP server: conditional, bounded in time, size and redirects, guarded."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from coopdigest.domain.errors import SourceError
from coopdigest.ports import Validators
from coopdigest.sources.fetch import Fetcher, Limits


class Newsroom(BaseHTTPRequestHandler):
    """Answers by the path that is asked for."""

    def do_GET(self) -> None:
        """Give a page, a redirect, or trouble."""
        if self.path.startswith("/loop"):
            self._answer(302, b"", Location="/loop/again")
        elif self.path == "/hop":
            self._answer(301, b"", Location="/page")
        elif self.path == "/file":
            self._answer(302, b"", Location="file:///etc/hostname")
        elif self.path == "/bomb":
            self._answer(200, gzip.compress(b"0" * 200_000), Content_Encoding="gzip")
        elif self.path == "/trickle":
            self._trickle()
        elif self.path == "/gone":
            self._answer(404, b"")
        elif self.headers.get("If-None-Match") == '"v1"':
            self._answer(304, b"", ETag='"v1"')
        else:
            self._answer(200, b"news", ETag='"v1"', Last_Modified="Mon, 29 Nov 2021 10:00:00 GMT")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        """One byte at a time until the client has had enough."""
        self.send_response(200)
        self.end_headers()
        try:
            while not self.server.ended.wait(0.05):  # type: ignore[attr-defined]
                self.wfile.write(b"x")
                self.wfile.flush()
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@pytest.fixture
def root() -> Iterator[str]:
    """The root of a server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Newsroom) as server:
        server.ended = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.ended.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def fetcher(**limits: float) -> Fetcher:
    """A fetcher that may reach this machine."""
    return Fetcher(source="press", allow_private=True, limits=Limits(**limits))  # type: ignore[arg-type]


def test_validators_are_kept_and_spare_the_second_reading(root: str) -> None:
    """ETag and Last-Modified come back verbatim; asked again with them, an unchanged page has no body."""
    first = fetcher().fetch(f"{root}/page")
    assert first.body == b"news"
    assert first.validators == Validators('"v1"', "Mon, 29 Nov 2021 10:00:00 GMT")
    again = fetcher().fetch(f"{root}/page", first.validators)
    assert again.unchanged
    assert again.body == b""


def test_a_redirect_is_followed(root: str) -> None:
    """The body comes from where the redirect leads."""
    assert fetcher().fetch(f"{root}/hop").body == b"news"


@pytest.mark.parametrize(
    ("path", "limits", "words"),
    [
        ("/loop", {}, "redirects more than 5 times"),
        ("/file", {}, "http"),
        ("/bomb", {"size": 100_000}, ""),
        ("/trickle", {"total": 0.4}, ""),
        ("/gone", {}, "404"),
    ],
)
def test_what_passes_a_bound_fails_by_name(root: str, path: str, limits: dict[str, float], words: str) -> None:
    """A loop, another scheme, a bomb (by decoded bytes), a trickle (by total time) and a 404 name the source."""
    with pytest.raises(SourceError, match="press") as caught:
        fetcher(**limits).fetch(root + path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "10.0.0.1"])
def test_private_addresses_are_refused_without_being_asked(host: str) -> None:
    """Without allow_private no address of this machine or network is connected to."""
    with pytest.raises(SourceError, match=r"press: .*(not a public address|no newsroom has)"):
        Fetcher(source="press").fetch(f"http://{host}:9/")
