"""On which line of a TOML text each key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Path, int]:
    """The line (from 1) of every table and key of a TOML text that `tomllib` accepts.

    A key is a tuple: ``("sources", 0, "name")`` for `name` in the first ``[[sources]]``. Elements of arrays have
    lines of their own; a table that is only implied stands where it is first implied.
    """
    return _Scanner(text).scan()


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the nearest thing around it that has one; None for the whole document."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Scanner:
    """Walks over a valid document once, noting where keys begin; it understands no values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        self.line = 1
        self.counted = 0

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        for first in self._statements():
            if first == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _statements(self) -> Iterator[str]:
        self._skip(_BLANK)
        while self.at < len(self.text):
            yield self.text[self.at]
            self._skip(_BLANK)

    def _header(self) -> Path:
        many = self.text.startswith("[[", self.at)
        line = self._line()
        self.at += 2 if many else 1
        path: Path = ()
        for name in self._key():
            path = self._last((*path, name), line)
        self.at += 2 if many else 1
        if many:
            path = path[:-1] if isinstance(path[-1], int) else path
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
        self.lines[path] = line
        return path

    def _last(self, path: Path, line: int) -> Path:
        """The table that `path` means at this point: the last one of an array of tables."""
        self.lines.setdefault(path, line)
        return (*path, self.counts[path]) if path in self.counts else path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        else:
            self._skip(_STRING) or self._skip(_BARE_VALUE)

    def _array(self, path: Path) -> None:
        for index, _ in enumerate(self._members("]")):
            self.lines[(*path, index)] = self._line()
            self._value((*path, index))

    def _inline_table(self, path: Path) -> None:
        for _ in self._members("}"):
            self._pair(path)

    def _members(self, closing: str) -> Iterator[None]:
        self.at += 1
        self._skip(_BLANK)
        while self.text[self.at] != closing:
            yield
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
                self._skip(_BLANK)
        self.at += 1

    def _key(self) -> list[str]:
        names = [self._simple_key()]
        while self.text.startswith(".", self.at):
            self.at += 1
            names.append(self._simple_key())
        return names

    def _simple_key(self) -> str:
        self._skip(_SPACE)
        quoted = self._skip(_STRING)
        name = str(tomllib.loads(f"key = {quoted}")["key"]) if quoted else self._skip(_BARE_KEY)
        self._skip(_SPACE)
        return name

    def _skip(self, form: re.Pattern[str]) -> str:
        found = form.match(self.text, self.at)
        taken = found[0] if found else ""
        self.at += len(taken)
        return taken

    def _line(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line
