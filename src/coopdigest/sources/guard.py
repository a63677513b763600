"""Opens connections only to addresses that may be visited, and only for as long as agreed."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore2

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_SHARED = "is not a public address; set allow_private = true for this source if it is meant"


class FetchError(Exception):
    """Why a fetch was given up, in words that follow the name of the host."""


class NobodyThereError(FetchError):
    """The address leads nowhere for anybody: the name is unknown, the connection refused, TLS broken."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment by which a whole fetch must be over, on the monotonic clock."""

    at: float
    seconds: float = 0.0

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def has_passed(self) -> bool:
        """Whether it is too late."""
        return time.monotonic() >= self.at

    @property
    def left(self) -> float:
        """How many seconds are left; below zero when it is too late."""
        return self.at - time.monotonic()

    @property
    def complaint(self) -> str:
        """What to say when it has passed."""
        return f"did not finish within {self.seconds:g} seconds; try again later"

    def bound(self, seconds: float | None) -> float:
        """`seconds`, or less where less is left.

        Raises:
            FetchError: nothing is left.
        """
        left = self.left
        if left <= 0:
            raise FetchError(self.complaint)
        return left if seconds is None else min(seconds, left)


def refuse_address(text: str, *, allow_private: bool) -> str | None:
    """Why a connection to the IP address `text` is refused, None when it may be made.

    Only globally routable unicast addresses are free; `allow_private` opens private and loopback ones as well,
    never link-local ones (169.254.169.254 tells a cloud machine's secrets).
    """
    addresses = _unwrap(ip_address(text.partition("%")[0]))
    if any(a.is_link_local or a.is_multicast or a.is_unspecified or _is_reserved(a) for a in addresses):
        return "is an address that no newsroom has"
    if not allow_private and not all(_is_public(address) for address in addresses):
        return _SHARED
    return None


def _unwrap(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and the IPv4 addresses that it leads to (RFC 4291 2.5.5, RFC 3056, RFC 4380, RFC 6052)."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    inner: list[IPv4Address | IPv6Address] = [address]
    if address.sixtofour:
        inner.append(address.sixtofour)
    if address.teredo:
        inner.extend(address.teredo)
    if any(address in network for network in _NAT64):
        inner = [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return inner


def _is_reserved(address: IPv4Address | IPv6Address) -> bool:
    # ::1 lies in ::/8, which IPv6 reserves as a whole
    return address.is_reserved and not address.is_loopback


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (isinstance(address, IPv6Address) and address.is_site_local)


def resolve_host(host: str, port: int, deadline: Deadline) -> list[str]:
    """The IP addresses of `host`, in the system's order.

    `getaddrinfo` takes no time limit, so it runs in a thread that is left alone when it hangs.

    Raises:
        NobodyThereError: the name is unknown.
        FetchError: the name was not found in time, or no name server answers.
    """
    answer: list[list[str] | OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.append(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answer.append(error)

    thread = threading.Thread(target=look_up, name="coopdigest-resolve", daemon=True)
    thread.start()
    thread.join(deadline.bound(None))
    if not answer:
        raise FetchError("cannot be found in time; is the name server up?")
    if not isinstance(answer[0], list):
        raise _kind_of(answer[0])("cannot be found; check the name in its address") from answer[0]
    return answer[0]


Resolver = Callable[[str, int, Deadline], list[str]]


@dataclass(frozen=True, slots=True)
class GuardedBackend(httpcore2.NetworkBackend):
    """Resolves a name once, checks every address, and connects to a checked one (no second look-up to rebind)."""

    deadline: Deadline
    allow_private: bool = False
    resolve: Resolver = resolve_host

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of `host` that may be visited and answers.

        Raises:
            NobodyThereError: the name is unknown, or the connection is refused.
            FetchError: no address may be visited, or none answers in time.
        """
        backend, last, kind = httpcore2.SyncBackend(), "cannot be reached", FetchError
        for address in self._find_allowed(host, port):
            try:
                stream = backend.connect_tcp(address, port, self.deadline.bound(timeout), None, socket_options)
                return GuardedStream(stream, self.deadline)
            except httpcore2.ConnectTimeout:
                last, kind = "does not answer (connection timed out)", FetchError
            except httpcore2.ConnectError as error:
                last, kind = f"cannot be reached ({_reason(error)})", _kind_of(error.__cause__)
        raise kind(f"{last}; check the address, or try again later")

    def _find_allowed(self, host: str, port: int) -> list[str]:
        addresses = self.resolve(host, port, self.deadline)
        refusals = {address: refuse_address(address, allow_private=self.allow_private) for address in addresses}
        allowed = [address for address in addresses if not refusals[address]]
        if not allowed:
            raise FetchError(next(filter(None, refusals.values()), "has no address"))
        return allowed


class GuardedStream(httpcore2.NetworkStream):
    """A connection every step of which ends by the deadline, however slowly the other side trickles."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        """Guard `stream`."""
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, waiting no longer than the deadline."""
        return self._stream.read(max_bytes, self._deadline.bound(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything, waiting no longer than the deadline."""
        self._stream.write(buffer, self._deadline.bound(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Secure the connection; the certificate is checked against the name, not the address.

        Raises:
            NobodyThereError: no agreement on TLS, or a certificate that is not to be trusted.
        """
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.bound(timeout))
        except httpcore2.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise NobodyThereError(_describe_tls(error.__cause__)) from error
            raise
        return GuardedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection below knows of itself."""
        return self._stream.get_extra_info(info)


def _describe_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not to be trusted ({error.verify_message}); check the name in its address"
    return "does not agree on TLS; check whether its address begins with http or https"


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__


def _kind_of(error: BaseException | None) -> type[FetchError]:
    """An unknown name and a refused connection are answers; no name server and no route may be our own line's fault."""
    if isinstance(error, socket.gaierror):
        return FetchError if error.errno == socket.EAI_AGAIN else NobodyThereError
    return NobodyThereError if isinstance(error, (ConnectionRefusedError, UnicodeError)) else FetchError
