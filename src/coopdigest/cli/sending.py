"""Commands that send: approve, send, status, pause, resume, cancel."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coopdigest.cli.live import watching
from coopdigest.cli.moving import settle_here
from coopdigest.cli.options import CONFIG, AsJson, Config, OwnPeriod, workplace
from coopdigest.cli.output import show, show_json, status_document, tell
from coopdigest.cli.standing import standing
from coopdigest.cli.stopping import stopping
from coopdigest.cli.troubles import show_troubles, show_troubles_as_json, states_of
from coopdigest.domain.errors import ConfigurationError, HeldError

if TYPE_CHECKING:
    from coopdigest.domain.period import Period
    from coopdigest.domain.recipients import Refused
    from coopdigest.ports import Campaign, IssueRecord
    from coopdigest.services.campaigns import Sending
    from coopdigest.wiring import Workplace


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (approve, send, status, pause, resume, cancel):
        app.command()(command)


Early = Annotated[bool, typer.Option("--early", help="Although the period is not over.")]
Force = Annotated[bool, typer.Option("--force", help="Although a check fails; says which, and the approval keeps it.")]


def approve(period: OwnPeriod, config: Config = CONFIG, early: Early = False, force: Force = False) -> None:
    """Freeze a period's issue and approve it. Example: coopdigest approve last"""
    with workplace(config) as place:
        found = place.period(period, own=True)
        record = place.editing.approve(found, place.composer, by=name_of_user(), early=early, force=force)
        _tell_overridden(record)
        tell(f"issue {found.key} is {record.state}; {_audience(place, record)}")


def name_of_user() -> str:
    """Who approves, as the machine knows them; a container's user often has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return f"user {os.getuid()}"


def _audience(place: Workplace, record: IssueRecord) -> str:
    """Whom an issue goes to, in words; the roster file may be other than it was at the last sending."""
    from coopdigest.domain.issue import OPENED

    if record.state in OPENED:
        return f"see: coopdigest status {record.period}"
    try:
        count = place.audience_size()
    except HeldError as error:
        return f"whom it goes to is not known: {error}"
    return f"it goes to {count} {'subscriber' if count == 1 else 'subscribers'}"


def _tell_overridden(record: IssueRecord | None) -> None:
    if record and record.overridden:
        tell(f"issue {record.period} overrides {', '.join(record.overridden)}")


Test = Annotated[str | None, typer.Option("--test", metavar="ADDRESS", help="A rehearsal to this address only.")]
Outbox = Annotated[Path | None, typer.Option("--outbox", metavar="DIR", help="A rehearsal into .eml files.")]
Resend = Annotated[bool, typer.Option("--resend-in-doubt", help="Send again what is in doubt, same Message-ID.")]
Retry = Annotated[
    str | None,
    typer.Option(
        "--retry-refused", metavar="WHAT", help="Try refused ones again: all, an address, or a code (550, 5.1.1)."
    ),
]
Without = Annotated[list[str] | None, typer.Option("--without", metavar="SOURCE", help="Although it has a hole.")]
Here = Annotated[bool, typer.Option("--here", help="Although the ledger was copied or restored: it goes on here.")]
Removals = Annotated[bool, typer.Option("--accept-removals", help="Although many left the roster file.")]


def send(
    period: OwnPeriod,
    config: Config = CONFIG,
    test: Test = None,
    outbox: Outbox = None,
    resend_in_doubt: Resend = False,
    retry_refused: Retry = None,
    early: Early = False,
    without: Without = None,
    accept_removals: Removals = False,
    force: Force = False,
    here: Here = False,
) -> None:
    """Send a period's issue to everybody who did not get it yet, or once more to those who were refused.

    Examples: coopdigest send last; coopdigest send last --retry-refused 550
    """
    which = _read_refused(retry_refused)
    with workplace(config) as place:
        found = place.period(period, own=True)
        if test is not None or outbox is not None:
            if which:
                raise ConfigurationError("--retry-refused does not go with --test and --outbox, which touch no ledger")
            _rehearse(place, found, test, outbox)
            return
        place.sync_roster(tell, accept_removals=accept_removals)
        if which and not _put_back(place, found, which):
            return
        required = place.required_sources(without or [])
        campaign = place.campaigns().prepare(found, place.composer, early=early, required=required, force=force)
        if force:
            _tell_overridden(place.store.issues.record(found))
        settle_here(place, campaign, here=here, resends=resend_in_doubt)
        sending = _drain(place, campaign, resend_in_doubt)
    raise typer.Exit(int(sending.exit_code))


def _read_refused(text: str | None) -> Refused | None:
    from coopdigest.domain.recipients import parse_refused

    try:
        return parse_refused(text) if text is not None else None
    except ValueError as error:
        raise ConfigurationError(f"--retry-refused: {error}") from error


def _put_back(place: Workplace, period: Period, which: Refused) -> int:
    """Make refused deliveries pending again, and say how many."""
    campaign = place.store.ledger.campaign(period.key)
    if campaign:
        _refuse_paused(campaign)
    count = place.campaigns().retry_refused(campaign, which) if campaign else 0
    if count:
        tell(f"{period.key}: {count} refused {'delivery is' if count == 1 else 'deliveries are'} tried again")
    else:
        tell(f"{period.key}: nobody refused fits; see: coopdigest status {period.key} --refused")
    return count


def _refuse_paused(campaign: Campaign) -> None:
    from coopdigest.domain.issue import IssueState

    if campaign.state is IssueState.PAUSED:
        raise HeldError(f"{campaign.period} is paused; go on with: coopdigest resume {campaign.period}")


def _drain(place: Workplace, campaign: Campaign, resend: bool) -> Sending:
    from coopdigest.services.campaigns import Sent

    key = campaign.period
    _refuse_paused(campaign)
    watched = watching(key, campaign.tally, resend_in_doubt=resend)
    with watched as on_outcome, stopping("what is in flight is finished") as should_stop:
        sending = place.campaigns(on_outcome, should_stop).drain(campaign, resend_in_doubt=resend)
    word = "already sent" if sending.what is Sent.ALREADY else str(sending.campaign.state)
    tell(f"{key} {word}: {sending.campaign.tally}")
    if held := place.campaigns().held_back(sending.campaign):
        tell(f"{key}: only_to holds back {held} of {sending.campaign.tally.recipients}; they stay pending")
    return sending


def _rehearse(place: Workplace, period: Period, test: str | None, outbox: Path | None) -> None:
    """Hand the issue to a test address or write it to a folder; no ledger is touched."""
    from coopdigest.domain.delivery import Envelope
    from coopdigest.domain.subscriber import parse_address
    from coopdigest.ports import Outgoing
    from coopdigest.services.rehearsing import rehearse

    try:
        recipient = parse_address(test).given if test else place.digest.sender.address
    except ValueError as error:
        raise HeldError(f"--test: not an e-mail address: {error}") from error
    if test and not place.settings.smtp.allows(recipient):
        raise ConfigurationError(
            "--test: [smtp] only_to does not allow this address; add it there, or use --outbox DIR"
        )
    editions = place.editing.editions(period, place.composer)
    envelope, now = Envelope(place.digest.envelope_sender, recipient), place.clock.now()
    samples = [Outgoing(envelope, place.messages.build_sample(edition, recipient, now)) for edition in editions]
    rehearse(place.outbox(outbox) if outbox else place.transport, samples)
    for edition in editions:
        tell(f"{period.key} {edition.language}: a test message went {'to ' + str(outbox) if outbox else 'out'}")


Maybe = Annotated[str | None, typer.Argument(metavar="[PERIOD]", help="One period only.")]


ShowRefused = Annotated[bool, typer.Option("--refused", help="List who was refused, and why.")]
ShowInDoubt = Annotated[bool, typer.Option("--in-doubt", help="List who is in doubt, and since when.")]
ShowDeferred = Annotated[bool, typer.Option("--deferred", help="List who is to wait, why, and until when.")]


def status(
    period: Maybe = None,
    config: Config = CONFIG,
    as_json: AsJson = False,
    refused: ShowRefused = False,
    in_doubt: ShowInDoubt = False,
    deferred: ShowDeferred = False,
) -> None:
    """Show campaigns and their tallies, or who did not get a period's issue.

    Examples: coopdigest status last; coopdigest status last --refused --deferred
    """
    wanted = states_of(refused=refused, in_doubt=in_doubt, deferred=deferred)
    with workplace(config) as place:
        if wanted:
            if period is None:
                raise ConfigurationError("name the period whose deliveries to list: coopdigest status PERIOD --refused")
            (show_troubles_as_json if as_json else show_troubles)(place, place.period(period).key, wanted)
            return
        records = place.store.issues.records()
        keys = [place.period(period).key] if period else [record.period for record in records]
        states = {record.period: record.state for record in records}
        found = {key: place.store.ledger.campaign(key) for key in keys}
        documents = [
            status_document(place.digest.slug, campaign or _unopened(place, key)) for key, campaign in found.items()
        ]
        lines = {key: standing(place, campaign) for key, campaign in found.items() if campaign and not as_json}
    if as_json:
        show_json(documents[0] if period else {"campaigns": documents})
        return
    over = {record.period: record.overridden for record in records}
    for key, campaign in found.items():
        show(f"{key}  {states.get(key, 'no campaign')}  {campaign.tally if campaign else ''}".rstrip())
        for line in lines.get(key, []):
            show(f"{key}  {line}")
        if over.get(key):
            show(f"{key}  approved although {', '.join(over[key])}")


def _unopened(place: Workplace, key: str) -> Campaign:
    from coopdigest.domain.delivery import Tally
    from coopdigest.ports import Campaign

    return Campaign(0, key, place.editing.issue(place.period(key)).state, Tally())


def pause(period: OwnPeriod, config: Config = CONFIG) -> None:
    """Hold a campaign, from another process too. Example: coopdigest pause 2021-11"""
    with workplace(config) as place:
        found = place.period(period, own=True)
        place.campaigns().pause(found)
        tell(f"{found.key} is paused; go on with: coopdigest resume {found.key}")


def resume(period: OwnPeriod, config: Config = CONFIG) -> None:
    """Let a paused campaign go on. Example: coopdigest resume 2021-11"""
    with workplace(config) as place:
        found = place.period(period, own=True)
        place.campaigns().resume(found)
        tell(f"{found.key} may go on; run: coopdigest send {found.key}")


def cancel(period: OwnPeriod, config: Config = CONFIG) -> None:
    """Never send what was not handed over yet. Example: coopdigest cancel 2021-11"""
    with workplace(config) as place:
        found = place.period(period, own=True)
        tally = place.campaigns().cancel(found)
        tell(f"{found.key} is cancelled: {tally}")
