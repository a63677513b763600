"""Tells whether files changed, by a stamp over the names, times and sizes of what lies under some paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_MOST = 2000  # files looked at; a template folder has some ten


def stamp_of(watched: Sequence[Path]) -> str:
    """A short text that differs when a file under `watched` (files or folders, absent ones too) was changed.

    At most 2,000 files count; hidden ones, where editors keep their swap files, do not. Links are followed: a
    folder that leads to itself ends where the system gives up following, and at those 2,000.
    """
    seen = hashlib.sha256()
    for count, path in enumerate(_files(watched)):
        if count >= _MOST:
            break
        try:
            facts = path.stat()
        except OSError:  # gone meanwhile, which the next stamp shows
            continue
        seen.update(f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode("utf-8", "surrogateescape"))
    return seen.hexdigest()[:16]


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        try:
            inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        except OSError:
            continue
        yield from (entry for entry in inside if not entry.is_dir())
        yield from _files([entry for entry in inside if entry.is_dir()])
