"""The public pages: the way out of the digest, and the issues that were sent."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coopdigest.domain.digest import Digest
from coopdigest.domain.errors import CoopdigestError
from coopdigest.domain.token import Tokens
from coopdigest.ports import Clock, IssueStore, Roster
from coopdigest.web.archive import Archive
from coopdigest.web.frame import Frame
from coopdigest.web.leaving import METHODS, Leaving

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublicPages:
    """What the public pages stand on. The stores are asked from several threads at once."""

    digest: Digest
    tokens: Tokens
    roster: Roster
    issues: IssueStore
    clock: Clock


def public_app(pages: PublicPages) -> Starlette:
    """The application of `coopdigest web`.

    Where `public_url` has a path (``https://example.org/news``) every page answers both under that path and at
    the root, so that it does not matter whether a proxy in front strips the path.
    """
    frame = Frame(pages.digest)
    leaving = Leaving(frame, pages.tokens, pages.roster, pages.clock)
    archive = Archive(frame, pages.issues, pages.clock)
    routes = [route for root in {"", unquote(frame.root)} for route in _routes(root, leaving, archive)]
    refusing = _Refusing(frame)
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: refusing.refuse,
            CoopdigestError: refusing.excuse,
            Exception: refusing.apologise,
        },
    )
    app.router.redirect_slashes = False  # a redirect would repeat the token, and RFC 8058 3.1 forbids one
    return app


def _routes(root: str, leaving: Leaving, archive: Archive) -> list[Route]:
    return [
        *(Route(path, archive.index) for path in {root or "/", f"{root}/"}),
        Route(f"{root}/issues/{{period}}/{{language}}", archive.issue),
        Route(f"{root}/issues/{{period}}/{{language}}/text", archive.text),
        Route(f"{root}/unsubscribe", leaving.explain),
        Route(f"{root}/unsubscribe/{{token}}", leaving.leave, methods=METHODS),
    ]


@dataclass(frozen=True, slots=True)
class _Refusing:
    """What is shown instead of a page that cannot be."""

    frame: Frame

    def refuse(self, request: Request, error: Exception) -> Response:
        """No such page, or not in that way."""
        words = self.frame.words()
        status = error.status_code if isinstance(error, HTTPException) else 404
        headers = error.headers if isinstance(error, HTTPException) else None
        return self.frame.notice(status, words.method if status == 405 else words.missing, headers=headers)

    def excuse(self, request: Request, error: Exception) -> Response:
        """An expected failure, such as a store that is locked: a mail provider tries a 503 again."""
        log.warning("a page cannot be shown: %s", error)
        return self.frame.notice(503, self.frame.words().later, headers={"Retry-After": "120"})

    def apologise(self, request: Request, error: Exception) -> Response:
        """A bug: Starlette raises it again once this is sent, and uvicorn logs it."""
        return self.frame.notice(500, self.frame.words().later)
