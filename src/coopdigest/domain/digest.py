"""The digest: the standing publication, as every layer needs to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from coopdigest.domain.period import Cadence


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as in From (RFC 5322 3.4)."""

    address: str
    name: str | None = None

    @property
    def domain(self) -> str:
        """The part behind the at sign, as written."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class MediaContact:
    """Whom a journalist asks."""

    name: str
    email: str
    phone: str | None = None
    url: str | None = None


KINDS = ("Video", "Blog", "Podcast", "Interview", "Photo story", "Publication", "Press release", "Event", "Feature")


@dataclass(frozen=True, slots=True)
class Themes:
    """How themes are ordered and renamed; `default` is the heading of items that name no theme.

    `kinds` are the kickers that say of what kind an item is: it is marked so where another heading stands above it.
    """

    order: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    default: str = "News"
    kinds: tuple[str, ...] = KINDS

    def heading(self, theme: str | None) -> str:
        """The heading that an item of `theme` is filed under."""
        kicker = theme or self.default
        return self.rename.get(kicker, kicker)

    def kind_of(self, kind: str | None, theme: str | None, heading: str) -> str | None:
        """Of what kind an item is, where it says so: its own word, or its kicker; None where the heading says it."""
        known = {name.casefold() for name in self.kinds}
        word = kind or (theme if theme and theme.casefold() in known else None)
        return None if word is None or word.casefold() == heading.casefold() else word


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The look of the digest. Colours are `#rrggbb`; None leaves our own.

    `colour` is the ground of the masthead and the hue of links, `accent` that of rules and marks, `theme_accents`
    those of single themes. `font` and `title_font` are font stacks as CSS writes them. `words` replaces fixed words:
    by language, then by their key in the catalogue; what is counted is a table of plural forms (`one`, `other` ...).
    """

    logo: str | None = None
    logo_alt: str | None = None
    logo_width: int = 160
    colour: str | None = None
    accent: str | None = None
    theme_accents: Mapping[str, str] = field(default_factory=dict)
    font: str | None = None
    title_font: str | None = None
    words: Mapping[str, Mapping[str, str | Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What stands above every issue: who publishes what, in which zone and cadence, for whom.

    `languages` has at least one entry; the first is the digest's own. `public_url` is the root of the public
    pages without a trailing slash, None where there are none: then messages carry no link to them. `first_number` is
    the number of the first issue that is approved here; later ones count on.
    """

    slug: str
    name: str
    languages: tuple[str, ...]
    zone: ZoneInfo
    cadence: Cadence
    sender: Mailbox
    media_contact: MediaContact
    postal_address: str | None = None
    public_url: str | None = None
    reply_to: Mailbox | None = None
    return_path: str | None = None
    list_domain: str | None = None
    unsubscribe_mailbox: str | None = None
    automatic: bool = False
    carry_over: int = 1
    themes: Themes = field(default_factory=Themes)
    brand: Brand = field(default_factory=Brand)
    first_number: int = 1

    @property
    def language(self) -> str:
        """The digest's own language."""
        return self.languages[0]

    @property
    def list_id(self) -> str:
        """The List-ID without its brackets (RFC 2919): stable over all issues."""
        return f"{self.slug}.{self.list_domain or self.sender.domain}"

    @property
    def envelope_sender(self) -> str:
        """The return path told to SMTP."""
        return self.return_path or self.sender.address

    def unsubscribe_address(self) -> str:
        """Where a person writes to leave when no public page can take the click."""
        return self.unsubscribe_mailbox or (self.reply_to or self.sender).address
