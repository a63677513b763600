"""How the dates that newsrooms, feeds and front matter write are read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.sources.dates import UNDATED, Moment, find_date, is_month_heading, read_date, read_moment

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "03 July 2020",
            "3 juillet 2020",
            "3 de julio de 2020",
            "3. Juli 2020",
            "3 luglio 2020",
            "3 de julho de 2020",
        ),
        *(
            "3 juli 2020",
            "July 3, 2020",
            "Jul. 3rd 2020",
            "3rd of July, 2020",
            "Friday 3 July 2020",
            "ven. 3 juill. 2020",
        ),
        *(
            "2020-07-03",
            "03.07.2020",
            "2020/07/03",
            "٣ يوليو ٢٠٢٠",
            "3 تموز 2020",
            "3\u00a0juillet\u00a02020",
            "3-Jul-2020",
        ),
        *("sexta-feira, 3 de julho de 2020", "viernes, 3 de julio de 2020", "3º de julho de 2020"),
    ],
)
def test_the_third_of_july_is_known_in_many_languages(text: str) -> None:
    """Day, month and year are read in the languages and shapes of newsrooms."""
    assert read_date(text) == date(2020, 7, 3)


@pytest.mark.parametrize(
    "text", ["1er mars 2020", "1º de marzo de 2020", "1° marzo 2020", "1 Mar 2020", "1st March 2020"]
)
def test_the_first_of_a_month_may_be_an_ordinal(text: str) -> None:
    """The first of the month is written as an ordinal in several languages."""
    assert read_date(text) == date(2020, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "32 July 2020",
        "30 February 2020",
        "Webinar 3 July 2020",
        "3 July 2020: a report",
        "July 2020",
        "3 July",
        "jui 3 2020",
        "",
        "3 Smarch 2020",
    ],
)
def test_what_is_not_wholly_a_date_is_none(text: str) -> None:
    """A title that holds a date stays a title, and no day is invented."""
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("text", "day"), [("13/07/2020", 13), ("07/13/2020", 13), ("07/07/2020", 7), ("03/07/2020", None)]
)
def test_a_date_with_slashes_is_read_only_when_it_is_certain(text: str, day: int | None) -> None:
    """Nobody can know whether 03/07 is in March or in July."""
    assert read_date(text) == (date(2020, 7, day) if day else None)


@given(
    st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    st.sampled_from(["en", "en_GB", "fr", "es", "de", "it", "pt", "nl", "ar"]),
)
def test_what_babel_writes_is_read(day: date, locale: str) -> None:
    """Every long date of nine locales comes back as the same day."""
    for style in ("long", "full"):
        assert read_date(format_date(day, style, locale=locale)) == day


def test_a_date_inside_a_sentence_is_found() -> None:
    """The first date of a line on a page counts."""
    assert find_date("Posted on 12 novembre 2021 by the desk, updated 13 novembre 2021") == date(2021, 11, 12)


@pytest.mark.parametrize("text", ["November 2021", "novembre 2021", "Noviembre de 2021", "نوفمبر 2021", "Sept. 2021"])
def test_a_month_heading_is_a_month_and_a_year(text: str) -> None:
    """Month headings are known in several languages."""
    assert is_month_heading(text)
    assert not is_month_heading(f"{text} in pictures")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        *(
            ("Mon, 29 Nov 2021 15:30:00 GMT", 15),
            ("Mon, 29 Nov 2021 15:30:00 +0100", 14),
            ("29 Nov 2021 15:30 CET", 14),
        ),
        *(("Mon, 29 Nov 2021 15:30:00 -0000", 15), ("Mon, 29 Nov 2021 15:30:00 EST", 20), ("2021-11-29T15:30:00Z", 15)),
        *(("2021-11-29T15:30:00.5+01:00", 14), ("2021-11-29 15:30:00 +0100", 14), ("2021-11-29t15:30z", 15)),
        *(("Mon Nov 29 2021 15:30:00 GMT+0100 (CET)", 14), ("Mon, 29 Nov 2021 15:30:00 +01:00", 14)),
        # without a zone: New York, the digest's
        *(("Mon, 29 Nov 2021 15:30:00", 20), ("2021-11-29T15:30:00", 20), ("Mon Nov 29 15:30:00 2021", 20)),
        ("Mon, 29 Nov 2021 15:30:00 XYZ", 20),
    ],
)
def test_a_time_without_a_known_zone_is_in_the_digests(text: str, hour: int) -> None:
    """An offset counts; without one the clock on the digest's wall does."""
    moment = read_moment(text, NEW_YORK)
    assert moment.instant is not None
    assert (moment.day, moment.instant.hour, moment.instant.tzinfo) == (date(2021, 11, 29), hour, UTC)


@pytest.mark.parametrize(
    "text", ["2021-11-29", "20211129", "29 Nov 2021", "Mon, 29 Nov 2021", "29 novembre 2021 à 10:30"]
)
def test_a_date_without_a_usable_time_is_that_day_everywhere(text: str) -> None:
    """Midnight in Greenwich is yesterday in New York; a bare date is not."""
    assert read_moment(text, NEW_YORK) == Moment(date(2021, 11, 29))


@pytest.mark.parametrize(
    "text",
    ["", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-11:00", "x" * 5000, "0000-00-00", "2021-13-45T99:99"],
)
def test_what_is_no_moment_is_undated(text: str) -> None:
    """Nonsense and the edges of the calendar are no date, and no crash."""
    assert read_moment(text, NEW_YORK) == UNDATED


FIRST, LAST = datetime(1950, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001  hypothesis puts the zone on
ZONES = st.sampled_from([UTC, NEW_YORK, ZoneInfo("Asia/Kolkata")])


@given(st.datetimes(FIRST, LAST, timezones=ZONES))
def test_what_mail_and_iso_write_comes_back_to_the_second(stamp: datetime) -> None:
    """RFC 5322 and ISO 8601 stamps are read back as the same instant and as its day in the digest's zone."""
    whole = stamp.replace(microsecond=0)
    expected = Moment(whole.astimezone(NEW_YORK).date(), whole.astimezone(UTC))
    assert read_moment(format_datetime(whole), NEW_YORK) == expected
    assert read_moment(whole.isoformat(), NEW_YORK) == expected


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a moment or none."""
    assert isinstance(read_moment(text, NEW_YORK), Moment)
