"""Prepares a digest folder that only has to be sent: FOLDER SIZE RECIPIENTS.

The edition is composed by the digest's own templates from a listing, filled up to the size that was asked for, and
approved; the roster is imported. For those who do not use coopdigest the edition is written down beside it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.delivery.folders import CONFIGURATION, EDITION, KEY, LISTING, PERIOD
from bench.delivery.personal_mail import DOMAIN
from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition, Finding, Slot, marker
from coopdigest.domain.issue import Issue
from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Address
from coopdigest.ports import Composer
from coopdigest.wiring import Workplace, open_workplace

_WORDS = "the cooperative of growers on the lake opened its new drying floor and forty families came to see it"
_ITEMS = {10_000: 1, 45_000: 12, 90_000: 36}
_STYLE = re.compile(r"<style.*?</style>|<!--.*?-->", re.DOTALL)
_AT_ONCE = 100_000  # rows of the roster


@dataclass(frozen=True, slots=True)
class FilledComposer:
    """A composer whose editions become messages of `size` bytes: filled up with text, or without their styles."""

    place: Workplace
    size: int

    def compose(self, issue: Issue, language: str) -> Edition:
        """See `ports.Composer.compose`."""
        edition = self.place.composer.compose(issue, language)
        if self._excess(edition) > 0:
            edition = replace(edition, html=_STYLE.sub("", edition.html))
        filled = edition
        for _ in range(6):
            filled = _fill(edition, len(filled.html) - len(edition.html) - self._excess(filled))
        return filled

    def _excess(self, edition: Edition) -> int:
        claimed = Claimed(1, 1, 1, f"reader1@{DOMAIN}", edition.language, 1)
        return len(self.place.messages.build(edition, claimed, datetime.now(UTC))) - self.size

    def check(self, edition: Edition) -> list[Finding]:
        """See `ports.Composer.check`: what fills an edition up obeys no rule."""
        return []

    def check_templates(self) -> list[Finding]:
        """See `ports.Composer.check_templates`."""
        return []


def _fill(edition: Edition, length: int) -> Edition:
    """The edition with about `length` more characters of paragraphs in its HTML."""
    if length <= 0:
        return edition
    words = " ".join(islice(cycle(_WORDS.split()), length // 4))[: max(0, length - 8)]
    return replace(edition, html=edition.html.replace("</body>", f"<p>{words}</p></body>"))


def write_listing(count: int) -> str:
    """A newsroom listing of `count` items in November 2021."""
    summary = " ".join(islice(cycle(_WORDS.split()), 40)).capitalize()
    items = [
        f"  {number}. Cooperative development\n\n    Growers open drying floor number {number}\n\n"
        f"    {1 + number % 28:02d} November 2021\n\n    {summary}.\n"
        for number in range(1, count + 1)
    ]
    return "News\n\nNovember 2021\n\n" + "\n".join(items)


def make_readers(count: int) -> Iterator[RosterRow]:
    """The roster: as many readers, of a few domains, as they come."""
    for number in range(count):
        address = f"reader{number}@{number % 40}.{DOMAIN}"
        yield RosterRow(Address(address, address), name=f"Reader {number}")


def write_key(file: Path) -> None:
    """A new key of 2048 bits of RSA, for DKIM."""
    key = rsa.generate_private_key(65537, 2048)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)


def prepare(folder: Path, size: int, recipients: int) -> None:
    """Make the folder, collect, approve, and fill the roster."""
    folder.mkdir(parents=True)
    (folder / "coopdigest.toml").write_text(CONFIGURATION, "utf-8")
    (folder / LISTING).write_text(write_listing(_ITEMS[size]), "utf-8")
    write_key(folder / KEY)
    place = open_workplace(folder / "coopdigest.toml")
    place.collecting.collect(place.sources())
    period = place.period(PERIOD, own=True)
    composer: Composer = FilledComposer(place, size)
    place.editing.approve(period, composer, by="the bench", force=True)
    readers = make_readers(recipients)
    while rows := list(islice(readers, _AT_ONCE)):
        place.store.roster.put(rows, "import", place.clock.now())
    edition = place.editing.editions(period, composer)[0]
    told = {"subject": edition.subject, "html": edition.html, "text": edition.text}
    (folder / EDITION).write_text(json.dumps({**told, "marker": marker(edition.nonce, Slot.UNSUBSCRIBE_URL)}), "utf-8")
    place.close()


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
