"""Reads a folder of news: Markdown files with front matter, one item each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt

from coopdigest.domain.errors import ConfigurationError, SourceError
from coopdigest.domain.item import FoundItem
from coopdigest.ports import Note, Reading, Validators
from coopdigest.sources.candidate import Candidate, Picture, bound_notes, make_item
from coopdigest.sources.dates import UNDATED, Moment, read_moment
from coopdigest.sources.location import Location, read_file

_FILE_LIMIT = 1_000_000  # bytes
_HEAD_LIMIT = 50_000  # characters of front matter; the YAML reader takes seconds for a megabyte
_KEYS = frozenset({"title", "date", "theme", "url", "credit", "language", "image", "summary", "kind"})


class _UnreadableError(Exception):
    """Why one file is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource:
    """A folder of Markdown files. `theme`, `language` and `item_kind` hold for files that name none.

    Raises:
        ConfigurationError: at construction, for a web address.
    """

    name: str
    location: Location
    zone: ZoneInfo
    language: str | None = None
    theme: str | None = None
    item_kind: str | None = None

    def __post_init__(self) -> None:
        """Refuse a web address."""
        if self.location.is_remote:
            raise ConfigurationError("its location must be a folder, not an address", place=f"source {self.name}")

    @property
    def shows_whole_state(self) -> bool:
        """A file that was taken away is gone."""
        return True

    def read(self, validators: Validators | None) -> Reading:
        """Read every file once, by path; what cannot be read is noted and the others are kept.

        Raises:
            SourceError: there is no such folder, or it may not be read.
        """
        root = self.location.path
        if not _is_folder(root):
            raise SourceError(f"there is no folder {root.name}; check `location` in the configuration", place=self.name)
        items: list[FoundItem] = []
        notes: list[Note] = []
        for path in self._find_files(root):
            try:
                item = self._read_file(path, root, notes)
            except _UnreadableError as error:
                notes.append(Note(path.relative_to(root).as_posix(), f"{error}; left out"))
                continue
            if item:
                items.append(item)
        return Reading(items, bound_notes(notes))

    def _find_files(self, root: Path) -> list[Path]:
        def fail(error: OSError) -> None:
            text = f"the folder cannot be read ({error.strerror}); check its rights"
            raise SourceError(text, place=self.name) from error

        return sorted(_walk(root, fail))

    def _read_file(self, path: Path, root: Path, notes: list[Note]) -> FoundItem | None:
        place = path.relative_to(root).as_posix()
        head, body = _split(self._read_text(path, root))
        moment, trouble = self._read_date(head)
        notes.extend(Note(place, text) for text in (trouble, _unknown(head)) if text)
        summary = _word(head, "summary")
        found = Candidate(
            place=place,
            title=_word(head, "title"),
            moment=moment,
            theme=_word(head, "theme") or self.theme,
            markup=_render(summary or body),
            url=_word(head, "url"),
            picture=_picture(head),
            credit=_word(head, "credit"),
            language=_word(head, "language") or self.language,
            kind=_word(head, "kind") or self.item_kind,
            guid=place,
        )
        return make_item(found, notes)

    def _read_text(self, path: Path, root: Path) -> str:
        if not _lies_in(path, root):
            raise _UnreadableError("a link that leads out of the folder")
        try:
            return read_file(path, self.name, _FILE_LIMIT).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _UnreadableError("not UTF-8 text") from error
        except SourceError as error:
            raise _UnreadableError(str(error).removeprefix(f"{self.name}: ")) from error

    def _read_date(self, head: dict[str, Any]) -> tuple[Moment, str | None]:
        text = _word(head, "date")
        if not text:
            return UNDATED, "no date; it takes the day it was first seen"
        moment = read_moment(text, self.zone)
        return moment, None if moment.day else f"date {text[:40]!r} cannot be read; it takes the day it was first seen"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder above it may not be looked into
        return False


def _lies_in(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # RuntimeError: Python 3.11's word for a circle of links
        return False


def _walk(root: Path, fail: Any) -> Iterator[Path]:
    """The Markdown files below `root` that are not hidden; links to folders are not followed."""
    for folder, inner, files in os.walk(root, onerror=fail):
        inner[:] = [name for name in inner if not name.startswith(".")]
        yield from (Path(folder, name) for name in files if name.lower().endswith(".md") and not name.startswith("."))


def _split(text: str) -> tuple[dict[str, Any], str]:
    """Front matter and body. All values of the front matter are strings: ``no`` is Norwegian, ``2026`` a title.

    Raises:
        _UnreadableError: no front matter, or none that is YAML.
    """
    handler = YAMLHandler()
    text = text.replace("\r\n", "\n").lstrip()
    if not handler.detect(text):
        raise _UnreadableError("no front matter (it begins and ends with a line of ---)")
    try:
        head, body = handler.split(text)
        if len(head) > _HEAD_LIMIT:
            raise _UnreadableError("more front matter than an item needs")
        values = handler.load(head, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _UnreadableError(f"front matter is not YAML{f' (line {mark.line + 1})' if mark else ''}") from error
    except RecursionError as error:
        raise _UnreadableError("front matter nests too deep") from error
    except ValueError as error:
        raise _UnreadableError("front matter does not end with a line of ---") from error
    if not isinstance(values, dict):
        raise _UnreadableError("front matter has no keys such as `title: ...`")
    return values, frontmatter.Post(body.strip()).content


def _unknown(head: dict[str, Any]) -> str | None:
    """A word on keys that mean nothing here: most are typing errors."""
    strange = sorted(str(key)[:40] for key in head if key not in _KEYS)
    return f"unknown key {', '.join(strange[:5])}; known are {', '.join(sorted(_KEYS))}" if strange else None


def _word(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _picture(head: dict[str, Any]) -> Picture | None:
    image = head.get("image")
    if isinstance(image, str):
        return Picture(url=image)
    if not isinstance(image, dict):
        return None
    return Picture(url=_word(image, "url"), alt=_word(image, "alt"), credit=_word(image, "credit"))


def _render(markdown: str) -> str | None:
    """HTML of Markdown in which HTML is only text."""
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 50}).render(markdown) if markdown.strip() else None
