"""Renders an issue for one language: templates to MJML to inlined HTML, and the text twin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coopdigest.compose import cleaning, inlining
from coopdigest.compose.density import HTML_BUDGET, WHOLE, Plan, plans
from coopdigest.compose.lint import lint
from coopdigest.compose.rendering import MAIL, SUBJECT, TEXT, Renderer
from coopdigest.compose.template_checks import TemplateCheck, check_templates
from coopdigest.compose.views import Viewer
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.issue import Issue


@dataclass(frozen=True, slots=True)
class _Fitting:
    """An HTML part that keeps to the budget, the plan that did it, and its variables."""

    plan: Plan
    context: Mapping[str, Any]
    html: str


class EmailComposer:
    """The composer of a digest, with its templates (port: `coopdigest.ports.Composer`)."""

    def __init__(self, digest: Digest, template_folders: Sequence[Path]) -> None:
        """Take the digest and the folders of its templates; file by file the first folder wins."""
        self._digest = digest
        self._renderer = Renderer(digest, template_folders)

    def compose(self, issue: Issue, language: str) -> Edition:
        """Render `issue` (already narrowed to the language) for `language`.

        The HTML keeps to its budget by showing less of every item; the text part always shows everything.

        Raises:
            CompositionError: a template does not compile or nests too deep (place: file and line).
        """
        self._renderer.templates.refresh()
        viewer = self._renderer.viewer(issue, language)
        fitting = self._fit(viewer)
        context = fitting.context if fitting.plan == WHOLE else viewer.context()
        subject = cleaning.clean_line(self._renderer.templates.render(SUBJECT, context))
        text = self._renderer.templates.render(TEXT, context)
        return Edition(language, subject, fitting.html, _tidy(text), viewer.nonce)

    def mjml(self, issue: Issue, language: str) -> str:
        """The MJML that `compose` compiles for `issue`: what the bench gives to other compilers.

        Raises:
            CompositionError: as `compose`.
        """
        self._renderer.templates.refresh()
        fitting = self._fit(self._renderer.viewer(issue, language))
        return self._renderer.templates.render(MAIL, fitting.context)

    def check(self, edition: Edition) -> list[Finding]:
        """Lint an edition by the rules of `check`; worst first."""
        self._renderer.templates.refresh()
        templates = TemplateCheck(self._renderer, edition.language)
        found = lint(edition, self._digest, lambda node: templates.places.place_of(node))
        return _worst_first([*found, *templates.findings()])

    def check_templates(self) -> list[Finding]:
        """Lint the templates and the fixed words by themselves: what does not compile, with file and line."""
        self._renderer.templates.refresh()
        return _worst_first(dict.fromkeys(check_templates(self._renderer)))

    def _fit(self, viewer: Viewer) -> _Fitting:
        """The HTML part by the fullest plan that keeps to the budget.

        Where the template alone is too large no item is to blame, and the last plan is taken.
        """
        *fuller, last = plans(viewer.issue.size)
        for plan in fuller:
            context = viewer.context(plan)
            plain, css = self._renderer.compile(context)
            if _size(plain) <= HTML_BUDGET:  # inlining only ever adds
                html = inlining.inline(plain, css)
                if _size(html) <= HTML_BUDGET:
                    return _Fitting(plan, context, html)
        context = viewer.context(last)
        return _Fitting(last, context, inlining.inline(*self._renderer.compile(context)))


def _size(html: str) -> int:
    return len(html.encode("utf-8"))


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _tidy(text: str) -> str:
    """Lines without trailing blanks, at most one blank line between, one line end at the end."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n") + "\n"
