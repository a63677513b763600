"""The fixed words of an edition from its catalogue, and dates and periods in words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton
from markupsafe import Markup, escape

from coopdigest.domain.errors import CompositionError
from coopdigest.domain.period import Cadence, Period

FALLBACK = "en"
_INTERNATIONAL = {"en": "en-001"}  # day before month: the readers of a digest in English are seldom only American
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
EXTRA_PLACEHOLDERS = {"subject": frozenset({"name", "period", "number", "count", "lead"})}
"""What a word may hold beyond the placeholders of the English one."""
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


@dataclass(frozen=True, slots=True)
class Plural:
    """A word whose form depends on a count: its forms by the categories of CLDR (one, few, other ...)."""

    language: str
    forms: Mapping[str, str]

    def __str__(self) -> str:
        """The form without a count."""
        return self.forms["other"]

    def pick(self, count: object) -> str:
        """The form for a count; `other` where the language's own is missing, or where there is no count."""
        category = locale_of(self.language).plural_form(count) if isinstance(count, int) else "other"
        return self.forms.get(category) or self.forms["other"]


Word = str | Plural
OwnWords = Mapping[str, Mapping[str, str | Mapping[str, str]]]  # of the brand: by language, then by key


def read_words(folders: Sequence[Path], language: str, own: OwnWords | None = None) -> dict[str, Word]:
    """Every fixed word in `language`; what its catalogue lacks comes from the plain language, then from English.

    Word by word `own` (by language) wins, then the first of `folders`, so that a digest may change one word only.

    Raises:
        CompositionError: a catalogue is not readable as TOML, or holds something else than words.
    """
    words: dict[str, Word] = {}
    for name in (*_names(language), FALLBACK):
        for key, word in {**read_catalogue(folders, name), **own_words(own, name)}.items():
            words.setdefault(key, word)
    return words


def missing_words(folders: Sequence[Path], language: str, own: OwnWords | None = None) -> list[str]:
    """What English has and `language` lacks: keys, and `key.form` for the plural forms that the language needs."""
    there: dict[str, Word] = {}
    for name in reversed(_names(language)):
        there |= {**read_catalogue(folders, name), **own_words(own, name)}
    missing: list[str] = []
    for key in read_catalogue(folders, FALLBACK):
        word = there.get(key)
        if word is None:
            missing.append(key)
        elif isinstance(word, Plural):
            needed = ("other", *sorted(locale_of(language).plural_form.tags))
            missing += [f"{key}.{form}" for form in dict.fromkeys(needed) if form not in word.forms]
    return missing


def own_words(own: OwnWords | None, name: str) -> dict[str, Word]:
    """The brand's words for a language; a table of forms without `other` lacks what every count can fall back to."""
    words: dict[str, Word] = {}
    for key, word in (own or {}).get(name, {}).items():
        words[key] = _read_word(key, word, name, "coopdigest.toml")
    return words


def _names(language: str) -> list[str]:
    """The catalogues that serve a language: its own, and that of the plain language."""
    return list(dict.fromkeys((language, language.split("-")[0])))


def catalogue_paths(folders: Sequence[Path]) -> list[Path]:
    """Every catalogue there is."""
    return [path for folder in folders for path in sorted(folder.glob("translations/*.toml"))]


def has_words(folders: Sequence[Path], language: str, own: OwnWords) -> bool:
    """Whether there is any fixed word of this language, or of the plain one."""
    return any(own.get(name) or read_catalogue(folders, name) for name in _names(language))


def read_catalogue(folders: Sequence[Path], name: str) -> dict[str, Word]:
    """The words of the catalogues `name` in `folders`; word by word the first folder wins.

    Raises:
        CompositionError: as `read_words`.
    """
    words: dict[str, Word] = {}
    for folder in reversed(folders):
        words |= read_file(folder / "translations" / f"{name}.toml")
    return words


def read_file(path: Path) -> dict[str, Word]:
    """The words of one catalogue; none where there is no such file.

    Raises:
        CompositionError: as `read_words`.
    """
    try:
        found = path.stat()
    except OSError:
        return {}
    return _read_file(path, (found.st_mtime_ns, found.st_size)) if S_ISREG(found.st_mode) else {}


@lru_cache(maxsize=64)
def _read_file(path: Path, _stamp: tuple[int, int]) -> dict[str, Word]:
    """The words of a file, read again only when its time or size is another one."""
    place = "/".join(path.parts[-4:])
    try:
        read = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise CompositionError(
            f"not readable as TOML: {error}", place=place + (f":{line[1]}" if line else "")
        ) from error
    return {key: _read_word(key, value, path.stem, place) for key, value in read.items()}


def _read_word(key: str, value: object, language: str, place: str) -> Word:
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or not all(isinstance(form, str) for form in value.values()):
        raise CompositionError(f"{key} is not a word in quotes, nor a table of plural forms", place=place)
    if "other" not in value or set(value) - set(_CATEGORIES):
        raise CompositionError(f"{key} needs a form `other`, and may have {', '.join(_CATEGORIES[:-1])}", place=place)
    return Plural(language, value)


def fill(word: Word, **values: object) -> str:
    """A word with `{name}` replaced by the value of that name; any other brace stays. A plural goes by `count`.

    With a value that is markup the whole is, and everything else in it is escaped.
    """
    text = word.pick(values.get("count")) if isinstance(word, Plural) else word
    if any(isinstance(value, Markup) for value in values.values()):
        filled = (
            escape(piece) if number % 2 == 0 else _fill_in(piece, values)
            for number, piece in enumerate(_PLACEHOLDER.split(text))
        )
        return Markup("").join(filled)
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def _fill_in(name: str, values: Mapping[str, object]) -> Markup:
    return escape(values.get(name, f"{{{name}}}"))


def placeholders(word: Word) -> frozenset[str]:
    """The names in braces that a word holds in any of its forms."""
    forms = word.forms.values() if isinstance(word, Plural) else (word,)
    return frozenset(name for form in forms for name in _PLACEHOLDER.findall(form))


def require_word(words: Mapping[str, Word], key: str, language: str) -> Word:
    """The word of a key.

    Raises:
        CompositionError: not even the English catalogue has it.
    """
    if key not in words:
        place = f"templates/email/translations/{language}.toml"
        raise CompositionError(f"there is no word for {key}, not even in en.toml", place=place)
    return words[key]


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """What is known of a language: its month names and its direction; English for an unknown one."""
    for name in (_INTERNATIONAL.get(language, language), language.split("-")[0], FALLBACK):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(FALLBACK)


@lru_cache(maxsize=64)
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


@lru_cache(maxsize=1_024)
def day_in_words(day: date, language: str) -> str:
    """A day such as `29 November 2021`."""
    words = _plain_spaces(format_date(day, "long", locale=locale_of(language)))
    return re.sub(r"^1(?= )", "1er", words) if language.split("-")[0] == "fr" else words  # CLDR has it only as a part


@lru_cache(maxsize=256)
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
