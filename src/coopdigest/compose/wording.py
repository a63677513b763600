"""The fixed words of an edition from its catalogue, and dates and periods in words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton

from coopdigest.domain.errors import CompositionError
from coopdigest.domain.period import Cadence, Period

_FALLBACK = "en"
_INTERNATIONAL = {"en": "en-001"}  # day before month: the readers of a digest in English are seldom only American
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def read_words(folders: Sequence[Path], language: str) -> dict[str, str]:
    """Every fixed word in `language`; what its catalogue lacks comes from the plain language, then from English.

    Word by word the first of `folders` wins, so that a digest may change one word and keep the others.

    Raises:
        CompositionError: a catalogue is not readable as TOML, or holds something else than words.
    """
    words: dict[str, str] = {}
    for name in dict.fromkeys((language, language.split("-")[0], _FALLBACK)):
        for folder in folders:
            for key, word in _read_catalogue(folder / "translations" / f"{name}.toml").items():
                words.setdefault(key, word)
    return words


def catalogue_paths(folders: Sequence[Path]) -> list[Path]:
    """Every catalogue there is."""
    return [path for folder in folders for path in sorted(folder.glob("translations/*.toml"))]


def _read_catalogue(path: Path) -> Mapping[str, str]:
    place = "/".join(path.parts[-4:])
    if not path.is_file():
        return {}
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise CompositionError(
            f"not readable as TOML: {error}", place=place + (f":{line[1]}" if line else "")
        ) from error
    wrong = next((key for key, word in read.items() if not isinstance(word, str)), None)
    if wrong is not None:
        raise CompositionError(f"{wrong} is not a word in quotes", place=place)
    return read


def fill(words: str, **values: object) -> str:
    """`words` with `{name}` replaced by the value of that name; any other brace stays."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), words)


def locale_of(language: str) -> Locale:
    """What is known of a language: its month names and its direction; English for an unknown one."""
    for name in (_INTERNATIONAL.get(language, language), language.split("-")[0], _FALLBACK):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(_FALLBACK)


def direction_of(language: str) -> str:
    """`rtl` or `ltr`."""
    return locale_of(language).text_direction


def direction_of_text(text: str) -> str | None:
    """The direction of the first letter that has one (UAX 9, P2), None where no letter has."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return None


def day_in_words(day: date, language: str) -> str:
    """A day such as `29 November 2021`."""
    return _plain_spaces(format_date(day, "long", locale=locale_of(language)))


def period_in_words(period: Period, language: str) -> str:
    """A period such as `November 2021`, `4th quarter 2021`, `2021`, `15–21 Nov 2021`."""
    locale = locale_of(language)
    if period.cadence in (Cadence.MONTH, Cadence.QUARTER, Cadence.YEAR):
        skeleton = {Cadence.MONTH: "yMMMM", Cadence.QUARTER: "yQQQQ", Cadence.YEAR: "y"}[period.cadence]
        return _plain_spaces(format_skeleton(skeleton, period.first, locale=locale))
    if period.first == period.last:
        return day_in_words(period.first, language)
    return _plain_spaces(format_interval(period.first, period.last, "yMMMd", locale=locale))


def _plain_spaces(words: str) -> str:
    return words.replace("\u2009", " ").replace("\u202f", " ")
