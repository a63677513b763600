"""Keeps templates from including one another without end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextvars import ContextVar
from types import CodeType
from typing import Any

from jinja2 import Environment, Template, TemplateRuntimeError
from jinja2.runtime import Context

DEEPEST = 24  # templates, each included, imported or extended by the one before
_CHAIN: ContextVar[tuple[str, ...]] = ContextVar("including", default=())


class BoundedTemplate(Template):
    """A template that refuses to run inside itself, and deeper than `DEEPEST` templates."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 - Jinja2's name
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        """The template of compiled code; its root function counts how deep it is called."""
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func = _bound(template.root_render_func, template.name or "")
        return template


def _bound(render: Callable[[Context], Iterator[str]], name: str) -> Callable[[Context], Iterator[str]]:
    """`render`, which raises where the chain of those that run it has become too long."""

    def render_bounded(context: Context) -> Iterator[str]:
        chain = (*_CHAIN.get(), name)
        if len(chain) > DEEPEST:
            raise TemplateRuntimeError(_describe(chain))
        token = _CHAIN.set(chain)
        try:
            text = "".join(render(context))  # in one piece: every level would hand on every piece again
        finally:
            _CHAIN.reset(token)
        yield text

    return render_bounded


def _describe(chain: tuple[str, ...]) -> str:
    *before, last = chain
    if last not in before:
        return f"templates include one another deeper than {DEEPEST} levels"
    again = len(before) - 1 - before[::-1].index(last)
    return "the templates include one another without end: " + ", ".join(chain[again:])
