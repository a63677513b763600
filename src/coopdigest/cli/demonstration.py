"""The demo: the whole job on sample news, sent to a catcher on loopback."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from coopdigest.cli.example import write_example
from coopdigest.cli.live import watching
from coopdigest.cli.output import tell
from coopdigest.cli.previewing import serve_preview
from coopdigest.config.loading import load_settings
from coopdigest.domain.errors import SourceError
from coopdigest.domain.period import Period
from coopdigest.mail.catcher import MailCatcher
from coopdigest.wiring import Workplace


def run_demo(*, once: bool, open_browser: bool) -> None:
    """Collect, draft, compose, approve and send the newest sample issue, then open the preview.

    Ends when sent if `once`, or when there is no terminal.
    """
    with tempfile.TemporaryDirectory(prefix="coopdigest-demo-") as scratch, MailCatcher() as catcher:
        folder = Path(scratch)
        write_example(folder)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("COOPDIGEST_")}
        place = Workplace(load_settings(folder / "coopdigest.toml", {**environ, "COOPDIGEST_SMTP_URL": catcher.url}))
        try:
            period = _send_newest(place)
            tell(f"caught {len(catcher.messages)} messages on loopback; nothing left this machine")
            if not once and sys.stdin.isatty():
                serve_preview(place, period, 0, open_browser=open_browser)
        finally:
            place.close()


def _send_newest(place: Workplace) -> Period:
    for report in place.collecting.collect(place.sources()):
        if report.error:
            raise SourceError(report.error)
        tell(f"collected {report.name}: {report.collected.new} items")
    period = _newest_period(place)
    issue = place.editing.issue(period)
    tell(f"drafted {period.key}: {issue.size} items in {len(issue.sections)} sections")
    place.sync_roster(tell)
    record = place.editing.approve(period, place.composer, by="demo")
    for edition in place.store.issues.editions(period):
        tell(f"composed and approved {edition.language}: {edition.subject!r}, {len(edition.html.encode()) // 1000} kB")
    opening = place.campaigns()
    campaign = opening.prepare(period, place.composer, early=False, required=[])
    with watching(record.period, campaign.tally) as on_outcome:
        sent = place.campaigns(on_outcome).drain(campaign)
    tell(f"{period.key} {sent.campaign.state}: {sent.campaign.tally}")
    return period


def _newest_period(place: Workplace) -> Period:
    """The newest period that is over and has items."""
    period = place.period("last")
    oldest = min(item.day for item in place.store.items.present(place.source_names))
    while period.end > oldest and not place.editing.issue(period).size:
        period = period.previous()
    return period
