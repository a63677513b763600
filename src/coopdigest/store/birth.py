"""When a file was made: a copy has another birth than the file, even where it was given the same inode."""

from __future__ import annotations

import ctypes
import os
import struct
from functools import cache
from pathlib import Path
from typing import Any

_CWD, _BTIME = -100, 0x800  # AT_FDCWD, STATX_BTIME
_SIZE, _MASK_AT, _BTIME_AT = 256, 0x00, 0x50  # of struct statx, the same on every architecture


def birth_of(path: Path) -> int | None:
    """When the file was made, in nanoseconds since 1970; None where the system does not say. Moving keeps it.

    Python offers this on macOS and Windows only; on Linux it is statx(2). An inode number alone would not do: ext4
    gives a file that replaces a removed one the very number that has become free.

    Raises:
        OSError: there is no such file.
    """
    stat = path.stat()
    seconds: float | None = getattr(stat, "st_birthtime", None)
    return _ask_kernel(path) if seconds is None else int(seconds * 1e9)


def _ask_kernel(path: Path) -> int | None:
    statx = _find_statx()
    answer = ctypes.create_string_buffer(_SIZE)
    if statx is None or statx(_CWD, os.fsencode(path), 0, _BTIME, answer) != 0:
        return None
    (mask,) = struct.unpack_from("=I", answer, _MASK_AT)
    seconds, nanoseconds = struct.unpack_from("=qI", answer, _BTIME_AT)
    return int(seconds) * 10**9 + int(nanoseconds) if mask & _BTIME else None


@cache
def _find_statx() -> Any:
    """The C library's statx, None where it has none."""
    try:
        return ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return None
