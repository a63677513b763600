"""From a newsroom page to the inbox, through the command line only."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from digest_folder import Folder

from coopdigest.mail.catcher import MailCatcher


def test_a_digest_goes_from_the_listing_to_every_inbox(folder: Folder, catcher: MailCatcher) -> None:
    """Collect, approve and send deliver one message to each subscriber, and the status adds up."""
    assert folder.run("collect").code == 0
    assert folder.run("approve", "2021-11").code == 0
    sent = folder.run("send", "2021-11")
    assert sent.code == 0, sent.err
    assert sorted(m.recipients[0] for m in catcher.messages) == [
        "amina@example.org",
        "luc@example.org",
        "nour@example.org",
    ]

    status = folder.run("status", "2021-11", "--json").json
    assert status == {
        "digest": "coop-news",
        "period": "2021-11",
        "state": "sent",
        "recipients": 3,
        "counts": {
            "pending": 0,
            "sending": 0,
            "accepted": 3,
            "deferred": 0,
            "refused": 0,
            "in_doubt": 0,
            "skipped": 0,
        },
    }


def _parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_message_carries_both_parts_and_the_headers_of_a_bulk_sender(folder: Folder, catcher: MailCatcher) -> None:
    """Every message has text and HTML, one-click unsubscription and an identity of its own."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    folder.run("send", "2021-11")

    messages = [_parsed(caught.content) for caught in catcher.messages]
    assert len({message["Message-ID"] for message in messages}) == 3
    for message in messages:
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] == "auto-generated"
        link = message["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://news.example.org/unsubscribe/")
        for part in message.iter_parts():
            body = part.get_content()
            assert link in body
            for said in ("Growers open a shared drying floor", "newsroom@example.org", "1 Example Street"):
                assert said in body
            assert "Letters from the hatchery" not in body


def test_sending_again_sends_nothing_and_says_so(folder: Folder, catcher: MailCatcher) -> None:
    """A second send of a sent issue exits 0, says that it was sent, and mails nobody."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    folder.run("send", "2021-11")
    again = folder.run("send", "2021-11")
    assert again.code == 0
    assert "already sent" in again.err
    assert len(catcher.messages) == 3


def test_who_unsubscribed_is_skipped_even_after_the_same_file_is_imported_again(
    folder: Folder, catcher: MailCatcher
) -> None:
    """A suppression outlives every import of the roster file."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    folder.run("send", "2021-11")
    assert folder.run("subscribers", "unsubscribe", "LUC@example.org").code == 0
    assert folder.run("subscribers", "import", "subscribers.csv").code == 0
    folder.run("approve", "2021-10")
    assert folder.run("send", "2021-10").code == 0
    october = [m.recipients[0] for m in catcher.messages[3:]]
    assert sorted(october) == ["amina@example.org", "nour@example.org"]


def test_the_issue_as_json_follows_the_contract(folder: Folder) -> None:
    """`issue PERIOD --json` names period, state, sections and every fact of an item."""
    folder.run("collect")
    document = folder.run("issue", "2021-11", "--json").json
    assert (document["starts"], document["ends"]) == ("2021-11-01T00:00:00+01:00", "2021-12-01T00:00:00+01:00")
    assert document["state"] == "draft"
    assert [section["theme"] for section in document["sections"]] == ["Cooperative development", "Video"]
    assert document["sections"][0]["items"] == [
        {
            "title": "Growers open a shared drying floor",
            "date": "2021-11-29",
            "theme": "Cooperative development",
            "summary": "The floor dries the beans of forty families.",
            "url": None,
            "credit": None,
            "language": None,
            "source": "newsroom",
            "carried_over": False,
        }
    ]


def test_a_credit_line_stays_with_its_item(folder: Folder) -> None:
    """The credit before a kicker is the item's credit, as written."""
    folder.run("collect")
    item = folder.run("issue", "2021-10", "--json").json["sections"][0]["items"][0]
    assert (item["credit"], item["theme"]) == ("© Lakeside Archive 2021", "Blog")


def test_what_holds_an_issue_is_said_with_exit_5(folder: Folder, catcher: MailCatcher) -> None:
    """Nothing to send, not approved and not over are three different sentences and one exit code."""
    folder.run("collect")
    for period, words in (("2021-12", "nothing to send"), ("2021-11", "not approved"), ("this", "not over")):
        held = folder.run("send", period)
        assert held.code == 5, (period, held.err)
        assert words in held.err
        assert len(held.err.strip().splitlines()) == 1
    assert not catcher.messages


def test_an_issue_is_not_sent_over_a_hole(folder: Folder) -> None:
    """Without a good collect since the period's end the issue is held; `--without` waives the source."""
    held = folder.run("send", "2021-11")
    assert held.code == 5
    assert "--without newsroom" in held.err


def test_a_dead_server_leaves_everything_pending(folder: Folder) -> None:
    """When nobody answers, send exits 6, the campaign is pending, and a later run delivers it."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    dead = folder.run("send", "2021-11")
    assert dead.code == 6, dead.err
    assert folder.run("status", "2021-11", "--json").json["counts"]["pending"] == 3
    with MailCatcher() as server:
        assert folder.run("send", "2021-11", environ={"COOPDIGEST_SMTP_URL": server.url}).code == 0
        assert len(server.messages) == 3


def test_rehearsals_touch_no_ledger(folder: Folder, catcher: MailCatcher) -> None:
    """`--test` and `--outbox` show the issue without opening a campaign."""
    folder.run("collect")
    assert folder.run("send", "2021-11", "--test", "me@example.org").code == 0
    assert [m.recipients for m in catcher.messages] == [("me@example.org",)]
    assert folder.run("send", "2021-11", "--outbox", "outbox").code == 0
    assert list((folder.path / "outbox").glob("*.eml"))
    assert folder.run("status", "--json").json == {"campaigns": []}


def test_compose_writes_three_files_a_language(folder: Folder) -> None:
    """`compose --out` writes HTML, text and a message, the same bytes every time for the first two."""
    folder.run("collect")
    assert folder.run("compose", "2021-11", "--out", "build").code == 0
    names = sorted(path.name for path in (folder.path / "build").iterdir())
    assert names == ["2021-11.en.eml", "2021-11.en.html", "2021-11.en.txt"]
    first = (folder.path / "build" / "2021-11.en.html").read_bytes()
    folder.run("compose", "2021-11", "--out", "again")
    assert (folder.path / "again" / "2021-11.en.html").read_bytes() == first


def test_an_automatic_digest_approves_itself(folder: Folder, catcher: MailCatcher) -> None:
    """With approval = "auto", send needs no approve."""
    folder.configure(approval="auto")
    folder.run("collect")
    assert folder.run("send", "2021-11").code == 0
    assert len(catcher.messages) == 3


def test_a_cancelled_issue_can_be_approved_and_sent_after_all(folder: Folder, catcher: MailCatcher) -> None:
    """Cancelling before anything was accepted frees the items; a new approval sends to everybody once."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    assert folder.run("send", "2021-11", environ={"COOPDIGEST_SMTP_URL": "smtp://127.0.0.1:9"}).code == 6
    assert folder.run("cancel", "2021-11").code == 0
    assert folder.run("send", "2021-11").code == 5
    assert not catcher.messages
    assert folder.run("approve", "2021-11").code == 0
    assert folder.run("send", "2021-11").code == 0
    assert len(catcher.messages) == 3


def test_a_paused_campaign_waits_for_resume(folder: Folder, catcher: MailCatcher) -> None:
    """While paused, send exits 5 and mails nobody; after resume it goes on."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    folder.run("send", "2021-11", environ={"COOPDIGEST_SMTP_URL": "smtp://127.0.0.1:9"})
    assert folder.run("pause", "2021-11").code == 0
    assert folder.run("send", "2021-11").code == 5
    assert not catcher.messages
    assert folder.run("resume", "2021-11").code == 0
    assert folder.run("send", "2021-11").code == 0
    assert len(catcher.messages) == 3
