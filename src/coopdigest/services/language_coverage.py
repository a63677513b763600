"""Says what an issue of several languages lacks in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.issue import EditorWords, Issue

RULES: dict[str, str] = {
    "W02": "Every edition has items of its own: none shows the whole issue for want of one in its language.",
    "W03": "What the editor says, introduction or subject, is there in every language.",
}
"""What each rule asks, by its id."""


def check_languages(issue: Issue, languages: tuple[str, ...]) -> Mapping[str, list[Finding]]:
    """The warnings for every edition, by language; none for a digest of one language, or an issue without items."""
    if len(languages) < 2 or not issue.size:
        return {language: [] for language in languages}
    return {
        language: [*_find_fallback(issue, language, languages), *_find_silence(issue, language)]
        for language in languages
    }


def _find_fallback(issue: Issue, language: str, languages: tuple[str, ...]) -> Iterator[Finding]:
    if issue.falls_back(language, languages):
        message = f"no item is in {language}; the edition shows the whole issue, in other languages"
        hint = "add a source in this language, or take the language out of [digest] languages"
        yield Finding("W02", Severity.WARNING, f"edition {language}", message, hint)


def _find_silence(issue: Issue, language: str) -> Iterator[Finding]:
    """What is said in another language and not in this one."""
    said = issue.words_in(language)
    for name in ("introduction", "subject"):
        others = [each.language for each in issue.words if getattr(each, name)]
        if others and not getattr(said, name):
            yield _silence(issue, said, name, others)


def _silence(issue: Issue, said: EditorWords, name: str, others: list[str]) -> Finding:
    message = (
        f"there is {'an introduction' if name == 'introduction' else 'a subject'} in {', '.join(others)}, not here"
    )
    value = "FILE" if name == "introduction" else "TEXT"
    hint = f"coopdigest words {issue.period.key} --language {said.language} --{name} {value}"
    return Finding("W03", Severity.WARNING, f"edition {said.language}", message, hint)
