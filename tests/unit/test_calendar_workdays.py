"""Working days by country and by the organisation's own calendar."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.calendar.workdays import Holidays
from coopdigest.domain.errors import ConfigurationError


@given(st.dates())
def test_without_a_country_monday_to_friday_are_worked(day: date) -> None:
    """Without a country only weekends are free."""
    assert Holidays().is_working_day(day) is (day.weekday() < 5)


@given(st.dates(), st.sets(st.dates(), max_size=3))
def test_an_extra_day_is_always_free(day: date, others: set[date]) -> None:
    """A day named in the configuration is free whatever the country says."""
    assert not Holidays("CH-GE", [day, *others]).is_working_day(day)


def test_a_subdivision_has_holidays_of_its_own() -> None:
    """The Geneva fast is a holiday in Geneva, not in the rest of the country."""
    fast = date(2026, 9, 10)
    assert not Holidays("CH-GE").is_working_day(fast)
    assert Holidays("CH").is_working_day(fast)
    assert not Holidays("ch-ge").is_working_day(fast)


def test_a_country_brings_its_own_weekend() -> None:
    """In Egypt Friday is free and Sunday is worked."""
    egypt = Holidays("EG")
    assert not egypt.is_working_day(date(2026, 11, 20))
    assert egypt.is_working_day(date(2026, 11, 22))


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("XX", "two letters"),
        ("CHH", 'did you mean "CH"?'),
        ("CH-XX", "known are AG,"),
        ("DE-BEE", 'did you mean "DE-BE"?'),
        ("VA-1", 'write holidays = "VA"'),
    ],
)
def test_an_unknown_region_is_refused_with_a_suggestion(region: str, hint: str) -> None:
    """A country or subdivision that is not known is a configuration error with the next step."""
    with pytest.raises(ConfigurationError, match="holidays: ") as caught:
        Holidays(region)
    assert hint in str(caught.value)
