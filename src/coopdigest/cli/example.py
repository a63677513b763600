"""The shipped example digest, written into a folder."""

from __future__ import annotations

from pathlib import Path

from coopdigest.cli.files import write_whole
from coopdigest.config.shipped import example_files
from coopdigest.domain.errors import ConfigurationError


def write_example(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the example's files that are not there yet; (written, kept).

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError("is a file; name a folder", place=str(folder))
    written, kept = [], []
    for name, source in example_files():
        target = folder / name
        if target.exists():
            kept.append(target)
        else:
            written.append(write_whole(target, source.read_bytes()))
    return written, kept
