"""What goes wrong is one line that names the thing and the next step, with the contract's exit code."""

from __future__ import annotations

import re

import pytest
from digest_folder import Folder


def one_line(text: str) -> str:
    """The only line of a text."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('timezone = "Europe/Zurich"', 'timezone = "Europe/Zürich"', 4),
        ('name = "COOP News"', 'nmae = "COOP News"', 3),
        ("[smtp]", "[smtp", 22),
    ],
)
def test_a_wrong_configuration_names_file_and_line(folder: Folder, old: str, new: str, line: int) -> None:
    """An unknown zone, a misspelt key and broken TOML exit 2 with the line."""
    path = folder.path / "coopdigest.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    ran = folder.run("issue", "last")
    assert ran.code == 2
    assert re.match(rf"coopdigest\.toml:{line}: ", one_line(ran.err)), ran.err


@pytest.mark.parametrize("period", ["2021-13", "2021-W53", "yesterday", "2021-02-30", "2021-11-15..2021-11-01"])
def test_a_period_that_does_not_exist_is_refused(folder: Folder, period: str) -> None:
    """A PERIOD that no calendar holds exits 2."""
    ran = folder.run("issue", period)
    assert ran.code == 2
    assert period in one_line(ran.err)


def test_a_schedule_that_cannot_be_read_names_its_line(folder: Folder) -> None:
    """An expression that means nothing exits 2 with the line of the key."""
    folder.configure(send="now and then")
    ran = folder.run("schedule")
    assert ran.code == 2
    assert re.match(r"coopdigest\.toml:15: ", one_line(ran.err)), ran.err


def test_a_missing_configuration_names_the_next_step(folder: Folder) -> None:
    """Without a configuration the user is told of init."""
    ran = folder.run("issue", "last", "--config", "elsewhere.toml")
    assert ran.code == 2
    assert "init" in one_line(ran.err)


def test_a_missing_source_is_named_and_the_others_are_kept(folder: Folder) -> None:
    """One source fails with exit 3 by its name; the items of the other are there."""
    path = folder.path / "coopdigest.toml"
    more = '[[sources]]\nname = "lost"\nkind = "listing"\nlocation = "nowhere.txt"\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    ran = folder.run("collect")
    assert ran.code == 3
    assert any("lost" in line and "nowhere.txt" in line for line in ran.err.splitlines()), ran.err
    assert folder.run("issue", "2021-11", "--json").json["sections"]


def test_a_store_that_is_no_database_exits_7(folder: Folder) -> None:
    """A file that is not SQLite is named, and left as it is."""
    (folder.path / "coopdigest.db").write_bytes(b"this is a shopping list, not a database, and quite long at that" * 20)
    ran = folder.run("status")
    assert ran.code == 7
    assert "coopdigest.db" in one_line(ran.err)


def test_a_store_newer_than_the_program_exits_7(folder: Folder) -> None:
    """A store at a revision that this program does not know is refused."""
    import contextlib
    import sqlite3

    folder.run("status")
    with contextlib.closing(sqlite3.connect(folder.path / "coopdigest.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    ran = folder.run("status")
    assert ran.code == 7
    assert "newer" in one_line(ran.err)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"name\nAmina\n", "email"), (b"\xff\xfe\x00e\x00m", "UTF-8"), (b"email\nnot an address\n", ":2: ")],
)
def test_a_wrong_roster_changes_nothing_and_exits_5(folder: Folder, data: bytes, words: str) -> None:
    """A roster without email, one that is not text, and one with a wrong row are refused whole."""
    (folder.path / "wrong.csv").write_bytes(data)
    ran = folder.run("subscribers", "import", "wrong.csv")
    assert ran.code == 5
    assert words in one_line(ran.err)
    assert folder.run("subscribers", "list", "--json").json == {"subscribers": []}


def test_a_mass_removal_is_held(folder: Folder) -> None:
    """More than a fifth and more than ten going at once asks for --accept-removals."""
    rows = [f"reader{number}@example.org" for number in range(40)]
    roster = folder.path / "subscribers.csv"
    roster.write_text("email\n" + "\n".join(rows), "utf-8")
    assert folder.run("subscribers", "import", "subscribers.csv").code == 0
    roster.write_text("email\n" + "\n".join(rows[:20]), "utf-8")
    folder.run("collect")
    folder.run("approve", "2021-11")
    held = folder.run("send", "2021-11")
    assert held.code == 5
    assert "--accept-removals" in one_line(held.err)
    assert folder.run("subscribers", "import", "subscribers.csv", "--accept-removals").code == 0
    standing = [person["status"] for person in folder.run("subscribers", "list", "--json").json["subscribers"]]
    assert (standing.count("active"), standing.count("left")) == (20, 20)


def test_importing_another_file_takes_nobody_away(folder: Folder) -> None:
    """Only the digest's own roster file can make people leave, and only those who came by it."""
    (folder.path / "fair.csv").write_text("email\nvisitor@example.org\n", "utf-8")
    folder.run("subscribers", "import", "subscribers.csv")
    folder.run("subscribers", "import", "fair.csv")
    folder.run("subscribers", "import", "subscribers.csv")
    standing = [person["status"] for person in folder.run("subscribers", "list", "--json").json["subscribers"]]
    assert standing == ["active"] * 4


def test_a_template_that_does_not_compile_names_file_and_line(folder: Folder) -> None:
    """A broken template exits 4 with its file and line, and composes nothing."""
    templates = folder.path / "templates" / "email"
    templates.mkdir(parents=True)
    (templates / "subject.txt").write_text("{{ digest.name }}\n{% if %}\n", "utf-8")
    folder.run("collect")
    ran = folder.run("compose", "2021-11", "--out", "build")
    assert ran.code == 4
    assert "subject.txt:2" in one_line(ran.err)
    assert not (folder.path / "build").exists()


def test_a_port_that_is_taken_exits_2(folder: Folder) -> None:
    """A taken port is named with the next step."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = folder.run("web", "--port", port)
    assert ran.code == 2
    assert port in one_line(ran.err)


def test_the_media_contact_of_a_listing_is_offered(folder: Folder) -> None:
    """A configuration without a media contact is told of the one that its listing names."""
    news = folder.path / "news.txt"
    news.write_text("Media contact\n\n  1. press@example.org\n\n" + news.read_text("utf-8"), "utf-8")
    path = folder.path / "coopdigest.toml"
    text = path.read_text("utf-8")
    start, end = text.index("[media_contact]"), text.index("[schedule]")
    path.write_text(text[:start] + text[end:], "utf-8")
    ran = folder.run("collect")
    assert ran.code == 2
    assert "press@example.org" in one_line(ran.err)
