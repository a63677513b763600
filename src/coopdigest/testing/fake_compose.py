"""A composer, a message factory and a checker that do just enough to be recognised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import partial

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition, Finding, Slot, blank
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue
from coopdigest.ports import Unfinished
from coopdigest.testing.builders import make_edition


class FakeComposer:
    """A `Composer` that prints titles; its findings and its failure are what a test sets."""

    def __init__(self, findings: Sequence[Finding] = (), template_findings: Sequence[Finding] = ()) -> None:
        """Find `findings` in every edition and `template_findings` in the templates."""
        self.findings, self.template_findings = list(findings), list(template_findings)
        self.failure: str | None = None
        self.composed: list[tuple[str, str]] = []

    def compose(self, issue: Issue, language: str) -> Edition:
        """The titles as paragraphs and lines; the call is kept in `composed` as (period, language)."""
        if self.failure is not None:
            raise CompositionError(self.failure, place="digest.mjml.j2:1")
        self.composed.append((issue.period.key, language))
        return make_edition(issue, language)

    def check(self, edition: Edition) -> list[Finding]:
        """The findings that were set."""
        return list(self.findings)

    def check_templates(self) -> list[Finding]:
        """The template findings that were set."""
        return list(self.template_findings)


class FakeMessageFactory:
    """A `MessageFactory` that writes a plain message with the headers a test looks at."""

    def __init__(self, *, is_slow: bool = False) -> None:
        """Whether messages are to be finished in another thread."""
        self.is_slow = is_slow

    def begin(self, edition: Edition, delivery: Claimed, now: datetime) -> Unfinished:
        """Everything is left to do."""
        return partial(self.build, edition, delivery, now)

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The text part alone, with the delivery's own unsubscribe link."""
        link = f"https://news.example.org/u/{delivery.subscriber}"
        lines = [
            f"To: {delivery.address}",
            f"Subject: {edition.subject}",
            f"Date: {format_datetime(now)}",
            f"Message-ID: <{delivery.campaign}.{delivery.subscriber}@example.org>",
            "Content-Type: text/plain; charset=utf-8",
            "",
            *blank(edition, edition.text, {Slot.UNSUBSCRIBE_URL: link}).splitlines(),
            "",
        ]
        return "\r\n".join(lines).encode("utf-8")


class FakeMessageChecker:
    """A `MessageChecker` whose findings are what a test sets."""

    def __init__(self, findings: Sequence[Finding] = ()) -> None:
        """Find `findings` in every edition's message."""
        self.findings = list(findings)

    def check(self, edition: Edition) -> list[Finding]:
        """The findings that were set."""
        return list(self.findings)
