"""The unsubscribe page over HTTP (standards B10-B13, R32): what asks, what acts, and what tells nobody anything."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
import pytest
from starlette.testclient import TestClient

from coopdigest.domain.digest import Mailbox
from coopdigest.domain.errors import StoreError
from coopdigest.domain.subscriber import Address, Reason, parse_address
from coopdigest.domain.token import Tokens
from coopdigest.testing.builders import make_row
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.memory_roster import MemoryRoster
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.samples import sample_digest
from coopdigest.web.leaving import mask
from coopdigest.web.public import PublicPages, public_app
from coopdigest.web.serving import Server

TOKENS = Tokens([b"a key of the tests" * 2])
LINK = "/unsubscribe/" + TOKENS.make("unsubscribe", 1)
AMINA = parse_address("amina@example.org")
ONE_CLICK = "List-Unsubscribe=One-Click"


class Site:
    """The public pages of a store in memory; the first subscriber is Amina."""

    def __init__(self, digest_facts: dict[str, Any] | None = None, **row_facts: Any) -> None:
        self.store = MemoryStore([make_row("amina@example.org", **row_facts), make_row("bo@example.net")])
        self.digest = sample_digest(**(digest_facts or {}))
        self.roster: MemoryRoster = self.store.roster

    def app(self) -> Any:
        return public_app(PublicPages(self.digest, TOKENS, self.roster, self.store.issues, FixedClock()))

    def client(self) -> TestClient:
        return TestClient(self.app(), base_url="https://news.example.org", follow_redirects=False)

    def gone(self) -> dict[str, Reason]:
        """The suppressions by address hash."""
        return dict(self.roster.suppressions())


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def served(site: Site) -> Iterator[httpx2.Client]:
    """A client of the site on a real uvicorn server."""
    with Server(site.app()) as server, httpx2.Client(base_url=server.url, trust_env=False) as client:
        yield client


def test_get_shows_one_button_and_changes_nothing(site: Site) -> None:
    """A scanner that fetches the link unsubscribes nobody; a person sees the digest's name and one button."""
    answer = site.client().get(LINK)
    assert answer.status_code == 200
    assert answer.text.count("<button") == 1
    assert '<form method="post">' in answer.text
    assert "Lakeside Cooperatives News" in answer.text
    assert site.gone() == {}


@pytest.mark.parametrize("how", ["urlencoded", "multipart", "nothing", "another field"])
def test_post_unsubscribes_at_once(site: Site, served: httpx2.Client, how: str) -> None:
    """One POST to the link unsubscribes, whatever form its body has: 200, no redirect, no cookie."""
    bodies: dict[str, dict[str, Any]] = {
        "urlencoded": {"data": {"List-Unsubscribe": "One-Click"}},
        "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
        "nothing": {},
        "another field": {"data": {"button": "yes"}},
    }
    answer = served.post(LINK, **bodies[how])
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert site.gone() == {AMINA.hash: Reason.UNSUBSCRIBED}


def test_exactly_what_rfc_8058_sends(site: Site) -> None:
    """The 26 bytes of RFC 8058 3.1, as a mail provider writes them on the wire, unsubscribe."""
    with Server(site.app()) as server:
        head = f"POST {LINK} HTTP/1.1\r\nHost: news.example.org\r\nContent-Length: 26\r\nConnection: close\r\n"
        answer = _speak(server.url, f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{ONE_CLICK}")
    assert answer.startswith("HTTP/1.1 200 ")
    assert AMINA.hash in site.gone()


def test_post_again_is_fine(site: Site) -> None:
    """A second POST answers as the first did and changes nothing more."""
    client = site.client()
    first, second = client.post(LINK), client.post(LINK)
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert site.gone() == {AMINA.hash: Reason.UNSUBSCRIBED}


def test_only_the_holder_leaves(site: Site) -> None:
    """A token unsubscribes the subscriber it names and nobody else."""
    site.client().post("/unsubscribe/" + TOKENS.make("unsubscribe", 2))
    assert site.gone() == {parse_address("bo@example.net").hash: Reason.UNSUBSCRIBED}


def test_the_clock_dates_the_leaving() -> None:
    """The suppression is dated by the clock that was handed in."""
    seen: list[datetime] = []

    class Dating(MemoryRoster):
        def suppress(self, address: Address, reason: Reason, now: datetime) -> bool:
            seen.append(now)
            return super().suppress(address, reason, now)

    site = Site()
    site.roster = Dating(make_row("amina@example.org"))
    site.client().post(LINK)
    assert seen == [NOON.astimezone(UTC)]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_change_nothing(site: Site, method: str) -> None:
    """HEAD and OPTIONS are answered without a body and leave the roster as it is."""
    answer = site.client().request(method, LINK)
    assert answer.status_code in (200, 204)
    assert answer.content == b""
    assert site.gone() == {}


def test_options_names_the_methods(site: Site) -> None:
    """OPTIONS says which methods the link takes."""
    assert site.client().options(LINK).headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    """Any other method is 405 and changes nothing."""
    answer = site.client().request(method, LINK)
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert site.gone() == {}


def test_many_leave_at_once(store: Any) -> None:
    """Twenty clicks at the same moment are twenty who left, on the real store too."""
    store.roster.put([make_row(f"p{n}@example.org") for n in range(20)], "file", NOON)
    links = [f"unsubscribe/{TOKENS.make('unsubscribe', person.id)}" for person in store.roster.subscribers()]
    app = public_app(PublicPages(sample_digest(), TOKENS, store.roster, store.issues, FixedClock()))
    with Server(app) as server, ThreadPoolExecutor(10) as threads:
        answers = threads.map(lambda link: httpx2.post(server.url + link, trust_env=False).status_code, links)
        assert list(answers) == [200] * 20
    assert store.roster.audience_size() == 0


BAD = {
    "forged": LINK[:-1] + ("A" if LINK[-1] != "A" else "B"),
    "cut": LINK[:-4],
    "longer": LINK + "AAAA",
    "empty words": "/unsubscribe/x",
    "other key": "/unsubscribe/" + Tokens([b"somebody else's key" * 2]).make("unsubscribe", 1),
    "other purpose": "/unsubscribe/" + TOKENS.make("subscribe", 1),
    "nobody": "/unsubscribe/" + TOKENS.make("unsubscribe", 999),
    "not ascii": "/unsubscribe/%D8%A7%D9%84" + "a" * 29,
    "trailing slash": LINK + "/",
}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("path", BAD.values(), ids=list(BAD))
def test_a_bad_token_is_not_found(site: Site, method: str, path: str) -> None:
    """Forged, cut and unknown tokens are 404 for every method, never a redirect, and change nothing."""
    answer = site.client().request(method, path)
    assert answer.status_code == 404
    assert site.gone() == {}


def test_bad_tokens_look_alike(site: Site) -> None:
    """A forged token and one of somebody unknown give the same page, so nobody can ask who is on the roster."""
    client = site.client()
    pages = {client.get(BAD[which]).text for which in ("forged", "cut", "nobody", "other key")}
    assert len(pages) == 1
    assert "mailto:news@example.org" in pages.pop()


def test_an_erased_subscriber_is_unknown(site: Site) -> None:
    """After an erasure the token names nobody: 404, as if it had never been."""
    site.roster.erase(AMINA, NOON)
    assert site.client().get(LINK).status_code == 404
    assert site.client().post(LINK).status_code == 404


def test_says_so_when_already_unsubscribed(site: Site) -> None:
    """Somebody who left before sees that there is nothing left to do, and no button."""
    site.roster.suppress(AMINA, Reason.UNSUBSCRIBED, NOON)
    page = site.client().get(LINK).text
    assert "nothing left to do" in page
    assert "<button" not in page


def test_the_address_is_never_shown_whole(site: Site) -> None:
    """Neither page repeats the address: who gets a forwarded link learns only what its owner recognises."""
    client = site.client()
    for page in (client.get(LINK).text, client.post(LINK).text, client.get(LINK).text):
        assert "amina" not in page
        assert "a•••@e•••.org" in page


@pytest.mark.parametrize(
    ("address", "shown"),
    [("a@b.org", "•••@•••.org"), ("jo@mail.example.org", "j•••@m•••.org"), ("é9@müller.example", "é•••@m•••.example")],
)
def test_mask_hides_short_names_whole(address: str, shown: str) -> None:
    """A name of one letter is hidden altogether, since its first letter is all of it."""
    assert mask(parse_address(address)) == shown


@pytest.mark.parametrize(
    ("language", "lang", "direction", "button"),
    [
        ("fr", "fr", "ltr", "Me désabonner"),
        ("es-MX", "es", "ltr", "Cancelar la suscripción"),
        ("ar", "ar", "rtl", "إلغاء الاشتراك"),
        ("sw", "en", "ltr", "Unsubscribe"),
        (None, "fr", "ltr", "Me désabonner"),
    ],
)
def test_speaks_the_subscribers_language(language: str | None, lang: str, direction: str, button: str) -> None:
    """The page speaks the subscriber's language, else the digest's, else English, and says so in lang and dir."""
    page = Site({"languages": ("fr", "en")}, language=language).client().get(LINK).text
    assert f'<html lang="{lang}" dir="{direction}">' in page
    assert f"{button}</button>" in page


def test_names_are_text_not_markup() -> None:
    """A digest whose name looks like markup is shown as written."""
    site = Site({"name": "<b>News</b> & {address}", "sender": Mailbox("a&b@example.org")})
    page = site.client().get(LINK).text
    assert "<b>News" not in page
    assert "&lt;b&gt;News&lt;/b&gt; &amp; {address}" in page


def test_headers_of_every_page(site: Site) -> None:
    """Pages behind a token, and errors, are not stored, not indexed, not framed, run nothing, and leak no link."""
    client = site.client()
    answers = [client.get(LINK), client.post(LINK), client.get("/unsubscribe"), client.get(BAD["cut"])]
    answers += [client.get("/nothing"), client.put(LINK)]
    for answer in answers:
        headers = answer.headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["script-src"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in policy["style-src"]


def test_nothing_comes_from_elsewhere(site: Site) -> None:
    """The page loads nothing: no script, image, font or style sheet from anywhere."""
    page = site.client().get(LINK).text
    for trace in ("<script", "<img", "<link", "src=", "@import", "url("):
        assert trace not in page


def test_a_link_without_token_explains_the_way_out(site: Site) -> None:
    """The link in an issue on the web leads to a page that says how to unsubscribe, in the language it names."""
    assert "mailto:news@example.org" in site.client().get("/unsubscribe").text
    assert '<html lang="ar" dir="rtl">' in site.client().get("/unsubscribe?language=ar").text
    assert site.client().post("/unsubscribe").status_code == 405


@pytest.mark.parametrize("path", ["/news", ""])
def test_answers_with_and_without_the_path_of_the_public_url(path: str) -> None:
    """With `public_url` under a path, links work whether a proxy strips the path or not."""
    site = Site({"public_url": "https://example.org/news"})
    assert site.client().get(path + LINK).status_code == 200
    assert site.client().post(path + LINK).status_code == 200
    assert AMINA.hash in site.gone()
    assert site.client().get(path + "/").status_code == 200


def test_logs_hold_no_token_and_no_address(site: Site, served: httpx2.Client, caplog: pytest.LogCaptureFixture) -> None:
    """The log says which subscriber left by id; neither it nor the server's own log keeps the link."""
    caplog.set_level(logging.INFO)
    served.post(LINK)
    served.get(LINK)
    served.get(BAD["cut"])
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert "subscriber 1 unsubscribed by the link" in own
    assert not any("/unsubscribe/" in text or "amina" in text or LINK[-8:] in text for text in own)


@pytest.mark.parametrize(("chunks", "read"), [(1, 1), (3, 3), (1000, 5)])
def test_reads_a_small_body_whole_and_a_large_one_in_part(site: Site, chunks: int, read: int) -> None:
    """A body is read, so that closing the connection cuts nobody off, but not beyond four kilobytes."""
    asked = []

    async def receive() -> dict[str, Any]:
        asked.append(1000)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": len(asked) < chunks}

    async def send(message: Any) -> None:
        sent.append(message.get("status"))

    sent: list[int | None] = []
    scope = {"type": "http", "method": "POST", "path": LINK, "headers": [], "query_string": b"", "root_path": ""}
    anyio.run(site.app(), scope, receive, send)
    assert sent[0] == 200
    assert len(asked) == read


def test_a_huge_body_is_not_read(site: Site) -> None:
    """A client that announces a gigabyte is answered after a few kilobytes."""
    with Server(site.app()) as server:
        head = f"POST {LINK} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
        answer = _speak(server.url, head + "x" * 20_000)
    assert answer.startswith("HTTP/1.1 200 ")
    assert AMINA.hash in site.gone()


def test_a_body_that_never_comes_does_not_matter(site: Site) -> None:
    """A client that announces a body and sends none is unsubscribed and answered all the same."""
    with Server(site.app()) as server:
        answer = _speak(server.url, f"POST {LINK} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\n")
    assert answer.startswith("HTTP/1.1 200 ")
    assert AMINA.hash in site.gone()


def test_a_store_that_fails_is_said_as_such(caplog: pytest.LogCaptureFixture) -> None:
    """While the store cannot be used the answer is 503, so that a mail provider asks again; the log says why."""

    class Locked(MemoryRoster):
        def get(self, subscriber: int) -> Any:
            raise StoreError("the database is locked; try again")

    site = Site()
    site.roster = Locked()
    answer = site.client().post(LINK)
    assert answer.status_code == 503
    assert answer.headers["cache-control"] == "no-store"
    assert "try again in a few minutes" in answer.text
    assert "the database is locked" in caplog.text
    assert LINK[-8:] not in caplog.text


def test_a_bug_is_a_plain_page_and_not_swallowed() -> None:
    """A bug shows a page without a traceback and is raised again for the log."""

    class Broken(MemoryRoster):
        def get(self, subscriber: int) -> Any:
            raise ZeroDivisionError("secret detail")

    site = Site()
    site.roster = Broken()
    answer = TestClient(site.app(), raise_server_exceptions=False).get(LINK)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    with pytest.raises(ZeroDivisionError):
        site.client().get(LINK)


def _speak(url: str, request: str) -> str:
    """Send raw bytes and read until the server closes or has sent its answer's end."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as connection:
        connection.sendall(request.encode())
        received = b""
        while b"</html>" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
    return received.decode("utf-8", "replace")
