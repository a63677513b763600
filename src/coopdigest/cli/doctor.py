"""The doctor: looks at each station of the way to the inbox and says what is wrong there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coopdigest.domain.edition import Severity
from coopdigest.domain.errors import CompositionError, CoopdigestError
from coopdigest.services.rehearsing import knock
from coopdigest.wiring import Workplace

if TYPE_CHECKING:
    from dns.rdata import Rdata

_MENDED_SQLITE = (3, 51, 3)  # before it, two processes that checkpoint at once can corrupt a WAL file
_SECONDS = 3.0  # for one DNS question


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the doctor found at one station: `ok`, `note` or `wrong`."""

    name: str
    standing: str
    text: str
    exit_code: int = 0


def examine(place: Workplace) -> list[Verdict]:
    """Look at every station; one that is wrong does not hide the next."""
    stations: list[tuple[str, Callable[[Workplace], Verdict]]] = [
        ("configuration", _look_at_configuration),
        ("templates", _look_at_templates),
        ("store", _look_at_store),
        ("roster", _look_at_roster),
        ("mail server", _look_at_transport),
        ("DNS", _look_at_dns),
        *([("DKIM", _look_at_dkim)] if place.settings.dkim else []),
    ]
    return [_look(name, station, place) for name, station in stations]


def _look(name: str, station: Callable[[Workplace], Verdict], place: Workplace) -> Verdict:
    try:
        return station(place)
    except CoopdigestError as error:
        return Verdict(name, "wrong", str(error), int(error.exit_code))


def _look_at_configuration(place: Workplace) -> Verdict:
    names = ", ".join(place.source_names)
    return Verdict("configuration", "ok", f"{place.settings.path}: digest {place.digest.slug}, sources {names}")


def _look_at_templates(place: Workplace) -> Verdict:
    errors = [f for f in place.composer.check_templates() if f.severity is Severity.ERROR]
    if errors:
        raise CompositionError(errors[0].message, place=errors[0].place)
    return Verdict("templates", "ok", "all compile")


def _look_at_store(place: Workplace) -> Verdict:
    name = place.store.database.name
    version = place.store.database.sqlite_version
    if version and version < _MENDED_SQLITE:
        text = f"{name}: SQLite {'.'.join(map(str, version))}; 3.51.3 or newer is safer when several processes write"
        return Verdict("store", "note", text)
    return Verdict("store", "ok", name)


def _look_at_roster(place: Workplace) -> Verdict:
    notes: list[str] = []
    place.sync_roster(notes.append)
    count = place.store.roster.audience_size()
    if notes or not count:
        return Verdict("roster", "note", notes[0] if notes else "nobody to send to yet")
    return Verdict("roster", "ok", f"{count} subscribers")


def _look_at_transport(place: Workplace) -> Verdict:
    knock(place.transport)
    return Verdict("mail server", "ok", "answers, and takes the login if there is one")


def _look_at_dns(place: Workplace) -> Verdict:
    domain = place.digest.sender.domain
    missing = [name for name, is_there in _records(domain).items() if not is_there]
    if missing:
        text = f"{domain} has no {', '.join(missing)} record that could be found; big providers ask for them"
        return Verdict("DNS", "note", text)
    return Verdict("DNS", "ok", f"{domain} has SPF, DMARC and MX")


def _look_at_dkim(place: Workplace) -> Verdict:
    from coopdigest.cli.published_key import find_key_troubles, find_signer_troubles, record_name
    from coopdigest.mail.addresses import wire_domain

    table, signer = place.settings.dkim, place.signer
    if table is None or signer is None:
        return Verdict("DKIM", "ok", "not asked for")
    troubles: list[str] = []
    names = [record_name(key, signer.domain) for key in signer.keys]
    for key, name, file in zip(signer.keys, names, table.key_files, strict=True):
        troubles += find_key_troubles(key, place.settings.locate(file), signer.domain, _ask(name, "TXT"))
    troubles += find_signer_troubles(signer.keys, signer.domain, wire_domain(place.digest.sender.domain))
    if troubles:
        return Verdict("DKIM", "note", "; ".join(troubles))
    published = [f"{name} publishes the key of {file}" for name, file in zip(names, table.key_files, strict=True)]
    return Verdict("DKIM", "ok", ", ".join(published))


def _records(domain: str) -> dict[str, bool]:
    from email_validator import EmailNotValidError, validate_email

    try:
        name = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        name = domain
    return {
        "SPF": any(text.startswith("v=spf1") for text in _ask(name, "TXT")),
        "DMARC": any(text.startswith("v=DMARC1") for text in _ask(f"_dmarc.{name}", "TXT")),
        "MX": bool(_ask(name, "MX")),
    }


def _ask(name: str, kind: str) -> list[str]:
    from dns.exception import DNSException
    from dns.resolver import resolve

    try:
        return [_read_record(record) for record in resolve(name, kind, lifetime=_SECONDS)]
    except DNSException:
        return []


def _read_record(record: Rdata) -> str:
    """A record as text; one in several strings is their sum (RFC 7208 3.3, RFC 6376 3.6.2.2)."""
    strings = getattr(record, "strings", None)
    return b"".join(strings).decode("utf-8", "replace") if strings else str(record)
