"""Which days are worked: by country, and by the days that the organisation itself is closed."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from coopdigest.domain.errors import ConfigurationError

_MONDAY_TO_FRIDAY = range(5)


@dataclass(frozen=True, slots=True)
class Holidays:
    """The days without work. `region` is ``CH``, ``CH-GE`` or None for weekends alone; `extra` are further days.

    A country brings its own weekend (Friday and Saturday in Egypt) and its make-up working days.

    Raises:
        ConfigurationError: the country or its subdivision is not known.
    """

    region: str | None = None
    extra: Collection[date] = frozenset()
    _country: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the region up; a frozen dataclass is filled this way."""
        object.__setattr__(self, "extra", frozenset(self.extra))
        object.__setattr__(self, "_country", _look_up(self.region) if self.region else None)

    def is_working_day(self, day: date) -> bool:
        """Whether work is done on `day`."""
        if day in self.extra:
            return False
        if self._country is None:
            return day.weekday() in _MONDAY_TO_FRIDAY
        return bool(self._country.is_working_day(day))


def _look_up(region: str) -> Any:
    import holidays  # 60 ms, and most commands ask for no calendar

    country, _, subdivision = region.strip().upper().partition("-")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        known = holidays.list_supported_countries()
        raise ConfigurationError(_unknown(region, country, subdivision, known)) from error


def _unknown(region: str, country: str, subdivision: str, known: dict[str, list[str]]) -> str:
    if country not in known:
        near = difflib.get_close_matches(country, sorted(known), 1, 0.6)
        hint = f'did you mean "{near[0]}"?' if near else 'write its two letters, such as "CH"'
        return f'holidays: "{region}" names no country that is known; {hint}'
    parts = known[country]
    if not parts:
        return f'holidays: "{country}" has no subdivisions here; write holidays = "{country}"'
    near = difflib.get_close_matches(subdivision, parts, 1, 0.6)
    hint = f'did you mean "{country}-{near[0]}"?' if near else f"known are {', '.join(parts)}"
    return f'holidays: "{country}" has no subdivision "{subdivision}"; {hint}'
