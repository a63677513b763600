"""Tells whether files changed, by a stamp over the names, times and sizes of what lies under some paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

_MOST = 2000  # files looked at; a template folder has some ten


def stamp_of(watched: Sequence[Path]) -> str:
    """A short text that differs when a file under `watched` (files or folders, absent ones too) was changed.

    At most 2,000 files count; hidden ones, where editors keep their swap files, do not. Links are followed, but no
    folder is entered twice.
    """
    seen = hashlib.sha256()
    for count, path in enumerate(_files(watched, set())):
        if count >= _MOST:
            break
        try:
            facts = path.stat()
        except OSError:  # gone meanwhile, which the next stamp shows
            continue
        seen.update(f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}\0".encode("utf-8", "surrogateescape"))
    return seen.hexdigest()[:16]


def _files(paths: Sequence[Path], entered: set[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        try:
            folder = path.resolve(strict=True)
            inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        except OSError:  # gone meanwhile, or not ours to read
            continue
        if folder not in entered:
            entered.add(folder)
            yield from _files(inside, entered)
