"""The roster file: read however a spreadsheet saved it, and written so that it is safe and reads the same."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.errors import ExitCode, HeldError
from coopdigest.domain.roster import RosterFile, RosterRow, format_roster, guard, merge_rows, parse_roster, unguard
from coopdigest.domain.subscriber import Reason, Subscriber
from coopdigest.testing.builders import make_row, make_subscriber


def read(text: str, encoding: str = "utf-8") -> RosterFile:
    """Parse a roster written in a test."""
    return parse_roster(text.encode(encoding), "subscribers.csv")


def keys(file: RosterFile) -> list[str]:
    """The address keys of the good rows."""
    return [row.address.key for row in file.rows]


# --- reading ---------------------------------------------------------------------------------------------


def test_row_keeps_every_column() -> None:
    """Known columns become facts, other columns attributes; themes are parted by bars."""
    text = "joined,organisation,Email,name,language,themes\n2026-03-02,Weavers,Amina@example.org,Amina,en,A | B|\n"
    assert read(text).rows == (
        make_row(
            "Amina@example.org",
            name="Amina",
            language="en",
            themes=("A", "B"),
            joined="2026-03-02",
            attributes={"organisation": "Weavers"},
        ),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_way_a_spreadsheet_saves_reads_the_same(encoding: str, delimiter: str, newline: str) -> None:
    """With or without BOM, with commas, semicolons or tabs, with either line end."""
    lines = [["email", "name"], ["amina@example.org", '"Diallo, Amina; é\tA"'], ["luc@example.org", "Luc"]]
    file = read(newline.join(delimiter.join(cells) for cells in lines) + newline, encoding)
    assert [(row.address.key, row.name) for row in file.rows] == [
        ("amina@example.org", "Diallo, Amina; é\tA"),
        ("luc@example.org", "Luc"),
    ]


def test_empty_lines_and_missing_last_fields_are_fine() -> None:
    """A line without any field is passed over, a short one leaves facts out, the last needs no line end."""
    file = read("email,name,language\n\namina@example.org\n,,\n   \nluc@example.org,,fr")
    assert [(row.address.key, row.name, row.language) for row in file.rows] == [
        ("amina@example.org", None, None),
        ("luc@example.org", None, "fr"),
    ]
    assert file.wrong == ()


def test_file_with_only_a_header_has_no_rows() -> None:
    """An empty roster is no error."""
    assert read("email\n") == RosterFile(())


def test_wrong_rows_are_all_named_with_their_lines() -> None:
    """Each wrong row is reported where it starts in the file, the good ones are kept, no address is repeated."""
    text = (
        "email,name\n"  # 1
        "amina@example.org,Amina\n"  # 2
        "secret-nobody,No\n"  # 3
        ",Nameless\n"  # 4
        '"luc@example.org","Luc\nof\nthe lake"\n'  # 5 to 7
        "nour@example.org,Nour,too many\n"  # 8
        '"secret@nowhere","two\nlines"\n'  # 9 and 10
        "olga@example.org,Olga\n"  # 11
    )
    file = read(text)
    assert keys(file) == ["amina@example.org", "luc@example.org", "olga@example.org"]
    assert [line for line, _ in file.wrong] == [3, 4, 8, 9]
    assert not [reason for _, reason in file.wrong if "secret" in reason or "nour" in reason]


def test_field_of_absurd_length_is_a_wrong_row() -> None:
    """A field of more than 64 kB is a broken quote, not a name."""
    file = read(f'email,name\namina@example.org,"{"x" * 65_537}"\nluc@example.org,Luc\n')
    assert (keys(file), [line for line, _ in file.wrong]) == (["luc@example.org"], [2])


def test_duplicates_are_merged_and_named() -> None:
    """Rows of one person become one: the first has its say, the later ones fill in; each is reported."""
    text = "email,name,language,note\namina@example.org,Amina,,a\nluc@example.org,,,\nAMINA@Example.org,A. D.,fr,b\n"
    file = read(text + "Amina@example.org,,,\n")
    assert file.duplicates == ((4, 2), (5, 2))
    assert file.rows[0] == make_row("amina@example.org", name="Amina", language="fr", attributes={"note": "a"})
    assert keys(file) == ["amina@example.org", "luc@example.org"]


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"name,language\nAmina,en\n", "subscribers.csv:1", "email"),
        (b"", "subscribers.csv:1", "email"),
        (b"email\namina@example.org\n\xff\xfe\n", "subscribers.csv:3", "UTF-8"),
        ("email\né@example.org\n".encode("latin-1"), "subscribers.csv:2", "UTF-8"),
        ("email\n".encode("utf-16"), "subscribers.csv:1", "UTF-8"),
        (b"email\nPK\x00\x03\n", "subscribers.csv", "text"),
        (b'email,name\n"a@example.org,Amina\n', "subscribers.csv:", "quote"),
        (b'email,name\n"a@example.org"x,Amina\n', "subscribers.csv:2", "quote"),
    ],
)
def test_file_that_is_no_roster_is_held_with_its_place(data: bytes, place: str, words: str) -> None:
    """Not text, no `email` column, broken quotes: one line with the file, the line and what to do."""
    with pytest.raises(HeldError) as caught:
        parse_roster(data, "subscribers.csv")
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.HELD


def test_huge_field_is_held_not_crashed() -> None:
    """A quote that is never closed in a large file is said to be one."""
    with pytest.raises(HeldError, match="quote"):
        read('email,name\na@example.org,"' + "x" * 200_000)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"email,name\n{text}".encode()))
def test_any_bytes_are_a_roster_or_held(data: bytes) -> None:
    """No file crashes the reader; what it reads has no address twice, and its line numbers exist and rise."""
    try:
        file = parse_roster(data, "subscribers.csv")
    except HeldError:
        return
    assert len(set(keys(file))) == len(file.rows)
    lines = [line for line, _ in file.wrong]
    assert lines == sorted(lines)
    assert all(2 <= line <= data.count(b"\n") + data.count(b"\r") + 1 for line in lines)


def test_merged_rows_keep_the_first_address_as_given() -> None:
    """Mail goes to the address as the first row wrote it."""
    merged = merge_rows(make_row("A@example.org", themes=("A",)), make_row("a@example.org", themes=("B",), name="N"))
    assert (merged.address.given, merged.themes, merged.name) == ("A@example.org", ("A",), "N")


# --- writing ---------------------------------------------------------------------------------------------

CELLS = st.text(max_size=12) | st.text(alphabet="'=+-@\t\rA", max_size=6)


@given(CELLS)
def test_guard_is_undone_by_unguard(cell: str) -> None:
    """Whatever a cell holds comes back, apostrophes before signs included."""
    assert unguard(guard(cell)) == cell


@given(CELLS)
def test_guarded_cell_is_never_a_formula(cell: str) -> None:
    """No cell begins with what a spreadsheet would run."""
    assert not guard(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_names_that_begin_with_an_apostrophe_are_left_alone() -> None:
    """Only an apostrophe before a sign was put there by us."""
    assert [unguard(cell) for cell in ("'t Hart", "'=x", "''=x", "-x")] == ["'t Hart", "=x", "'=x", "-x"]


def test_export_says_where_everybody_stands() -> None:
    """Everybody is in the export with a status, active or not."""
    people = [
        make_subscriber(1, "Amina@example.org", name="Amina", themes=("A", "B"), attributes={"note": "x"}),
        make_subscriber(2, "luc@example.org", active=False),
        make_subscriber(3, "nour@example.org", suppressed=Reason.BOUNCED, active=False),
    ]
    rows = list(csv.DictReader(io.StringIO(format_roster(people))))
    assert [(row["email"], row["themes"], row["note"], row["status"]) for row in rows] == [
        ("Amina@example.org", "A|B", "x", "active"),
        ("luc@example.org", "", "", "left"),
        ("nour@example.org", "", "", "bounced"),
    ]


def test_export_is_safe_to_open_in_a_spreadsheet() -> None:
    """No cell of an export, headings included, begins with a formula's sign."""
    person = make_subscriber(
        1, "+amina@example.org", name="=1+1", joined="-1", themes=("@x",), language="=en", attributes={"=h": "\tx"}
    )
    cells = [cell for line in csv.reader(io.StringIO(format_roster([person]))) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).map(str.strip)
NAMES = st.sampled_from(["note", "organisation", "=sum", "'=sum", "status-quo", "+a"])
THEMES = st.lists(WORDS.filter(lambda word: word and "|" not in word), max_size=3).map(tuple)


@st.composite
def people(draw: st.DrawFn) -> list[Subscriber]:
    """A roster of distinct addresses with any facts."""
    addresses = draw(st.lists(st.integers(0, 99), unique=True, max_size=4))
    forms = ["reader{}@example.org", "+r{}@example.org", "=r{}@example.org", "Lü{}@bücher.example"]
    return [
        make_subscriber(
            number,
            draw(st.sampled_from(forms)).format(number),
            name=draw(WORDS) or None,
            language=draw(st.sampled_from([None, "en", "fr-CA", "=en"])),
            themes=draw(THEMES),
            joined=draw(WORDS) or None,
            attributes={name: value for name, value in draw(st.dictionaries(NAMES, WORDS)).items() if value},
        )
        for number in addresses
    ]


@given(people())
def test_export_imports_to_the_same_rows(roster: list[Subscriber]) -> None:
    """An export read back gives every fact of every subscriber, whatever signs it begins with."""
    file = parse_roster(format_roster(roster).encode(), "export.csv")
    assert (file.wrong, file.duplicates) == ((), ())
    assert list(file.rows) == [
        RosterRow(who.address, who.name, who.language, who.themes, who.joined, who.attributes) for who in roster
    ]
