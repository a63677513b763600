"""Serves a web application with uvicorn, in the foreground until a signal or in a thread until stopped."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from coopdigest.domain.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
_STOPPING = (signal.SIGINT, signal.SIGTERM)
_LAST_REQUESTS = 3  # seconds that requests under way may take once the server is told to stop


def serve(app: ASGIApp, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve `app` until SIGINT or SIGTERM, then return.

    `port` 0 takes a free one. `on_ready` is called once, with the address of the root, when requests are
    answered; it runs in a thread, so it may itself ask the server for something or wait for a browser.

    Raises:
        ConfigurationError: the port is taken or not allowed, or the host is none of this machine's.
    """
    listener = _listen(host, port)
    _Uvicorn(app, lambda: on_ready(_url(listener))).run(sockets=[listener])


class Server:
    """A server in a background thread, for `demo` and for tests; a context manager that stops at the end."""

    def __init__(self, app: ASGIApp, host: str = LOOPBACK, port: int = 0) -> None:
        """Take the port; connections wait from now on, and are answered once started.

        Raises:
            ConfigurationError: as `serve` does.
        """
        self._listener = _listen(host, port)
        self.url = _url(self._listener)
        self._uvicorn = _Uvicorn(app, lambda: None)
        self._thread = threading.Thread(target=self._uvicorn.run, args=([self._listener],), name="web", daemon=True)

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and give the port back; once is enough, again is harmless."""
        self._uvicorn.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_LAST_REQUESTS * 2)
        self._listener.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Uvicorn(uvicorn.Server):
    """Uvicorn, but silent, and returning when a signal ends it instead of dying by that signal."""

    def __init__(self, app: ASGIApp, on_ready: Callable[[], None]) -> None:
        super().__init__(_settings(app))
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await asyncio.to_thread(self._on_ready)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may listen to signals
            return
        before = {number: signal.signal(number, self._leave) for number in _STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit  # the second signal does not wait for requests under way
        self.should_exit = True


def _settings(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,  # an access log would keep the tokens of unsubscribe links
        proxy_headers=False,
        server_header=False,
        limit_concurrency=500,
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:  # 70000 would be taken modulo 65536
        raise ConfigurationError(f"there is no port {port}; choose one from 1 to 65535 with --port")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{host} port {port} is no place to serve at; choose another with --host") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigurationError(_explain(error, host, port)) from error
    return listener


def _explain(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is taken; choose another with --port"
        case errno.EACCES:
            return f"port {port} is not allowed to this user; choose one above 1023 with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine; choose another with --host"
    return f"cannot listen on {host} port {port} ({error}); choose another with --port"


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 (named, not bound)
    return f"http://[{reachable}]:{port}/" if ":" in reachable else f"http://{reachable}:{port}/"
