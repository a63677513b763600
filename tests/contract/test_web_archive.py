"""The sent issues over HTTP: what is on the web, what is not, and that nobody's own link is there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from coopdigest.domain.edition import Slot, marker, nonce_for
from coopdigest.domain.issue import IssueState
from coopdigest.domain.period import Cadence, Period
from coopdigest.domain.token import Tokens
from coopdigest.testing.builders import make_edition, make_found, make_issue, make_item, make_period
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.samples import sample_digest
from coopdigest.testing.scenes import approve, collect, enrol
from coopdigest.web.public import PublicPages, public_app

S = IssueState
PAGE = "/issues/2021-11/en"


class Site:
    """The public pages of a store in memory."""

    def __init__(self, **facts: Any) -> None:
        self.store = MemoryStore()
        self.digest = sample_digest(**facts)
        enrol(self.store, "amina@example.org")

    def client(self) -> TestClient:
        pages = PublicPages(self.digest, Tokens([b"key" * 8]), self.store.roster, self.store.issues, FixedClock())
        return TestClient(public_app(pages), base_url="https://news.example.org", follow_redirects=False)

    def send(
        self, period: Period | None = None, *, languages: tuple[str, ...] = ("en",), title: str = "A mill"
    ) -> None:
        """Collect, approve, open and finish the issue of a period."""
        day = (period or make_period()).first
        items = collect(self.store, make_found(title, day), source=str(day))
        campaign = self.store.ledger.open(approve(self.store, items, period, languages), NOON)
        self.store.issues.set_state(period or make_period(), S.SENT, NOON)
        assert campaign.tally.recipients == 1

    def move(self, *states: IssueState) -> None:
        """Approve the issue of 2021-11 without a campaign and walk it through `states`."""
        issue = make_issue([make_item()])
        self.store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)
        for state in states:
            self.store.issues.set_state(make_period(), state, NOON)


@pytest.mark.parametrize("states", [(S.SENDING,), (S.SENDING, S.PAUSED), (S.SENDING, S.SENT)])
def test_shows_an_issue_whose_campaign_was_opened(states: tuple[IssueState, ...]) -> None:
    """As soon as the first message may have left, its "view in browser" link works."""
    site = Site()
    site.move(*states)
    answer = site.client().get(PAGE)
    assert answer.status_code == 200
    assert "A mill reopens" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_the_text_part_of_a_sent_issue_is_there_too() -> None:
    """It holds every item and nobody's own link; before the issue is sent there is none."""
    site = Site()
    site.move()
    assert site.client().get(f"{PAGE}/text").status_code == 404
    site.store.issues.set_state(make_period(), S.SENDING, NOON)
    answer = site.client().get(f"{PAGE}/text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.startswith("A mill reopens")
    assert "slot" not in answer.text


def test_shows_no_approved_issue_and_no_draft() -> None:
    """What was not sent is not on the web: unknown, drafted and approved issues are 404."""
    site = Site()
    assert site.client().get(PAGE).status_code == 404
    site.store.issues.set_state(make_period(), S.DRAFT, NOON)
    assert site.client().get(PAGE).status_code == 404
    site.move()
    answer = site.client().get(PAGE)
    assert answer.status_code == 404
    assert "A mill reopens" not in answer.text


def test_a_withdrawn_issue_is_gone() -> None:
    """The link in a message of an issue that was cancelled half-way leads to a page that says so."""
    site = Site()
    site.move(S.SENDING, S.CANCELLED)
    answer = site.client().get(PAGE)
    assert answer.status_code == 410
    assert "was withdrawn" in answer.text
    assert "A mill reopens" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/issues/2021-11/fr",
        "/issues/2021-11",
        "/issues/2021-11/en/",
        "/issues/2021-10/en",
        "/issues/2021-13/en",
        "/issues/last/en",
        "/issues/%202021-11/en",
        "/issues/2021-11-01..2021-11-30/en",
        "/issues/2021-w44/en",
        "/issues/..%2F..%2Fetc/passwd",
        "/issues/2021-11/EN",
        "/issues/%00/en",
    ],
)
def test_other_addresses_are_not_found(path: str) -> None:
    """An issue has one address per language; everything else is 404."""
    site = Site()
    site.send()
    assert site.client().get(path).status_code == 404


def test_the_personal_parts_are_blank() -> None:
    """No marker is left, and the way out leads to the page that explains it, which exists."""
    site = Site(languages=("en", "ar"))
    site.send(languages=("en", "ar"))
    for language, link in (("en", "/unsubscribe"), ("ar", "/unsubscribe?language=ar")):
        page = site.client().get(f"/issues/2021-11/{language}").text
        assert "slot" not in page
        assert f'<a href="{link}">' in page
        assert site.client().get(link).status_code == 200


def test_bytes_are_those_that_were_approved() -> None:
    """Apart from the personal parts the page is the frozen edition, byte for byte."""
    site = Site()
    site.move(S.SENDING)
    issue = make_issue([make_item()])
    slot = marker(nonce_for(issue), Slot.UNSUBSCRIBE_URL)
    assert site.client().get(PAGE).text.replace("/unsubscribe", slot) == make_edition(issue).html


def test_an_issue_can_run_nothing() -> None:
    """The issue page has its inline styles and https images, and no script, form, frame or cookie."""
    site = Site()
    site.send()
    headers = site.client().get(PAGE).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "img-src https:" in policy
    assert "script" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert "x-robots-tag" not in headers


def test_head_of_an_issue_and_other_methods() -> None:
    """HEAD answers as GET does, without the body; nothing can be posted."""
    site = Site()
    site.send()
    assert site.client().head(PAGE).status_code == 200
    assert site.client().head(PAGE).content == b""
    assert site.client().post(PAGE).status_code == 405


def test_the_archive_lists_sent_issues_newest_first() -> None:
    """The root lists what was sent, by period, with a link to each language's edition that leads to it."""
    site = Site(languages=("en", "fr"))
    site.send(make_period(date(2021, 9, 1)), languages=("en", "fr"))
    site.send(make_period(date(2021, 10, 1)), title="A dairy")
    site.move()  # 2021-11 is approved, not sent
    client = site.client()
    page = client.get("/").text
    assert page.index("October 2021") < page.index("September 2021")
    assert "2021-11" not in page
    for link in ("/issues/2021-10/en", "/issues/2021-09/en", "/issues/2021-09/fr"):
        assert f'href="{link}"' in page
        assert client.get(link).status_code == 200
    assert 'href="/issues/2021-10/fr"' not in page


def test_the_archive_speaks_the_digests_language() -> None:
    """Periods and headings are in the digest's language."""
    site = Site(languages=("fr",))
    site.send(languages=("fr",))
    page = site.client().get("/").text
    assert "Numéros parus" in page
    assert "novembre 2021" in page


def test_an_empty_archive_says_so() -> None:
    """Before the first issue the root says that none was sent."""
    assert "No issue of" in Site().client().get("/").text


def test_links_carry_the_path_of_the_public_url() -> None:
    """Under a path, the links of the archive and of the issue begin with it and work."""
    site = Site(public_url="https://example.org/news")
    site.send()
    client = site.client()
    assert 'href="/news/issues/2021-11/en"' in client.get("/news").text
    page = client.get("/news/issues/2021-11/en").text
    assert '<a href="/news/unsubscribe">' in page
    assert client.get("/news/unsubscribe").status_code == 200
    assert client.get("/issues/2021-11/en").text == page


@pytest.mark.parametrize("cadence", list(Cadence))
def test_every_cadence_has_its_pages(cadence: Cadence) -> None:
    """Weekly, quarterly and other issues are found by their own keys."""
    period = make_period(cadence=cadence)
    site = Site(cadence=cadence)
    issue = make_issue([make_item(title="A <b>mill</b>")], period)
    site.store = MemoryStore(cadence=cadence)
    site.store.issues.approve(issue, [make_edition(issue)], "f" * 64, by="editor", now=NOON)
    site.store.issues.set_state(period, S.SENDING, NOON)
    assert site.client().get(f"/issues/{period.key}/en").status_code == 200
    assert f'href="/issues/{period.key}/en"' in site.client().get("/").text
