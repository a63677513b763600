"""The message of one subscriber obeys the rules of bulk mail (ids of the standards in brackets)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.digest import Digest, Mailbox, MediaContact
from coopdigest.domain.edition import Edition, Slot, marker
from coopdigest.domain.errors import CompositionError, ConfigurationError
from coopdigest.domain.period import Cadence
from coopdigest.domain.token import Tokens
from coopdigest.mail.addresses import is_plain, wire_address
from coopdigest.mail.headers import mailbox
from coopdigest.mail.message import DigestMessageFactory

NOW = datetime(2021, 12, 1, 8, 0, 5, tzinfo=UTC)
NONCE = "0123456789abcdef01234567"
MARK = marker(NONCE, Slot.UNSUBSCRIBE_URL)
TOKENS = Tokens([b"k" * 32])
EDITION = Edition(
    language="en",
    subject="COOP News: November 2021",
    html=f'<html><body><p>Résumé</p><a href="{MARK}">Unsubscribe</a></body></html>',
    text=f"Résumé\n\nUnsubscribe: {MARK}\n",
    nonce=NONCE,
)
DIGEST = Digest(
    slug="coop-news",
    name="COOP News",
    languages=("en",),
    zone=ZoneInfo("Europe/Zurich"),
    cadence=Cadence.MONTH,
    sender=Mailbox("news@example.org", "COOP News"),
    media_contact=MediaContact("Newsroom", "newsroom@example.org"),
    public_url="https://news.example.org",
)
DELIVERY = Claimed(id=70, campaign=7, subscriber=42, address="Amina@example.net", language="en", attempt=1)
EXPECTED = frozenset(
    (
        *("Date", "From", "To", "Reply-To", "Subject", "Message-ID", "MIME-Version", "Content-Type"),
        *("List-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Post", "List-Help"),
        *("Auto-Submitted", "Precedence", "Feedback-ID", "Content-Language"),
    )
)


def build(edition: Edition = EDITION, delivery: Claimed = DELIVERY, now: datetime = NOW, **facts: Any) -> bytes:
    """A message of the digest, changed by `facts`."""
    return DigestMessageFactory(replace(DIGEST, **facts), TOKENS).build(edition, delivery, now)


def parse(message: bytes) -> EmailMessage:
    """The message as Python's email package reads it, which must find nothing wrong."""
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert [part.defects for part in parsed.walk() if part.defects] == []
    assert [value.defects for value in parsed.values() if getattr(value, "defects", ())] == []
    return parsed


def uris(message: EmailMessage, name: str = "List-Unsubscribe") -> list[str]:
    """The URIs of a List header."""
    return re.findall(r"<([^>]*)>", str(message[name]))


def test_a_message_has_every_header_once() -> None:
    """Each header is there once and none twice (R02, R10, R30, B22)."""
    message = parse(build(reply_to=Mailbox("press@example.org", "Press")))

    assert sorted(message.keys()) == sorted(EXPECTED)


def test_a_message_says_who_it_is_from_and_to() -> None:
    """One sender, the address as the subscriber gave it, the list by name and id (B20, R31)."""
    message = parse(build(reply_to=Mailbox("press@example.org", "Press")))

    assert message["From"] == "COOP News <news@example.org>"
    assert message["To"] == "Amina@example.net"
    assert message["Reply-To"] == "Press <press@example.org>"
    assert message["Subject"] == "COOP News: November 2021"
    assert message["List-ID"] == "COOP News <coop-news.example.org>"
    assert message["List-Post"] == "NO"
    assert message["List-Help"] == "<mailto:press@example.org?subject=help>"
    assert message["Content-Language"] == "en"


def test_a_message_says_that_a_machine_sent_it_to_many() -> None:
    """Vacation answers stay away (R40), and complaints are counted per campaign, not per message (B27)."""
    first, second = (parse(build(delivery=replace(DELIVERY, subscriber=number))) for number in (1, 2))

    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Precedence"] == "bulk"
    assert first["Feedback-ID"] == second["Feedback-ID"]
    *fields, sender = str(first["Feedback-ID"]).split(":")
    assert fields == ["7", "en", "digest"]
    assert 5 <= len(sender) <= 15


@pytest.mark.parametrize("slug", ["a", "coop-news", "a-very-long-name-of-a-digest", "news1", "coopnews"])
def test_the_feedback_sender_is_five_to_fifteen_characters(slug: str) -> None:
    """Whatever the digest is called, its SenderId has the length that is asked for (B27)."""
    sender = str(parse(build(slug=slug))["Feedback-ID"]).split(":")[-1]

    assert re.fullmatch(r"[A-Za-z0-9]{5,15}", sender)


def test_the_date_is_the_attempt_in_the_digests_zone() -> None:
    """Date has a numeric zone and the instant of this attempt (R03)."""
    assert re.search(rb"^Date: Wed, 01 Dec 2021 09:00:05 \+0100\r$", build(), re.MULTILINE)


def test_a_message_id_is_the_same_on_every_attempt_and_differs_for_everybody() -> None:
    """The id names campaign and subscriber under our domain, cannot be guessed, and outlives attempts (R04, B21)."""
    later = build(delivery=replace(DELIVERY, attempt=3), now=NOW + timedelta(days=1))
    ids = {str(parse(build(delivery=replace(DELIVERY, subscriber=number)))["Message-ID"]) for number in range(50)}

    assert parse(build())["Message-ID"] == parse(later)["Message-ID"]
    assert re.fullmatch(r"<7\.42\.[0-9a-f]{16}@example\.org>", str(parse(build())["Message-ID"]))
    assert len(ids) == 50


def test_a_new_store_or_another_digest_never_repeats_a_message_id() -> None:
    """Campaign and subscriber numbers begin again elsewhere; the id is another for another issue or digest."""
    other_issue = replace(EDITION, nonce="f" * 24)

    ids = [parse(message)["Message-ID"] for message in (build(), build(other_issue), build(slug="other"))]

    assert len(set(ids)) == 3


def test_one_click_and_both_links_are_the_same_url() -> None:
    """List-Unsubscribe, the text and the HTML lead to one page, whose token only we could make (B10, B12, R32)."""
    message = parse(build())
    plain, rich = message.iter_parts()

    (url,) = uris(message)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    root, _, token = url.rpartition("/")
    assert root == "https://news.example.org/unsubscribe"
    assert TOKENS.read("unsubscribe", token) == 42
    assert f"Unsubscribe: {url}" in plain.get_content()
    assert f'<a href="{url}">' in rich.get_content()
    assert MARK.encode() not in build()


def test_a_mailto_follows_only_if_somebody_reads_that_mailbox() -> None:
    """With `unsubscribe_mailbox` there is a second way to leave, which names the subscriber by the token (B10)."""
    message = parse(build(unsubscribe_mailbox="leave@example.org"))

    url, mailto = uris(message)
    assert url.startswith("https://")
    assert mailto == f"mailto:leave@example.org?subject=unsubscribe%20{url.rpartition('/')[2]}"


def test_without_public_pages_the_links_write_to_the_publisher() -> None:
    """No link leads to a page that does not exist: the body's link is a mailto, one-click is not promised."""
    message = parse(build(public_url=None))
    plain, _ = message.iter_parts()

    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None
    assert "mailto:news@example.org?subject=unsubscribe" in plain.get_content()


def test_without_public_pages_the_mailbox_is_named_alone() -> None:
    """A mailbox for leaving makes a List-Unsubscribe by itself, without the promise of one click."""
    message = parse(build(public_url=None, unsubscribe_mailbox="leave@example.org"))

    (mailto,) = uris(message)
    assert mailto.startswith("mailto:leave@example.org?subject=unsubscribe%20")
    assert message["List-Unsubscribe-Post"] is None


def test_a_message_is_ascii_with_crlf_and_short_lines() -> None:
    """Nothing in a message needs 8BITMIME, ends a line otherwise than by CRLF, or is too long (R01, R13, R53)."""
    message = build(edition=replace(EDITION, html=EDITION.html + "<p>é</p>" * 20_000))

    assert message.isascii()
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert max(map(len, message.split(b"\r\n"))) <= 100  # only the line of the unsubscribe URL exceeds 78


def test_no_line_of_a_message_begins_with_a_dot() -> None:
    """SMTP has no dot to double: what is signed and counted is what is written (R85)."""
    dots = "." * 200 + "\r\n.\r\n..\r\n.a\r\n"

    message = build(replace(EDITION, html=dots + EDITION.html + dots, text=dots + EDITION.text + dots, subject="...."))

    assert b"\n." not in message
    assert [part.get_content().startswith(dots) for part in parse(message).iter_parts()] == [True, True]


PLAIN = "AZaz09!#$%&'*+/=?^_`{|}~.-@"
NAUGHTY = PLAIN + ' ,<>"()\\;:\t\r\n\x00é'


@given(st.text(PLAIN, max_size=30) | st.text(NAUGHTY, max_size=30) | st.emails())
def test_a_plain_address_is_one_that_is_written_as_it_is(address: str) -> None:
    """The quick look at an address never lets through what the slow one would change or refuse."""
    if is_plain(address):
        assert mailbox("To", Mailbox(address)) == f"To: {address}\r\n".encode("ascii")
        assert wire_address(address) == address


def test_two_campaigns_of_one_edition_are_not_mixed_up() -> None:
    """What is kept for one campaign is not used for another."""
    factory = DigestMessageFactory(DIGEST, TOKENS)
    said = [
        str(parse(factory.build(EDITION, replace(DELIVERY, campaign=number), NOW))["Feedback-ID"]).split(":")[0]
        for number in (7, 8, 7)
    ]

    assert said == ["7", "8", "7"]


def test_two_messages_of_one_second_have_its_date_and_the_next_another() -> None:
    """The date is made once a second, and never an old one is used."""
    factory = DigestMessageFactory(DIGEST, TOKENS)
    dates = [
        str(parse(factory.build(EDITION, DELIVERY, NOW + timedelta(seconds=late)))["Date"]) for late in (0, 0.9, 1, 0)
    ]

    assert dates == [dates[0], dates[0], dates[2], dates[0]]
    assert dates[2] == "Wed, 01 Dec 2021 09:00:06 +0100"


def test_an_ascii_domain_stands_for_an_international_one() -> None:
    """IDN domains are A-labels in every header; a non-ASCII local part stays raw, for SMTPUTF8 (R20)."""
    delivery = replace(DELIVERY, address="jörg@exämple.org")

    message = build(delivery=delivery, sender=Mailbox("news@exämple.org", "Zoë"))
    head = message.partition(b"\r\n\r\n")[0].decode()

    assert "To: jörg@xn--exmple-cua.org\r\n" in head
    assert "<news@xn--exmple-cua.org>" in head
    assert "<coop-news.xn--exmple-cua.org>" in head
    assert re.search(r"Message-ID: <7\.42\.[0-9a-f]{16}@xn--exmple-cua\.org>", head)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120)


@given(NAMES, NAMES, NAMES)
def test_any_name_and_subject_is_read_as_it_was_written(sender: str, digest: str, subject: str) -> None:
    """Whatever people call themselves and their issue, the oracle reads it back."""
    message = parse(build(replace(EDITION, subject=subject), name=digest, sender=Mailbox("news@example.org", sender)))

    assert message["Subject"] == subject
    # Python 3.11 keeps the white space between encoded-words of a phrase, which RFC 2047 6.2 has dropped.
    assert "".join(message["From"].addresses[0].display_name.split()) == "".join(sender.split())
    assert message["From"].addresses[0].addr_spec == "news@example.org"
    assert str(message["List-ID"]).endswith("<coop-news.example.org>")


@pytest.mark.parametrize("subject", ["a\r\nBcc: everybody@example.org", "a\nb", "a\rb"])
def test_a_subject_with_a_line_break_builds_nothing(subject: str) -> None:
    """A subject cannot smuggle in a header (R05)."""
    with pytest.raises(CompositionError, match="Subject"):
        build(replace(EDITION, subject=subject))


def test_an_address_with_a_line_break_builds_nothing() -> None:
    """A subscriber's address cannot smuggle in a header, and the error does not repeat it."""
    with pytest.raises(CompositionError) as caught:
        build(delivery=replace(DELIVERY, address="amina@example.net\r\nBcc: b@example.org"))

    assert "amina" not in str(caught.value)


@pytest.mark.parametrize(
    "facts", [{"sender": Mailbox("news@"), "list_domain": "x.org"}, {"unsubscribe_mailbox": "a b@x.org"}]
)
def test_a_digest_whose_own_addresses_are_none_is_a_configuration_error(facts: dict[str, Any]) -> None:
    """A wrong sender is found before the first message."""
    with pytest.raises(ConfigurationError, match="from"):
        DigestMessageFactory(replace(DIGEST, **facts), TOKENS)


def test_a_sample_is_marked_and_has_no_way_to_unsubscribe_anybody() -> None:
    """A rehearsal belongs to no subscriber: marked subject, no token, a link that writes to the publisher."""
    sample = DigestMessageFactory(DIGEST, TOKENS).build_sample(EDITION, "editor@example.org", NOW)
    message = parse(sample)
    plain, rich = message.iter_parts()

    assert message["Subject"] == "[Test] COOP News: November 2021"
    assert message["To"] == "editor@example.org"
    assert message["List-Unsubscribe"] is None
    assert message["List-ID"] == "COOP News <coop-news.example.org>"
    assert b"/unsubscribe/" not in sample
    assert "mailto:news@example.org?subject=unsubscribe" in plain.get_content()
    assert 'href="mailto:news@example.org?subject=unsubscribe"' in rich.get_content()


def test_two_samples_are_two_messages() -> None:
    """A second rehearsal is not hidden as a copy of the first."""
    factory = DigestMessageFactory(DIGEST, TOKENS)
    samples = [factory.build_sample(EDITION, "editor@example.org", NOW + timedelta(seconds=late)) for late in (0, 1)]

    assert len({parse(sample)["Message-ID"] for sample in samples}) == 2


def test_editions_and_samples_are_not_mixed_up() -> None:
    """What is kept for one edition is not used for another, nor for a sample of it."""
    factory = DigestMessageFactory(DIGEST, TOKENS)
    french = replace(EDITION, language="fr", subject="Nouvelles")

    subjects = [
        parse(message)["Subject"]
        for message in (
            factory.build(EDITION, DELIVERY, NOW),
            factory.build(french, DELIVERY, NOW),
            factory.build_sample(EDITION, "editor@example.org", NOW),
            factory.build(EDITION, DELIVERY, NOW),
        )
    ]

    assert subjects == [
        "COOP News: November 2021",
        "Nouvelles",
        "[Test] COOP News: November 2021",
        "COOP News: November 2021",
    ]
