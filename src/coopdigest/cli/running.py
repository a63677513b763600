"""Commands that stay: schedule, run, web; and doctor, which looks whether they can."""

from __future__ import annotations

import signal
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coopdigest.cli.options import CONFIG, AsJson, Config, workplace
from coopdigest.cli.output import show, show_json, tell

if TYPE_CHECKING:
    from coopdigest.scheduler import Occurrence
    from coopdigest.wiring import Workplace


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (schedule, run, web, doctor):
        app.command()(command)


Next = Annotated[int, typer.Option("--next", min=1, max=1000, help="How many occurrences to show.")]


def schedule(config: Config = CONFIG, count: Next = 5, as_json: AsJson = False) -> None:
    """Show when the next issues are due. Example: coopdigest schedule --next 12"""
    with workplace(config) as place:
        coming = _coming(place, count)
    if as_json:
        show_json({"occurrences": [_document(occurrence) for occurrence in coming]})
        return
    for occurrence in coming:
        show(f"{occurrence.due:%a %Y-%m-%d %H:%M %Z}  issue {occurrence.period.key}")


def _coming(place: Workplace, count: int) -> list[Occurrence]:
    from coopdigest.calendar.schedule import due_period
    from coopdigest.scheduler import Occurrence, parse_digest_schedule

    rule = parse_digest_schedule(place)
    coming: list[Occurrence] = []
    after = place.clock.now()
    while len(coming) < count:
        after = rule.next(after)
        coming.append(Occurrence(after, due_period(place.digest.cadence, after, place.digest.zone)))
    return coming


def _document(occurrence: Occurrence) -> dict[str, str]:
    return {"due": occurrence.due.isoformat(), "period": occurrence.period.key}


def run(config: Config = CONFIG) -> None:
    """Collect, draft and send on schedule until SIGTERM. Example: coopdigest run"""
    from coopdigest.scheduler import Scheduler, parse_digest_schedule, run_until_stopped

    with workplace(config) as place:
        scheduler = Scheduler(place, parse_digest_schedule(place), _log)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stop.set())
        _log(f"running {place.digest.slug}; next due {_coming(place, 1)[0].due:%Y-%m-%d %H:%M %Z}")
        run_until_stopped(scheduler)
        _log("stopped")


def _log(text: str) -> None:
    tell(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z} {text}")


Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="The port to listen on; 0 takes a free one.")]


def web(config: Config = CONFIG, host: Host = "127.0.0.1", port: Port = 8025) -> None:
    """Serve the public pages: unsubscribe, and sent issues. Example: coopdigest web --port 8025"""
    import logging

    from coopdigest.web.public import PublicPages, public_app
    from coopdigest.web.serving import serve

    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("coopdigest").setLevel(logging.INFO)
    with workplace(config) as place:
        pages = PublicPages(place.digest, place.tokens, place.store.roster, place.store.issues, place.clock)
        serve(public_app(pages), host, port, lambda url: tell(f"public pages at {url}"))


def doctor(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Look for what would stop an issue: configuration, templates, store, server, DNS. Example: coopdigest doctor"""
    from coopdigest.cli.doctor import examine

    with workplace(config) as place:
        verdicts = examine(place)
    if as_json:
        show_json({"checks": [_verdict(v.name, v.standing, v.text) for v in verdicts]})
    for verdict in [] if as_json else verdicts:
        show(f"{verdict.standing:5} {verdict.name}: {verdict.text}")
    worst = next((v.exit_code for v in verdicts if v.standing == "wrong"), 0)
    raise typer.Exit(worst)


def _verdict(name: str, standing: str, text: str) -> dict[str, Any]:
    return {"name": name, "standing": standing, "text": text}
