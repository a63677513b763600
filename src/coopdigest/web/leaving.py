"""The way out: the page behind the unsubscribe link of every message (RFC 8058)."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from coopdigest.domain.subscriber import Address, Reason, Subscriber
from coopdigest.domain.token import Tokens
from coopdigest.ports import Clock, Roster
from coopdigest.web.frame import Frame
from coopdigest.web.pages import EVERYWHERE, PRIVATE

log = logging.getLogger(__name__)

PURPOSE = "unsubscribe"
"""What the tokens in `/unsubscribe/{token}` were made for."""

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_BODY = 4096  # bytes of a POST that are read; RFC 8058 needs 26, as a multipart form some 200
_PATIENCE = 1.0  # seconds to wait for them; the subscriber is unsubscribed by then


@dataclass(frozen=True, slots=True)
class Leaving:
    """The handlers of the way out. The roster blocks, so it is asked in threads."""

    frame: Frame
    tokens: Tokens
    roster: Roster
    clock: Clock

    async def leave(self, request: Request) -> Response:
        """Ask (GET, HEAD) or act (POST): the token in the path decides, so the body need not be understood."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(METHODS), **EVERYWHERE, **PRIVATE})
        act = self._unsubscribe if request.method == "POST" else self._ask
        response = await run_in_threadpool(act, request.path_params["token"])
        if request.method == "POST":
            await _drain(request)
        return response

    def explain(self, request: Request) -> Response:
        """Say how to leave to a reader of the copy on the web, where nobody has a link of their own."""
        words = self.frame.words(request.query_params.get("language"))
        return self.frame.card(words, words.how_title, [words.how])

    def _ask(self, token: str) -> Response:
        person = self._holder(token)
        if person is None:
            return self._bad_link()
        words, address = self.frame.words(person.language), mask(person.address)
        if person.suppressed:
            return self.frame.card(words, words.done_title, [words.already, words.come_back], address=address)
        return self.frame.card(words, words.ask_title, [words.ask], address=address, button=words.button)

    def _unsubscribe(self, token: str) -> Response:
        person = self._holder(token)
        if person is None:
            return self._bad_link()
        if self.roster.suppress(person.address, Reason.UNSUBSCRIBED, self.clock.now()):
            log.info("subscriber %d unsubscribed by the link", person.id)
        words = self.frame.words(person.language)
        sentences = [words.done, words.on_its_way, words.come_back]
        return self.frame.card(words, words.done_title, sentences, address=mask(person.address))

    def _holder(self, token: str) -> Subscriber | None:
        subscriber = self.tokens.read(PURPOSE, token)
        return None if subscriber is None else self.roster.get(subscriber)

    def _bad_link(self) -> Response:
        """One page for tokens forged, cut, or of somebody erased: it tells nobody who is or was on the roster."""
        words = self.frame.words()
        return self.frame.notice(404, words.bad_link_title, [words.bad_link])


def mask(address: Address) -> str:
    """An address that its owner recognises and nobody else learns: ``a•••@e•••.org``."""
    local, _, domain = address.given.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1] if len(local) > 1 else ''}•••@{name[:1] if len(name) > 1 else ''}•••.{top}"


async def _drain(request: Request) -> None:
    """Read the body a client is sending, within bounds: closing on unread bytes would lose it the answer."""
    size = 0
    with anyio.move_on_after(_PATIENCE):
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > _BODY:
                    return
        except ClientDisconnect:
            log.debug("a client left while it was sending")
