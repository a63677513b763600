"""Renders an issue's templates for one language: to MJML, and that to HTML, with the place of every failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coopdigest.compose import wording
from coopdigest.compose.item_views import ItemViewer
from coopdigest.compose.markup import MarkupError, compile_mjml
from coopdigest.compose.templates import Templates
from coopdigest.compose.views import Viewer
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import nonce_for
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue

MAIL, TEXT, SUBJECT = "issue.mjml", "issue.txt", "subject.txt"


class Renderer:
    """The templates of a digest, and what they need to know of an issue."""

    def __init__(self, digest: Digest, folders: Sequence[Path]) -> None:
        """Take the digest and the folders of its templates; file by file the first folder wins."""
        self.digest = digest
        self.folders = list(folders)
        self.templates = Templates(folders)

    def viewer(self, issue: Issue, language: str) -> Viewer:
        """What the templates see of `issue` in `language`.

        Raises:
            CompositionError: a catalogue of fixed words cannot be read.
        """
        words = wording.read_words(self.folders, language, self.digest.brand.words)
        items = ItemViewer(self.digest, language, words, issue.period)
        return Viewer(self.digest, language, words, issue, items, nonce_for(issue))

    def compile(self, context: Mapping[str, Any]) -> tuple[str, str]:
        """The HTML part, and the style rules that are still to be inlined into it.

        Raises:
            CompositionError: a template does not compile, or makes no good MJML (place: file, line and column).
        """
        source = self.templates.render(MAIL, context)
        try:
            return compile_mjml(source, context["language"], context["direction"])
        except MarkupError as error:
            (place,) = self.templates.locate(MAIL, context, error.offset)
            raise CompositionError(str(error), place=place) from error
