"""What is wrong with a document, told in its own words and lines: one error for the first, and how many more."""

from __future__ import annotations

import difflib
import sys
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from coopdigest.config.kinds import TEXT_WANTED
from coopdigest.config.places import Path, line_of
from coopdigest.config.settings import Document
from coopdigest.config.table import Table
from coopdigest.domain.errors import ConfigurationError

_WANTED = {
    "string_type": TEXT_WANTED,
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "tuple_type": "must be a list in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "time_delta_type": 'must be a duration such as "7 days" or "36h"',
    "date_type": "must be a day such as 2026-01-02",
    "too_short": "must not be an empty list",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def tables_of(model: type[Table], path: Path = ()) -> dict[Path, type[Table]]:
    """Every table that may stand in `model`, by its path without the numbers of arrays; `()` is `model` itself."""
    found: dict[Path, type[Table]] = {path: model}
    for name, field in model.model_fields.items():
        for inner in _tables_in(field.annotation):
            found |= tables_of(inner, (*path, field.alias or name))
    return found


def _tables_in(annotation: Any) -> Iterable[type[Table]]:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return [annotation]
    return [inner for part in typing.get_args(annotation) for inner in _tables_in(part)]


def keys_of(model: type[Table]) -> list[str]:
    """The keys of a table as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def complain(
    error: ValidationError, file: str, lines: Mapping[Path, int], elsewhere: Mapping[Path, str]
) -> ConfigurationError:
    """The error to show: the first by line, with its place, and how many more there are.

    `elsewhere` names the places (environment variables) of keys that do not come from the file.
    """
    found = []
    for details in _causes(error.errors(include_url=False)):
        path = _path_of(details)
        line = line_of(lines, path)
        place = elsewhere.get(path) or (f"{file}:{line}" if line else file)
        found.append((line or sys.maxsize, place, _sentence(details, path)))
    _, place, text = min(found, key=lambda each: each[0])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ConfigurationError(text + more, place=place)


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """The errors but for those that others bring about: a misspelt key is missing too, a wrong entry not counted."""
    unknown = [each["loc"] for each in errors if each["type"] == "extra_forbidden"]
    meant = {(*loc[:-1], near) for loc in unknown if (near := _nearest(str(loc[-1]), loc[:-1]))}
    broken = {each["loc"][:length] for each in errors for length in range(len(each["loc"]))}
    follows: dict[str, set[Path]] = {"missing": meant, "too_short": broken}
    return [each for each in errors if each["loc"] not in follows.get(each["type"], ())]


def _nearest(key: str, around: Path) -> str | None:
    near = difflib.get_close_matches(key, keys_of(tables_of(Document)[_plain(around)]), 1, 0.6)
    return near[0] if near else None


def _path_of(details: ErrorDetails) -> Path:
    told = details.get("ctx", {}).get("path")
    return tuple(told) if told else details["loc"]


def _sentence(details: ErrorDetails, path: Path) -> str:
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "missing":
        return _missing(path)
    if path == ("sources",) and kind == "tuple_type":
        return "sources must be written as [[sources]], in two brackets, once for each"
    return f"{_key_of(path)}: {_reason(details)}"


def _reason(details: ErrorDetails) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "enum":
        return _not_among(details["input"], str(context["expected"]))
    return _WANTED[kind].format(**context) if kind in _WANTED else details["msg"]


def _not_among(given: Any, expected: str) -> str:
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    said = f'"{given}" is not known;' if isinstance(given, str) else f"{TEXT_WANTED};"
    near = difflib.get_close_matches(str(given).lower(), words, 1, 0.6)
    return f"{said} write one of {', '.join(words)}" + (f'; did you mean "{near[0]}"?' if near else "")


def _unknown(path: Path) -> str:
    key, around = str(path[-1]), _plain(path[:-1])
    tables = tables_of(Document)
    homes = [_table_name(table) for table, model in tables.items() if table and key in keys_of(model)]
    near = _nearest(key, around)
    if near and len(homes) != 1:
        hint = f'did you mean "{near}"?' if around else f"did you mean {_table_name((near,))}?"
    elif homes:
        hint = f"it belongs in {' or '.join(homes)}"
    else:
        hint = f"known are {', '.join(keys_of(tables[around]))}"
    return f'unknown key "{key}" in {_table_name(around)}; {hint}' if around else f'unknown table "{key}"; {hint}'


def _missing(path: Path) -> str:
    around = _plain(path[:-1])
    if around:
        return f'{_table_name(around)} lacks the key "{path[-1]}"; docs/configuration.md says what it means'
    if path == ("sources",):
        return "no source is named; add a table [[sources]] with name, kind and location"
    needed = [name for name, field in tables_of(Document)[path].model_fields.items() if field.is_required()]
    keys = ", ".join("from" if name == "sender" else name for name in needed)
    return f"the table {_table_name(path)} is missing; add it with {keys}"


def _key_of(path: Path) -> str:
    """Where a value is, in words: `timezone in [digest]`, `entry 2 of languages in [digest]`."""
    around = max((table for table in tables_of(Document) if _plain(path)[: len(table)] == table), key=len)
    inner = list(path)
    for name in around:
        while inner and inner[0] != name:
            inner.pop(0)
        inner.pop(0)
    while around and around[0] == "sources" and inner and isinstance(inner[0], int):
        inner.pop(0)
    if not inner:
        return _table_name(around)
    entry = f"entry {inner[-1] + 1} of " if isinstance(inner[-1], int) else ""
    names = [f'"{part}"' if index else str(part) for index, part in enumerate(inner) if isinstance(part, str)]
    return f"{entry}{' '.join(names)} in {_table_name(around)}" if around else f"{entry}{' '.join(names)}"


def _plain(path: Path) -> Path:
    return tuple(part for part in path if isinstance(part, str))


def _table_name(path: Path) -> str:
    name = ".".join(str(part) for part in path)
    return "[[sources]]" if name == "sources" else f"[{name}]"
