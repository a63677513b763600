"""Renders an issue for one language: templates to MJML to inlined HTML, and the text twin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coopdigest.compose import cleaning, inlining, wording
from coopdigest.compose.density import WHOLE, Plan, plans
from coopdigest.compose.item_views import ItemViewer
from coopdigest.compose.lint import lint
from coopdigest.compose.markup import MarkupError, compile_mjml
from coopdigest.compose.mjml_rules import find_faults
from coopdigest.compose.probe import leftovers, probe_issue, probe_issues
from coopdigest.compose.rules import words
from coopdigest.compose.templates import Templates
from coopdigest.compose.views import Viewer
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Finding, Severity, nonce_for
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue

PARTS = ("subject.txt", "issue.mjml", "issue.txt")
HTML_BUDGET = 90_000  # bytes; Gmail clips at about 102,000 (B28) and transport encodings may alter a little


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
        self._folders = list(template_folders)
        self._templates = Templates(template_folders)

    def compose(self, issue: Issue, language: str) -> Edition:
        """Render `issue` (already narrowed to the language) for `language`.

        The HTML keeps to its budget by showing less of every item; the text part always shows everything.

        Raises:
            CompositionError: a template does not compile or nests too deep (place: file and line).
        """
        self._templates.refresh()
        viewer = self._viewer(issue, language)
        fitting = self._fit(viewer)
        context = fitting.context if fitting.plan == WHOLE else viewer.context()
        subject = cleaning.clean_line(self._templates.render("subject.txt", context))
        text = self._templates.render("issue.txt", context)
        return Edition(language, subject, fitting.html, _tidy(text), viewer.nonce)

    def mjml(self, issue: Issue, language: str) -> str:
        """The MJML that `compose` compiles for `issue`: what the bench gives to other compilers.

        Raises:
            CompositionError: as `compose`.
        """
        self._templates.refresh()
        fitting = self._fit(self._viewer(issue, language))
        return self._templates.render("issue.mjml", fitting.context)

    def check(self, edition: Edition) -> list[Finding]:
        """Lint an edition by the rules of `check`; worst first."""
        return _worst_first([*lint(edition, self._digest), *self._check_leftovers(edition.language)])

    def check_templates(self) -> list[Finding]:
        """Lint the templates and the fixed words by themselves: what does not compile, with file and line."""
        self._templates.refresh()
        findings = [_finding(error) for error in self._templates.check_syntax()]
        if not findings:
            for language in self._digest.languages:
                findings += self._check_leftovers(language)
        return _worst_first(dict.fromkeys([*findings, *self._check_words()]))

    def _check_words(self) -> list[Finding]:
        try:
            return list(words.check(self._folders, self._digest))
        except CompositionError as error:
            return [_finding(error)]

    def _fit(self, viewer: Viewer) -> _Fitting:
        """The HTML part by the fullest plan that keeps to the budget.

        Where the template alone is too large no item is to blame, and the last plan is taken.
        """
        *fuller, last = plans(viewer.issue.size)
        for plan in fuller:
            context = viewer.context(plan)
            plain, css = self._compile(context)
            if _size(plain) <= HTML_BUDGET:  # inlining only ever adds
                html = inlining.inline(plain, css)
                if _size(html) <= HTML_BUDGET:
                    return _Fitting(plan, context, html)
        context = viewer.context(last)
        return _Fitting(last, context, inlining.inline(*self._compile(context)))

    def _viewer(self, issue: Issue, language: str) -> Viewer:
        words = wording.read_words(self._folders, language, self._digest.brand.words)
        items = ItemViewer(self._digest, language, words, issue.period)
        return Viewer(self._digest, language, words, issue, items, nonce_for(issue))

    def _compile(self, context: Mapping[str, Any]) -> tuple[str, str]:
        """The HTML part, and the style rules that are still to be inlined into it."""
        source = self._templates.render("issue.mjml", context)
        try:
            return compile_mjml(source, context["language"], context["direction"])
        except MarkupError as error:
            (place,) = self._templates.locate("issue.mjml", context, error.offset)
            raise CompositionError(str(error), place=place) from error

    def _check_leftovers(self, language: str) -> list[Finding]:
        """What the templates have got wrong where every word of the items is known: MJML, and code that is printed."""
        found: list[Finding] = []
        try:
            contexts = [
                self._viewer(issue, language).context(plan) for issue, plan in probe_issues(self._digest, language)
            ]
            for context in contexts:
                found += self._find_mjml(context)
            if not any(finding.severity is Severity.ERROR for finding in found):
                self.compose(probe_issue(self._digest, language), language)
            for context in contexts:
                found += [finding for name in PARTS for finding in self._find_leftovers(name, context)]
        except CompositionError as error:
            found.append(_finding(error))
        return list(dict.fromkeys(found))

    def _find_mjml(self, context: Mapping[str, Any]) -> Iterator[Finding]:
        faults = find_faults(self._templates.render("issue.mjml", context))
        places = self._templates.locate("issue.mjml", context, *(fault.offset for fault in faults)) if faults else []
        for fault, place in zip(faults, places, strict=True):
            yield Finding(fault.rule, fault.severity, place, fault.message, fault.hint)

    def _find_leftovers(self, name: str, context: Mapping[str, Any]) -> Iterator[Finding]:
        hint = "remove it, or write it as Jinja2 that this program fills in"
        printed = list(leftovers(self._templates.render(name, context)))
        places = self._templates.locate(name, context, *(offset for offset, _ in printed)) if printed else []
        for (_, code), place in zip(printed, places, strict=True):
            yield Finding("M01", Severity.ERROR, place, f"template code is printed: {code}", hint)


def _size(html: str) -> int:
    return len(html.encode("utf-8"))


def _finding(error: CompositionError) -> Finding:
    place = error.place or "templates/email"
    return Finding(
        "T01", Severity.ERROR, place, str(error).removeprefix(f"{place}: "), "mend the template and check again"
    )


def _worst_first(findings: Any) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _tidy(text: str) -> str:
    """Lines without trailing blanks, at most one blank line between, one line end at the end."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n") + "\n"
