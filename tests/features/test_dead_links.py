"""`check PERIOD --links` asks for the links of an issue, as a user sees it, and never where a feed must not lead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from digest_folder import Folder

FEED = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>News</title><link>https://example.org/</link><description>News</description>
{items}
</channel></rss>
"""
ENTRY = """<item><title>Story {number} from the lake</title><link>{link}</link>
<pubDate>Mon, {day:02} Nov 2021 10:00:00 GMT</pubDate>
<description>Forty families dry their beans on one floor, and share the fan that blows all night.</description></item>
"""


class Newsroom:
    """A web server with one page, and what it was asked for."""

    def __init__(self) -> None:
        self.status, self.location = 200, ""
        self.asked: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Its one page."""
        return f"http://127.0.0.1:{self.port}/newsroom"


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    """A web server on loopback."""
    room = Newsroom()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            room.asked.append(self.path)
            self.send_response(200 if self.path == "/" else room.status)
            self.send_header("Location", room.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815 - the name is the base class's

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        room.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield room
        server.shutdown()
        thread.join()


def use(folder: Folder, newsroom: Newsroom, *links: str) -> None:
    """Give the digest a feed with these links and the newsroom as its media contact's page; collect."""
    entries = (ENTRY.format(number=number, link=link, day=number) for number, link in enumerate(links, 1))
    (folder.path / "feed.xml").write_text(FEED.format(items="".join(entries)), "utf-8")
    path = folder.path / "coopdigest.toml"
    text = path.read_text("utf-8").replace('kind = "listing"', 'kind = "feed"').replace("news.txt", "feed.xml")
    path.write_text(text.replace("https://www.example.org/newsroom", newsroom.url), "utf-8")
    assert folder.run("collect").code == 0


def findings(document: Any, *rules: str) -> list[tuple[str, str, str]]:
    """Rule, severity and place of the findings of these rules."""
    return [(f["rule"], f["severity"], f["place"]) for f in document["findings"] if f["rule"] in rules]


def test_hostile_links_are_never_asked_for(folder: Folder, newsroom: Newsroom) -> None:
    """Loopback, link-local and private addresses in a feed are warnings, and nobody there hears of it."""
    hosts = ("127.0.0.1", "localhost", "[::1]", "2130706433", "169.254.169.254", "10.0.0.1")
    use(folder, newsroom, *(f"http://{host}:{newsroom.port}/latest/meta-data/" for host in hosts))
    ran = folder.run("check", "2021-11", "--links", "--json")
    assert ran.code == 0, ran.out
    expected = [("L05", "warning", f"item “Story {number} from the lake”") for number in range(len(hosts), 0, -1)]
    assert findings(ran.json, "L03", "L04", "L05") == expected
    assert set(newsroom.asked) == {"/newsroom"}
    assert "asking for links: 7 to go" in ran.err


def test_a_dead_link_of_the_digests_own_fails_the_check(folder: Folder, newsroom: Newsroom) -> None:
    """The contact's page is gone: exit 4, with link, cause and next step on one line."""
    use(folder, newsroom, "http://127.0.0.1:1/")
    newsroom.status = 404
    ran = folder.run("check", "2021-11", "--links")
    assert ran.code == 4
    (line,) = [line for line in ran.out.splitlines() if line.startswith("L03")]
    assert "error" in line
    assert f"the link to {newsroom.url} is dead: 127.0.0.1 has no such page (404)" in line
    assert "coopdigest.toml" in line


def test_a_page_that_moved_to_the_front_page_is_told(folder: Folder, newsroom: Newsroom) -> None:
    """A permanent redirect to a site's root is a warning that names where it leads."""
    use(folder, newsroom, "http://127.0.0.1:1/")
    newsroom.status, newsroom.location = 301, "/"
    ran = folder.run("check", "2021-11", "--links", "--json")
    assert ran.code == 0
    assert findings(ran.json, "L03", "L04") == [("L04", "warning", "HTML part")]
    (message,) = [f["message"] for f in ran.json["findings"] if f["rule"] == "L04"]
    assert message.endswith(f"http://127.0.0.1:{newsroom.port}/")


def test_without_links_nobody_is_asked(folder: Folder, newsroom: Newsroom) -> None:
    """A plain check touches no network."""
    use(folder, newsroom, newsroom.url)
    assert folder.run("check", "2021-11").code == 0
    assert newsroom.asked == []


def test_links_need_a_period(folder: Folder) -> None:
    """Without one there are no links: exit 2 and the next step."""
    ran = folder.run("check", "--links")
    assert (ran.code, ran.out) == (2, "")
    assert "period" in ran.err
    assert "coopdigest check last --links" in ran.err


def test_help_tells_of_links(folder: Folder) -> None:
    """The option is explained with an example."""
    ran = folder.run("check", "--help")
    assert "--links" in ran.out
    assert "coopdigest check last --links" in " ".join(ran.out.split())
