"""Rules about the fixed words: each is there in the edition's language, and each own word is one that is used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from coopdigest.compose import wording
from coopdigest.compose.rules.page import CONFIGURATION
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "W01": "Every fixed word is there in the edition's language.",
    "W04": "Every word that is replaced is one that the templates know.",
    "W05": "Every placeholder in a word is one that is filled in.",
}
_NAMED = 6  # how many missing words a finding names
_NEAR = 0.6
_PRINTED = re.compile(r"\bwords\.(\w+)")


def check(folders: Sequence[Path], digest: Digest) -> Iterator[Finding]:
    """Findings about the catalogues in `folders`, the first of which wins, and about `[brand] words`; warnings all.

    Raises:
        CompositionError: a catalogue is not readable.
    """
    for language in digest.languages:
        yield from _find_missing(folders, digest, language)
    english = {**dict.fromkeys(_printed(folders), ""), **wording.read_catalogue(folders, wording.FALLBACK)}
    shipped = wording.read_catalogue(folders[-1:], wording.FALLBACK)
    for language in sorted(set(digest.brand.words) - _names(digest)):
        place, message = (
            f"{CONFIGURATION} [brand] words.{language}",
            f"no edition is in {language}, so nothing shows them",
        )
        yield Finding("W04", Severity.WARNING, place, message, f"write them for {', '.join(digest.languages)}")
    for language in digest.brand.words:
        words = wording.own_words(digest.brand.words, language)
        yield from _judge(words, english, shipped, f"{CONFIGURATION} [brand] words.{language}")
    for path in wording.catalogue_paths(folders):
        if path.stem != wording.FALLBACK:
            yield from _judge(wording.read_file(path), english, shipped, _place(path.stem))


def _names(digest: Digest) -> set[str]:
    """The names under which the digest's languages find words: their own, and the plain ones."""
    return {name for language in digest.languages for name in (language, language.split("-")[0])}


def _find_missing(folders: Sequence[Path], digest: Digest, language: str) -> Iterator[Finding]:
    missing = wording.missing_words(folders, language, digest.brand.words)
    if not missing:
        return
    place = _place(language)
    if not wording.has_words(folders, language, digest.brand.words):
        message = f"there is no catalogue for {language}: every fixed word of its edition is English"
        yield Finding("W01", Severity.WARNING, place, message, "copy en.toml to it and translate")
        return
    rest = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    message = f"not there in {language}, so English stands in: {', '.join(missing[:_NAMED])}{rest}"
    yield Finding("W01", Severity.WARNING, place, message, "translate them from en.toml")


def _printed(folders: Sequence[Path]) -> Iterator[str]:
    """The words that templates print: a digest's own template may have words of its own, in its language only."""
    for folder in folders:
        for path in (*folder.rglob("*.mjml"), *folder.rglob("*.txt")):
            if path.is_file():  # not what an editor leaves beside a file that is open
                yield from _PRINTED.findall(path.read_text("utf-8", "replace"))


def _judge(
    words: Mapping[str, wording.Word],
    english: Mapping[str, wording.Word],
    shipped: Mapping[str, wording.Word],
    place: str,
) -> Iterator[Finding]:
    for key, word in words.items():
        if key not in english:
            message = f"there is no word {key}, so nothing shows it"
            yield Finding("W04", Severity.WARNING, place, message, _suggest(key, english))
            continue
        if not english[key]:
            continue  # a word of the digest's own template: what it fills in, only that template knows
        known = wording.placeholders(english[key]) | wording.EXTRA_PLACEHOLDERS.get(key, frozenset())
        known |= wording.placeholders(shipped.get(key, ""))
        if isinstance(word, wording.Plural) and not isinstance(shipped.get(key, word), wording.Plural):
            message = f"{key} is a table of forms, though nothing is counted there"
            yield Finding("W05", Severity.WARNING, place, message, f"write {key} as one word in quotes")
        for name in sorted(wording.placeholders(word) - known):
            message = f"{{{name}}} in {key} is not filled in: readers see it as it stands"
            yield Finding("W05", Severity.WARNING, place, message, _suggest(name, known, braces=True))


def _suggest(name: str, known: Iterable[str], *, braces: bool = False) -> str:
    """Which of the `known` names is meant, or which there are."""
    write = "{{{}}}".format if braces else str
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, 1, _NEAR)
    if near:
        return f"did you mean {write(near[0])}?"
    return f"write one of {', '.join(map(write, names))}" if names else "take it out"


def _place(language: str) -> str:
    return f"templates/email/translations/{language}.toml"
