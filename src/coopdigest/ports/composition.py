"""Renders and checks an issue, and asks whether somebody answers at its links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from coopdigest.domain.edition import Edition, Finding
from coopdigest.domain.issue import Issue


class Composer(Protocol):
    """Renders an issue. Pure: same issue, same templates, same bytes; no network, no clock."""

    def compose(self, issue: Issue, language: str) -> Edition:
        """Render `issue` (already narrowed to the language) for `language`.

        Raises:
            CompositionError: a template does not compile or nests too deep (place: file and line).
        """
        ...

    def check(self, edition: Edition) -> list[Finding]:
        """Lint an edition by the rules of `check`; worst first."""
        ...

    def check_templates(self) -> list[Finding]:
        """Lint the templates by themselves: those that do not compile, with file and line."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an edition: where to, in which words, and where it stands.

    `is_items_own` says that only the source can mend it; otherwise the template or the configuration can.
    """

    url: str
    words: str
    place: str
    is_items_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What asking for a link gave. `status` is the last one (RFC 9110 15), None where nobody answered.

    `final_url` is where redirects ended; `moved_to` where the permanent ones among the first led, None without any.
    `problem` says in words, after the name of the host, why there is no answer; `is_dead` that nobody gets one:
    the name is unknown, the connection refused, TLS broken.
    """

    url: str
    final_url: str
    status: int | None = None
    moved_to: str | None = None
    problem: str | None = None
    is_dead: bool = False


class LinkVisitor(Protocol):
    """Asks whether somebody answers at a link, politely; called from several threads at once."""

    def visit(self, url: str) -> LinkAnswer:
        """Ask for `url` (http or https, without fragment). What goes wrong is in the answer, never raised.

        Only public addresses are asked, whatever a source or a redirect names.
        """
        ...
