"""Files that commands write: whole or not at all, and never over what is there unless it is theirs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from coopdigest.domain.errors import ConfigurationError


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file by way of a temporary one beside it, making its folder; returns `path`.

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise ConfigurationError(f"{reason}; choose another folder", place=str(path)) from error
    return path
