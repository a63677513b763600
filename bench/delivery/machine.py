"""Describes the machine on which something was measured: what it is, not whose."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path


def describe_machine() -> list[str]:
    """Lines about processor, memory, system and the programs that were compared."""
    node = _first_line(["node", "--version"]) if shutil.which("node") else "none"
    return [
        f"processor: {_processor()}, {os.cpu_count()} cores; memory: {_memory():.0f} GB",
        f"system: {platform.system()} {platform.release()}, {_distribution()}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, Node.js {node}",
        f"aiosmtplib {version('aiosmtplib')}, cryptography {version('cryptography')}",
    ]


def _first_line(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.partition("\n")[0]


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _distribution() -> str:
    names = [line.partition("=")[2].strip('"') for line in _lines(Path("/etc/os-release")) if "PRETTY_NAME" in line]
    return names[0] if names else "unknown"


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []
