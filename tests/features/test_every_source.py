"""Every kind of source, read from a fixture of real shape, through the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from digest_folder import Folder, Ran

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"
SELECT = 'item = "li.news", title = "h3", link = "h3 a", date = "time", theme = ".kicker", summary = "p", image = "img"'


def source(name: str, kind: str, location: str, more: str = "") -> str:
    """A `[[sources]]` table."""
    return f'[[sources]]\nname = "{name}"\nkind = "{kind}"\nlocation = "{location}"\n{more}\n'


def use(folder: Folder, *tables: str) -> Ran:
    """Give the digest these sources instead of its own, and collect."""
    path = folder.path / "coopdigest.toml"
    text = path.read_text("utf-8")
    start, end = text.index("[[sources]]"), text.index("[themes]")
    path.write_text(text[:start] + "".join(tables) + text[end:], "utf-8")
    shutil.copytree(FIXTURES, folder.path / "fixtures")
    (folder.path / "stories").mkdir()
    shutil.copy(FIXTURES / "story.md", folder.path / "stories" / "letters.md")
    return folder.run("collect")


def items(folder: Folder, period: str = "2021-11") -> Iterator[dict[str, Any]]:
    """Every item of a period's issue."""
    for section in folder.run("issue", period, "--json").json["sections"]:
        yield from section["items"]


FOUND = [
    (
        source("rss", "feed", "fixtures/newsroom.rss"),
        {
            "title": "Orchard crews & ferry crews share a first-aid course",
            "date": "2021-11-30",  # 23:30 in Greenwich is the next day in Zurich
            "theme": "Training",
            "summary": "Forty people practised. Sign up",
        },
    ),
    (
        source("atom", "feed", "fixtures/newsroom.atom"),
        {"title": "One cellar for three dairies", "date": "2021-11-05", "theme": "Cooperative development"},
    ),
    (
        source("rdf", "feed", "fixtures/newsroom.rdf"),
        {"title": "The seed cupboard is full", "date": "2021-11-11", "theme": "News"},
    ),
    (
        source("page", "page", "fixtures/newsroom.html", f"select = {{ {SELECT} }}"),
        {
            "title": "A morning with the bicycle makers",
            "date": "2021-11-07",
            "theme": "Video",
            "url": "https://www.example.org/news/makers",
        },
    ),
    (
        source("stories", "folder", "stories"),
        {
            "title": "Letters from the hatchery",
            "date": "2021-11-12",
            "credit": "© Lakeside Archive",
            "summary": "Two hundred pupils asked, the fishers answered.",
        },
    ),
]


@pytest.mark.parametrize(("table", "facts"), FOUND, ids=["rss", "atom", "rdf", "page", "folder"])
def test_a_source_yields_its_item_with_its_facts(folder: Folder, table: str, facts: dict[str, str]) -> None:
    """Title, day in the digest's zone, theme and what else the source knows arrive in the issue."""
    assert use(folder, table).code == 0
    (item,) = items(folder)
    assert {name: item[name] for name in facts} == facts


def test_a_json_feed_is_read_by_its_instant(folder: Folder) -> None:
    """23:30 in New York on 30 November is December in Zurich."""
    assert use(folder, source("json", "feed", "fixtures/newsroom.json")).code == 0
    assert not list(items(folder))
    assert [item["title"] for item in items(folder, "2021-12")] == ["Night market, one till"]


def test_an_entry_without_a_date_is_said(folder: Folder) -> None:
    """An undated entry takes the day it was first seen, and the collect says so."""
    ran = use(folder, source("rss", "feed", "fixtures/newsroom.rss"))
    assert "no date" in ran.err
    assert [item["title"] for item in items(folder, "this")] == ["A notice without a date"]


def test_bad_sources_fail_by_name_and_the_good_one_is_kept(folder: Folder) -> None:
    """An XML bomb, a missing file, a dead server and a private address are each one line; exit 3."""
    ran = use(
        folder,
        source("bomb", "feed", "fixtures/bomb.xml"),
        source("lost", "folder", "nowhere"),
        source("dead", "feed", "http://127.0.0.1:9/feed", "allow_private = true"),
        source("private", "feed", "http://127.0.0.1:9/feed"),
        source("good", "feed", "fixtures/newsroom.atom"),
    )
    assert ran.code == 3
    for name in ("bomb", "lost", "dead", "private"):
        assert len([line for line in ran.err.splitlines() if line.startswith(f"{name}: ")]) == 1, ran.err
    assert len(list(items(folder))) == 1
