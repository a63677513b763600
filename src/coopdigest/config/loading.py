"""The file and the environment become settings, or one line that says what is wrong where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from coopdigest.config import places
from coopdigest.config.complaints import complain
from coopdigest.config.settings import Document, Settings
from coopdigest.domain.errors import ConfigurationError

SMTP_URL = "COOPDIGEST_SMTP_URL"
DATABASE_URL = "COOPDIGEST_DATABASE_URL"
SECRET_KEY = "COOPDIGEST_SECRET_KEY"  # noqa: S105 (the name of a variable)
_OVERLAY: dict[tuple[str, str], str] = {("smtp", "url"): SMTP_URL, ("store", "url"): DATABASE_URL}
_LARGEST = 1_000_000  # bytes; a megabyte of settings is some other file


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the digest's settings from the file at `path`; what the environment says wins.

    Raises:
        ConfigurationError: the file cannot be read or something in it is wrong. The text begins with the file's
            name as it was given, and the line (``coopdigest.toml:4: ...``), or with the environment variable's name.
    """
    text = _read(path)
    data = _parse(path, text)
    lines = places.lines_of(text)
    elsewhere = _overlay(data, environ)
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        # `from None`: pydantic's error holds the input, and with it passwords
        raise complain(error, str(path), lines, elsewhere) from None
    tables = {name: getattr(document, name) for name in Document.model_fields}
    return Settings(path=path, secret_key=_secret(environ), lines=lines, **tables)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise ConfigurationError(
            "there is no such file; write one with: coopdigest init DIR", place=str(path)
        ) from error
    except IsADirectoryError as error:
        raise ConfigurationError(
            f"is a folder; name the file in it: {path / 'coopdigest.toml'}", place=str(path)
        ) from error
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}", place=str(path)) from error
    if len(raw) > _LARGEST:
        raise ConfigurationError("is larger than a configuration can be; name another file", place=str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{path}:{raw.count(10, 0, error.start) + 1}"
        raise ConfigurationError("is not UTF-8 text; save the file as UTF-8", place=place) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigurationError("nests too deep", place=str(path)) from error
    except ValueError as error:
        reason, line = _syntax_error(str(error), text)
        raise ConfigurationError(f"is not valid TOML: {reason}", place=f"{path}:{line}") from error


def _syntax_error(message: str, text: str) -> tuple[str, int]:
    """What `tomllib` says, and the line that it says it of."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    line = int(found[2]) if found and found[2] else text.rstrip().count("\n") + 1
    reason = found[1] if found else message
    if reason.startswith(("Cannot declare", "Cannot overwrite", "Cannot mutate", "Duplicate")):
        return "a table or key that is there already stands here again", line
    return f"{reason[:1].lower()}{reason[1:]}", line


def _overlay(data: dict[str, Any], environ: Mapping[str, str]) -> dict[places.Path, str]:
    """Put the environment's values into the document; answers which variable each such key comes from."""
    taken: dict[places.Path, str] = {}
    for (table, key), variable in _OVERLAY.items():
        value = environ.get(variable, "").strip()
        if value and isinstance(data.setdefault(table, {}), dict):
            data[table][key] = value
            taken[(table, key)] = variable
    return taken


def _secret(environ: Mapping[str, str]) -> SecretStr | None:
    value = environ.get(SECRET_KEY, "").strip()
    return SecretStr(value) if value else None
