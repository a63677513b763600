"""What an editor does to an issue before it goes out, through the command line only."""

from __future__ import annotations

import subprocess
import sys

import pytest
from digest_folder import Folder, clean_environ

from coopdigest.mail.catcher import MailCatcher

INTRODUCTION = """\
Dear reader,

this month was one of *first times*: see [the plan](https://www.example.org/plan).

- a first harvest
- a first vote
"""
SEAL = """\
<mj-section>
  <mj-column>
    <mj-text><h2>{{ words.media_contact }}</h2><p><a href="mailto:{{ contact.email }}">{{ contact.email }}</a>
      <img src="https://www.example.org/seal.png" width="20" height="20"/></p></mj-text>
  </mj-column>
</mj-section>
"""


def configure(folder: Folder, old: str, new: str) -> None:
    """Change the configuration."""
    path = folder.path / "coopdigest.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def composed(folder: Folder) -> tuple[str, str]:
    """The HTML and the text of an issue."""
    done = folder.run("compose", "2021-11", "--out", "build")
    assert done.code == 0, done.err
    html, text = (folder.path / "build" / f"2021-11.en.{suffix}" for suffix in ("html", "txt"))
    return html.read_text("utf-8"), text.read_text("utf-8")


def seal(folder: Folder) -> None:
    """Give the digest a partial of its own that breaks a rule: a picture without words."""
    partials = folder.path / "templates" / "email" / "partials"
    partials.mkdir(parents=True)
    (partials / "media_contact.mjml").write_text(SEAL, "utf-8")


def test_an_item_is_marked_with_its_kind_where_its_theme_is_renamed(folder: Folder) -> None:
    """A kicker that says the kind stays to be read when another heading stands above the item."""
    configure(folder, "[themes]\n", '[themes]\nrename = { "Video" = "On the water" }\n')
    folder.run("collect")
    for part in composed(folder):
        assert "On the water" in part
        assert "Video" in part


def test_a_source_may_name_the_kind_of_its_items(folder: Folder) -> None:
    """`item_kind` marks every item of the source."""
    configure(folder, 'kind = "listing"\n', 'kind = "listing"\nitem_kind = "Webinar"\n')
    folder.run("collect")
    html, text = composed(folder)
    assert text.count("Webinar") == 2
    assert "Webinar" in html


def test_an_introduction_stands_in_both_parts(folder: Folder) -> None:
    """Markdown becomes markup and plain words, and the subject is the editor's."""
    folder.run("collect")
    (folder.path / "hello.md").write_text(INTRODUCTION, "utf-8")
    done = folder.run("words", "2021-11", "--introduction", "hello.md", "--subject", "First times")
    assert done.code == 0, done.err
    html, text = composed(folder)
    assert "<em>first times</em>" in html
    assert 'href="https://www.example.org/plan"' in html
    for said in ("Dear reader", "a first harvest", "a first vote"):
        assert said in html
        assert said in text
    assert "*first" not in text
    assert b"First times\r\n" in (folder.path / "build" / "2021-11.en.eml").read_bytes()


def test_words_are_shown_as_they_were_said(folder: Folder) -> None:
    """Without options the command shows them, for the eye and as JSON; absent ones are null."""
    configure(folder, "timezone", 'languages = ["en", "fr"]\ntimezone')
    assert folder.run("words", "2021-11", "--json").json["words"][0] == {
        "language": "en",
        "introduction": None,
        "subject": None,
    }
    assert folder.run("words", "2021-11", "--language", "fr", "--subject", "Premières fois").code == 0
    assert "Premières fois" in folder.run("words", "2021-11").out
    document = folder.run("words", "2021-11", "--language", "fr", "--clear", "--json").json
    assert document == {"period": "2021-11", "words": [{"language": "fr", "introduction": None, "subject": None}]}


def test_an_introduction_may_come_by_a_pipe(folder: Folder) -> None:
    """A dash reads stdin."""
    done = subprocess.run(
        [sys.executable, "-m", "coopdigest", "words", "2021-11", "--introduction", "-"],
        cwd=folder.path,
        env=clean_environ(),
        input=INTRODUCTION.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert folder.run("words", "2021-11", "--json").json["words"][0]["introduction"] == INTRODUCTION.strip()


def test_two_editors_at_once_lose_nothing(folder: Folder) -> None:
    """One sets the subject while another sets the introduction: both are kept."""
    (folder.path / "hello.md").write_text(INTRODUCTION, "utf-8")
    folder.run("words", "2021-11")
    options = (["--subject", "First times"], ["--introduction", "hello.md"])
    editors = [folder.start("words", "2021-11", *each, stderr=subprocess.DEVNULL) for each in options]
    assert [editor.wait(60) for editor in editors] == [0, 0]
    (said,) = folder.run("words", "2021-11", "--json").json["words"]
    assert (said["subject"], said["introduction"]) == ("First times", INTRODUCTION.strip())


@pytest.mark.parametrize(
    ("data", "arguments", "said"),
    [
        (b"", ["--introduction", "missing.md"], "missing.md: no such file"),
        (b"one\ntwo \xff", ["--introduction", "a.md"], "a.md:2: not UTF-8"),
        (b"x" * 2_001, ["--introduction", "a.md"], "it may have 2,000"),
        (b"x" + 60_000 * "é".encode(), ["--introduction", "a.md"], "a.md: far too long; it may have 2,000"),
        (b"Bonjour", ["--introduction", "a.md", "--language", "fr"], "there are: en"),
    ],
)
def test_words_that_cannot_stand_are_refused(folder: Folder, data: bytes, arguments: list[str], said: str) -> None:
    """A missing, foreign or endless file, or a language that is not the digest's, is a usage error on one line."""
    (folder.path / "a.md").write_bytes(data)
    refused = folder.run("words", "2021-11", *arguments)
    assert refused.code == 2, refused.err
    assert said in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def test_other_words_void_the_approval_and_none_go_in_once_it_goes_out(folder: Folder, catcher: MailCatcher) -> None:
    """What was approved is what is sent: changed words need a new approval, and after sending there are none."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    changed = folder.run("words", "2021-11", "--subject", "First times")
    assert "approve it again" in changed.err
    assert folder.run("send", "2021-11").code == 5
    folder.run("approve", "2021-11")
    assert folder.run("send", "2021-11").code == 0
    assert all(b"\r\nSubject: First times\r\n" in caught.content for caught in catcher.messages)
    late = folder.run("words", "2021-11", "--subject", "Too late")
    assert late.code == 5
    assert "went out" in late.err


def test_issues_are_numbered_as_they_are_approved(folder: Folder, catcher: MailCatcher) -> None:
    """The number stands in the issue that is sent, and the next one counts on from it."""
    configure(folder, "timezone", "first_number = 84\ntimezone")
    folder.run("collect")
    folder.run("approve", "2021-10")
    assert folder.run("send", "2021-10").code == 0
    assert b"84" in catcher.messages[0].content
    assert "85" in composed(folder)[1]
    assert "number 85" in folder.run("issue", "2021-11").out


def test_an_error_of_check_stops_approve_until_it_is_forced(folder: Folder, catcher: MailCatcher) -> None:
    """A partial of one's own without an alt text: exit 4; with --force it is approved, named for good, and sent."""
    folder.run("collect")
    seal(folder)
    refused = folder.run("approve", "2021-11")
    assert refused.code == 4
    assert "A08" in refused.err
    assert folder.run("send", "2021-11", "--force").code == 5  # force overrides checks, not people
    forced = folder.run("approve", "2021-11", "--force")
    assert forced.code == 0, forced.err
    (line,) = [line for line in forced.err.splitlines() if "overrides" in line]
    assert "A08" in line
    assert folder.run("send", "2021-11").code == 0
    assert len(catcher.messages) == 3
    assert "A08" in folder.run("status", "2021-11").out
    assert set(folder.run("status", "2021-11", "--json").json) == {"digest", "period", "state", "recipients", "counts"}


def test_approve_says_to_how_many_it_goes(folder: Folder, catcher: MailCatcher) -> None:
    """The roster file counts before anything was sent; one that cannot be read is named, and the approval stands."""
    folder.run("collect")
    assert "it goes to 3 subscribers" in folder.run("approve", "2021-11").err
    with (folder.path / "subscribers.csv").open("a", encoding="utf-8") as roster:
        roster.write("nobody\n")
    done = folder.run("approve", "2021-11")
    assert done.code == 0
    assert "is approved; whom it goes to is not known: subscribers.csv:5: " in done.err
    (folder.path / "subscribers.csv").write_text("email\namina@example.org\n", "utf-8")
    assert folder.run("send", "2021-11").code == 0
    assert "issue 2021-11 is sent; see: coopdigest status 2021-11" in folder.run("approve", "2021-11").err


def test_an_automatic_digest_is_held_by_an_error_and_can_be_forced(folder: Folder, catcher: MailCatcher) -> None:
    """`send` approves by itself when the checks pass, and with --force when they do not."""
    folder.configure(approval="auto")
    folder.run("collect")
    seal(folder)
    held = folder.run("send", "2021-11")
    assert held.code == 4
    assert not catcher.messages
    forced = folder.run("send", "2021-11", "--force")
    assert forced.code == 0, forced.err
    assert "A08" in forced.err
    assert len(catcher.messages) == 3


def test_a_template_that_does_not_compile_cannot_be_forced(folder: Folder) -> None:
    """Exit 4 with the file, and nothing approved."""
    folder.run("collect")
    seal(folder)
    (folder.path / "templates" / "email" / "partials" / "media_contact.mjml").write_text("<mj-section>", "utf-8")
    refused = folder.run("approve", "2021-11", "--force")
    assert refused.code == 4
    assert folder.run("issue", "2021-11", "--json").json["state"] == "draft"


def spoil(folder: Folder, partial: str) -> None:
    """Break a partial, of which the digest gets its own."""
    partials = folder.path / "templates" / "email" / "partials"
    partials.mkdir(parents=True, exist_ok=True)
    (partials / partial).write_text("<mj-section><mj-colum></mj-colum></mj-section>\n", "utf-8")


def test_check_says_everything_at_once(folder: Folder) -> None:
    """A fault in a partial that this issue does not need hides none of the issue's own, in two languages once."""
    configure(folder, 'timezone = "Europe/Zurich"\n', 'timezone = "Europe/Zurich"\nlanguages = ["en", "fr"]\n')
    folder.run("collect")
    seal(folder)
    spoil(folder, "nothing.mjml")
    checked = folder.run("check", "2021-11", "--json")
    assert checked.code == 4
    said = [(finding["rule"], finding["place"].rpartition("/")[2]) for finding in checked.json["findings"]]
    assert {("J02", "nothing.mjml:1:13"), ("A08", "media_contact.mjml:4:7")} <= set(said)
    assert len(said) == len(set(said))
    severities = [finding["severity"] for finding in checked.json["findings"]]
    assert severities == sorted(severities)


def test_check_tells_templates_although_there_is_no_issue(folder: Folder) -> None:
    """What cannot be composed, for want of items or by a template, is said beside what is wrong with the templates."""
    folder.run("collect")
    assert folder.run("check", "2021-09", "--json").json == {"findings": []}
    assert folder.run("check", "2021-09").code == 5
    assert folder.run("check", "2021-09").out == ""
    spoil(folder, "item.mjml")
    empty, broken = folder.run("check", "2021-09"), folder.run("check", "2021-11")
    assert (empty.code, broken.code) == (4, 4)
    assert "nothing to send for 2021-09" in empty.err
    assert "item.mjml:1:13" in empty.out
    assert broken.out == empty.out
    assert broken.err == ""


def test_check_says_what_is_missing_in_a_language(folder: Folder) -> None:
    """Warnings, no errors: a digest in two languages whose items or words are in one of them only."""
    configure(folder, "timezone", 'languages = ["en", "fr"]\ntimezone')
    configure(folder, 'kind = "listing"\n', 'kind = "listing"\nlanguage = "en"\n')
    folder.run("collect")
    folder.run("words", "2021-11", "--subject", "First times")
    findings = folder.run("check", "2021-11", "--json").json["findings"]
    missing = {(f["rule"], f["place"], f["severity"]) for f in findings if f["rule"] in ("W02", "W03")}
    assert missing == {("W02", "edition fr", "warning"), ("W03", "edition fr", "warning")}
