"""docs/configuration.md is in step with the settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from coopdigest.config.complaints import keys_of, tables_of
from coopdigest.config.settings import Document

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \| `(.*)` \|$", re.MULTILINE)
REQUIRED = {
    "digest": {"slug": "a", "name": "A", "timezone": "UTC", "from": "a@example.org"},
    "media_contact": {"name": "A", "email": "a@example.org"},
    "sources": [{"name": "a", "kind": "listing", "location": "a.txt"}],
    "smtp": {"url": "smtp://localhost"},
}


def documented() -> dict[tuple[str, ...], dict[str, tuple[str, str]]]:
    """For each table its keys, with the default and the example as written."""
    sections = re.split(r"^##+ `\[+([a-z_.]+)\]+`$", TEXT, flags=re.MULTILINE)[1:]
    names, bodies = sections[::2], sections[1::2]
    return {
        tuple(name.split(".")): {key: (default, example) for key, _, default, example in ROW.findall(body)}
        for name, body in zip(names, bodies, strict=True)
    }


KEYS = [(table, key, *facts) for table, keys in documented().items() for key, facts in keys.items()]


def with_value(table: tuple[str, ...], values: dict[str, Any]) -> Document:
    """The smallest document that may hold these values, with them in it."""
    document: dict[str, Any] = {name: dict(part) if isinstance(part, dict) else part for name, part in REQUIRED.items()}
    if table == ("dkim",):
        document["dkim"] = {"selector": "a", "key": "a.pem", **values}
    elif table == ("sources", "select"):
        selectors = {"item": "article", "title": "h2", **values}
        document["sources"] = [{"name": "a", "kind": "page", "location": "a.html", "select": selectors}]
    elif table[0] == "sources":
        source = {**REQUIRED["sources"][0], **({"kind": "page"} if "select" in values else {}), **values}  # type: ignore[index]
        document["sources"] = [source]
    elif table == ("smtp", "timeouts"):
        document["smtp"]["timeouts"] = values
    else:
        document[table[0]] = {**document.get(table[0], {}), **values}
    return Document.model_validate(document)


def test_every_key_is_documented_and_every_documented_key_exists() -> None:
    """Each table of the page names exactly the keys of that table of the file, in their order."""
    real = {tuple(map(str, table)): keys_of(model) for table, model in tables_of(Document).items() if table}
    assert {table: list(keys) for table, keys in documented().items()} == real


@pytest.mark.parametrize(("table", "key", "default", "example"), KEYS, ids=lambda part: str(part)[:30])
def test_documented_examples_are_accepted(table: tuple[str, ...], key: str, default: str, example: str) -> None:
    """The example of every key can be put into a file as it stands."""
    values = tomllib.loads(example)
    assert list(values) == [key]
    assert with_value(table, values)


@pytest.mark.parametrize(
    ("table", "key", "default", "example"),
    [row for row in KEYS if row[2].startswith("`")],
    ids=lambda part: str(part)[:30],
)
def test_documented_defaults_are_the_defaults(table: tuple[str, ...], key: str, default: str, example: str) -> None:
    """Writing the default into the file changes nothing."""
    written = with_value(table, tomllib.loads(f"{key} = {default.strip('`')}"))
    left_out = with_value(table, {})
    if key == "language" and table == ("digest",):
        assert written.digest.all_languages == left_out.digest.all_languages
    else:
        assert written == left_out


@pytest.mark.parametrize(("table", "key", "default", "example"), KEYS, ids=lambda part: str(part)[:30])
def test_required_keys_are_those_called_required(table: tuple[str, ...], key: str, default: str, example: str) -> None:
    """A key is called required exactly when a file without it is refused."""
    (model,) = [model for path, model in tables_of(Document).items() if path == table]
    (field,) = [field for name, field in model.model_fields.items() if (field.alias or name) == key]
    assert field.is_required() == (default == "required")
