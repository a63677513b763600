"""Renders Jinja2 templates and says of every failure, and of every character, where in which file it is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from traceback import walk_tb
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError

from coopdigest.compose import text_filters, wording
from coopdigest.compose.including import BoundedTemplate
from coopdigest.compose.tracing import Position, Trace, TracingEnvironment
from coopdigest.domain.errors import CompositionError

ESCAPED = (".mjml", ".html", ".htm", ".xml")  # Jinja2 itself would leave .mjml unescaped
# What a template's expression can raise: its own names and sums, and the filters it gives the wrong thing.
_TEMPLATE_FAULTS = (
    TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError, SyntaxError,
)  # fmt: skip


class Templates:
    """The templates of some folders; file by file the first folder that has one wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Take the folders; files are read when they are needed, and again when they change."""
        self._folders = [Path(folder).absolute() for folder in folders]
        self._loader = _Loader(self._folders)
        self._plain = self._prepare(Environment)
        self._tracing = self._prepare(TracingEnvironment)
        self._stamp: tuple[tuple[str, int, int], ...] = ()

    def refresh(self) -> None:
        """Forget the templates if any file changed; one look at the folders for all templates of an issue."""
        stamp = tuple(_stamps(self._folders))
        if stamp != self._stamp:
            self._stamp = stamp
            for environment in (self._plain, self._tracing):
                if environment.cache is not None:
                    environment.cache.clear()

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The text that template `name` gives for `context`.

        Raises:
            CompositionError: it does not compile, uses an unknown name, or includes without end.
        """
        return self._render(self._plain, name, context)

    def locate(self, name: str, context: Mapping[str, Any], *offsets: int) -> list[str]:
        """Where in a template the characters at `offsets` of what `name` gives for `context` were written.

        A place is `file:line:column`, both counted from 1; what an expression gave is where the expression begins.
        Where a filter around a template's own text makes something else of it when it is traced, it is the file alone.
        """
        trace = Trace(name, self._render(self._tracing, name, context))
        if trace.text != self.render(name, context):
            return [self._place(name)] * len(offsets)
        return [self._place_at(trace.locate(offset)) for offset in offsets]

    def check_syntax(self) -> Iterator[CompositionError]:
        """What does not compile, one error for each template."""
        for name in self.names():
            try:
                self._plain.get_template(name)
            except (CompositionError, *_TEMPLATE_FAULTS) as error:
                yield error if isinstance(error, CompositionError) else self._translate(error, name)

    def names(self) -> list[str]:
        """The names of all templates."""
        return [
            name
            for name in self._plain.list_templates()
            if name.endswith((*ESCAPED, ".txt")) and "/." not in f"/{name}"
        ]

    def _prepare(self, kind: type[Environment]) -> Environment:
        environment = kind(
            loader=self._loader,
            autoescape=lambda name: name is not None and name.endswith(ESCAPED),  # the text part must not be
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # `refresh` does it
        )
        environment.template_class = BoundedTemplate
        environment.filters |= {"fill": wording.fill, **text_filters.FILTERS}
        return environment

    def _render(self, environment: Environment, name: str, context: Mapping[str, Any]) -> str:
        try:
            return environment.get_template(name).render(context)
        except _TEMPLATE_FAULTS as error:
            raise self._translate(error, name) from error

    def _translate(self, error: Exception, name: str) -> CompositionError:
        if isinstance(error, TemplateSyntaxError):
            return CompositionError(
                error.message or "not a template", place=self._place(error.name or name, error.lineno)
            )
        frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
        ours = [(found, line) for path, line in frames if (found := self._name_of(path))]
        place = self._place(*ours[-1]) if ours else self._place(name)
        if isinstance(error, SyntaxError):  # of the program that Jinja2 makes of a template
            place = self._place(self._name_of(error.filename or "") or name)
            return CompositionError("blocks nest too deep; put the inner ones into a partial", place=place)
        if isinstance(error, RecursionError):
            message = "a template calls itself without end, or its blocks or brackets nest too deep"
            return CompositionError(message, place=place)
        if isinstance(error, TemplateNotFound):
            return CompositionError(f"there is no template {error.name or error}", place=place)
        return CompositionError(str(error) or type(error).__name__, place=place)

    def _name_of(self, path: str) -> str | None:
        """The template's name for the path of its file."""
        for folder in self._folders:
            if Path(path).is_relative_to(folder):
                return Path(path).relative_to(folder).as_posix()
        return None

    def place_of(self, name: str) -> str:
        """How findings name a template as a whole."""
        return self._place(name)

    def _place_at(self, position: Position) -> str:
        return f"{self._place(position.name, position.line)}:{position.column}"

    def _place(self, name: str, line: int | str | None = None) -> str:
        folder = next((folder for folder in self._folders if (folder / name).is_file()), self._folders[0])
        return "/".join([*folder.parts[-2:], name]) + (f":{line}" if line else "")


def _stamps(folders: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    """Name, time and size of every file in the folders, and in theirs."""
    for folder in folders:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            try:
                found = entry.stat()
            except OSError:
                continue  # gone since, or a link to nothing, as editors leave beside a file that is open
            yield entry.path, found.st_mtime_ns, found.st_size
        yield from _stamps([Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)])


class _Loader(FileSystemLoader):
    """Reads templates from folders; what is not text in UTF-8 is an expected failure."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Any]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            raise CompositionError("not text in UTF-8", place=f"templates/email/{template}") from error
        except PermissionError as error:
            raise CompositionError("may not be read; mend its mode", place=f"templates/email/{template}") from error
