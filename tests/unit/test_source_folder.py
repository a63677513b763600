"""How a folder of Markdown files becomes items."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.errors import ConfigurationError, SourceError
from coopdigest.domain.item import Image
from coopdigest.ports import Note, Reading
from coopdigest.sources.build import build_source

FIXTURES = Path(__file__).parents[1] / "fixtures/sources"


def read_folder(path: Path, **options: object) -> Reading:
    """What a folder gives."""
    source = build_source("folder", "stories", str(path), Path(), ZoneInfo("Europe/Zurich"), options)
    assert source.shows_whole_state
    return source.read(None)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Reads a folder with one file."""

    def read_text(text: str | bytes, **options: object) -> Reading:
        (tmp_path / "a.md").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_folder(tmp_path, **options)

    return read_text


def test_a_folder_gives_its_files_by_path() -> None:
    """Front matter and body are read; hidden and other files are passed over; bad ones are noted."""
    reading = read_folder(FIXTURES / "stories")
    loom, night = reading.items
    assert (loom.title, loom.day, loom.theme) == ("A loom for every street", date(2021, 11, 4), "Training")
    assert (loom.url, loom.credit, loom.language) == ("https://www.example.org/loom", "© Street Looms", "no")
    assert loom.image == Image(url="https://www.example.org/loom.jpg", alt="A wooden loom", credit="Ola N.")
    assert loom.summary == "Weavers teach their neighbours; see the plan.\n\n<b>HTML</b> stays text."
    assert loom.summary_html == (
        'Weavers <em>teach</em> their neighbours; see <a href="https://www.example.org/plan">the plan</a>.'
        "<br><br>&lt;b&gt;HTML&lt;/b&gt; stays text."
    )
    assert (night.title, night.guid, night.summary) == ("2021", "deep/night.md", "Said in the front matter.")
    assert night.published == datetime(2021, 11, 5, 22, 30, tzinfo=UTC)
    assert [note.place for note in reading.notes] == ["broken.md", "plain.md"]


@pytest.mark.parametrize(
    "written", ["2021-11-04", '"2021-11-04"', "4 November 2021", "2021-11-04T10:00:00Z", "2021-11-04 10:00:00 +01:00"]
)
def test_a_date_may_be_written_in_many_ways(read, written: str) -> None:
    """YAML's own dates, ISO 8601, and the words of a newsroom."""
    assert read(f"---\ntitle: T\ndate: {written}\n---\n").items[0].day == date(2021, 11, 4)


@pytest.mark.parametrize(
    ("head", "trouble"),
    [
        ("title: T\ndate: someday", "date 'someday' cannot be read"),
        ("title: T", "no date"),
        ("title: T\ndate: 2021-11-04\nautor: X", "unknown key autor"),
        ("date: 2021-11-04", "no title"),
        ("title: [a, b]\ndate: 2021-11-04", "no title"),
        ("- a\n- b", "no keys"),
        ("title: !!python/object/apply:os.system ['false']\ndate: 2021-11-04", "no title"),
        ("a: &a [x]\nb: *nowhere", "not YAML"),
        ("x: " + "[" * 5_000, "front matter"),
        ("x: " + "y" * 60_000, "more front matter"),
    ],
)
def test_a_troubled_file_is_noted(read, head: str, trouble: str) -> None:
    """What is wrong with one file is said by its name, and stops no other."""
    notes = read(f"---\n{head}\n---\n").notes
    assert any(note.place == "a.md" and trouble in note.text for note in notes), notes


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"---\ntitle: Caf\xe9\n---\n", "not UTF-8"),
        (b"---\ntitle: T\nno end", "does not end"),
        (b"", "no front matter"),
        (b"---\ntitle: T\n---\n" + b"x" * 1_000_000, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_no_story_is_left_out(read, content: bytes, trouble: str) -> None:
    """Other charsets, open front matter and huge files are noted."""
    reading = read(content)
    assert not reading.items
    assert trouble in reading.notes[0].text
    assert reading.notes[0].text.endswith("left out")


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    """A link may lead to another story, not to another folder, in a circle, or nowhere."""
    folder, outside = tmp_path / "stories", tmp_path / "outside.md"
    folder.mkdir()
    for path in (outside, folder / "real.md"):
        path.write_text("---\ntitle: T\ndate: 2021-01-01\n---\n", encoding="utf-8")
    for name, target in {
        "in.md": "real.md",
        "out.md": "../outside.md",
        "gone.md": "none.md",
        "round.md": "round.md",
        "up": "..",
    }.items():
        (folder / name).symlink_to(target)
    reading = read_folder(folder)
    assert [item.guid for item in reading.items] == ["in.md", "real.md"]
    assert [note.place for note in reading.notes] == ["gone.md", "out.md", "round.md"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """What is no ordinary file is left out."""
    os.mkfifo(tmp_path / "pipe.md")
    assert "is not a file" in read_folder(tmp_path).notes[0].text


def test_a_missing_folder_fails_by_name(tmp_path: Path) -> None:
    """The source and the folder are named."""
    with pytest.raises(SourceError, match=r"^stories: there is no folder nowhere"):
        read_folder(tmp_path / "nowhere")


def test_a_folder_is_no_address() -> None:
    """A web address is refused before anything is read."""
    with pytest.raises(ConfigurationError, match="must be a folder"):
        build_source("folder", "stories", "https://example.org/", Path(), ZoneInfo("UTC"), {})


def test_the_configurations_theme_and_language_stand_in(read) -> None:
    """They hold for files that name none."""
    (item,) = read("---\ntitle: T\ndate: 2021-01-01\ntheme: Own\n---\n", theme="Other", language="fr").items
    assert (item.theme, item.language) == ("Own", "fr")


@pytest.mark.parametrize(
    ("kind", "options"),
    [("newsletter", {}), ("feed", {"theme_from": "moon"}), ("feed", {"timeouts": {"forever": 1}}), ("listing", {})],
)
def test_a_source_that_cannot_be_built_is_a_mistake_of_the_configuration(kind: str, options: dict[str, object]) -> None:
    """Unknown kinds and options, and empty locations, are named."""
    location = "" if kind == "listing" else "x"
    with pytest.raises(ConfigurationError, match=r"^source s: "):
        build_source(kind, "s", location, Path(), ZoneInfo("UTC"), options)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/x", "https://user:secret@example.org/", "http://", "file:///etc/passwd", "http://a:99999/"],
)
def test_an_address_that_cannot_be_fetched_is_a_mistake_of_the_configuration(url: str) -> None:
    """Other schemes, passwords and missing hosts are refused early, without repeating the password."""
    with pytest.raises(ConfigurationError, match=r"^source s: its location ") as caught:
        build_source("feed", "s", url, Path(), ZoneInfo("UTC"), {})
    assert "secret" not in str(caught.value)


def test_a_file_may_say_of_what_kind_it_is(read) -> None:
    """The front matter's kind, on one line and within bounds, goes before the one that holds for the source."""
    head = "---\ntitle: T\ndate: 2021-11-04\n{}---\n"
    assert read(head.format("kind: ' Photo  story '\n"), item_kind="Video").items[0].kind == "Photo story"
    assert read(head.format(""), item_kind="Video").items[0].kind == "Video"
    long = read(head.format(f"kind: {'x' * 300}\n"))
    assert len(long.items[0].kind) <= 100
    assert long.notes == [Note("a.md", "kind is longer than 100 characters; cut")]
