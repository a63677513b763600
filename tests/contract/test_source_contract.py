"""The contract of `ports.Source`, on the shipped fake and on every kind, from files and over HTTP."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.errors import SourceError
from coopdigest.ports import Reading, Source, Validators
from coopdigest.sources.build import build_source

FIXTURES = Path(__file__).parents[1] / "fixtures/sources"
SELECT = {"item": "li.story", "title": "h3", "date": "time, .when"}
KINDS = {
    "listing": ("listing-flat.txt", {}),
    "feed": ("feed-rss.xml", {}),
    "page": ("page.html", {"select": SELECT}),
    "folder": ("stories", {}),
}
REMOTE = [kind for kind in KINDS if kind != "folder"]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The fixtures on a real web server, with Last-Modified and 304."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(FIXTURES)))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def build(kind: str, location: str | None = None, **more: object) -> Source:
    """A source of `kind`, of its fixture unless another location is given."""
    file, options = KINDS[kind]
    return build_source(kind, "news", location or file, FIXTURES, ZoneInfo("Europe/Zurich"), {**options, **more})


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_yields_items_in_its_own_order_each_time(kind: str) -> None:
    """Reading twice gives the same; titles are one line; times are aware; absent facts are None."""
    source = build(kind)
    reading = source.read(None)
    assert source.name == "news"
    assert source.shows_whole_state is (kind != "feed")
    assert isinstance(reading, Reading)
    assert not reading.unchanged
    assert reading.validators is None
    assert reading.items
    for item in reading.items:
        assert item.title == " ".join(item.title.split())
        assert item.published is None or item.published.tzinfo is not None
        assert "" not in (item.theme, item.summary, item.url, item.credit, item.language, item.guid)
    assert source.read(None) == reading


@pytest.mark.parametrize("kind", REMOTE)
def test_a_source_over_http_gives_the_same_and_then_nothing_new(kind: str, server: str) -> None:
    """The validators of the first reading make the second an unchanged one."""
    remote = build(kind, f"{server}/{KINDS[kind][0]}", allow_private=True)
    first = remote.read(None)
    assert [item.title for item in first.items] == [item.title for item in build(kind).read(None).items]
    assert first.validators is not None
    assert first.validators.last_modified
    second = remote.read(first.validators)
    assert second.unchanged
    assert not second.items
    assert second.validators == first.validators


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_that_is_not_there_fails_by_name(kind: str) -> None:
    """The error names the source and what is missing."""
    with pytest.raises(SourceError, match=r"^news: there is no (?:file|folder) nowhere"):
        build(kind, "nowhere").read(None)


@pytest.mark.parametrize("kind", REMOTE)
def test_a_source_on_loopback_needs_permission(kind: str, server: str) -> None:
    """Without allow_private a private address is an error that says how to allow it."""
    with pytest.raises(SourceError, match=r"^news: .*allow_private = true"):
        build(kind, f"{server}/x").read(Validators())


@pytest.mark.parametrize("kind", REMOTE)
def test_a_location_that_is_a_folder_fails_by_name(kind: str) -> None:
    """A folder is no file."""
    with pytest.raises(SourceError, match=r"^news: stories is not a file"):
        build(kind, "stories").read(None)


@pytest.mark.parametrize("kind", REMOTE)
def test_a_file_that_is_too_large_fails_by_name(kind: str, tmp_path: Path) -> None:
    """Files have the same bound as the web."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(SourceError, match=r"^news: large is larger than 10 MB"):
        build(kind, str(large)).read(None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_marks_its_items_with_the_kind_that_the_configuration_gives(kind: str) -> None:
    """Nothing says of what kind an item is, unless the item or the configuration does."""
    assert {item.kind for item in build(kind).read(None).items} == {None}
    assert {item.kind for item in build(kind, item_kind="Video").read(None).items} == {"Video"}
