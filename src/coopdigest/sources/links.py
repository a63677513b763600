"""Asks whether somebody answers at a link: guarded like a source's fetch, polite, and without reading a page."""

from __future__ import annotations

import math
import ssl
import time
from dataclasses import dataclass, field
from functools import cached_property

import httpx2

from coopdigest.ports import LinkAnswer
from coopdigest.sources.fetch import Limits, check_url
from coopdigest.sources.guard import Deadline, FetchError, GuardedBackend, NobodyThereError, Resolver, resolve_host
from coopdigest.sources.transport import (
    NETWORK,
    REDIRECTS,
    TIMEOUTS,
    GuardedTransport,
    default_tls,
    host_of,
    user_agent,
)
from coopdigest.sources.turns import LONGEST_REST, Turns, read_retry_after

_PERMANENT = (301, 308)
_LATER = (429, 503)
_TOO_BUSY = "asked us to come later"

LINK_LIMITS = Limits(connect=10.0, read=10.0, total=30.0, size=100_000)
"""Seconds for a link with all its redirects; nothing of a body is read."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    location: str
    retry_after: str


@dataclass(slots=True)
class _Walk:
    """One link on its way through redirects."""

    url: str
    left: float  # seconds of asking
    place: str = ""
    moved_to: str | None = None
    method: str = "HEAD"
    is_permanent: bool = True
    has_rested: bool = False

    def __post_init__(self) -> None:
        self.place = self.url

    def follow(self, reply: _Reply) -> None:
        """Go where a redirect leads. Reader's browsers go from https to http too, so it is no fault here."""
        try:
            target = str(httpx2.URL(self.place).join(reply.location)) if reply.location else ""
        except (httpx2.InvalidURL, ValueError, UnicodeError):
            target = ""
        if not target:
            raise FetchError("redirects to nowhere")
        self.place = target.partition("#")[0]
        self.is_permanent = self.is_permanent and reply.status in _PERMANENT
        if self.is_permanent:
            self.moved_to = self.place


@dataclass(frozen=True)
class WebLinkVisitor:
    """`ports.LinkVisitor` over HTTP.

    `own` are the addresses that the configuration itself names: these alone, and redirects within their server,
    may be private or loopback. robots.txt is not read: it speaks to crawlers, and here a person asks for the very
    links that this person is about to publish, each of them once.
    """

    turns: Turns
    own: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=lambda: LINK_LIMITS)
    tls: ssl.SSLContext | None = None
    resolve: Resolver = resolve_host

    def visit(self, url: str) -> LinkAnswer:
        """Ask for `url`: HEAD, then GET where HEAD is not liked; redirects are followed, each hop checked."""
        walk = _Walk(url, self.limits.total)
        try:
            reply = self._go(walk)
        except NobodyThereError as fault:
            return _problem(walk, str(fault), is_dead=True)
        except FetchError as fault:
            return _problem(walk, str(fault))
        except TIMEOUTS:
            return _problem(walk, f"did not answer within {self.limits.read:g} seconds")
        except NETWORK:
            return _problem(walk, "broke off the conversation")
        return LinkAnswer(url=url, final_url=walk.place, status=reply.status, moved_to=walk.moved_to)

    def _go(self, walk: _Walk) -> _Reply:
        """The answer at the end of the redirects."""
        for _ in range(self.limits.redirects + 1):
            reply = self._ask(walk)
            if reply.status not in REDIRECTS:
                return reply
            walk.follow(reply)
        raise FetchError(f"redirects more than {self.limits.redirects} times")

    def _ask(self, walk: _Walk) -> _Reply:
        """What the place says to HEAD, or to GET where HEAD fails: some servers know only GET."""
        if walk.method == "HEAD":
            try:
                reply = self._ask_patiently(walk)
                if reply.status < 400:
                    return reply
            except (*NETWORK, *TIMEOUTS):
                pass  # what counts is what GET, a reader's own way, is told
            walk.method = "GET"
        return self._ask_patiently(walk)

    def _ask_patiently(self, walk: _Walk) -> _Reply:
        """What the place says; a host that asks for a short rest is given it, once, and any other asked no more."""
        while True:
            reply = self._request(walk)
            seconds = self._rest_wanted(reply)
            if seconds is None:
                return reply
            host = host_of(walk.place)
            if seconds > LONGEST_REST or walk.has_rested:
                self.turns.close(host)
                raise FetchError(_TOO_BUSY)
            walk.has_rested = True
            self.turns.rest(host, seconds)

    def _rest_wanted(self, reply: _Reply) -> float | None:
        """How many seconds the host asks us to stay away (RFC 6585 4, RFC 9110 15.6.4), None when it does not."""
        if reply.status not in _LATER:
            return None
        seconds = read_retry_after(reply.retry_after, self.turns.clock.now())
        return math.inf if seconds is None and reply.status == 429 else seconds

    def _request(self, walk: _Walk) -> _Reply:
        """One request, at our turn; nothing of the body is read."""
        check_url(walk.place)
        host = host_of(walk.place)
        with self.turns.take(host):
            if self.turns.is_closed(host):
                raise FetchError(_TOO_BUSY)
            deadline = Deadline(time.monotonic() + walk.left, self.limits.total)
            backend = GuardedBackend(deadline, self._may_be_private(walk), self.resolve)
            try:
                with self._client(backend) as client, client.stream(walk.method, walk.place) as response:
                    location, later = (response.headers.get(name, "") for name in ("location", "retry-after"))
            finally:
                walk.left = deadline.left
        return _Reply(response.status_code, location, later)

    def _may_be_private(self, walk: _Walk) -> bool:
        return walk.url in self.own and _server(walk.place) == _server(walk.url)

    def _client(self, backend: GuardedBackend) -> httpx2.Client:
        headers = {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
        timeout = httpx2.Timeout(self.limits.read, connect=self.limits.connect)
        transport = GuardedTransport(self._tls, backend, self.limits.size)
        return httpx2.Client(transport=transport, trust_env=False, timeout=timeout, headers=headers)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.tls or default_tls()


def _problem(walk: _Walk, text: str, *, is_dead: bool = False) -> LinkAnswer:
    # what follows the semicolon tells who configures a source what to do
    problem = f"{host_of(walk.place)} {text.partition(';')[0]}"
    return LinkAnswer(url=walk.url, final_url=walk.place, moved_to=walk.moved_to, problem=problem, is_dead=is_dead)


def _server(url: str) -> tuple[str, str, int | None]:
    parts = httpx2.URL(url)
    return (parts.scheme, parts.host, parts.port)
