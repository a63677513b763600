"""Commands about content: collect, issue, compose, check, preview."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coopdigest.cli.options import CONFIG, AnyPeriod, AsJson, Config, workplace
from coopdigest.cli.output import counting, issue_document, show, show_issue, show_json, show_table, tell
from coopdigest.domain.errors import CompositionError, ConfigurationError, ExitCode, HeldError

if TYPE_CHECKING:
    from coopdigest.domain.edition import Edition, Finding
    from coopdigest.domain.period import Period
    from coopdigest.services.collecting import SourceReport
    from coopdigest.wiring import Workplace


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (collect, issue, compose, check, preview):
        app.command()(command)


def collect(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Read every source and keep what is new. Example: coopdigest collect"""
    with workplace(config) as place:
        reports = place.collecting.collect(place.sources(), _tell_report)
    if as_json:
        show_json({"sources": [_report_document(report) for report in reports]})
    if any(report.error for report in reports):
        raise typer.Exit(int(ExitCode.SOURCE))


def _tell_report(report: SourceReport) -> None:
    if report.error:
        tell(report.error)
        return
    counts = report.collected
    gone = f", {counts.gone} gone" if counts.gone else ""
    tell(f"{report.name}: {counts.new} new, {counts.seen} seen{gone}")
    for note in report.notes:
        tell(f"{report.name}: {note.place}: {note.text}")


def _report_document(report: SourceReport) -> dict[str, Any]:
    counts = {"new": report.collected.new, "seen": report.collected.seen, "gone": report.collected.gone}
    notes = [{"place": note.place, "text": note.text} for note in report.notes]
    return {"name": report.name, **counts, "failed": report.error is not None, "error": report.error, "notes": notes}


def issue(period: AnyPeriod, config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Show what a period's issue holds. Example: coopdigest issue last"""
    with workplace(config) as place:
        found = place.editing.issue(place.period(period))
    if as_json:
        show_json(issue_document(found))
    else:
        show_issue(found)
    for merge in found.merges:
        tell(str(merge))


Out = Annotated[Path, typer.Option("--out", help="The folder to write to.")]


def compose(period: AnyPeriod, out: Out, config: Config = CONFIG) -> None:
    """Write PERIOD.LANG.html, .txt and .eml. Example: coopdigest compose last --out build"""
    from coopdigest.cli.files import write_whole
    from coopdigest.domain.edition import Slot, blank

    with workplace(config) as place:
        found = place.period(period)
        editions = place.editing.editions(found, place.composer)
        sender = place.digest.sender.address
        messages = [place.messages.build_sample(e, sender, place.clock.now()) for e in editions]
        way_out = {Slot.UNSUBSCRIBE_URL: f"{place.digest.public_url}/unsubscribe"}  # nobody's own link
    for edition, message in zip(editions, messages, strict=True):
        html, text = (blank(edition, part, way_out).encode() for part in (edition.html, edition.text))
        for suffix, data in (("html", html), ("txt", text), ("eml", message)):
            show(str(write_whole(out / f"{found.key}.{edition.language}.{suffix}", data)))


Maybe = Annotated[str | None, typer.Argument(metavar="[PERIOD]", help="Check this issue too.")]


AskLinks = Annotated[bool, typer.Option("--links", help="Also ask for every link, politely; takes a while.")]


def check(period: Maybe = None, config: Config = CONFIG, as_json: AsJson = False, links: AskLinks = False) -> None:
    """Lint the templates and the composed issue. Examples: coopdigest check last; coopdigest check last --links"""
    from coopdigest.domain.edition import Severity

    if links and not period:
        raise ConfigurationError("--links needs the period whose links are meant; try: coopdigest check last --links")
    with workplace(config) as place:
        findings, fault = place.composer.check_templates(), None
        if period:
            try:
                findings += _check_issue(place, place.period(period), links)
            except (CompositionError, HeldError) as error:
                fault = error
    findings = sorted(dict.fromkeys(findings), key=lambda finding: finding.severity is not Severity.ERROR)
    if as_json:
        show_json({"findings": [_finding_document(finding) for finding in findings]})
    else:
        _show_findings(findings, is_whole=fault is None)
    has_errors = any(finding.severity is Severity.ERROR for finding in findings)
    if fault and not has_errors:
        raise fault
    if fault and all(finding.place != fault.place for finding in findings):  # else it is one of them
        tell(str(fault))
    if has_errors:
        raise typer.Exit(int(ExitCode.COMPOSITION))


def _check_issue(place: Workplace, period: Period, links: bool) -> list[Finding]:
    from coopdigest.domain.edition import merge_findings

    editions = place.editing.editions(period, place.composer)
    found = place.editing.check_issue(place.editing.issue(period), editions, place.composer)
    return [*merge_findings(found), *(_ask_for_links(place, editions) if links else [])]


def _ask_for_links(place: Workplace, editions: list[Edition]) -> list[Finding]:
    links = place.links(editions)
    with counting(len(place.link_checking.targets(links)), "asking for links") as count:
        return place.link_checking.check(links, count)


def _finding_document(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "place": finding.place,
        "message": finding.message,
        "hint": finding.hint,
    }


def _finding_row(finding: Finding) -> list[str]:
    return [finding.rule, finding.severity.value, finding.place, finding.message, finding.hint]


def _show_findings(findings: list[Finding], *, is_whole: bool) -> None:
    if findings and sys.stdout.isatty():
        show_table(["rule", "", "where", "what", "what to do"], [_finding_row(finding) for finding in findings])
    else:
        for finding in findings:
            hint = f"  ({finding.hint})" if finding.hint else ""
            show(f"{finding.rule}  {finding.severity:7}  {finding.place}: {finding.message}{hint}")
    if findings:
        show("1 finding" if len(findings) == 1 else f"{len(findings)} findings")
    elif is_whole:
        show("nothing to mend")


Port = Annotated[int, typer.Option("--port", help="The port on loopback; 0 takes a free one.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")]


def preview(period: Maybe = None, config: Config = CONFIG, port: Port = 8024, no_browser: NoBrowser = False) -> None:
    """Show the issue in the browser as it would be sent. Example: coopdigest preview last"""
    from coopdigest.cli.previewing import serve_preview

    with workplace(config) as place:
        serve_preview(place, place.period(period or "last"), port, open_browser=not no_browser)
