"""The kinds of value that a key can hold, each with its rule and its words for a wrong one."""

from __future__ import annotations

import difflib
import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StrictBool, StrictInt, StrictStr

from coopdigest.config.durations import parse_duration, parse_rate
from coopdigest.config.smtp_url import parse_smtp_url
from coopdigest.domain.digest import Mailbox
from coopdigest.domain.subscriber import parse_address

TEXT_WANTED = "must be text in quotes"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_REGION = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_FONT = r"(?:[\w-]+(?: [\w-]+)*|'[\w -]+')"
_FONTS = re.compile(rf"{_FONT}(?:, ?{_FONT})*", re.ASCII)
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


def _line(text: str) -> str:
    """One line of text with something in it."""
    plain = text.strip()
    if not plain:
        raise ValueError("must not be empty")
    if _CONTROL.search(plain):
        raise ValueError("must be one line of text without control characters")
    return plain


def _slug(text: str) -> str:
    # a label of the List-ID's host name: RFC 2919 2, RFC 1034 3.5
    if not _SLUG.fullmatch(text):
        raise ValueError('must be 1 to 63 small letters, digits and inner hyphens, such as "coop-news"')
    return text


def _language(text: str) -> str:
    found = _LANGUAGE.fullmatch(text.strip().replace("_", "-"))
    if not found:
        raise ValueError(f'"{text}" is no language tag (BCP 47); write one such as "en", "fr", "es", "ar" or "pt-BR"')
    language, script, region = found.groups()
    return "-".join(filter(None, (language.lower(), script and script.title(), region and region.upper())))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(TEXT_WANTED)
    return value


def _zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    name = _text(value)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        names = available_timezones()
        if not names:
            raise ValueError("no time zones are installed here; install the package tzdata") from error
        raise ValueError(f'"{name}" is no time zone;{_nearest_zone(name, names)}') from error


def _nearest_zone(name: str, names: set[str]) -> str:
    folded = {zone.casefold(): zone for zone in sorted(names)}
    cities = {zone.rpartition("/")[2]: zone for zone in folded}
    wanted = name.casefold().replace(" ", "_")
    near = difflib.get_close_matches(wanted, folded, 1, 0.75)
    if not near:
        near = [cities[city] for city in difflib.get_close_matches(wanted.rpartition("/")[2], cities, 1, 0.8)]
    return f' did you mean "{folded[near[0]]}"?' if near else ' write one such as "Europe/Zurich" or "UTC"'


def _address(text: str) -> str:
    try:
        return parse_address(text).given
    except ValueError as error:
        raise ValueError(f"is no e-mail address: {error}") from error


def _mailbox(value: Any) -> Any:
    """A mailbox in the form of RFC 5322 3.4; a name with commas or dots need not be quoted."""
    if isinstance(value, Mailbox):
        return value
    text = _line(_text(value))
    found = re.fullmatch(r"(.*?)<([^<>]+)>", text)
    if not found:
        return Mailbox(_address(text))
    name = found[1].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if "<" in name or ">" in name:
        raise ValueError('must be one mailbox, such as "COOP News <news@example.org>"')
    return Mailbox(_address(found[2]), name or None)


def _domain(text: str) -> str:
    plain = text.strip().rstrip(".").lower()
    if not _DOMAIN.fullmatch(plain) or len(plain) > 253:
        raise ValueError('must be a domain in ASCII such as "example.org" (xn--... for other scripts)')
    return plain


def check_web_url(text: str) -> str:
    """The text without spaces around it, if it is an http or https address without a login; ValueError if not."""
    plain = text.strip()
    try:
        parts = urlsplit(plain)
        sound = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"[\s<>\"\\]", plain) or _CONTROL.search(plain):
        raise ValueError('must be a web address such as "https://www.example.org"')
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a name or a password")
    return plain


def _root_url(text: str) -> str:
    plain = check_web_url(text)
    if not plain.isascii():
        raise ValueError("must be in ASCII, because mail headers carry it: xn--... for the host, %XX in the path")
    if "?" in plain or "#" in plain:
        raise ValueError("must end before any ? or #: it is the root that the pages' paths are put behind")
    return plain.rstrip("/")


def _smtp(text: SecretStr) -> SecretStr:
    parse_smtp_url(text.get_secret_value())
    return text


def _store(text: SecretStr) -> SecretStr:
    url = text.get_secret_value().strip()
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql", "postgresql+psycopg", "postgres"):
        raise ValueError("must be sqlite:///FILE or postgresql://user:password@host/database")
    if scheme == "sqlite" and (not rest.startswith("/") or rest.lstrip("/").partition("?")[0] in ("", ":memory:")):
        raise ValueError(
            "must name a file, such as sqlite:///coopdigest.db: a store in memory would forget who was mailed"
        )
    return text


def _duration(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f'needs a unit: "{value} days", "{value}h", "{value}m" or "{value}s"')
    return parse_duration(value) if isinstance(value, str) else value


def _some(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than nothing")
    return value


def _rate(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError('must be a rate such as "10/second" or "600/minute"')
    return parse_rate(value) if isinstance(value, str) else value


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        raise ValueError("must be a day without a time, such as 2026-01-02")
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f'"{value}" is no day; write one such as 2026-01-02') from error
    return value


def _region(text: str) -> str:
    plain = text.strip().upper()
    if not _REGION.fullmatch(plain):
        raise ValueError(f'"{text}" is no country; write its two letters, or with a subdivision: "CH" or "CH-GE"')
    return plain


def _recipient(text: str) -> str:
    """An address, or a domain behind an at sign."""
    plain = text.strip()
    return f"@{_domain(plain[1:])}" if plain.startswith("@") else _address(plain)


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise ValueError('must be a colour such as "#1e2dbe"')
    plain = text.lower()
    return plain if len(plain) == 7 else "#" + "".join(digit * 2 for digit in plain[1:])


def _fonts(text: str) -> str:
    plain = _line(text)
    if not _FONTS.fullmatch(plain):
        raise ValueError("must be a list of fonts such as \"Georgia, 'Times New Roman', serif\"")
    return plain


def _picture_url(text: str) -> str:
    plain = check_web_url(text)
    if not plain.startswith("https://"):
        raise ValueError("must begin with https://, because mail clients show no other picture")
    return plain


def _selector(text: str) -> str:
    plain = _line(text)
    if plain.count("(") != plain.count(")") or plain.count("[") != plain.count("]"):
        raise ValueError("is no CSS selector: its brackets do not close")
    return plain


def _dkim_selector(text: str) -> str:
    # RFC 6376 3.1: labels of a host name, joined by dots
    if not _SELECTOR.fullmatch(text):
        raise ValueError('must be the name your key is published under, such as "news2026"')
    return text


Flag = StrictBool
Line = Annotated[StrictStr, AfterValidator(_line)]
PluralForm = Literal["zero", "one", "two", "few", "many", "other"]
Slug = Annotated[StrictStr, AfterValidator(_slug)]
Language = Annotated[StrictStr, AfterValidator(_language)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
EmailAddress = Annotated[StrictStr, AfterValidator(_address)]
MailboxText = Annotated[Mailbox, BeforeValidator(_mailbox)]
Domain = Annotated[StrictStr, AfterValidator(_domain)]
WebUrl = Annotated[StrictStr, AfterValidator(check_web_url)]
RootUrl = Annotated[StrictStr, AfterValidator(_root_url)]
SmtpUrl = Annotated[SecretStr, AfterValidator(_smtp)]
StoreUrl = Annotated[SecretStr, AfterValidator(_store)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Wait = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_some)]
Rate = Annotated[float, BeforeValidator(_rate), Field(gt=0, allow_inf_nan=False)]
Day = Annotated[date, BeforeValidator(_day)]
Region = Annotated[StrictStr, AfterValidator(_region)]
Recipient = Annotated[StrictStr, AfterValidator(_recipient)]
Colour = Annotated[StrictStr, AfterValidator(_colour)]
Fonts = Annotated[StrictStr, AfterValidator(_fonts)]
PictureUrl = Annotated[StrictStr, AfterValidator(_picture_url)]
Selector = Annotated[StrictStr, AfterValidator(_selector)]
Count = Annotated[StrictInt, Field(ge=1)]
DkimSelector = Annotated[StrictStr, AfterValidator(_dkim_selector)]
