"""The one place that builds adapters from settings; each is made when first asked for."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urldefrag
from zoneinfo import ZoneInfo

from coopdigest.config.loading import load_settings
from coopdigest.config.settings import Settings, SourceTable, digest_of
from coopdigest.domain.delivery import Claimed, Outcome, Terms
from coopdigest.domain.digest import Digest, MediaContact
from coopdigest.domain.edition import Edition, Finding
from coopdigest.domain.errors import ConfigurationError, HeldError, SourceError
from coopdigest.domain.issue import Issue
from coopdigest.domain.period import Period, parse_period
from coopdigest.domain.token import Tokens
from coopdigest.ports import Clock, Composer, Link, MessageChecker, Source, Transport
from coopdigest.services.campaigns import Campaigns
from coopdigest.services.collecting import Collecting
from coopdigest.services.dispatching import Dispatching
from coopdigest.services.editing import Editing
from coopdigest.services.editor_words import Wording
from coopdigest.services.link_checking import LinkChecking
from coopdigest.services.subscriptions import Imported, RosterAtHand, Subscriptions

if TYPE_CHECKING:
    from coopdigest.mail.dkim import DkimSigner
    from coopdigest.mail.message import DigestMessageFactory
    from coopdigest.store.open_store import Store


class SystemClock:
    """`ports.Clock` by the machine."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


class _LaterComposer:
    """A composer that is made when it has something to do: who only sends what is approved never needs one.

    With its libraries (lxml, premailer, MJML, Jinja2, Babel) a composer is a quarter of a process's memory.
    """

    def __init__(self, make: Callable[[], Composer]) -> None:
        self._make = make

    @cached_property
    def _composer(self) -> Composer:
        return self._make()

    def compose(self, issue: Issue, language: str) -> Edition:
        return self._composer.compose(issue, language)

    def check(self, edition: Edition) -> list[Finding]:
        return self._composer.check(edition)

    def check_templates(self) -> list[Finding]:
        return self._composer.check_templates()


class Workplace:
    """One digest folder with everything that works on it. Heavy libraries are imported by what needs them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Keep the settings; nothing is opened yet. `clock` is the machine's unless a test brings another."""
        self.settings = settings
        self.clock = clock or SystemClock()

    @cached_property
    def digest(self) -> Digest:
        """The digest."""
        return digest_of(self.settings)

    @cached_property
    def store(self) -> Store:
        """The store, opened and migrated."""
        from coopdigest.store.open_store import open_store

        url = self.settings.database_url.get_secret_value()
        digest, durability = self.digest, self.settings.store.durability.value
        home = self.settings.folder / "coopdigest-home"  # for PostgreSQL; beside an SQLite file the name is given
        return open_store(url, digest.slug, digest.cadence, digest.zone, durability=durability, home_file=home)

    @cached_property
    def composer(self) -> Composer:
        """The composer: the digest folder's own templates win over the shipped ones, file by file."""
        return _LaterComposer(self._make_composer)

    def _make_composer(self) -> Composer:
        from coopdigest.compose.composer import EmailComposer

        return EmailComposer(self.digest, self.template_folders)

    def links(self, editions: Sequence[Edition]) -> list[Link]:
        """The links of these editions that are the same for every reader."""
        from coopdigest.compose.rules.links import links_of

        return [link for edition in editions for link in links_of(edition)]

    @cached_property
    def link_checking(self) -> LinkChecking:
        """The service that asks for links. Only what the configuration names itself may be a private address."""
        from coopdigest.sources.links import WebLinkVisitor
        from coopdigest.sources.turns import Turns

        own = frozenset(urldefrag(url).url for url in [self.digest.media_contact.url] if url)
        return LinkChecking(WebLinkVisitor(Turns(self.clock), own), self.digest.public_url)

    @property
    def template_folders(self) -> list[Path]:
        """Where templates are looked for, first first."""
        from coopdigest.config.shipped import shipped_templates

        return [self.settings.folder / "templates" / "email", shipped_templates()]

    @cached_property
    def tokens(self) -> Tokens:
        """Makes and reads the tokens of links."""
        from coopdigest.config.secret_key import keys_of

        return Tokens(keys_of(self.settings))

    @cached_property
    def messages(self) -> DigestMessageFactory:
        """Builds messages."""
        from coopdigest.mail.message import DigestMessageFactory

        return DigestMessageFactory(self.digest, self.tokens, self.signer)

    @cached_property
    def signer(self) -> DkimSigner | None:
        """Signs messages by `[dkim]`; None without that table."""
        table = self.settings.dkim
        if table is None:
            return None
        from coopdigest.mail.dkim import BodyForm, DkimSigner, load_ed25519_key, load_key

        keys = [load_key(self.settings.locate(table.key), table.selector, self.settings.place_of("dkim", "key"))]
        if table.ed25519_key:
            file, place = self.settings.locate(table.ed25519_key), self.settings.place_of("dkim", "ed25519_key")
            keys.append(load_ed25519_key(file, table.ed25519_selector, place))
        form = BodyForm(table.canonicalization.partition("/")[2])
        return DkimSigner(table.domain or self.digest.sender.domain, keys, form)

    @cached_property
    def message_checker(self) -> MessageChecker:
        """Checks messages; the factory, with the secret key, is made when the first one is checked."""
        from coopdigest.mail.checking import SampleChecker

        return SampleChecker(lambda: self.messages, self.clock)

    @cached_property
    def transport(self) -> Transport:
        """SMTP by `[smtp] url`."""
        from coopdigest.mail.endpoint import Login, SmtpEndpoint, Timeouts
        from coopdigest.mail.smtp_transport import SmtpTransport

        table = self.settings.smtp
        server, limits = table.server, table.timeouts
        login = Login(server.user, server.password or "", server.xoauth2) if server.user else None
        endpoint = SmtpEndpoint(server.host, server.port, server.implicit_tls, server.starttls, login)
        timeouts = Timeouts(limits.connect, limits.command, limits.data, limits.block, limits.dot)
        return SmtpTransport(endpoint, timeouts, most_messages=table.max_messages_per_connection)

    def outbox(self, folder: Path) -> Transport:
        """A transport that writes `.eml` files."""
        from coopdigest.mail.outbox import OutboxTransport

        return OutboxTransport(folder)

    def sources(self) -> list[Source]:
        """Every configured source."""
        return [self._source(table) for table in self.settings.sources]

    def _source(self, table: SourceTable) -> Source:
        from coopdigest.sources.build import build_source

        options = table.model_dump(exclude={"name", "kind", "location", "optional"}, exclude_none=True, mode="json")
        return build_source(
            table.kind.value, table.name, table.location, self.settings.folder, self.digest.zone, options
        )

    @property
    def source_names(self) -> list[str]:
        """The names of all sources, in their order."""
        return [table.name for table in self.settings.sources]

    def required_sources(self, without: Sequence[str] = ()) -> list[str]:
        """The sources without which no issue goes out.

        Raises:
            ConfigurationError: a waived source is not in the configuration.
        """
        for name in without:
            if name not in self.source_names:
                raise ConfigurationError(f"no source is named {name!r}; there are: {', '.join(self.source_names)}")
        return [t.name for t in self.settings.sources if not t.optional and t.name not in without]

    def period(self, text: str, *, own: bool = False) -> Period:
        """Read a PERIOD argument; with `own` only a period of the digest's cadence will do."""
        period = parse_period(text, self.digest.cadence, self.digest.zone, self.clock.now())
        if own and period.cadence is not self.digest.cadence:
            raise HeldError(f"{period.key} is not a {self.digest.cadence} of this digest; only its own are sent")
        return period

    @cached_property
    def collecting(self) -> Collecting:
        """The service that collects."""
        return Collecting(self.store.items, self.clock, self.digest.zone)

    @cached_property
    def editing(self) -> Editing:
        """The service that drafts, composes and approves."""
        stores = self.store.items, self.store.issues
        return Editing(self.digest, self.source_names, *stores, self.clock, self.message_checker)

    @cached_property
    def wording(self) -> Wording:
        """The service that takes the editor's words."""
        return Wording(self.digest.languages, self.store.issues)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The service that keeps the roster."""
        return Subscriptions(self.store.roster, self.clock)

    def campaigns(
        self,
        on_outcome: Callable[[Claimed, Outcome], None] = lambda delivery, outcome: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Campaigns:
        """The service that sends."""
        dispatching = Dispatching(
            self.store.ledger,
            self.transport,
            self.messages,
            self.clock,
            self.digest.envelope_sender,
            self.settings.smtp.backoff,
            on_outcome,
            should_stop,
            Terms(self.settings.smtp.staging, self.settings.smtp.rates),
            self.settings.smtp.connections,
        )
        return Campaigns(
            self.digest,
            self.editing,
            self.store.items,
            self.store.issues,
            self.store.ledger,
            self.clock,
            dispatching,
        )

    def sync_roster(self, warn: Callable[[str], None], *, accept_removals: bool = False) -> Imported:
        """Apply the digest's roster file if it is there and changed."""
        at_hand = self._roster_at_hand()
        if at_hand is None:
            return Imported(unchanged=True)
        return self.subscriptions.sync_file(at_hand, accept_removals=accept_removals, warn=warn)

    def audience_size(self) -> int:
        """How many would be mailed now, the roster file included though it is only read when something is sent.

        Raises:
            HeldError: the roster file could not be applied as it is.
        """
        return self.subscriptions.audience_size(self._roster_at_hand())

    def _roster_at_hand(self) -> RosterAtHand | None:
        """The roster file, only hashed yet: that of a million takes 45 MB in memory, and it seldom changed."""
        path = self.settings.roster_file
        return RosterAtHand(path.name, stamp_file(path), partial(read_file, path)) if path.exists() else None

    def close(self) -> None:
        """Let go of the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()


def open_workplace(config: Path) -> Workplace:
    """The digest folder that `config` describes, the environment included.

    Raises:
        ConfigurationError: the configuration is wrong. When it names no media contact but a listing does, the
            listing's is offered.
    """
    try:
        return Workplace(load_settings(config, os.environ))
    except ConfigurationError as error:
        contact = _contact_of_listings(config) if "media_contact" in str(error) else None
        if contact is None:
            raise
        offer = f'the listing names one: [media_contact] name = "{contact.name}", email = "{contact.email}"'
        error.args = (f"{error}; {offer}",)
        raise


def _contact_of_listings(config: Path) -> MediaContact | None:
    """The media contact that one of the digest's listings on this disk names."""
    from coopdigest.sources.build import build_source

    for table in tomllib.loads(config.read_text("utf-8")).get("sources", []):
        location = str(table.get("location", ""))
        if table.get("kind") == "listing" and "://" not in location:
            with suppress(SourceError):
                source = build_source("listing", "listing", location, config.absolute().parent, ZoneInfo("UTC"), {})
                if contact := source.read(None).contact:
                    return contact
    return None


def stamp_file(path: Path) -> str:
    """What `roster_stamp` makes of a file, without its being in memory.

    Raises:
        HeldError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def read_file(path: Path) -> bytes:
    """The bytes of a file the user named.

    Raises:
        HeldError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> HeldError:
    return HeldError(f"{(error.strerror or 'not readable').lower()}; name another file", place=path.name)
