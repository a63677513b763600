"""The archive: sent issues on the web, as they were mailed but for the personal parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from coopdigest.compose.wording import period_in_words
from coopdigest.domain.edition import Edition, Slot, blank
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.issue import OPENED, IssueState
from coopdigest.domain.period import Period, parse_period
from coopdigest.ports import Clock, IssueRecord, IssueStore
from coopdigest.web.frame import Frame
from coopdigest.web.pages import EVERYWHERE, PUBLIC, mail_response
from coopdigest.web.words import direction_of


@dataclass(frozen=True, slots=True)
class Archive:
    """The handlers of the archive. They block, so Starlette runs them in threads."""

    frame: Frame
    issues: IssueStore
    clock: Clock
    _headlines: dict[tuple[str, str | None], list[tuple[str, str]]] = field(default_factory=dict)

    def index(self, request: Request) -> Response:
        """List the issues whose campaign was opened, newest first."""
        entries = (self._entry(record) for record in self.issues.records() if record.state in OPENED)
        return self.frame.listing([entry for entry in entries if entry], PUBLIC)

    def issue(self, request: Request) -> Response:
        """Show an edition of a sent issue; drafts and approved issues are not there, withdrawn ones are gone."""
        edition = self._sent_edition(request)
        if isinstance(edition, Response):
            return edition
        html = blank(edition, edition.html, {Slot.UNSUBSCRIBE_URL: self._way_out(edition)})
        return mail_response(html, may="frame-ancestors 'none'", headers=PUBLIC)

    def text(self, request: Request) -> Response:
        """Show the text part of a sent issue: it holds every item, however many the HTML part had to leave out."""
        edition = self._sent_edition(request)
        if isinstance(edition, Response):
            return edition
        text = blank(edition, edition.text, {Slot.UNSUBSCRIBE_URL: self._way_out(edition)})
        return PlainTextResponse(text, headers={**EVERYWHERE, **PUBLIC, "Content-Language": edition.language})

    def _sent_edition(self, request: Request) -> Edition | Response:
        """The edition that a request names, or the notice that says why it is not shown."""
        period = self._period(request.path_params["period"])
        record = self.issues.record(period) if period else None
        words = self.frame.words()
        if period is None or record is None or record.state not in OPENED | {IssueState.CANCELLED}:
            return self.frame.notice(404, words.missing)
        edition = self._edition(period, request.path_params["language"])
        if edition is None:
            return self.frame.notice(404, words.missing)
        if record.state is IssueState.CANCELLED:  # cancelled half-way: some have a message whose link leads here
            return self.frame.notice(410, words.withdrawn)
        return edition

    def _period(self, text: str) -> Period | None:
        """The period of exactly this key: `last` names another one every month, an issue has one address."""
        digest = self.frame.digest
        try:
            period = parse_period(text, digest.cadence, digest.zone, self.clock.now())
        except ConfigurationError:
            return None
        return period if period.key == text else None

    def _edition(self, period: Period, language: str) -> Edition | None:
        return next((e for e in self.issues.editions(period) if e.language == language), None)

    def _way_out(self, edition: Edition) -> str:
        own = edition.language == self.frame.digest.language
        query = "" if own else f"?language={quote(edition.language, safe='')}"
        return f"{self.frame.root}/unsubscribe{query}"

    def _entry(self, record: IssueRecord) -> dict[str, object] | None:
        period = self._period(record.period)
        if period is None:
            return None
        editions = [
            {
                "link": f"{self.frame.root}/issues/{quote(record.period)}/{quote(language)}",
                "language": language,
                "direction": direction_of(language),
                "subject": subject,
            }
            for language, subject in self._headlines_of(record, period)
        ]
        return {"when": period_in_words(period, self.frame.words().language), "editions": editions}

    def _headlines_of(self, record: IssueRecord, period: Period) -> list[tuple[str, str]]:
        """Language and subject of each edition, read once: frozen editions do not change."""
        key = (record.period, record.fingerprint)
        if key not in self._headlines:
            self._headlines[key] = [(e.language, e.subject) for e in self.issues.editions(period)]
        return self._headlines[key]
