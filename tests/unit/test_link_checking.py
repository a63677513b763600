"""What an answer means for a link, whom it is asked, and how findings are told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from coopdigest.domain.edition import Finding, Severity
from coopdigest.ports import Link, LinkAnswer
from coopdigest.services.link_checking import LinkChecking
from coopdigest.testing.fake_links import FakeLinkVisitor

URL = "https://news.example.net/mill"
ITEM = "item “A mill reopens”"


def an_item_link(url: str = URL, words: str = "A mill reopens", place: str = ITEM) -> Link:
    """A link that a source wrote."""
    return Link(url, words, place, True)


def our_link(url: str = URL, words: str = "Newsroom") -> Link:
    """A link that the template or the configuration wrote."""
    return Link(url, words, "HTML part", False)


def check(visitor: FakeLinkVisitor, *links: Link) -> list[Finding]:
    """The findings about these links of a digest with public pages."""
    return LinkChecking(visitor, "https://public.example.org").check(links)


def judge(link: Link, **facts: Any) -> list[tuple[str, Severity]]:
    """What one answer means: rules and severities."""
    found = check(FakeLinkVisitor().answering(link.url, **facts), link)
    return [(finding.rule, finding.severity) for finding in found]


E, W = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize("status", [200, 204, 206])
def test_a_link_that_answers_is_no_finding(status: int) -> None:
    """Any success is a page."""
    assert judge(an_item_link(), status=status) == []
    assert judge(our_link(), status=status) == []


@pytest.mark.parametrize("facts", [{"status": 404}, {"status": 410}, {"problem": "x cannot be found", "is_dead": True}])
def test_a_dead_link_stops_nothing_when_only_the_source_can_mend_it(facts: dict[str, Any]) -> None:
    """L03 is a warning in an item, and an error in the template and the configuration."""
    assert judge(an_item_link(), **facts) == [("L03", W)]
    assert judge(our_link(), **facts) == [("L03", E)]


@pytest.mark.parametrize(
    "facts",
    [
        *({"status": status} for status in (302, 304, 400, 401, 403, 405, 418, 429, 451, 500, 502, 503, 999)),
        {"problem": "x did not answer within 10 seconds"},
        {"problem": "x asked us to come later", "status": 429},
        {},
    ],
)
def test_what_could_not_be_asked_for_is_in_doubt_not_dead(facts: dict[str, Any]) -> None:
    """L05 is a warning everywhere: a reader's browser may do better."""
    assert judge(an_item_link(), **facts) == [("L05", W)]
    assert judge(our_link(), **facts) == [("L05", W)]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("https://other.example.net/mill", "has moved for good to https://other.example.net/mill"),
        ("https://news.example.net/", "front page"),
        ("https://news.example.net", "front page"),
        ("https://elsewhere.example.net/", "front page"),
        ("http://news.example.net/mill", ""),
        ("https://www.news.example.net/mill", ""),
        ("https://NEWS.example.net/stories/mill", ""),
        ("https://news.example.net:8443/mill", ""),
        ("https://news.example.net/?id=7", ""),
    ],
)
def test_a_link_that_moved_away_for_good_is_told_with_its_new_address(new: str, expected: str) -> None:
    """L04 names another site or a front page; a tidied address on the same site is no news."""
    found = check(FakeLinkVisitor().moved(URL, new), an_item_link())
    assert [(finding.rule, finding.severity) for finding in found] == ([("L04", W)] if expected else [])
    assert all(expected in finding.message and new in finding.message for finding in found)


def test_a_site_may_drop_its_www() -> None:
    """It is the same site."""
    old = "https://www.news.example.net/mill"
    assert check(FakeLinkVisitor().moved(old, "https://news.example.net/mill"), an_item_link(old)) == []


def test_a_name_in_letters_of_its_own_is_the_same_name_in_ascii() -> None:
    """A server names itself as the wire does (RFC 5891)."""
    visitor = FakeLinkVisitor().moved("https://mühle.example/a", "https://xn--mhle-0ra.example/b")
    assert check(visitor, an_item_link("https://mühle.example/a")) == []
    visitor = FakeLinkVisitor().moved("https://mühle.example/a", "https://xn--mhle.example/b")
    assert [finding.rule for finding in check(visitor, an_item_link("https://mühle.example/a"))] == ["L04"]


@pytest.mark.parametrize("host", ["a" * 70, "ü" * 70, "..", "xn--", "\u0660"])
def test_a_host_that_is_no_name_breaks_nothing(host: str) -> None:
    """Feeds write what they like."""
    url = f"https://{host}/"
    (finding,) = check(
        FakeLinkVisitor().answering(url, problem="its address is part of no valid web address"), an_item_link(url)
    )
    assert finding.rule == "L05"


def test_a_front_page_may_move_to_a_front_page() -> None:
    """Who links to a site's root loses no page."""
    root = "https://news.example.net/"
    assert check(FakeLinkVisitor().moved(root, "https://www.news.example.net/"), an_item_link(root)) == []


def test_a_dead_page_behind_a_move_is_only_dead() -> None:
    """One finding says it all."""
    assert judge(an_item_link(), status=404, moved_to="https://other.example.net/") == [("L03", W)]


def test_a_finding_names_link_cause_and_next_step() -> None:
    """An editor finds the link and knows what to do."""
    visitor = (
        FakeLinkVisitor().answering(URL, status=404, final_url="https://old.example.net/x").dead("https://a.test/")
    )
    found = check(visitor, an_item_link(), our_link("https://a.test/"))
    assert [(f.place, f.message, f.hint) for f in found] == [
        (
            "HTML part",
            "the link “Newsroom” to https://a.test/ is dead: its host cannot be found",
            "mend it in coopdigest.toml, in the introduction or in templates/email/",
        ),
        (
            ITEM,
            f"the link “A mill reopens” to {URL} is dead: old.example.net has no such page (404)",
            "only the source can mend it",
        ),
    ]


def test_words_and_addresses_without_end_are_cut() -> None:
    """One line stays one line."""
    url = f"{URL}?{'x' * 2_000}"
    (finding,) = check(FakeLinkVisitor().answering(url, status=404), an_item_link(url, "word " * 200))
    assert len(finding.message) < 400


def test_each_address_is_asked_once() -> None:
    """Fragments do not count, and an item's picture and title are one finding."""
    visitor = FakeLinkVisitor().answering(URL, status=404)
    links = [an_item_link(words="A picture"), an_item_link(), an_item_link(f"{URL}#part"), our_link(), our_link()]
    found = check(visitor, *links)
    assert visitor.asked == [URL]
    assert [(finding.rule, finding.place) for finding in found] == [("L03", "HTML part"), ("L03", ITEM)]


@pytest.mark.parametrize(
    "url",
    [
        *("mailto:newsroom@example.org", "tel:+41225550123", "ftp://example.org/", "file:///etc/passwd", "#top", ""),
        *("/about", "javascript:alert(1)", "http://[::1", "data:text/html,x", "gopher://127.0.0.1:6379/_FLUSHALL"),
    ],
)
def test_only_web_addresses_are_asked_for(url: str) -> None:
    """Everything else is nobody's to ask, whoever wrote it."""
    visitor = FakeLinkVisitor()
    assert check(visitor, an_item_link(url), our_link(url)) == []
    assert visitor.asked == []


def test_the_digests_own_pages_are_not_asked_for() -> None:
    """They are personal, or there only once the issue is sent; an item there is an ordinary page."""
    visitor = FakeLinkVisitor()
    own = "https://public.example.org"
    ours = [our_link(own), our_link(f"{own}/issues/2021-11/en"), our_link(f"{own}/unsubscribe/x"), our_link(f"{own}?x")]
    item, strangers = an_item_link(f"{own}/story"), our_link(f"{own}.test/")
    check(visitor, *ours, item, strangers)
    assert sorted(visitor.asked) == sorted([item.url, strangers.url])


def test_without_public_pages_everything_is_asked_for() -> None:
    """No root, nothing below it."""
    visitor = FakeLinkVisitor()
    LinkChecking(visitor).check([our_link("https://public.example.org/")])
    assert visitor.asked == ["https://public.example.org/"]


def test_every_target_is_counted() -> None:
    """Who watches the progress sees as many answers as were announced."""
    links = [an_item_link(f"https://{host}.example/{page}") for host in "abcdefgh" for page in range(3)]
    checking, answers = LinkChecking(FakeLinkVisitor()), []
    checking.check([*links, *links], lambda: answers.append(1))
    assert len(answers) == len(checking.targets(links)) == 24


def test_findings_come_in_the_order_of_the_links_whoever_answers_first() -> None:
    """Threads do not show: same links, same report."""
    visitor = FakeLinkVisitor()
    links = [an_item_link(f"https://{host}.example/", place=f"item {host}") for host in "hgfedcba"]
    for link in links:
        visitor.answering(link.url, status=404)
    assert [finding.place for finding in check(visitor, *links)] == [link.place for link in links]


class CrowdedVisitor:
    """Notes how many hosts, and how many links of one host, are asked at once."""

    def __init__(self, hosts_at_once: int) -> None:
        self.gate = threading.Barrier(hosts_at_once)
        self.busy: set[str] = set()
        self.most = 0
        self.lock, self.never = threading.Lock(), threading.Event()

    def visit(self, url: str) -> LinkAnswer:
        """Answer when as many hosts as may be are asked at once."""
        host = url.split("/")[2]
        with self.lock:
            assert host not in self.busy
            self.busy.add(host)
            self.most = max(self.most, len(self.busy))
        self.gate.wait(timeout=10)
        self.never.wait(0.02)  # room for a fifth to show
        with self.lock:
            self.busy.discard(host)
        return LinkAnswer(url=url, final_url=url, status=200)


def test_a_few_hosts_are_asked_at_once_and_each_one_link_after_the_other() -> None:
    """Four of eight hosts at a time; never two questions to one."""
    visitor = CrowdedVisitor(4)
    links = [an_item_link(f"https://{host}.example/{page}") for host in "abcdefgh" for page in range(2)]
    assert LinkChecking(visitor).check(links) == []
    assert visitor.most == 4


class Interrupted(BaseException):
    """As Ctrl-C."""


class SlowVisitor(FakeLinkVisitor):
    """Takes its time over the hosts whose names begin with `slow`."""

    def visit(self, url: str) -> LinkAnswer:
        """Answer after a while."""
        answer = super().visit(url)
        if url.startswith("https://slow"):
            threading.Event().wait(0.1)
        return answer


def test_an_interrupted_check_asks_nobody_any_more() -> None:
    """What is being asked is answered, the rest is left alone."""
    visitor = SlowVisitor()
    links = [an_item_link("https://quick.example/")]
    links += [an_item_link(f"https://slow{host}.example/{page}") for host in "abcdefgh" for page in range(50)]

    def interrupt() -> None:
        if not raised:
            raised.append(True)
            raise Interrupted

    raised: list[bool] = []
    with pytest.raises(Interrupted):
        LinkChecking(visitor).check(links, interrupt)
    assert len(visitor.asked) <= 2 * 8
