"""A link visitor that answers what a test tells it to, and asks nobody."""

from __future__ import annotations

import threading
from typing import Any

from coopdigest.ports import LinkAnswer


class FakeLinkVisitor:
    """A `LinkVisitor`: every link is fine but those that were told otherwise; `asked` keeps the order."""

    def __init__(self) -> None:
        """Know no trouble yet."""
        self._answers: dict[str, LinkAnswer] = {}
        self._lock = threading.Lock()
        self.asked: list[str] = []

    def answering(self, url: str, **facts: Any) -> FakeLinkVisitor:
        """Answer these facts of a `LinkAnswer` at `url` from now on: ``answering(url, status=404)``."""
        self._answers[url] = LinkAnswer(**{"url": url, "final_url": url, **facts})
        return self

    def dead(self, url: str, problem: str = "its host cannot be found") -> FakeLinkVisitor:
        """Have nobody at `url`."""
        return self.answering(url, problem=problem, is_dead=True)

    def moved(self, url: str, to: str) -> FakeLinkVisitor:
        """Redirect `url` for good."""
        return self.answering(url, status=200, final_url=to, moved_to=to)

    def visit(self, url: str) -> LinkAnswer:
        """What was set up for `url`, else 200."""
        with self._lock:
            self.asked.append(url)
        return self._answers.get(url) or LinkAnswer(url=url, final_url=url, status=200)
