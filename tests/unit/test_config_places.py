"""Each key of a TOML text is found on its line."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.config.places import Path, line_of, lines_of

TEXT = '''\
# "not" = a key
title = "a # b" # = c

[digest]
name = """
[not.a.table]
x = 1"""
"odd key" = 'it''s'
a.b . "c.d" = 1
list = [
  1, # one ]
  "two ]",
  [3,
   4],
  { deep = { er = 1 }, flat = 2 },
]
date = 1979-05-27 07:32:00

[[sources]]
name = "one"
select = { item = "a", "title" = "b" }
[sources.more]
x = 1
[[sources]]
name = """two\\"""" # the quote belongs to it
[[sources.inner]]
y = 1
[[sources.inner]]
y = 2
[ other . table ]
z = \'\'\'
]\'\'\'
quote = """
"Well," she said, "yes"""""
end = true
'''.replace("'it''s'", "'its'")


def test_every_shape_of_key_is_found() -> None:
    """Tables, arrays of tables, dotted and quoted keys, inline tables, arrays and long strings keep their lines."""
    lines = lines_of(TEXT)
    expected: dict[Path, int] = {
        ("title",): 2,
        ("digest",): 4,
        ("digest", "name"): 5,
        ("digest", "odd key"): 8,
        ("digest", "a", "b", "c.d"): 9,
        ("digest", "list"): 10,
        ("digest", "list", 0): 11,
        ("digest", "list", 1): 12,
        ("digest", "list", 2, 1): 14,
        ("digest", "list", 3, "deep", "er"): 15,
        ("digest", "list", 3, "flat"): 15,
        ("digest", "date"): 17,
        ("sources", 0): 19,
        ("sources", 0, "name"): 20,
        ("sources", 0, "select", "title"): 21,
        ("sources", 0, "more"): 22,
        ("sources", 0, "more", "x"): 23,
        ("sources", 1, "name"): 25,
        ("sources", 1, "inner", 0, "y"): 27,
        ("sources", 1, "inner", 1, "y"): 29,
        ("other", "table"): 30,
        ("other", "table", "z"): 31,
        ("other", "table", "end"): 35,
    }
    assert {path: lines.get(path) for path in expected} == expected


def test_what_has_no_line_stands_where_its_surroundings_do() -> None:
    """A key that is not there has the line of the table it would be in; a table that is not there has none."""
    lines = lines_of(TEXT)
    assert line_of(lines, ("sources", 1, "kind")) == 24
    assert line_of(lines, ("smtp", "url")) is None


def paths_in(value: Any, path: Path = ()) -> set[Path]:
    """Every key and element of a parsed document."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return {path, *(found for key, part in inner for found in paths_in(part, (*path, key)))}


keys = st.text(max_size=6)
scalars = st.integers() | st.booleans() | st.text(max_size=8) | st.just(1.5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def quoted(text: str) -> str:
    return json.dumps(text.replace("\x7f", ""), ensure_ascii=True).replace("\\ud", "\\u0").replace("\\uD", "\\u0")


def written(value: Any, gap: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + gap + ("," + gap).join(written(each, gap) for each in value) + gap + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {written(each, gap)}" for key, each in value.items()) + "}"
    return str(value)


@given(
    st.dictionaries(keys, values, max_size=4),
    st.dictionaries(keys, st.dictionaries(keys, values, max_size=3), max_size=3),
)
def test_lines_agree_with_what_tomllib_reads(plain: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    """Every key and element that tomllib finds has a line, there are no others, and keys stand on their own lines."""
    rows = [f"{quoted(key)} = {written(value, '')}" for key, value in plain.items()]
    for name, table in tables.items():
        rows += [
            f"[[{quoted('t' + name)}]]",
            *(f"{quoted(key)} = {written(value, ' ')}" for key, value in table.items()),
        ]
    text = "\n".join(rows)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # two keys became one in writing
    lines = lines_of(text)
    assert set(lines) == paths_in(data) - {()}
    for key, row in zip(plain, range(1, len(plain) + 1), strict=True):
        assert lines[(str(tomllib.loads(f"k = {quoted(key)}")["k"]),)] == row


@given(st.text("[]{}=.,\"'#\n\\ abc1", max_size=40))
def test_any_text_that_tomllib_reads_is_scanned(text: str) -> None:
    """Whatever tomllib accepts, the scanner finds the same keys."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(lines_of(text)) == paths_in(data) - {()}
