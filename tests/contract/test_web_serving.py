"""A real uvicorn server on loopback: ports that are taken, signals, threads."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from coopdigest.domain.errors import ConfigurationError
from coopdigest.web.serving import Server, serve

APP = Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))])

SCRIPT = """
import httpx2
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from coopdigest.web.serving import serve

def ready(url):
    print(url, httpx2.get(url, trust_env=False).text, flush=True)

serve(Starlette(routes=[Route("/", lambda request: PlainTextResponse("hello"))]), "127.0.0.1", 0, ready)
print("returned", flush=True)
"""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_serves_from_a_thread_on_a_free_port() -> None:
    """Port 0 takes a free one, whose address the server knows; after the end the port is free again."""
    with Server(APP) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.url)
        assert httpx2.get(server.url, trust_env=False).text == "hello"
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with Server(APP, port=port) as again:
        assert httpx2.get(again.url, trust_env=False).text == "hello"
    again.stop()


def test_two_servers_do_not_disturb_one_another() -> None:
    """Each server of a process has its own port and its own end."""
    with Server(APP) as first:
        with Server(APP) as second:
            assert first.url != second.url
        assert httpx2.get(first.url, trust_env=False).status_code == 200


def test_a_taken_port_is_named_with_the_next_step(taken: int) -> None:
    """A taken port is a configuration error of one line."""
    with pytest.raises(ConfigurationError, match=rf"^port {taken} is taken; choose another with --port$"):
        serve(APP, "127.0.0.1", taken, lambda url: pytest.fail("it is not ready"))
    with pytest.raises(ConfigurationError, match="is taken"):
        Server(APP, port=taken)


@pytest.mark.parametrize(
    ("host", "port", "step"),
    [
        ("192.0.2.1", 0, "192.0.2.1 is no address of this machine; choose another with --host"),
        ("127.0.0.1", 70000, "--port"),
        ("127.0.0.1", -1, "--port"),
        ("not a host", 0, "--host"),
        ("x" * 70, 0, "--host"),
    ],
)
def test_impossible_places_are_named(host: str, port: int, step: str) -> None:
    """A host or port that cannot be is a configuration error that names the option."""
    with pytest.raises(ConfigurationError, match=re.escape(step)):
        Server(APP, host, port)


def test_any_address_is_shown_as_loopback() -> None:
    """A server on every address names one that a browser on this machine can open."""
    with Server(APP, "0.0.0.0") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx2.get(server.url, trust_env=False).text == "hello"


def test_says_no_more_of_itself_than_it_must() -> None:
    """The answer does not name the server software."""
    with Server(APP) as server:
        assert "server" not in httpx2.get(server.url, trust_env=False).headers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: int) -> None:
    """`serve` answers before it says it is ready, prints nothing of its own, and returns on SIGTERM and SIGINT."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("/ hello\n")
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    assert (process.returncode, rest, errors) == (0, "returned\n", "")
