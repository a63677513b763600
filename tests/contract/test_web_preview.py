"""The preview over HTTP: what it shows, that it cannot be reached from elsewhere, and that it notices changes."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from coopdigest.domain.digest import Mailbox
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.errors import CompositionError
from coopdigest.testing.builders import make_edition, make_issue, make_item
from coopdigest.web.preview import PreviewedIssue, preheader_of, preview_app
from coopdigest.web.watching import stamp_of

ISSUE = make_issue([make_item(title="A mill reopens"), make_item(2, "Boats", date(2021, 11, 2))])
EDITION = make_edition(ISSUE)
FINDINGS = (
    Finding("B28", Severity.ERROR, "html", "the HTML has 104,000 bytes", "leave out an item"),
    Finding("A70", Severity.WARNING, "html:3", "an image has no words", "write an alt text"),
)


def shown(**facts: Any) -> PreviewedIssue:
    """The issue of November as the preview gets it."""
    usual: dict[str, Any] = {
        "digest": "Lakeside News",
        "period": "2021-11",
        "period_words": "November 2021",
        "state": "draft",
        "sender": Mailbox("news@example.org", "Lakeside Cooperatives"),
        "editions": [EDITION],
        "findings": {"en": FINDINGS},
        "recipients": 1234,
    }
    return PreviewedIssue(**{**usual, **facts})


def client_of(issue: PreviewedIssue | None = None, watched: list[Path] | None = None) -> TestClient:
    """A browser on this machine."""
    app = preview_app(lambda language: issue or shown(), watched or [])
    return TestClient(app, base_url="http://127.0.0.1:8025", follow_redirects=False)


def test_shows_headers_and_size() -> None:
    """The page names digest, period, state, subject, sender, audience and size."""
    page = client_of().get("/").text
    for said in ("Lakeside News", "November 2021", "2021-11", "draft", EDITION.subject, "1,234 subscribers", "0.1 kB"):
        assert said in page
    assert "Lakeside Cooperatives &lt;news@example.org&gt;" in page


def test_shows_what_an_approval_was_forced_over() -> None:
    """The errors that were overridden stand among the facts of the issue; without any the page says nothing of it."""
    page = client_of(shown(state="approved", overridden=("A08 at <header>.mjml:3", "B27 at edition en"))).get("/").text
    assert "A08 at &lt;header&gt;.mjml:3, B27 at edition en" in page
    assert "Overridden" not in client_of().get("/").text


def test_shows_the_mail_in_frames_that_can_do_nothing() -> None:
    """The mail stands wide and narrow in sandboxed frames, under a policy that runs nothing."""
    client = client_of()
    page = client.get("/").text
    assert page.count('sandbox="" src="/mail/en.html"') == 2
    mail = client.get("/mail/en.html")
    assert "A mill reopens" in mail.text
    policy = mail.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert mail.headers["x-content-type-options"] == "nosniff"


def test_personal_parts_are_blank() -> None:
    """No marker is left in the mail or in the text; links of one's own lead nowhere."""
    client = client_of()
    assert 'href="#"' in client.get("/mail/en.html").text
    for path in ("/", "/mail/en.html"):
        assert EDITION.nonce not in client.get(path).text


def test_shows_the_text_part() -> None:
    """The text part stands as it is sent, escaped."""
    page = client_of(shown(editions=[replace(EDITION, text="1 < 2 <script>\nAmina & Bo\n")])).get("/").text
    assert "1 &lt; 2 &lt;script&gt;\nAmina &amp; Bo\n</pre>" in page


def test_shows_the_checks() -> None:
    """Every finding has its severity, rule, place, words and hint; their numbers stand at the top."""
    page = client_of().get("/").text
    for finding in FINDINGS:
        for said in (finding.severity, finding.rule, finding.place, finding.message, finding.hint):
            assert said in page
    assert "1 error, 1 warning" in page


def test_says_when_nothing_is_to_mend() -> None:
    """An edition without findings is said to be in order."""
    assert "Nothing to mend" in client_of(shown(findings={})).get("/").text


def test_every_language_has_its_page() -> None:
    """With several languages the page leads to each, and shows the one that is asked for with its own findings."""
    arabic = make_edition(ISSUE, "ar")
    client = client_of(shown(editions=[EDITION, arabic]))
    assert '<a href="/?language=ar" hreflang="ar"><bdi lang="ar">العربية</bdi></a>' in client.get("/").text
    page = client.get("/?language=ar").text
    assert arabic.subject in page
    assert 'dir="rtl"' in page
    assert "/mail/ar.html" in page
    assert "leave out an item" not in page
    assert client.get("/?language=fr").status_code == 404
    assert client.get("/mail/fr.html").status_code == 404


def test_loads_the_issue_at_every_request() -> None:
    """What changed since is shown at the next look; the language asked for is passed on."""
    asked: list[str | None] = []

    def load(language: str | None) -> PreviewedIssue:
        asked.append(language)
        return shown(state=f"draft {len(asked)}")

    client = TestClient(preview_app(load, []), base_url="http://localhost")
    assert "draft 1" in client.get("/").text
    assert "draft 2" in client.get("/?language=en").text
    client.get("/mail/en.html")
    assert asked == [None, "en", "en"]


@pytest.mark.parametrize("how", ["told", "raised"])
def test_a_template_that_does_not_compile_is_shown(how: str, tmp_path: Path) -> None:
    """The error stands on a page that goes on asking for changes, whether it is told or raised."""

    def load(language: str | None) -> PreviewedIssue:
        if how == "raised":
            raise CompositionError("unexpected '<end>'", place="templates/email/issue.mjml:7")
        return shown(editions=[], error="templates/email/issue.mjml:7: unexpected '<end>'")

    client = TestClient(preview_app(load, [tmp_path]), base_url="http://localhost")
    page = client.get("/")
    assert page.status_code == 200
    assert "templates/email/issue.mjml:7: unexpected &#39;&lt;end&gt;&#39;" in page.text
    assert f'data-version="{client.get("/version").text}"' in page.text
    assert "<script>" in page.text
    assert client.get("/mail/en.html").status_code in (200, 404)


def test_an_issue_without_items_is_said() -> None:
    """An empty issue has a page that says so."""
    answer = client_of(shown(editions=[])).get("/?language=en")
    assert answer.status_code == 200
    assert "holds no items" in answer.text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8025", "10.0.0.1", "", "[::1", "localhost:x"],
)
def test_other_names_are_turned_away(host: str) -> None:
    """A web site whose name is made to point at this machine reads nothing (DNS rebinding)."""
    for path in ("/", "/mail/en.html", "/version"):
        answer = client_of().get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "mill" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8025", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8025"])
def test_loopback_names_are_answered(host: str) -> None:
    """Any port and any loopback name will do."""
    assert client_of().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/mail/en.html", "/version"])
def test_it_is_read_only(path: str) -> None:
    """Only GET and HEAD are answered."""
    client = client_of()
    assert client.head(path).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert client.request(method, path).status_code == 405


def test_nothing_is_stored_or_framed_elsewhere() -> None:
    """The page may run its own script and style only, is in no cache, and comes without cookies."""
    headers = client_of().get("/").headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"].startswith("'sha256-")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


def test_unknown_pages_are_not_found() -> None:
    """There is nothing else."""
    assert client_of().get("/etc/passwd").status_code == 404


def test_version_changes_with_the_files(tmp_path: Path) -> None:
    """Editing, adding, renaming and removing a watched file each change the version; looking does not."""
    folder = tmp_path / "templates"
    (folder / "partials").mkdir(parents=True)
    file, config = folder / "partials" / "item.mjml", tmp_path / "coopdigest.toml"
    file.write_text("one")
    client = client_of(watched=[folder, config])
    versions = [client.get("/version").text]
    assert client.get("/version").text == versions[0]
    file.write_text("longer")
    versions.append(client.get("/version").text)
    os.utime(file, (1, 1))
    versions.append(client.get("/version").text)
    config.symlink_to(tmp_path / "elsewhere.toml")
    (tmp_path / "elsewhere.toml").write_text("")
    versions.append(client.get("/version").text)
    file.rename(file.with_name("other.mjml"))
    versions.append(client.get("/version").text)
    file.with_name("other.mjml").unlink()
    versions.append(client.get("/version").text)
    assert len(set(versions)) == len(versions)


def test_swap_files_and_loops_do_not_matter(tmp_path: Path) -> None:
    """Hidden files of an editor do not reload the page, and folders that lead to themselves end."""
    for name in ("again", "and again"):
        (tmp_path / name).symlink_to(tmp_path)
    before = stamp_of([tmp_path])
    (tmp_path / ".issue.mjml.swp").write_text("x")
    assert stamp_of([tmp_path]) == before


@pytest.mark.parametrize(
    ("html", "preheader"),
    [
        ('<body><div style="display:none;x:y">First  words\u034f\u200c &amp; more</div><p>x', "First words & more"),
        ("<body><div>Shown</div>", ""),
        ("<body></body>", ""),
        ("", ""),
    ],
)
def test_the_preheader_is_what_an_inbox_shows(html: str, preheader: str) -> None:
    """The hidden text at the start of the body is told, without its filler."""
    assert preheader_of(html) == preheader
    whole = shown(editions=[Edition("en", "s", html, "t", "0" * 24)])
    assert client_of(whole).get("/").status_code == 200
