"""Commands about the roster: subscribers import, export, list, add, unsubscribe, resubscribe, erase."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coopdigest.cli.options import CONFIG, AsJson, Config, workplace
from coopdigest.cli.output import show, show_json, tell

if TYPE_CHECKING:
    from coopdigest.domain.subscriber import Subscriber
    from coopdigest.services.subscriptions import Imported

subscribers = typer.Typer(help="The roster: who gets the digest, and who never does.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(subscribers, name="subscribers")


File = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="CSV with an email column.")]
Suppressed = Annotated[Path | None, typer.Option("--suppressed", metavar="FILE", help="Who left the old system.")]
SkipInvalid = Annotated[bool, typer.Option("--skip-invalid", help="Take the good rows, leave the wrong ones.")]
Removals = Annotated[bool, typer.Option("--accept-removals", help="Although many left the file.")]


@subscribers.command("import")
def import_(
    file: File = None,
    config: Config = CONFIG,
    suppressed: Suppressed = None,
    skip_invalid: SkipInvalid = False,
    accept_removals: Removals = False,
) -> None:
    """Add and update subscribers from a CSV file. Example: coopdigest subscribers import subscribers.csv"""
    from coopdigest.domain.errors import ConfigurationError
    from coopdigest.domain.subscriber import Origin
    from coopdigest.services.subscriptions import WrongRowsError
    from coopdigest.wiring import read_file

    if file is None and suppressed is None:
        raise ConfigurationError("name a FILE to import, or --suppressed FILE")
    with workplace(config) as place:
        service = place.subscriptions
        if suppressed:
            count = service.import_suppressed(read_file(suppressed), suppressed.name, skip_invalid=skip_invalid)
            tell(f"{suppressed.name}: {count} addresses newly suppressed")
        if file:
            try:
                own = file.resolve() == place.settings.roster_file.resolve()
                done = service.import_file(
                    read_file(file),
                    file.name,
                    origin=Origin.FILE if own else Origin.IMPORT,
                    skip_invalid=skip_invalid,
                    accept_removals=accept_removals,
                )
            except WrongRowsError as error:
                for line, problem in error.file.wrong[1:]:
                    tell(f"{file.name}:{line}: {problem}")
                raise
            _tell_import(file.name, done)


def _tell_import(name: str, done: Imported) -> None:
    for line, problem in done.wrong:
        tell(f"{name}:{line}: {problem}; left out")
    for line, first in done.duplicates:
        tell(f"{name}:{line}: the same address as in line {first}; merged")
    tell(f"{name}: {done.added} added, {done.updated} updated, {done.left} left")


To = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to a file instead of stdout.")]


@subscribers.command()
def export(config: Config = CONFIG, out: To = None) -> None:
    """Write the roster as CSV that is safe to open in a spreadsheet. Example: subscribers export > all.csv"""
    from coopdigest.cli.files import write_whole
    from coopdigest.domain.roster import format_roster

    with workplace(config) as place:
        data = format_roster(place.store.roster.subscribers()).encode("utf-8")
    if out:
        tell(str(write_whole(out, data)))
    else:
        sys.stdout.buffer.write(data)


@subscribers.command("list")
def list_(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """Show everybody on the roster and how they stand. Example: coopdigest subscribers list"""
    with workplace(config) as place:
        people = place.store.roster.subscribers()
    if as_json:
        show_json({"subscribers": [_document(person) for person in people]})
        return
    for person in people:
        show(f"{_standing(person):12}  {person.address.given}  {person.name or ''}".rstrip())
    tell(f"{len(people)} on the roster, {sum(_standing(person) == 'active' for person in people)} active")


def _standing(person: Subscriber) -> str:
    if person.suppressed:
        return person.suppressed.value
    return "active" if person.active else "left"


def _document(person: Subscriber) -> dict[str, Any]:
    return {
        "email": person.address.given,
        "name": person.name,
        "language": person.language,
        "themes": list(person.themes),
        "joined": person.joined,
        "origin": person.origin.value,
        "status": _standing(person),
        "attributes": person.attributes,
    }


Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]
Name = Annotated[str | None, typer.Option("--name", help="The person's name.")]
Language = Annotated[str | None, typer.Option("--language", help="Such as en or fr.")]


@subscribers.command()
def add(address: Address, config: Config = CONFIG, name: Name = None, language: Language = None) -> None:
    """Add one subscriber by hand. Example: coopdigest subscribers add amina@example.org --name "Amina Diallo" """
    with workplace(config) as place:
        added = place.subscriptions.add(address, name, language)
    tell("added" if added else "was there already; brought up to date")


@subscribers.command()
def unsubscribe(address: Address, config: Config = CONFIG) -> None:
    """Never write to this address again. Example: coopdigest subscribers unsubscribe amina@example.org"""
    with workplace(config) as place:
        tell("unsubscribed" if place.subscriptions.unsubscribe(address) else "was unsubscribed already")


@subscribers.command()
def resubscribe(address: Address, config: Config = CONFIG) -> None:
    """Take back a suppression, when the person asks for it. Example: subscribers resubscribe a@example.org"""
    with workplace(config) as place:
        tell("may be written to again" if place.subscriptions.resubscribe(address) else "was not suppressed")


@subscribers.command()
def erase(address: Address, config: Config = CONFIG) -> None:
    """Forget a person for good; no import brings them back. Example: coopdigest subscribers erase a@example.org"""
    with workplace(config) as place:
        tell("erased" if place.subscriptions.erase(address) else "nobody with this address is known")
