"""Fetches a source over HTTP: conditional, bounded in time and size, and only from public addresses."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from functools import cached_property

import httpx2

from coopdigest.domain.errors import SourceError
from coopdigest.ports import Validators
from coopdigest.sources.guard import Deadline, FetchError, GuardedBackend, Resolver, resolve_host
from coopdigest.sources.transport import (
    NETWORK,
    REDIRECTS,
    TIMEOUTS,
    GuardedTransport,
    default_tls,
    host_of,
    too_large,
    user_agent,
)

_NEXT_STEPS = {
    401: "asks for a login, which coopdigest does not give; use an address that is open",
    403: "refuses us (403); ask its keeper to let coopdigest in",
    404: "has no such page (404); check the address",
    410: "says that the page is gone for good (410); look for its new address",
    429: "wants to be asked less often (429); try again later",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one fetch: seconds to connect, between two pieces, and in all; decoded bytes; redirects."""

    connect: float = 10.0
    read: float = 20.0
    total: float = 60.0
    size: int = 10_000_000
    redirects: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a location gave. `unchanged` (304): `body` is empty and means nothing.

    `url` is where the body came from in the end, None for a file; `charset` is what the server says.
    """

    body: bytes = b""
    validators: Validators | None = None
    unchanged: bool = False
    charset: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Fetcher:
    """Fetches for the source named `source`; every failure is a SourceError that names it and the host."""

    source: str
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)
    tls: ssl.SSLContext | None = None
    resolve: Resolver = resolve_host

    def fetch(self, url: str, validators: Validators | None = None) -> Fetched:
        """Get `url`, conditionally when given validators; redirects are followed by hand, each hop checked.

        Raises:
            SourceError: no answer, a refused address, an error status, or a bound was passed.
        """
        deadline = Deadline.after(self.limits.total)
        place = url
        try:
            for _ in range(self.limits.redirects + 1):
                answer = self._ask(place, validators, deadline)
                if isinstance(answer, Fetched):
                    return answer
                place = self._follow(place, answer)
            raise FetchError(f"redirects more than {self.limits.redirects} times; use the address it leads to")
        except FetchError as fault:
            raise self._fail(place, str(fault)) from fault
        except TIMEOUTS as error:
            raise self._fail(place, self._describe_timeout(deadline)) from error
        except NETWORK as error:
            raise self._fail(place, f"broke off the conversation ({type(error).__name__}); try again later") from error

    def _ask(self, url: str, validators: Validators | None, deadline: Deadline) -> Fetched | str:
        """One request: what it gave, or where it sends us."""
        check_url(url)
        backend = GuardedBackend(deadline, self.allow_private, self.resolve)
        transport = GuardedTransport(self._tls, backend, self.limits.size)
        timeout = httpx2.Timeout(self.limits.read, connect=self.limits.connect)
        with (
            httpx2.Client(
                transport=transport, trust_env=False, timeout=timeout, headers=_headers(validators)
            ) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code in REDIRECTS:
                return response.headers.get("location", "")
            if response.status_code == 304 and validators:
                return Fetched(unchanged=True, validators=_validators_of(response) or validators, url=url)
            _refuse_status(response)
            return self._take(response, url)

    def _take(self, response: httpx2.Response, url: str) -> Fetched:
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity", "gzip", "deflate"):
            raise FetchError(f"answers in the coding {coding[:20]!r}, which was not asked for")
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self.limits.size:
                raise FetchError(too_large(self.limits.size))
        charset = response.charset_encoding
        return Fetched(body=bytes(body), validators=_validators_of(response), charset=charset, url=url)

    def _follow(self, url: str, target: str) -> str:
        """The address that a redirect from `url` leads to."""
        try:
            joined = str(httpx2.URL(url).join(target)) if target else ""
        except (httpx2.InvalidURL, ValueError):
            joined = ""
        if not joined:
            raise FetchError("redirects to nowhere; check the address")
        if url.startswith("https:") and joined.startswith("http:"):
            raise FetchError("redirects from https to http; write the http address if it is meant")
        return joined

    def _fail(self, url: str, text: str) -> SourceError:
        return SourceError(f"{host_of(url)} {text}", place=self.source)

    def _describe_timeout(self, deadline: Deadline) -> str:
        if deadline.has_passed:
            return deadline.complaint
        return f"did not answer within {self.limits.read:g} seconds; try again later"

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self.tls or default_tls()


def check_url(url: str) -> None:
    """Refuse an address that is not plain http or https.

    Raises:
        FetchError: another scheme, no host, or a user name or password in it.
    """
    try:
        parts = httpx2.URL(url)
        host = parts.raw_host
    except (httpx2.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchError("is part of no valid web address; check it") from error
    if parts.scheme not in ("http", "https"):
        raise FetchError("leads to an address that is not http or https")
    if not host:
        raise FetchError("leads to an address without a host")
    if parts.userinfo:
        raise FetchError("has a user name or password in its address, which coopdigest does not send; leave it out")
    if parts.port is not None and not 0 < parts.port < 65536:
        raise FetchError("has a port that does not exist")


def _refuse_status(response: httpx2.Response) -> None:
    status = response.status_code
    if status != 200:
        raise FetchError(_NEXT_STEPS.get(status, f"answered {status}; try again later"))


def _headers(validators: Validators | None) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"User-Agent", user_agent().encode()),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"gzip, deflate"),
        (b"Connection", b"close"),
    ]
    if validators and validators.etag:
        headers.append((b"If-None-Match", _encode(validators.etag)))
    if validators and validators.last_modified:
        headers.append((b"If-Modified-Since", _encode(validators.last_modified)))
    return headers


def _validators_of(response: httpx2.Response) -> Validators | None:
    # Latin-1 both ways: a server's bytes go back exactly as they came (RFC 9110 5.5)
    raw = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
    found = Validators(raw.get(b"etag") or None, raw.get(b"last-modified") or None)
    return found if found.etag or found.last_modified else None


def _encode(value: str) -> bytes:
    return value.encode("latin-1", "ignore")
