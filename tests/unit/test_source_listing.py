"""How the text of a newsroom listing becomes items."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.digest import MediaContact
from coopdigest.domain.errors import SourceError
from coopdigest.domain.item import FoundItem
from coopdigest.ports import Note, Reading
from coopdigest.sources.listing import ListingSource
from coopdigest.sources.location import Location

LESSONS = """First the oven failed. The bakers list three lessons: 1. Buy flour together 2. Repair early

Then the town came back."""
PROJECT = Path(__file__).parents[2]
FIXTURES = PROJECT / "tests/fixtures/sources"


def read_file(path: Path) -> Reading:
    """What a listing in a file gives."""
    return ListingSource("newsroom", Location("newsroom", path.name, path.parent)).read(None)


@pytest.fixture
def read(tmp_path: Path):
    """Reads a listing from its text."""

    def read_text(text: str | bytes) -> Reading:
        path = tmp_path / "listing.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_file(path)

    return read_text


def facts(items: list[FoundItem]) -> list[tuple[object, ...]]:
    """The facts a listing can say of its items."""
    return [(item.theme, item.title, item.day, item.credit, item.summary) for item in items]


def test_the_real_listing_gives_ten_items_in_seven_months_and_nothing_to_note() -> None:
    """The newsroom listing that the project was made for is read whole."""
    path = PROJECT.parent / "shared/data/newsroom-listing.txt"
    if not path.exists():
        pytest.skip("the real listing is not beside this project")
    reading = read_file(path)
    assert len(reading.items) == 10
    assert len({item.day.strftime("%Y-%m") for item in reading.items if item.day}) == 7
    assert [item.credit for item in reading.items if item.credit] == ["© SEWA 2022"]
    assert all(item.theme and item.day and item.summary for item in reading.items)
    assert reading.contact is not None
    assert reading.contact.name == "Media contact"
    assert not reading.notes


def test_a_listing_without_indentation_or_month_headings_is_read() -> None:
    """Numbers, several languages, credits and numbered points in a summary are told apart without indentation."""
    reading = read_file(FIXTURES / "listing-flat.txt")
    assert facts(list(reading.items)) == [
        (
            "Press release",
            "Ferry crews vote for longer winter runs",
            date(2020, 7, 3),
            None,
            "The crews of four villages agreed on a timetable.",
        ),
        ("Video", "“Our mill”: forty members, one wheel – and a river", date(2020, 3, 25), None, None),
        (
            "Feature story",
            "Bread: what the bakers' cooperative learned in a year",
            date(2020, 3, 1),
            "(c) Mill Archive 2019",
            (
                "First the oven failed. The bakers list three lessons: 1. Buy flour together 2. Repair early"
                "\n\nThen the town came back."
            ),
        ),
    ]
    assert not reading.notes


def test_what_is_no_item_is_noted_with_its_line_and_the_rest_is_kept() -> None:
    """A bad date, a missing kicker, a line too many and a stray remark each name their line."""
    reading = read_file(FIXTURES / "listing-troubled.txt")
    assert [(item.theme, item.title) for item in reading.items] == [
        ("News", "Weavers open a second loom hall"),
        (None, "News"),
        ("Spotlight", "The net menders of Grey Harbour"),
    ]
    assert reading.items[0].summary == "Three reasons were given:\n\n1. More apprentices\n\n2. More orders"
    assert [note.place for note in reading.notes] == ["line 5", "line 25", "line 29", "line 37"]
    assert reading.contact is None


def test_bytes_of_other_editors_are_read(read) -> None:
    """A byte order mark, CR LF, tabs and no-break spaces change nothing."""
    text = "\ufeffNews\r\n\r\n\t1.\u00a0Training\r\n\r\n\t\tA day\u00a0on\tthe roof\r\n\r\n\t\t3\u00a0July 2020\r\n"
    assert facts(read(text).items) == [("Training", "A day on the roof", date(2020, 7, 3), None, None)]


def test_a_listing_that_is_not_utf8_fails_and_names_the_line(read) -> None:
    """A listing in another charset cannot be guessed."""
    with pytest.raises(SourceError, match=r"^newsroom: line 3 is not UTF-8"):
        read(b"1. News\n\nCaf\xe9 cooperative\n\n3 July 2020\n")


def test_an_html_page_is_refused_with_the_way_out(read) -> None:
    """Whoever saved the page as HTML is told of the page kind."""
    with pytest.raises(SourceError, match='kind = "page"'):
        read("<!DOCTYPE html>\n<html><body>1. News</body></html>")


def test_a_file_without_entries_says_so(read) -> None:
    """A text that is no listing yields nothing, and a note."""
    reading = read("Dear editor,\n\nplease find the news of the month in the attachment.\n")
    assert not reading.items
    assert reading.notes[-1].text == "no numbered entries in this listing"


@pytest.mark.parametrize(
    ("block", "contact"),
    [
        ("Media contact\n\n  1. desk@example.org", MediaContact("Media contact", "desk@example.org")),
        ("Media contact: desk@example.org", MediaContact("Media contact", "desk@example.org")),
        (
            "Contact presse\n\nJo Lake\nE-mail: jo@example.org\nTel: +41 22 555 01 23",
            MediaContact("Jo Lake", "jo@example.org", "+41 22 555 01 23"),
        ),
        (
            "Press contacts\n\n  1. Jo Lake, jo@example.org, www.example.org/press\n\n  2. Al Hill, al@example.org",
            MediaContact("Jo Lake", "jo@example.org", None, "https://www.example.org/press"),
        ),
        ("Media contact", None),
        ("Media contact\n\nOur desk is closed in August.", None),
    ],
)
def test_a_media_contact_is_offered_when_it_has_an_address(read, block: str, contact: MediaContact | None) -> None:
    """Name, address, phone and link are taken from the block; without an address there is nobody to ask."""
    reading = read(f"{block}\n\nNews\n\nMay 2021\n\n  1. Video\n\n    A film\n\n    3 May 2021\n")
    assert reading.contact == contact
    assert facts(reading.items) == [("Video", "A film", date(2021, 5, 3), None, None)]
    assert not reading.notes


def test_a_numbered_line_with_a_date_starts_an_item_however_it_is_indented(read) -> None:
    """Pages that indent badly are read all the same."""
    first, second = "  1. A\n\n    One\n\n    1 May 2021", "        2. B\n\n    Two\n\n    2 May 2021"
    reading = read(f"{first}\n\n{second}\n\n3. C\n\n  Three\n\n3 May 2021\n")
    assert [item.title for item in reading.items] == ["One", "Two", "Three"]


def test_a_title_may_begin_with_a_number(read) -> None:
    """A title such as a counted list of years is no new entry."""
    reading = read("  1. Video\n\n    10. Years of a mill, and 3. more\n\n    1 May 2021\n\n    Words.\n")
    assert facts(reading.items) == [("Video", "10. Years of a mill, and 3. more", date(2021, 5, 1), None, "Words.")]


def test_a_heading_below_an_item_is_not_its_summary(read) -> None:
    """A heading at the margin ends the item before it."""
    reading = read("  1. A\n\n    One\n\n    1 May 2021\n\nOther voices\n\n  1. B\n\n    Two\n\n    2 May 2021\n")
    assert [item.summary for item in reading.items] == [None, None]
    assert not reading.notes


def test_a_troubled_file_does_not_flood_its_reader(read) -> None:
    """Of very many troubles the first are told, and how many follow."""
    reading = read("1. x\n\n" * 300)
    assert len(reading.notes) == 50
    assert reading.notes[-1] == Note("further on", "251 more notes like these")


@pytest.mark.parametrize("unit", ["x", "a@", "a.", "1 ", "© ", "1. "])
def test_a_line_without_end_is_read_in_passing(read, unit: str) -> None:
    """A megabyte on one line is no trap for the patterns."""
    assert not read("Media contact\n" + unit * (1_000_000 // len(unit))).items


WORDS = st.text(st.sampled_from("abcdefgh ÉñßЖعあ:,'“”–?!&<"), min_size=1, max_size=30).map(
    lambda text: "W" + " ".join(text.split())
)
ITEMS = st.lists(
    st.tuples(
        WORDS,
        WORDS,
        st.dates(date(1990, 1, 1), date(2099, 12, 31)),
        st.none() | WORDS.map(lambda words: f"© {words}"),
        st.none() | st.lists(WORDS, min_size=1, max_size=3).map("\n\n".join),
    ),
    min_size=1,
    max_size=5,
)
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def write_date(day: date, style: int) -> str:
    """A date in one of the styles of newsrooms."""
    return (f"{day:%d %B %Y}", f"{day.day} {MONTHS[day.month - 1]} {day.year}", f"{day:%B} {day.day}, {day.year}")[
        style
    ]


@given(
    items=ITEMS,
    style=st.integers(0, 2),
    number_indent=st.integers(0, 4),
    body_indent=st.sampled_from([0, 2, 4]),
    headings=st.booleans(),
    restart=st.booleans(),
    blanks=st.integers(1, 3),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_every_shape_of_listing_gives_back_the_items_it_was_written_from(
    tmp_path_factory, items, style, number_indent, body_indent, headings, restart, blanks, ending
) -> None:
    """Whatever the indentation, numbering, headings, language, credit and summary: the same items come out."""
    lines = ["Newsroom"]
    for place, (theme, title, day, credit, summary) in enumerate(items, 1):
        if headings:
            lines.append(f"{day:%B %Y}")
        words = [*([credit] if credit else []), theme, title, write_date(day, style)]
        words += summary.split("\n\n") if summary else []
        body = " " * (number_indent + body_indent)
        lines.append(f"{' ' * number_indent}{1 if restart else place}. {words[0]}")
        lines += [f"{body}{word}" for word in words[1:]]
    path = tmp_path_factory.mktemp("listing") / "listing.txt"
    path.write_bytes((ending * (blanks + 1)).join(lines).encode())
    reading = read_file(path)
    assert facts(list(reading.items)) == items
    assert not reading.notes


@given(st.text(st.sampled_from("1. \n\tANews©@x—3July20é"), max_size=300))
def test_no_text_is_a_trap(tmp_path_factory, text: str) -> None:
    """Any text gives a reading whose notes name lines of it."""
    path = tmp_path_factory.mktemp("listing") / "listing.txt"
    path.write_text(text, encoding="utf-8", newline="")
    for note in read_file(path).notes:
        assert 1 <= int(note.place.removeprefix("line ")) <= text.count("\n") + 1


def test_days_around_a_year_are_read(read) -> None:
    """Every day of a leap year is a date in a listing."""
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(366)]
    text = "\n\n".join(f"1. K\n\nT{day.toordinal()}\n\n{day:%d %B %Y}" for day in days)
    assert [item.day for item in read(text).items] == days
