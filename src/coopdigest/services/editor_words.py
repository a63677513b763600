"""Takes the editor's words for an issue, by language: an introduction and a subject, each within bounds."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.issue import EditorWords, IssueState
from coopdigest.domain.period import Period
from coopdigest.ports import IssueStore

MOST_INTRODUCTION = 2_000  # characters of Markdown
MOST_SUBJECT = 200  # characters; clients show 40 to 70


@dataclass(frozen=True, slots=True)
class Wording:
    """Keeps what the editor says. `languages` are the digest's, its own first."""

    languages: tuple[str, ...]
    issues: IssueStore

    def language(self, name: str | None) -> str:
        """The digest's language that `name` means, its own for None.

        Raises:
            ConfigurationError: it is none of the digest's.
        """
        wanted = (name or self.languages[0]).replace("_", "-").casefold()
        for language in self.languages:
            if language.casefold() == wanted:
                return language
        known = ", ".join(self.languages)
        raise ConfigurationError(f"language {name!r} is none of this digest's; there are: {known}")

    def said(self, period: Period) -> tuple[EditorWords, ...]:
        """The words of the period's issue, one entry for each language of the digest, empty where nothing was said."""
        record = self.issues.record(period)
        kept = {words.language: words for words in record.words} if record else {}
        return tuple(kept.get(language, EditorWords(language)) for language in self.languages)

    def say(self, period: Period, words: EditorWords, *, clear: bool = False) -> bool:
        """Keep what `words` says, or with `clear` nothing else; what is None stays, what is empty is removed.

        Returns whether an approval was voided by it.

        Raises:
            ConfigurationError: longer than it may be, or no text.
            HeldError: the campaign is open already.
        """
        rest = "" if clear else None  # what the store keeps of words that are not given
        introduction, subject = _introduction(words.introduction), _subject(words.subject)
        new = EditorWords(
            words.language,
            rest if introduction is None else introduction,
            rest if subject is None else subject,
        )
        was_approved = self._is_approved(period)
        self.issues.set_words(period, new)
        return was_approved and not self._is_approved(period)

    def _is_approved(self, period: Period) -> bool:
        record = self.issues.record(period)
        return record is not None and record.state is IssueState.APPROVED


def _introduction(text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    _require_text("introduction", plain, MOST_INTRODUCTION, may_hold="\n\t")
    return plain


def _subject(text: str | None) -> str | None:
    if text is None:
        return None
    line = " ".join(text.split())
    _require_text("subject", line, MOST_SUBJECT)
    return line


def _require_text(what: str, text: str, most: int, *, may_hold: str = "") -> None:
    if len(text) > most:
        raise ConfigurationError(f"the {what} has {len(text):,} characters; it may have {most:,}")
    strange = [sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign not in may_hold]
    if strange:
        raise ConfigurationError(f"the {what} holds the control character U+{ord(strange[0]):04X}; remove it")
