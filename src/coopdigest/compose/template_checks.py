"""Checks the templates by themselves, on an issue of which every word is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coopdigest.compose import inlining
from coopdigest.compose.mjml_rules import find_faults
from coopdigest.compose.placing import Places
from coopdigest.compose.probe import leftovers, probe_issues
from coopdigest.compose.rendering import MAIL, SUBJECT, TEXT, Renderer
from coopdigest.compose.rules import words
from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.errors import CompositionError

_BOTH = "print every item and the media contact in both parts"


def check_templates(renderer: Renderer) -> Iterator[Finding]:
    """What does not compile, is no good MJML, or prints template code; and what is wrong with the fixed words."""
    broken = [template_fault(error) for error in renderer.templates.check_syntax()]
    yield from broken
    for language in () if broken else renderer.digest.languages:
        yield from TemplateCheck(renderer, language).findings()
    try:
        yield from words.check(renderer.folders, renderer.digest)
    except CompositionError as error:
        yield template_fault(error)


def template_fault(error: CompositionError) -> Finding:
    """A template that does not compile, as a finding."""
    place = error.place or "templates/email"
    message = str(error).removeprefix(f"{place}: ")
    return Finding("T01", Severity.ERROR, place, message, "mend the template and check again")


@dataclass(frozen=True)
class TemplateCheck:
    """The templates in one language, used in every way that an issue can use them."""

    renderer: Renderer
    language: str

    def findings(self) -> list[Finding]:
        """What the templates have got wrong where every word of the items is known; each once."""
        found: list[Finding] = []
        try:
            for context in self._contexts:
                found += self._find_faults(context)
            if not any(finding.severity is Severity.ERROR for finding in found):
                inlining.inline(*self.renderer.compile(self._contexts[0]))
            found += self._find_silence(self._contexts[0])
            for context in self._contexts:
                found += [finding for name in (SUBJECT, MAIL, TEXT) for finding in self._find_leftovers(name, context)]
        except CompositionError as error:
            found.append(template_fault(error))
        return list(dict.fromkeys(found))

    @cached_property
    def places(self) -> Places:
        """Where in the templates the elements of the HTML part are written."""
        return Places(self.renderer, self._contexts)

    @cached_property
    def _contexts(self) -> list[dict[str, Any]]:
        issues = probe_issues(self.renderer.digest, self.language)
        return [self.renderer.viewer(issue, self.language).context(plan) for issue, plan in issues]

    def _find_faults(self, context: Mapping[str, Any]) -> Iterator[Finding]:
        faults = find_faults(self.renderer.templates.render(MAIL, context))
        places = self._locate(MAIL, context, [fault.offset for fault in faults])
        for fault, place in zip(faults, places, strict=True):
            yield Finding(fault.rule, fault.severity, place, fault.message, fault.hint)

    def _find_silence(self, context: Mapping[str, Any]) -> Iterator[Finding]:
        """What a part does not say: a title, or whom a journalist asks."""
        wanted = [item.title for section in context["sections"] for item in section.items]
        wanted.append(context["contact"]["email"])
        for name, part in ((MAIL, "HTML part"), (TEXT, "text part")):
            said = self.renderer.templates.render(name, context)
            missing = next((words for words in wanted if words not in said), None)
            if missing:
                message = f"the {part} does not print “{missing}” of the issue that templates are tried with"
                place = self.renderer.templates.place_of(name)
                yield Finding("B29", Severity.ERROR, place, message, _BOTH)

    def _find_leftovers(self, name: str, context: Mapping[str, Any]) -> Iterator[Finding]:
        hint = "remove it, or write it as Jinja2 that this program fills in"
        printed = list(leftovers(self.renderer.templates.render(name, context)))
        places = self._locate(name, context, [offset for offset, _ in printed])
        for (_, code), place in zip(printed, places, strict=True):
            yield Finding("M01", Severity.ERROR, place, f"template code is printed: {code}", hint)

    def _locate(self, name: str, context: Mapping[str, Any], offsets: list[int]) -> list[str]:
        return self.renderer.templates.locate(name, context, *offsets) if offsets else []
