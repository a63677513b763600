"""Finds Postfix's `smtp-source` and `smtp-sink`, or fetches Debian's package into the bench's own folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.delivery.places import CACHE, clean_environ
from bench.delivery.running import Command, FailedError

_VARIABLE = "COOPDIGEST_POSTFIX_DIR"  # a folder where the package was unpacked with dpkg -x
_OPENING = 5.0  # seconds that a sink may take until it listens
_HEADER = 110  # bytes of the header that smtp-source puts before what it was asked for


@dataclass(frozen=True, slots=True)
class Postfix:
    """The two programs, and where their libraries are when they are not installed."""

    source: Path
    sink: Path
    libraries: Path | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What the programs need in their environment."""
        return {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}

    def sending(self, port: int, count: int, connections: int, size: int) -> Command:
        """`smtp-source` with `count` messages of `size` bytes over connections that are kept open."""
        amounts = ("-s", str(connections), "-m", str(count), "-l", str(size - _HEADER))
        people = ("-f", "news@example.org", "-t", "reader@example.net")
        return Command((str(self.source), "-d", *amounts, *people, f"127.0.0.1:{port}"), environ=self.environ)


def find_postfix() -> Postfix | str:
    """The programs, or why there are none."""
    named = os.environ.get(_VARIABLE)
    if named:
        return _unpacked(Path(named)) or f"{_VARIABLE} names a folder without usr/sbin/smtp-source"
    source, sink = (shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for name in PROGRAMS)
    if source and sink:
        return Postfix(Path(source), Path(sink))
    folder = CACHE / "postfix"
    return _unpacked(folder) or _fetch(folder)


PROGRAMS = ("smtp-source", "smtp-sink")


def _unpacked(folder: Path) -> Postfix | None:
    source, sink = (folder / "usr" / "sbin" / name for name in PROGRAMS)
    return Postfix(source, sink, folder / "usr" / "lib" / "postfix") if source.exists() and sink.exists() else None


def _fetch(folder: Path) -> Postfix | str:
    """Unpack Debian's package into `folder`; nothing is installed."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return f"there is no apt-get to fetch the package postfix with; unpack it and name its folder in {_VARIABLE}"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["apt-get", "download", "postfix"], cwd=folder, capture_output=True, check=False)
    packages = sorted(folder.glob("postfix_*.deb"))
    if done.returncode or not packages:
        return "apt-get download postfix failed; run apt-get update first"
    subprocess.run(["dpkg", "-x", str(packages[-1]), str(folder)], check=True)
    found = _unpacked(folder)
    if found is None or not _runs(found):
        return "the package postfix was fetched, but smtp-source does not run; install the libraries it needs"
    return found


def _runs(postfix: Postfix) -> bool:
    """Whether the program finds its libraries: without arguments it prints its usage."""
    done = subprocess.run([postfix.source], env=clean_environ(**postfix.environ), capture_output=True, check=False)
    return b"usage" in done.stderr


@contextmanager
def run_sink(postfix: Postfix) -> Iterator[int]:
    """A running `smtp-sink`; its port."""
    port = _free_port()
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    command = [str(postfix.sink), *user, f"127.0.0.1:{port}", "200"]
    process = subprocess.Popen(command, env=clean_environ(**postfix.environ), stdin=subprocess.DEVNULL)
    try:
        _wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _OPENING
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise FailedError("smtp-sink does not listen")
