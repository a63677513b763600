"""The preview: one page on loopback that shows an issue as it would be sent, and what `check` says of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from coopdigest.domain.digest import Mailbox
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, blank
from coopdigest.domain.errors import CoopdigestError
from coopdigest.web.pages import EVERYWHERE, PRIVATE, mail_response, page_response
from coopdigest.web.watching import stamp_of
from coopdigest.web.words import direction_of, name_of

log = logging.getLogger(__name__)

_MAY = "connect-src 'self'; frame-src 'self'; form-action 'none'"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedIssue:
    """An issue as the preview shows it.

    `editions` are the digest's languages in their order, or those of them that could be composed; `findings`
    are by language. `error` says why an edition could not be composed. `period` is the key, `period_words`
    the same for a reader. `recipients` is the audience as it stands. `overridden` names the errors that the approval
    was forced over.
    """

    digest: str
    period: str
    period_words: str
    state: str
    sender: Mailbox
    editions: Sequence[Edition] = ()
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    error: str | None = None
    recipients: int | None = None
    overridden: Sequence[str] = ()

    def edition(self, language: str | None) -> Edition | None:
        """The edition of `language`, the first one for None."""
        return next((e for e in self.editions if language in (None, e.language)), None)


Load = Callable[[str | None], PreviewedIssue]
"""Loads the issue afresh. Given a language, it needs to check only that edition; it must show all languages."""


def preview_app(load: Load, watched: Sequence[Path]) -> Starlette:
    """The application of `coopdigest preview`; read-only, for browsers on this machine.

    Every page asks `load` anew, so it shows what would be sent now. An open page reloads within about a second
    of a change to a file under `watched`. `load` is called in threads.
    """
    preview = _Preview(load, tuple(watched))
    return Starlette(
        routes=[
            Route("/", preview.page),
            Route("/mail/{language}.html", preview.mail),
            Route("/version", preview.version),
        ],
        middleware=[Middleware(_OnlyByLoopbackNames)],
        exception_handlers={HTTPException: _refuse},
    )


@dataclass(frozen=True, slots=True)
class _Preview:
    """The handlers of the preview."""

    load: Load
    watched: Sequence[Path]

    def page(self, request: Request) -> Response:
        """The page: headers, both widths, text and checks of one language."""
        version = stamp_of(self.watched)  # before loading: a change meanwhile shows at the next question
        chosen = request.query_params.get("language")
        try:
            shown = self.load(chosen)
        except CoopdigestError as error:
            return self._page(version, {"error": str(error)})
        edition = shown.edition(chosen)
        if edition is None and shown.editions and not shown.error:
            raise HTTPException(404)
        return self._page(version, {"issue": shown, "edition": edition, "error": shown.error} | _facts(shown, edition))

    def mail(self, request: Request) -> Response:
        """The mail itself, for the page's frames, where neither the frame nor the policy lets anything run."""
        language = request.path_params["language"]
        try:
            edition = self.load(language).edition(language)
        except CoopdigestError as error:
            return PlainTextResponse(str(error), headers={**EVERYWHERE, **PRIVATE})
        if edition is None:
            raise HTTPException(404)
        html = blank(edition, edition.html, {Slot.UNSUBSCRIBE_URL: "#"})
        return mail_response(html, may="frame-ancestors 'self'; sandbox", headers=PRIVATE)

    def version(self, request: Request) -> Response:
        """The stamp of the watched files, which an open page asks for once a second."""
        return PlainTextResponse(stamp_of(self.watched), headers={**EVERYWHERE, **PRIVATE})

    def _page(self, version: str, values: Mapping[str, object]) -> Response:
        empty = {"issue": None, "edition": None, "error": None, "version": version}
        return page_response("preview", {**empty, **values}, may=_MAY, headers=PRIVATE)


def _facts(shown: PreviewedIssue, edition: Edition | None) -> dict[str, object]:
    if edition is None:
        return {}
    findings = list(shown.findings.get(edition.language, ()))
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return {
        "direction": direction_of(edition.language),
        "languages": [
            {"code": e.language, "name": name_of(e.language), "link": f"/?language={quote(e.language, safe='')}"}
            for e in shown.editions
        ],
        "mail": f"/mail/{quote(edition.language, safe='')}.html",
        "preheader": preheader_of(edition.html),
        "size": f"{len(edition.html.encode()) / 1000:.1f} kB",
        "text": blank(edition, edition.text, {Slot.UNSUBSCRIBE_URL: "[the subscriber's own link]"}),
        "findings": findings,
        "errors": errors,
        "warnings": len(findings) - errors,
    }


def preheader_of(html: str) -> str:
    """What inboxes show after the subject: the hidden text with which a mail's body begins, empty without one."""
    body = LexborHTMLParser(html).body
    first = body.css_first("div") if body else None
    if first is None or "display:none" not in (first.attributes.get("style") or "").replace(" ", ""):
        return ""
    return " ".join(first.text().replace("\u200c", "").replace("\u034f", "").split())


def _refuse(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = dict((error.headers if isinstance(error, HTTPException) else None) or {})
    return PlainTextResponse("There is nothing here; go to /\n", status, {**EVERYWHERE, **PRIVATE, **headers})


@dataclass(frozen=True, slots=True)
class _OnlyByLoopbackNames:
    """Answers only who asked for this machine by name: a web site whose name is made to point here is turned away."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _host_of(scope) not in _LOOPBACK_NAMES:
            text = "The preview answers at 127.0.0.1 and localhost only.\n"
            await PlainTextResponse(text, 421, {**EVERYWHERE, **PRIVATE})(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _host_of(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "").lower()
    name, _, port = host.rpartition(":")
    return name if port.isdigit() else host
