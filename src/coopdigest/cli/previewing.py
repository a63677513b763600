"""Load an issue for the preview, afresh at every request, and serve it on loopback."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from coopdigest.cli.output import tell
from coopdigest.compose.wording import period_in_words
from coopdigest.domain.edition import Edition
from coopdigest.domain.errors import CoopdigestError, HeldError
from coopdigest.domain.period import Period
from coopdigest.web.preview import PreviewedIssue, preview_app
from coopdigest.web.serving import serve
from coopdigest.wiring import Workplace


def serve_preview(place: Workplace, period: Period, port: int, *, open_browser: bool) -> None:
    """Serve the preview of a period's issue until the process is told to stop."""

    def ready(url: str) -> None:
        tell(f"preview of {period.key} at {url}  (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(url)

    app = preview_app(issue_loader(place, period), place.template_folders)
    serve(app, "127.0.0.1", port, ready)


def issue_loader(place: Workplace, period: Period) -> Callable[[str | None], PreviewedIssue]:
    """What the preview calls for every request: the issue as it would be sent at that moment."""

    @lru_cache(maxsize=1)
    def count_audience(changed: int) -> int | None:  # a large roster takes seconds to read: once for each state of it
        try:
            return place.audience_size()
        except HeldError:
            return None

    def load(language: str | None) -> PreviewedIssue:
        editions, error = _compose(place, period)
        shown = [edition for edition in editions if language in (None, edition.language)]
        issue, record = place.editing.issue(period), place.store.issues.record(period)
        return PreviewedIssue(
            digest=place.digest.name,
            period=period.key,
            period_words=period_in_words(period, place.digest.language),
            state=issue.state.value,
            sender=place.digest.sender,
            editions=editions,
            findings=place.editing.check_issue(issue, shown, place.composer),
            error=error,
            recipients=count_audience(_changed(place.settings.roster_file)),
            overridden=record.overridden if record else (),
        )

    return load


def _changed(file: Path) -> int:
    """When a file was last changed; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _compose(place: Workplace, period: Period) -> tuple[list[Edition], str | None]:
    try:
        return place.editing.editions(period, place.composer), None
    except CoopdigestError as error:
        return [], str(error)
