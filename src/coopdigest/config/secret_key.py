"""The keys that tokens are made with: from the environment, or made once and kept beside the database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from coopdigest.config.loading import SECRET_KEY
from coopdigest.config.settings import Settings
from coopdigest.domain.errors import ConfigurationError

FILE_NAME = "coopdigest.key"
_SHORTEST = 32  # characters; 128 bits in hexadecimal
_GENERATED = 32  # bytes
_IGNORED = {FILE_NAME, f"/{FILE_NAME}", "*.key"}


def keys_of(settings: Settings) -> Sequence[bytes]:
    """The keys of this digest, at least one; the first signs, all verify.

    `COOPDIGEST_SECRET_KEY` holds them separated by commas. Without it, a digest on SQLite makes a key on the
    first call and keeps it in `coopdigest.key` (mode 600; one key a line) beside the database, for all processes.

    Raises:
        ConfigurationError: the keys are too short or unreadable, or the store is PostgreSQL and there are none.
    """
    if settings.secret_key is not None:
        return _split(settings.secret_key.get_secret_value().split(","), SECRET_KEY)
    database = settings.database_file
    if database is None:
        raise ConfigurationError(
            f"with PostgreSQL the key for links must be given; set it to what this prints: {_RECIPE}", place=SECRET_KEY
        )
    return _kept(database.with_name(FILE_NAME))


_RECIPE = 'python3 -c "import secrets; print(secrets.token_hex(32))"'


def _kept(file: Path) -> Sequence[bytes]:
    try:
        if not file.exists():
            _ignore(file.with_name(".gitignore"))
            _make(file)
        return _split(file.read_text("ascii").splitlines(), str(file))
    except FileNotFoundError as error:
        raise ConfigurationError("its folder does not exist; make it first", place=str(file)) from error
    except OSError as error:
        raise ConfigurationError(f"the key for links cannot be kept: {error.strerror}", place=str(file)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(_DAMAGED, place=str(file)) from error


_DAMAGED = "holds no key; restore it from a backup, or remove it and let all links in sent messages die"


def _split(texts: Sequence[str], place: str) -> list[bytes]:
    keys = [text.strip() for text in texts if text.strip()]
    if not keys:
        raise ConfigurationError(_DAMAGED, place=place)
    if any(len(key) < _SHORTEST for key in keys):
        raise ConfigurationError(f"a key has at least {_SHORTEST} characters; make one with: {_RECIPE}", place=place)
    return [key.encode("utf-8", "surrogateescape") for key in keys]


def _make(file: Path) -> None:
    """Make the key so that it appears whole, and only once however many processes try."""
    draft = file.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    _write_new(draft)
    try:
        file.hardlink_to(draft)  # unlike a rename this never replaces a key that another process made meanwhile
    except FileExistsError:
        pass
    except OSError:
        _write_directly(file)  # file systems without hard links
    finally:
        draft.unlink()


def _write_directly(file: Path) -> None:
    try:
        _write_new(file)
    except FileExistsError:
        return


def _write_new(file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(_GENERATED).encode("ascii") + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ignore(gitignore: Path) -> None:
    """Keep the key out of version control."""
    text = gitignore.read_text("utf-8", "surrogateescape") if gitignore.exists() else ""
    if _IGNORED.isdisjoint(line.strip() for line in text.splitlines()):
        separator = "" if not text or text.endswith("\n") else "\n"
        with gitignore.open("a", encoding="utf-8") as file:
            file.write(f"{separator}{FILE_NAME}\n")
