"""The rules that MJML is checked by, and what a breach of one is."""

from __future__ import annotations

from dataclasses import dataclass

from coopdigest.domain.edition import Severity

RULES: dict[str, str] = {
    "J01": "MJML is well formed: tags, comments and quotes are closed, one <mj-body> stands in one <mjml>.",
    "J02": "Every mj- element is one that MJML has.",
    "J03": "Every element, text and comment stands where it has an effect.",
    "J04": "Every attribute of an MJML element is one that it takes.",
    "J05": "Every attribute of an MJML element has a value of its kind.",
    "J06": "Elements nest no deeper than 100 levels, for the parser dies of some thousands.",
    "J07": "No attribute is without effect.",
    "J08": 'No @rule and no backslash stands in <mj-style inline="inline">, which cannot be inlined.',
}
"""What each rule asks, by its id."""

_WARNINGS = frozenset({"J07"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One breach of a rule: where it begins in the source, in characters, what it is, and what to do."""

    rule: str
    offset: int
    message: str
    hint: str

    @property
    def severity(self) -> Severity:
        """How bad it is; an error keeps an issue from being composed."""
        return Severity.WARNING if self.rule in _WARNINGS else Severity.ERROR

    def moved(self, by: int) -> Fault:
        """The same, `by` characters further on."""
        return Fault(self.rule, self.offset + by, self.message, self.hint)
