"""Carries one request over a guarded connection, says who asks, and counts what comes back."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import httpcore2
import httpx2

from coopdigest.sources.guard import FetchError, GuardedBackend

REDIRECTS = (301, 302, 303, 307, 308)
"""The status codes that lead elsewhere (RFC 9110 15.4)."""
NETWORK: Final = (httpx2.HTTPError, httpx2.StreamError, httpcore2.NetworkError, httpcore2.ProtocolError)
"""What a conversation that broke off raises."""
TIMEOUTS: Final = (httpx2.TimeoutException, httpcore2.TimeoutException)
"""What one that took too long raises."""


class GuardedTransport(httpx2.BaseTransport):
    """Carries one request over a guarded connection and counts what comes back."""

    def __init__(self, tls: ssl.SSLContext, backend: GuardedBackend, size: int) -> None:
        """Connect by `backend`; refuse a body of more than `size` bytes on the wire."""
        self._pool = httpcore2.ConnectionPool(ssl_context=tls, network_backend=backend, max_connections=1)
        self._size = size

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Ask, and answer with what comes; the body is read when it is asked for."""
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore2.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        answer = self._pool.handle_request(asked)
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Counted(answer, self._size))

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()


class _Counted(httpx2.SyncByteStream):
    """The bytes on the wire, bounded too: a coding may swallow any number of them and give nothing."""

    def __init__(self, answer: httpcore2.Response, size: int) -> None:
        self._answer = answer
        self._size = size

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        for piece in self._answer.iter_stream():
            seen += len(piece)
            if seen > self._size:
                raise FetchError(too_large(self._size))
            yield piece

    def close(self) -> None:
        self._answer.close()


def too_large(size: int) -> str:
    """What to say of a body that passed `size` bytes."""
    return f"sends more than {size / 1_000_000:g} MB; is this the right address?"


def host_of(url: str) -> str:
    """The host of an address, for naming it: never its user name, password or path."""
    try:
        return httpx2.URL(url).host or "its address"
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        return "its address"


@lru_cache(maxsize=1)
def default_tls() -> ssl.SSLContext:
    """Certificates are checked against the machine's authorities."""
    # SSL_CERT_FILE is honoured (a company's own authority); proxies of the environment are not
    return httpx2.create_ssl_context()


@lru_cache(maxsize=1)
def user_agent() -> str:
    """Who asks (RFC 9110 10.1.5)."""
    return f"coopdigest/{version('coopdigest')}"
