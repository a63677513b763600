"""Asks for every link of an issue's editions, and says which are dead, have moved, or could not be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from urllib.parse import SplitResult, urldefrag, urlsplit

from coopdigest.domain.edition import Finding, Severity
from coopdigest.ports import Link, LinkAnswer, LinkVisitor

_GONE = {404: "has no such page (404)", 410: "says that the page is gone for good (410)"}
_NOT_TOLD = {
    401: "asks for a login (401)",
    403: "does not let programs in (403)",
    429: "asked us to come later (429)",
}
_WORDS_SHOWN, _URL_SHOWN = 60, 200  # characters


@dataclass(frozen=True, slots=True)
class LinkChecking:
    """Checks links by asking. `public_url` is the root of the digest's own pages, which are not asked for.

    They are the reader's own (unsubscribing) or not there before the issue is sent (view in browser).
    """

    visitor: LinkVisitor
    public_url: str | None = None
    hosts_at_once: int = 4

    def targets(self, links: Sequence[Link]) -> list[str]:
        """The addresses that are asked for: http and https, each once, without fragments."""
        return list(dict.fromkeys(urldefrag(link.url).url for link in links if self._is_asked(link)))

    def check(self, links: Sequence[Link], on_answer: Callable[[], None] = lambda: None) -> list[Finding]:
        """Ask for every target once, a few hosts at a time; errors first, else in the order of the links.

        `on_answer` is called after each target, from any of several threads.
        """
        answers = self._visit_all(self.targets(links), on_answer)
        findings: dict[tuple[str, str], Finding] = {}
        for link in filter(self._is_asked, links):
            url = urldefrag(link.url).url
            for finding in _judge(link, answers[url]):
                findings.setdefault((url, link.place), finding)  # an item's picture and title link alike
        return sorted(findings.values(), key=lambda finding: finding.severity is not Severity.ERROR)

    def _is_asked(self, link: Link) -> bool:
        parts = _split(link.url)
        if parts is None or parts.scheme.lower() not in ("http", "https"):
            return False
        return link.is_items_own or not self._is_own_page(link.url)

    def _is_own_page(self, url: str) -> bool:
        root = self.public_url
        return bool(root) and (url == root or url.startswith((f"{root}/", f"{root}?", f"{root}#")))

    def _visit_all(self, urls: Sequence[str], on_answer: Callable[[], None]) -> dict[str, LinkAnswer]:
        """The answers by address. One thread asks one host after the other, so that none waits for another's host."""
        by_host: dict[str, list[str]] = {}
        for url in urls:
            by_host.setdefault(_host(url), []).append(url)
        stop = Event()

        def visit_host(of_host: Sequence[str]) -> Iterator[LinkAnswer]:
            for url in of_host:
                if not stop.is_set():
                    yield self.visitor.visit(url)
                    on_answer()

        with ThreadPoolExecutor(self.hosts_at_once) as pool:
            try:
                found = pool.map(lambda of_host: list(visit_host(of_host)), by_host.values())
                return {answer.url: answer for answers in found for answer in answers}
            finally:
                stop.set()  # who interrupts the check wants nobody asked any more


def _judge(link: Link, answer: LinkAnswer) -> Iterator[Finding]:
    """What an answer means for the link: at most one finding."""
    host = _host(answer.final_url)
    if answer.is_dead or answer.status in _GONE:
        reason = answer.problem or f"{host} {_GONE.get(answer.status or 0, '')}"
        severity = Severity.WARNING if link.is_items_own else Severity.ERROR
        yield Finding("L03", severity, link.place, f"{_name(link)} is dead: {reason}", _hint(link))
    elif answer.problem or not answer.status or not 200 <= answer.status < 300:
        reason = answer.problem or f"{host} {_NOT_TOLD.get(answer.status or 0, f'answers {answer.status}')}"
        yield _warning("L05", link, f"{_name(link)} could not be asked for: {reason}", "look at it in a browser")
    elif answer.moved_to and (manner := _manner_of_move(answer.url, answer.moved_to)):
        yield _warning("L04", link, f"{_name(link)} {manner} {_shorten(answer.moved_to, _URL_SHOWN)}", _hint(link))


def _manner_of_move(old: str, new: str) -> str | None:
    """How a permanent redirect leads elsewhere; https for http, `www.` or another path of the same host do not."""
    was, now = _split(old), _split(new)
    if was is None or now is None:
        return None
    if _is_root(now) and not _is_root(was):
        return "leads to a front page, so its own page may be gone:"
    return None if _host(old).removeprefix("www.") == _host(new).removeprefix("www.") else "has moved for good to"


def _is_root(parts: SplitResult) -> bool:
    return parts.path in ("", "/") and not parts.query


def _warning(rule: str, link: Link, message: str, hint: str) -> Finding:
    return Finding(rule, Severity.WARNING, link.place, message, hint)


def _name(link: Link) -> str:
    words = f" “{_shorten(link.words, _WORDS_SHOWN)}”" if link.words and link.words != link.url else ""
    return f"the link{words} to {_shorten(link.url, _URL_SHOWN)}"


def _hint(link: Link) -> str:
    if link.is_items_own:
        return "only the source can mend it"
    return "mend it in coopdigest.toml, in the introduction or in templates/email/"


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host(url: str) -> str:
    """The name of the server, in ASCII as servers write it in redirects; the address where it has none."""
    parts = _split(url)
    name = (parts.hostname if parts else None) or url
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
