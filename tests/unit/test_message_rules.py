"""Every rule about a built message finds what it is for, and nothing in what the message factory builds."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.digest import Digest, Mailbox, MediaContact
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, marker
from coopdigest.domain.period import Cadence
from coopdigest.domain.token import Tokens
from coopdigest.mail.checking import SampleChecker
from coopdigest.mail.dkim import DkimSigner, SigningKey
from coopdigest.mail.message import DigestMessageFactory
from coopdigest.mail.message_rules import RULES, check_message
from coopdigest.testing.clock import FixedClock

NOW = datetime(2021, 12, 1, 8, 0, 5, tzinfo=UTC)
NONCE = "0123456789abcdef01234567"
MARK = marker(NONCE, Slot.UNSUBSCRIBE_URL)
TOKENS = Tokens([b"k" * 32])
E, W = Severity.ERROR, Severity.WARNING
DELIVERY = Claimed(id=70, campaign=7, subscriber=42, address="amina@example.net", language="en", attempt=1)


def make_digest(**facts: object) -> Digest:
    """A digest with everything that makes a header."""
    usual: dict[str, object] = {
        "slug": "coop-news",
        "name": "COOP News",
        "languages": ("en",),
        "zone": ZoneInfo("Europe/Zurich"),
        "cadence": Cadence.MONTH,
        "sender": Mailbox("news@example.org", "COOP News"),
        "reply_to": Mailbox("press@example.org", "Press desk"),
        "media_contact": MediaContact("Newsroom", "newsroom@example.org"),
        "public_url": "https://news.example.org",
        "unsubscribe_mailbox": "leave@example.org",
    }
    return Digest(**{**usual, **facts})  # type: ignore[arg-type]


def make_edition(subject: str = "Ferries, mills and one cheese cellar") -> Edition:
    """An edition with letters that only UTF-8 has."""
    html = f'<html><body><p>Résumé</p><a href="{MARK}">Unsubscribe</a></body></html>'
    return Edition("en", subject, html, f"Résumé\n\nUnsubscribe: {MARK}\n", NONCE)


def build(digest: Digest | None = None, subject: str | None = None) -> bytes:
    """A subscriber's message."""
    edition = make_edition(subject) if subject is not None else make_edition()
    return DigestMessageFactory(digest or make_digest(), TOKENS).build(edition, DELIVERY, NOW)


GOOD = build()
FROM = b"From: COOP News <news@example.org>\r\n"
SUBJECT = b"Subject: Ferries, mills and one cheese cellar\r\n"
BOUNDARY = re.findall(rb'boundary="([^"]+)"', GOOD)[0]
MESSAGE_ID = re.findall(rb"Message-ID: [^\r]+", GOOD)[0]
FEEDBACK = re.findall(rb"Feedback-ID: [^\r]+", GOOD)[0]
LEAVE = re.findall(rb"List-Unsubscribe: .*?\r\n(?! )", GOOD, re.DOTALL)[0]
PAGE = re.findall(rb"<https:[^>]+>", LEAVE)[0]
POST = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
ENCODING = b"Content-Transfer-Encoding: quoted-printable\r\n"
DATE = b"Date: Wed, 01 Dec 2021 09:00:05 +0100\r\n"
TYPE = b"Content-Type: multipart/alternative;\r\n"
WORD = b"=?utf-8?q?Caf=C3=A9?="


def changed(old: bytes, new: bytes) -> bytes:
    """The good message with the first such bytes exchanged."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def added(field: bytes) -> bytes:
    """The good message with one more header field."""
    return field + b"\r\n" + GOOD


def parts() -> tuple[bytes, bytes]:
    """The plain and the HTML part as they stand between the boundaries."""
    _, plain, rich, _ = GOOD.split(b"--" + BOUNDARY)
    return plain, rich


def with_parts(*bodies: bytes, close: bytes = b"--\r\n") -> bytes:
    """The good header over other parts."""
    head = GOOD.partition(b"--" + BOUNDARY)[0]
    return head + b"".join(b"--" + BOUNDARY + body for body in bodies) + b"--" + BOUNDARY + close


SIGNER = DkimSigner("example.org", [SigningKey(Ed25519PrivateKey.from_private_bytes(b"k" * 32), "news")])
REPLY = b"Reply-To: Press desk <press@example.org>\r\n"


def signed(old: bytes, new: bytes, times: int = -1) -> bytes:
    """The good message with a signature in whose field `old` stands no more (the first `times` of it, or all)."""
    whole = DigestMessageFactory(make_digest(), TOKENS, SIGNER).build(make_edition(), DELIVERY, NOW)
    field = whole.removesuffix(GOOD)
    assert old in field
    return field.replace(old, new, times) + GOOD


def found(data: bytes) -> set[tuple[str, Severity]]:
    """Ids and severities of the findings."""
    return {(finding.rule, finding.severity) for finding in check_message(data, NOW)}


def test_a_good_message_has_no_finding() -> None:
    """The yardstick of all the others."""
    assert check_message(GOOD, NOW) == []


PLAIN, RICH = parts()
PICTURE = (
    b"\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <mill@x>\r\n\r\niVBORw0K\r\n"
)
BAD_EXAMPLES = {
    "B10 no post": ("B10", E, changed(POST, b"")),
    "B10 no page": ("B10", E, changed(PAGE + b",\r\n ", b"")),
    "B10 two pages": ("B10", E, changed(PAGE, PAGE + b", <https://example.org/leave>")),
    "B10 no list-unsubscribe": ("B10", E, changed(LEAVE, b"")),
    "B20 two": ("B20", E, changed(FROM, b"From: news@example.org, press@example.org\r\n")),
    "B20 none": ("B20", E, changed(FROM, b"From: COOP News\r\n")),
    "B20 gmail": ("B20", W, changed(b"<news@example.org>", b"<coopnews@gmail.com>")),
    "B20 yahoo": ("B20", W, changed(b"<news@example.org>", b"<coopnews@yahoo.co.uk>")),
    "B21 missing": ("B21", E, changed(MESSAGE_ID + b"\r\n", b"")),
    "B21 bare": ("B21", E, changed(MESSAGE_ID, b"Message-ID: 7.42@example.org")),
    "B22 subject": ("B22", E, added(b"Subject: Another")),
    "B22 list-unsubscribe": ("B22", E, added(LEAVE.removesuffix(b"\r\n"))),
    "B22 content type of a part": ("B22", E, changed(ENCODING, ENCODING * 2)),
    "B23 no field": ("B23", E, added(b"no field at all")),
    "B23 blank before the colon": ("B23", E, added(b"X-Mailer : coopdigest")),
    "B23 word in a structured field": ("B23", E, changed(POST, b"List-Unsubscribe-Post: " + WORD + b"\r\n")),
    "B23 word for a URI": ("B23", E, changed(PAGE, b"=?utf-8?q?=3Chttps=3A//news=2Eexample=2Eorg=3E?=")),
    "B23 word in a quoted string": ("B23", E, changed(FROM, b'From: "' + WORD + b'" <news@example.org>\r\n')),
    "B23 word in an address": ("B23", E, changed(b"<news@example.org>", b"<" + WORD + b"@example.org>")),
    "B23 word in a List-ID": ("B23", E, changed(b"<coop-news.example.org>", b"<" + WORD + b".example.org>")),
    "B23 unknown charset": ("B23", E, changed(SUBJECT, b"Subject: =?klingon?q?qapla?=\r\n")),
    "B23 wrong base64": ("B23", E, changed(SUBJECT, b"Subject: =?utf-8?b?abc?=\r\n")),
    "B23 wrong octets": ("B23", E, changed(SUBJECT, b"Subject: =?utf-8?q?=FF?=\r\n")),
    "B23 broken word": ("B23", E, changed(SUBJECT, b"Subject: =?utf-8?q?two words?=\r\n")),
    "B23 raw octets": ("B23", E, changed(SUBJECT, "Subject: Café\r\n".encode())),
    "B23 raw octets of another charset": ("B23", E, changed(b"To: amina@", b"To: am\xefna@")),
    "B23 exotic": ("B23", E, changed(b"<news@example.org>", b"<news$desk@example.org>")),
    "B23 no address": ("B23", E, changed(b"To: amina@example.net", b"To: amina")),
    "B24 one field": ("B24", E, added(b"X-Long:" + b"\r\n folded" * 5000)),
    "B24 all fields": ("B24", E, added(b"\r\n".join([b"X-Long:" + b"\r\n folded" * 2000] * 30))),
    "B24 many fields": ("B24", E, added(b"\r\n".join([b"X-One: 1"] * 5000))),
    "B24 subject": ("B24", E, changed(SUBJECT, b"Subject:" + b"\r\n words" * 170 + b"\r\n")),
    "B24 encoded subject": ("B24", W, build(subject="é" * 300)),
    "B24 message-id": ("B24", E, changed(MESSAGE_ID, b"Message-ID: <" + b"a" * 500 + b"@example.org>")),
    "B25 address": ("B25", W, changed(FROM, b'From: "news@example.org" <news@example.org>\r\n')),
    "B25 emoji": ("B25", W, changed(FROM, b"From: =?utf-8?q?COOP_=F0=9F=93=B0?= <news@example.org>\r\n")),
    "B25 badge": ("B25", W, changed(FROM, b"From: =?utf-8?b?Q09PUCDinJQ=?= <news@example.org>\r\n")),
    "B25 count": ("B25", W, changed(FROM, b'From: "COOP News (2)" <news@example.org>\r\n')),
    "B25 subject": ("B25", W, changed(FROM, b'From: "Ferries, mills and one cheese cellar" <news@example.org>\r\n')),
    "B26 no mailbox": ("B26", E, changed(b"<press@example.org>", b"<press>")),
    "B26 no-reply": ("B26", W, changed(b"<press@example.org>", b"<no-reply@example.org>")),
    "B26 nowhere": ("B26", W, changed(b"<press@example.org>", b"<press@newsroom.local>")),
    "B27 fields": ("B27", E, changed(FEEDBACK, b"Feedback-ID: 7:en:coop-news")),
    "B27 sender": ("B27", E, changed(FEEDBACK, b"Feedback-ID: 7:en:digest:coop")),
    "B28": ("B28", E, GOOD + (b"a" * 998 + b"\r\n") * 25_000),
    "B29 plain only": ("B29", E, with_parts(PLAIN)),
    "B29 html only": ("B29", E, with_parts(RICH)),
    "R01 long": ("R01", E, added(b"X-Long: " + b"a" * 991)),
    "R01 bare LF": ("R01", E, changed(b"quoted-printable\r\n\r\n", b"quoted-printable\r\n\n")),
    "R01 bare CR": ("R01", E, added(b"X-Bare: a\rb")),
    "R01 NUL": ("R01", E, added(b"X-Nul: a\x00b")),
    "R02 from": ("R02", E, changed(FROM, b"")),
    "R02 date": ("R02", E, changed(DATE, b"")),
    "R03 zone": ("R03", E, changed(b"+0100\r\n", b"GMT\r\n")),
    "R03 calendar": ("R03", E, changed(b"Wed, 01 Dec", b"Wed, 31 Feb")),
    "R03 weekday": ("R03", E, changed(b"Date: Wed", b"Date: Thu")),
    "R03 far": ("R03", E, changed(b"Wed, 01 Dec 2021", b"Wed, 08 Dec 2021")),
    "R04 atom": ("R04", E, changed(MESSAGE_ID, b"Message-ID: <7..42@example.org>")),
    "R04 localhost": ("R04", W, changed(MESSAGE_ID, b"Message-ID: <7.42@localhost>")),
    "R05": ("R05", E, added(b"X-Folded: a\r\n \r\n b")),
    "R10": ("R10", E, changed(b"MIME-Version: 1.0\r\n", b"")),
    "R11 other": ("R11", E, changed(b"text/plain; charset=utf-8", b"text/plain; charset=latin1")),
    "R11 none": ("R11", E, changed(b"text/html; charset=utf-8", b"text/html")),
    "R11 untrue": ("R11", E, changed(b"=C3=A9", b"=E9")),
    "R12 multipart": ("R12", E, added(b"Content-Transfer-Encoding: base64")),
    "R12 unknown": ("R12", E, changed(b"quoted-printable", b"quoted")),
    "R12 7bit": ("R12", E, changed(ENCODING, b"").replace(b"=C3=A9", b"\xc3\xa9", 1)),
    "R13 long": ("R13", E, changed(b"R=C3=A9sum", b"R" * 80)),
    "R13 blank": ("R13", E, changed(b"=C3=A9\r\n", b"=C3=A9 \r\n")),
    "R13 escape": ("R13", E, changed(b"=C3=A9", b"=c3=a9")),
    "R13 raw": ("R13", E, changed(b"=C3=A9", b"\xc3\xa9")),
    "R13 base64": ("R13", E, with_parts(PLAIN.replace(b"quoted-printable", b"base64"), RICH)),
    "R13 cut base64": (
        "R13",
        E,
        with_parts(
            b"\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJ\r\n", RICH
        ),
    ),
    "R14 form": ("R14", E, GOOD.replace(BOUNDARY, b"b" * 71)),
    "R14 no boundary": ("R14", E, changed(b'boundary="', b'limit="')),
    "R14 another boundary": ("R14", E, changed(b'boundary="', b'boundary="another')),
    "R14 open": ("R14", E, with_parts(PLAIN, RICH, close=b"\r\n").removesuffix(b"--" + BOUNDARY + b"\r\n")),
    "R14 found in a part": ("R14", E, changed(b"sum=C3=A9\r\n", b"sum=C3=A9\r\n--other\r\n").replace(BOUNDARY, b"oth")),
    "R14 after the end": ("R14", E, GOOD + b"--" + BOUNDARY + b"\r\n"),
    "R15 order": ("R15", E, with_parts(RICH, PLAIN)),
    "R15 missing picture": ("R15", E, changed(b"<p>R", b'<img src=3D"cid:mill@x" alt=3D"">\r\n<p>R')),
    "R15 unused picture": ("R15", E, with_parts(PLAIN, PICTURE, RICH)),
    "R16 long word": ("R16", E, changed(SUBJECT, b"Subject:\r\n =?utf-8?q?" + b"a" * 66 + b"?=\r\n")),
    "R16 long line": ("R16", E, changed(SUBJECT, b"Subject: " + b"a" * 60 + b" " + WORD + b"\r\n")),
    "R16 no gap": ("R16", E, changed(SUBJECT, b"Subject: " + WORD * 2 + b"\r\n")),
    "R16 no gap to an address": ("R16", E, changed(FROM, b"From: " + WORD + b"<news@example.org>\r\n")),
    "R16 cut": ("R16", E, changed(SUBJECT, b"Subject: =?utf-8?q?Caf=C3?= =?utf-8?q?=A9?=\r\n")),
    "R16 rough": ("R16", E, changed(FROM, b"From: =?utf-8?q?Caf=C3=A9.?= <news@example.org>\r\n")),
    "R30 no brackets": ("R30", E, changed(b"List-Help: <mailto:press@example.org?subject=help>", b"List-Help: help")),
    "R30 blank": ("R30", E, changed(b"?subject=help>", b"?subject=help me>")),
    "R31 no id": ("R31", E, changed(b" <coop-news.example.org>", b"")),
    "R31 no domain": ("R31", E, changed(b"<coop-news.example.org>", b"<coop-news>")),
    "R31 long": ("R31", E, changed(b"<coop-news.", b"<" + b"a" * 250 + b".")),
    "R32": ("R32", E, changed(b"=One-Click", b"=one-click")),
    "R50 from": ("R50", E, signed(b"from:", b"")),
    "R50 list header": ("R50", E, signed(b"list-id:", b"")),
    "R50 one-click": ("R50", E, signed(b"list-unsubscribe-post", b"x-leave")),
    "R50 what changes": ("R50", E, signed(b" h=", b" h=received:\r\n  ")),
    "R51 subject": ("R51", E, signed(b"subject:", b"", 1)),
    "R51 absent": ("R51", E, signed(b"reply-to:", b"").replace(REPLY, b"")),
    "R52 algorithm": ("R52", E, signed(b"a=ed25519-sha256", b"a=rsa-sha1")),
    "R52 form": ("R52", E, signed(b"c=relaxed/relaxed", b"c=simple/simple")),
    "R52 no form": ("R52", E, signed(b" c=relaxed/relaxed;", b"")),
    "R52 length": ("R52", E, signed(b"s=news;", b"s=news; l=10;")),
    "R52 time": ("R52", E, signed(b" t=1638345605;", b"")),
    "R52 expired": ("R52", E, signed(b" t=1638345605;", b" t=1638345605; x=1638345605;")),
    "R52 version": ("R52", E, signed(b"v=1", b"v=2")),
    "R52 selector": ("R52", E, signed(b"s=news;", b"s=;")),
    "R52 base64": ("R52", E, signed(b"bh=", b"bh=.")),
    "R52 unfolded": ("R52", E, signed(b"b=", b"b=" + b"A" * 80, 1)),
    "R52 domain": ("R52", W, signed(b"d=example.org", b"d=example.net")),
    "R52 no domain": ("R52", E, signed(b"d=example.org", b"d=")),
    "R52 no tags": ("R52", E, signed(b"v=1; a=ed25519-sha256;", b"v=1; v=1;")),
}


@pytest.mark.parametrize(("rule", "severity", "data"), BAD_EXAMPLES.values(), ids=BAD_EXAMPLES.keys())
def test_a_bad_message_breaks_exactly_its_rule(rule: str, severity: Severity, data: bytes) -> None:
    """A good message altered in one place breaks the rule about that place, and no other."""
    assert found(data) == {(rule, severity)}


def test_a_signed_message_has_no_finding() -> None:
    """What we sign obeys R50 to R52, whether or not the signing domain is the sender's own or one above it."""
    assert check_message(signed(b"v=1", b"v=1"), NOW) == []
    assert check_message(signed(b"d=example.org", b"d=mail.example.org"), NOW) == []
    assert check_message(signed(b"t=1638345605", b"x=1638345606; t=1638345605"), NOW) == []


def test_every_rule_has_a_bad_example() -> None:
    """No rule is only words."""
    assert {rule for rule, _, _ in BAD_EXAMPLES.values()} == set(RULES)


def test_a_finding_names_its_header_line_or_part() -> None:
    """An editor finds the place."""
    places = {check_message(BAD_EXAMPLES[name][2], NOW)[0].place for name in ("B20 gmail", "R11 none", "R01 NUL")}

    assert places == {"message header From", "message part text/html", "message line 1"}


def test_every_finding_says_what_to_do() -> None:
    """Each has a hint, and none repeats an address (of those, subscribers' are)."""
    findings = [finding for _, _, data in BAD_EXAMPLES.values() for finding in check_message(data, NOW)]

    assert [finding for finding in findings if not finding.hint] == []
    assert [finding for finding in findings if "@example" in finding.message] == []


def test_a_header_name_over_a_kilobyte_breaks_gmails_limit_too() -> None:
    """Such a name makes a line that is too long as well."""
    assert found(added(b"X" * 1025 + b": a")) == {("B24", E), ("R01", E)}


def test_without_a_present_moment_any_date_is_near_enough() -> None:
    """Only who knows the time can say that a date is far away."""
    assert check_message(BAD_EXAMPLES["R03 far"][2]) == []


@pytest.mark.parametrize("hours", [-25, 25])
def test_a_date_more_than_a_day_away_is_refused(hours: int) -> None:
    """Early and late alike."""
    assert [finding.rule for finding in check_message(GOOD, NOW + timedelta(hours=hours))] == ["R03"]


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(FROM, b'From: "COOP, \\"News\\"" (the desk) <news@example.org>\r\n'),
        GOOD.replace(DATE, b"Date: Tue, 30 Nov 2021 23:59:60 -0000\r\n"),
        GOOD.replace(b"To: amina@example.net", "To: amíná@example.net".encode()),
        GOOD.replace(b"To: amina@example.net", b"To: undisclosed-recipients:;"),
        GOOD.replace(PAGE + b",\r\n ", b"").replace(POST, b""),
        GOOD.replace(b"https://news.example.org/", b"http://127.0.0.1:8025/"),
        GOOD.replace(b"List-Post: NO", b"List-Post: NO (announcements only)"),
        GOOD.replace(SUBJECT, b"Subject: =?iso-8859-1*fr?Q?Caf=E9?= =?utf-8?B?w6k=?=\r\n"),
        with_parts(
            PLAIN,
            b"\r\nContent-Type: multipart/related; boundary=b2\r\n\r\n--b2"
            + RICH.replace(b"<p>R", b'<img src=3D"cid:mill@x" alt=3D"">\r\n<p>R')
            + b"--b2"
            + PICTURE
            + b"--b2--\r\n",
        ),
    ],
)
def test_what_is_allowed_is_no_finding(data: bytes) -> None:
    """Comments, leap seconds, an address in UTF-8, a mailto alone, a demo on loopback, pictures inside."""
    assert data != GOOD
    assert check_message(data, NOW) == []


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120)


@given(PRINTABLE, PRINTABLE, PRINTABLE, PRINTABLE)
@example("=?utf-8?q?a?=", "=?x?q?", 'a "b" \\ <c>', "?= =?")
@example("a" * 120, "é" * 120, "\U0001f600" * 60, "ع" * 120)
def test_what_we_build_has_no_finding(sender: str, desk: str, digest: str, subject: str) -> None:
    """Whatever people call themselves and their issue, only advice about the sender's name can come of it."""
    names = make_digest(
        name=digest, sender=Mailbox("news@example.org", sender), reply_to=Mailbox("press@example.org", desk)
    )

    assert {finding.rule for finding in check_message(build(names, subject), NOW)} <= {"B25"}


PIECES = st.sampled_from(
    [
        *(b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b";", b"--", b'"', b"<", b">", b"(", b",", b"@"),
        *(b"=?", b"?=", b"utf-8", b"?q?", b"?b?", BOUNDARY),
        *(b"DKIM-Signature:", b" h=", b"from:", b"; b=", b" t=1", b" x=2"),
        *(FROM, SUBJECT, LEAVE, POST, DATE, TYPE, ENCODING, MESSAGE_ID, PLAIN, RICH),
        *(b"Content-Type: multipart/mixed; boundary=", b"Content-Type: multipart/related; boundary=a\r\n\r\n--a\r\n"),
        b"=?unicode_escape?q?=5Cd?=",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=20), max_size=30).map(b"".join))
def test_no_bytes_are_too_much(data: bytes) -> None:
    """Whatever the bytes are, there are findings and no exception."""
    assert all(finding.rule in RULES for finding in check_message(data, NOW))


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 40))
def test_no_damage_is_too_much(place: int, octets: bytes, cut: int) -> None:
    """A good message with bytes exchanged or cut out is judged as well."""
    damaged = GOOD[:place] + octets + GOOD[place + cut :]

    assert all(finding.rule in RULES for finding in check_message(damaged, NOW))


def check_edition(edition: Edition, **facts: object) -> list[Finding]:
    """What the port says of an edition."""
    factory = DigestMessageFactory(make_digest(**facts), TOKENS)
    return SampleChecker(lambda: factory, FixedClock(NOW)).check(edition)


def test_an_edition_is_checked_by_a_message_with_a_link_to_leave() -> None:
    """The message is a subscriber's, not a rehearsal's: one-click is judged."""
    assert check_edition(make_edition()) == []
    assert [f.rule for f in check_edition(make_edition(), public_url="ftp://example.org")] == ["B10"]


def test_an_edition_that_makes_no_message_is_an_error() -> None:
    """A subject with a line break is said by `check`, not first when it is sent."""
    (finding,) = check_edition(make_edition("Bcc:\r\neverybody"))

    assert (finding.rule, finding.severity, finding.place) == ("B23", E, "message")
    assert "Subject" in finding.message
    assert not finding.can_be_forced
