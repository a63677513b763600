"""The frame that the public pages share: a card with a heading, a few sentences and at most one button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from markupsafe import Markup
from starlette.responses import Response

from coopdigest.domain.digest import Digest
from coopdigest.web.pages import PRIVATE, page_response
from coopdigest.web.words import Words, fill, words_for


@dataclass(frozen=True, slots=True)
class Frame:
    """The card of one digest's public pages."""

    digest: Digest

    @property
    def root(self) -> str:
        """The path of `public_url`, without a trailing slash; links begin with it, whatever proxy is in front."""
        return urlsplit(self.digest.public_url or "").path.rstrip("/")

    def words(self, language: str | None = None) -> Words:
        """The words of `language`, by default the digest's own."""
        return words_for(language or self.digest.language)

    def card(
        self, words: Words, title: str, sentences: Sequence[str], *, address: str = "", button: str = ""
    ) -> Response:
        """A page for one person's eyes: not cached, not indexed."""
        filled = [self._fill(sentence, address) for sentence in sentences]
        return self._page(words, {"title": title, "sentences": filled, "button": button}, 200, PRIVATE)

    def notice(
        self, status: int, title: str, sentences: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> Response:
        """A page of the digest's own language that says why there is nothing else to see."""
        words = self.words()
        filled = [self._fill(sentence) for sentence in sentences]
        values = {"title": self._fill(title), "sentences": filled}
        return self._page(words, values, status, {**PRIVATE, **(headers or {})})

    def listing(self, issues: Sequence[Mapping[str, object]], headers: Mapping[str, str]) -> Response:
        """The page that lists issues."""
        words = self.words()
        sentences = [] if issues else [self._fill(words.archive_empty)]
        values = {"title": words.archive_title, "sentences": sentences, "issues": issues, "archive": None}
        return self._page(words, values, 200, headers)

    def _page(self, words: Words, values: Mapping[str, object], status: int, headers: Mapping[str, str]) -> Response:
        archive = {"link": f"{self.root}/", "words": self._fill(words.archive_link)}
        usual = {"words": words, "digest": self.digest.name, "button": "", "issues": (), "archive": archive}
        return page_response("card", {**usual, **values}, may="form-action 'self'", status=status, headers=headers)

    def _fill(self, sentence: str, address: str = "") -> Markup:
        contact = self.digest.unsubscribe_address()
        link = Markup('<a href="mailto:{}">{}</a>').format(quote(contact, safe="@+"), contact)
        return fill(sentence, digest=self.digest.name, address=address, contact=link)
