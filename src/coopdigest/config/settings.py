"""The settings of a digest: one model for each table of coopdigest.toml."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import unquote

from pydantic import (
    Field,
    SecretStr,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from coopdigest.config import kinds
from coopdigest.config.dkim_table import DkimTable
from coopdigest.config.places import line_of
from coopdigest.config.smtp_url import SmtpServer, parse_smtp_url
from coopdigest.config.table import Table
from coopdigest.domain.delivery import Backoff
from coopdigest.domain.digest import KINDS, Brand, Digest, MediaContact, Themes
from coopdigest.domain.period import Cadence
from coopdigest.domain.rates import Rates
from coopdigest.domain.recipients import OnlyTo, parse_only_to
from coopdigest.domain.subscriber import parse_address


class Approval(StrEnum):
    """Who says that an issue may go."""

    MANUAL = "manual"
    AUTO = "auto"


class DigestTable(Table):
    """`[digest]`: who publishes what, in which zone and cadence."""

    slug: kinds.Slug
    name: kinds.Line
    language: kinds.Language | None = None
    languages: Annotated[tuple[kinds.Language, ...], Field(min_length=1)] | None = None
    timezone: kinds.Zone
    period: Cadence = Cadence.MONTH
    sender: kinds.MailboxText = Field(alias="from")
    postal_address: kinds.Line | None = None
    public_url: kinds.RootUrl | None = None
    approval: Approval = Approval.MANUAL
    reply_to: kinds.MailboxText | None = None
    return_path: kinds.EmailAddress | None = None
    list_domain: kinds.Domain | None = None
    unsubscribe_mailbox: kinds.EmailAddress | None = None
    carry_over: Annotated[StrictInt, Field(ge=0, le=12)] = 1
    first_number: kinds.Count = 1

    @field_validator("languages")
    @classmethod
    def _check_languages(cls, value: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if value is not None and info.data.get("language") is not None:
            raise ValueError("cannot stand beside language; keep one of the two, the digest's own language first")
        if value is not None and len(set(value)) < len(value):
            raise ValueError("names a language twice")
        return value

    @property
    def all_languages(self) -> tuple[str, ...]:
        """Every language the digest is composed in, its own first."""
        return self.languages or (self.language or "en",)


class MediaContactTable(Table):
    """`[media_contact]`: whom a journalist asks."""

    name: kinds.Line
    email: kinds.EmailAddress
    phone: kinds.Line | None = None
    url: kinds.WebUrl | None = None


class ScheduleTable(Table):
    """`[schedule]`: when issues go; only `run` and `schedule` need it."""

    send: kinds.Line | None = None
    catch_up: kinds.Duration = timedelta(days=7)
    latest: kinds.Wait | None = None
    collect: kinds.Wait = timedelta(hours=1)
    review: kinds.Wait | None = None
    remind: kinds.Wait | None = None
    holidays: kinds.Region | None = None
    extra_holidays: tuple[kinds.Day, ...] = ()


class SourceKind(StrEnum):
    """What a source is written in."""

    LISTING = "listing"
    PAGE = "page"
    FEED = "feed"
    FOLDER = "folder"


class Selectors(Table):
    """`[sources.select]`: where a newsroom page keeps the facts of an item, as CSS selectors inside `item`."""

    item: kinds.Selector
    title: kinds.Selector
    link: kinds.Selector | None = None
    date: kinds.Selector | None = None
    theme: kinds.Selector | None = None
    summary: kinds.Selector | None = None
    image: kinds.Selector | None = None
    credit: kinds.Selector | None = None
    kind: kinds.Selector | None = None


class ThemeFrom(StrEnum):
    """What of a feed's entry names its theme."""

    CATEGORY = "category"
    AUTHOR = "author"
    FEED_TITLE = "feed_title"
    NONE = "none"


class SourceTable(Table):
    """`[[sources]]`: something that yields items."""

    name: kinds.Line
    kind: SourceKind
    location: kinds.Line
    optional: kinds.Flag = False
    allow_private: kinds.Flag = False
    language: kinds.Language | None = None
    theme: kinds.Line | None = None
    theme_from: ThemeFrom = ThemeFrom.CATEGORY
    item_kind: kinds.Line | None = None
    select: Selectors | None = Field(default=None, validate_default=True)

    @field_validator("location")
    @classmethod
    def _check_location(cls, value: str, info: ValidationInfo) -> str:
        scheme, separator, _ = value.partition("://")
        if not separator:
            return value
        if scheme.lower() not in ("http", "https"):
            raise ValueError("must be a path or a web address that begins with http:// or https://")
        if info.data.get("kind") is SourceKind.FOLDER:
            raise ValueError("must be a path, because a folder is not read over the web")
        return kinds.check_web_url(value)

    @field_validator("select")
    @classmethod
    def _check_select(cls, value: Selectors | None, info: ValidationInfo) -> Selectors | None:
        kind = info.data.get("kind")
        if kind is SourceKind.PAGE and value is None:
            raise ValueError(
                'a page needs this table, at the least item and title: select = { item = "article", title = "h2" }'
            )
        if kind not in (None, SourceKind.PAGE) and value is not None:
            raise ValueError(f"belongs to sources of kind page, not {kind}")
        return value

    @property
    def is_remote(self) -> bool:
        """Whether the location is a URL."""
        return "://" in self.location


class ThemesTable(Table):
    """`[themes]`: in which order the sections stand, and what they are called."""

    order: tuple[kinds.Line, ...] = ()
    rename: dict[str, kinds.Line] = Field(default_factory=dict)
    default: kinds.Line = "News"
    marks: tuple[kinds.Line, ...] = Field(default=KINDS, alias="kinds")


class Timeouts(Table):
    """`[smtp] timeouts`: how long each step of an SMTP session may take (RFC 5321 4.5.3.2)."""

    connect: kinds.Wait = timedelta(seconds=30)
    command: kinds.Wait = timedelta(minutes=5)
    data: kinds.Wait = timedelta(minutes=2)
    block: kinds.Wait = timedelta(minutes=3)
    dot: kinds.Wait = timedelta(minutes=10)


class SmtpTable(Table):
    """`[smtp]`: how messages are carried away."""

    url: kinds.SmtpUrl
    connections: Annotated[kinds.Count, Field(le=100)] = 4
    max_messages_per_connection: kinds.Count | None = None
    rate: kinds.Rate | None = None
    per_domain_rate: kinds.Rate | None = None
    retry_after: Annotated[tuple[kinds.Wait, ...], Field(min_length=1)] = Backoff().retry_after
    give_up_after: kinds.Wait = Backoff().give_up_after
    timeouts: Timeouts = Timeouts()
    only_to: tuple[kinds.Recipient, ...] | None = None

    @property
    def server(self) -> SmtpServer:
        """The mail server that the URL names."""
        return parse_smtp_url(self.url.get_secret_value())

    @property
    def backoff(self) -> Backoff:
        """How deferred deliveries are repeated."""
        return Backoff(self.retry_after, self.give_up_after)

    @property
    def rates(self) -> Rates:
        """How fast messages go out at most, in messages per second."""
        return Rates(self.rate, self.per_domain_rate)

    @property
    def staging(self) -> OnlyTo | None:
        """The only recipients that may be written to; None when everybody may."""
        return parse_only_to(self.only_to) if self.only_to is not None else None

    def allows(self, address: str) -> bool:
        """Whether `only_to` lets a message go to `address`; without that key everybody may be written to."""
        return self.staging is None or self.staging.allows(parse_address(address))


class SubscribersTable(Table):
    """`[subscribers]`: where the roster file is."""

    file: kinds.Line = "subscribers.csv"


class Durability(StrEnum):
    """What a commit survives: `normal` a killed process, `full` a power cut too."""

    NORMAL = "normal"
    FULL = "full"


class StoreTable(Table):
    """`[store]`: where coopdigest remembers."""

    url: kinds.StoreUrl = SecretStr("sqlite:///coopdigest.db")
    durability: Durability = Durability.NORMAL


class BrandTable(Table):
    """`[brand]`: the look that the templates are given."""

    logo: kinds.PictureUrl | None = None
    logo_alt: kinds.Line | None = None
    logo_width: Annotated[kinds.Count, Field(ge=16, le=536)] = 160
    colour: kinds.Colour | None = None
    accent: kinds.Colour | None = None
    theme_accents: dict[str, kinds.Colour] = Field(default_factory=dict)
    font: kinds.Fonts | None = None
    title_font: kinds.Fonts | None = None
    words: dict[kinds.Language, dict[str, kinds.Line | dict[kinds.PluralForm, kinds.Line]]] = Field(
        default_factory=dict
    )


class EditorsTable(Table):
    """`[editors]`: who prepares the issue."""

    notify: tuple[kinds.EmailAddress, ...] = ()


class Document(Table):
    """Everything that may stand in coopdigest.toml."""

    digest: DigestTable
    media_contact: MediaContactTable
    schedule: ScheduleTable = ScheduleTable()
    sources: Annotated[tuple[SourceTable, ...], Field(min_length=1)]
    themes: ThemesTable = ThemesTable()
    smtp: SmtpTable
    subscribers: SubscribersTable = SubscribersTable()
    store: StoreTable = StoreTable()
    dkim: DkimTable | None = None
    brand: BrandTable = BrandTable()
    editors: EditorsTable = EditorsTable()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        seen: set[str] = set()
        for index, source in enumerate(self.sources):
            if source.name in seen:
                where = {"path": ("sources", index, "name"), "name": source.name}
                raise PydanticCustomError("misplaced", 'another source is named "{name}" too; names are unique', where)
            seen.add(source.name)
        return self


class Settings(Document):
    """The document, the place it came from, and the secret that only the environment holds."""

    path: Path
    secret_key: SecretStr | None = None
    lines: dict[tuple[str | int, ...], int] = Field(default_factory=dict, repr=False)

    def place_of(self, *key: str | int) -> str:
        """Where a key stands, for messages about it: ``coopdigest.toml:22``, or the file alone."""
        line = line_of(self.lines, key)
        return f"{self.path}:{line}" if line else str(self.path)

    @property
    def folder(self) -> Path:
        """The digest folder, absolute: relative paths in the file begin here."""
        return self.path.absolute().parent

    def locate(self, relative: str) -> Path:
        """The path that a path in the file means."""
        return self.folder / Path(relative).expanduser()

    def location_of(self, source: SourceTable) -> str:
        """Where a source is: its URL, or its absolute path."""
        return source.location if source.is_remote else str(self.locate(source.location))

    @property
    def roster_file(self) -> Path:
        """The roster file, which need not exist."""
        return self.locate(self.subscribers.file)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, None for PostgreSQL."""
        url = self.store.url.get_secret_value().strip()
        scheme, _, rest = url.partition("://")
        return self.locate(unquote(rest[1:].partition("?")[0])) if scheme == "sqlite" else None

    @property
    def database_url(self) -> SecretStr:
        """The store's URL as SQLAlchemy takes it, an SQLite path made absolute."""
        file = self.database_file
        if file is not None:
            return SecretStr(f"sqlite:///{file}")
        rest = self.store.url.get_secret_value().strip().partition("://")[2]
        return SecretStr(f"postgresql+psycopg://{rest}")


def digest_of(settings: Document) -> Digest:
    """The digest as every other layer knows it."""
    table, contact, themes = settings.digest, settings.media_contact, settings.themes
    return Digest(
        slug=table.slug,
        name=table.name,
        languages=table.all_languages,
        zone=table.timezone,
        cadence=table.period,
        sender=table.sender,
        media_contact=MediaContact(contact.name, contact.email, contact.phone, contact.url),
        postal_address=table.postal_address,
        public_url=table.public_url,
        reply_to=table.reply_to,
        return_path=table.return_path,
        list_domain=table.list_domain,
        unsubscribe_mailbox=table.unsubscribe_mailbox,
        automatic=table.approval is Approval.AUTO,
        carry_over=table.carry_over,
        themes=Themes(themes.order, dict(themes.rename), themes.default, themes.marks),
        brand=Brand(**dict(settings.brand)),
        first_number=table.first_number,
    )
