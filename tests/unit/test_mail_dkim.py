"""What we sign, dkimpy verifies; and what is added or changed afterwards, it does not (R50 to R54)."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.digest import Digest, Mailbox, MediaContact
from coopdigest.domain.edition import Edition, Slot, marker
from coopdigest.domain.errors import ConfigurationError
from coopdigest.domain.period import Cadence
from coopdigest.domain.token import Tokens
from coopdigest.mail.dkim import BodyForm, DkimSigner, SigningKey, canonicalise_body, load_key
from coopdigest.mail.message import DigestMessageFactory

NOW = datetime(2021, 12, 1, 8, 0, 5, tzinfo=UTC)
NONCE = "0123456789abcdef01234567"
MARK = marker(NONCE, Slot.UNSUBSCRIBE_URL)
DELIVERY = Claimed(id=70, campaign=7, subscriber=42, address="amina@example.net", language="en", attempt=1)
RSA = rsa.generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
RSA_KEY, ED25519_KEY = SigningKey(RSA, "news2026"), SigningKey(ED25519, "news2026e")
KEYS = {"rsa": [RSA_KEY], "ed25519": [ED25519_KEY], "both": [RSA_KEY, ED25519_KEY]}
SIGNERS = {f"{name}-{form}": DkimSigner("example.org", keys, form) for name, keys in KEYS.items() for form in BodyForm}
OVERSIGNED = (
    *("From", "Subject", "Date", "To", "Reply-To", "Message-ID", "Content-Type"),
    *("List-Unsubscribe", "List-Unsubscribe-Post"),
)
every_signer = pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)


def published(signer: DkimSigner) -> Callable[..., bytes | None]:
    """A DNS that knows the signer's keys and nothing else."""
    records = {
        f"{key.selector}._domainkey.{signer.domain}.": f"v=DKIM1; k={key.kind}; p={key.public}" for key in signer.keys
    }

    def ask(name: bytes | str, timeout: int = 5) -> bytes | None:
        found = records.get(name.decode() if isinstance(name, bytes) else name)
        return found.encode() if found else None

    return ask


def judge(message: bytes, signer: DkimSigner) -> list[bool]:
    """What dkimpy says of the signatures of all the keys, the topmost first."""
    return [_verifies_one(message, index, signer) for index in range(len(signer.keys))]


def _verifies_one(message: bytes, index: int, signer: DkimSigner) -> bool:
    try:
        return bool(dkim.DKIM(message).verify(index, dnsfunc=published(signer)))
    except dkim.DKIMException:
        return False


def verifies(message: bytes, signer: DkimSigner) -> bool:
    """Whether dkimpy takes every signature."""
    return all(judge(message, signer))


def is_broken(message: bytes, signer: DkimSigner) -> bool:
    """Whether dkimpy takes no signature."""
    return not any(judge(message, signer))


def build(signer: DkimSigner | None, subject: str = "News", name: str = "COOP News", body: str = "Résumé") -> bytes:
    """A subscriber's message."""
    digest = Digest(
        slug="coop-news",
        name=name,
        languages=("en",),
        zone=ZoneInfo("Europe/Zurich"),
        cadence=Cadence.MONTH,
        sender=Mailbox("news@example.org", name),
        media_contact=MediaContact("Newsroom", "newsroom@example.org"),
        public_url="https://news.example.org",
    )
    edition = Edition("en", subject, f'<p>{body}</p><a href="{MARK}">Leave</a>', f"{body}\n\n{MARK}\n", NONCE)
    return DigestMessageFactory(digest, Tokens([b"k" * 32]), signer).build(edition, DELIVERY, NOW)


def tags(message: bytes) -> dict[str, str]:
    """The tags of the signature, without blanks."""
    field = message.partition(b"\r\nTo:")[0].partition(b"\r\nDate:")[0].decode("ascii")
    parts = (tag.partition("=") for tag in field.split("DKIM-Signature:")[1].split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in parts}


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=80)
TEXT = st.text(st.sampled_from("aé. \t\n=-") | st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)
WIRE = st.lists(
    st.sampled_from([b"", b" ", b"\t", b".", b"..", b"a", b"a  b", b"a \t", b" a", b"x" * 998, b"=20", b"--"]),
    max_size=8,
).map(lambda lines: b"".join(line + b"\r\n" for line in lines))


@every_signer
@settings(max_examples=30)
@given(PRINTABLE, PRINTABLE, TEXT)
@example("=?utf-8?q?a?=", 'a "b" \\ <c>', "")
@example("é" * 120, "ع" * 70, "a  \n\n\n.\n..\n" + "b" * 1200 + "\n\n\n")
def test_whatever_is_said_the_signature_verifies(signer: DkimSigner, subject: str, name: str, body: str) -> None:
    """Every kind of key and canonicalisation, over any subject, name and text."""
    message = build(signer, subject, name, body)

    assert message.isascii()
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\n." not in message  # nothing for SMTP to change after signing
    assert max(map(len, message.split(b"\r\n"))) <= 998
    assert verifies(message, signer)


@every_signer
@settings(max_examples=30)
@given(WIRE, PRINTABLE)
@example(b"", "a")
@example(b"\r\n\r\n", "a")
@example(b" \r\n\t\r\n", "a")
def test_whatever_the_octets_are_the_signature_verifies(signer: DkimSigner, body: bytes, text: str) -> None:
    """Empty bodies, blank lines at the end, blanks at line ends, dots, long lines; folded and raw header fields."""
    personal = f"To:   amina@example.net\r\nX-Other: {text}\r\nsubject:a\r\n\t  b  \r\n".encode()

    assert verifies(signer.begin(personal, b"From: news@example.org \r\n", [body], NOW)(), signer)


@every_signer
@pytest.mark.parametrize("name", OVERSIGNED)
def test_nobody_can_add_a_second_field(signer: DkimSigner, name: str) -> None:
    """A second Subject above or below the first, or a Reply-To that was not there, breaks the signature (R51)."""
    message = build(signer)
    field = f"{name}: news@example.com\r\n".encode()
    head, empty, body = message.partition(b"\r\n\r\n")

    assert verifies(message, signer)
    assert is_broken(field + message, signer)
    assert is_broken(head + b"\r\n" + field.removesuffix(b"\r\n") + empty + body, signer)


@every_signer
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: News", b"Subject: New"),
        (b"Feedback-ID: 7:", b"Feedback-ID: 8:"),
        (b"List-ID: COOP", b"List-ID: coop"),
        (b"sum=C3=A9", b"sum=C3=A8"),
    ],
)
def test_nobody_can_change_what_is_there(signer: DkimSigner, old: bytes, new: bytes) -> None:
    """Header fields and body are covered."""
    message = build(signer)

    assert old in message
    assert is_broken(message.replace(old, new, 1), signer)


@every_signer
def test_blanks_may_change_where_the_form_is_relaxed(signer: DkimSigner) -> None:
    """A server that folds anew or drops blanks at line ends breaks nothing that was to stay whole."""
    message = build(signer, subject="News of all", body="two  blanks").replace(b"News of", b"News\r\n\tof", 1)

    assert verifies(message, signer)
    is_relaxed = tags(message)["c"] == "relaxed/relaxed"
    assert judge(message.replace(b"two  blanks", b"two blanks"), signer) == [is_relaxed] * len(signer.keys)


def test_a_signature_says_what_it_is() -> None:
    """Kind, form, time, domain and selector; every field of R50 in h=; no l= and no x= (R52)."""
    said = tags(build(SIGNERS["rsa-relaxed"]))

    assert (said["v"], said["a"], said["c"], said["t"]) == ("1", "rsa-sha256", "relaxed/relaxed", "1638345605")
    assert (said["d"], said["s"]) == ("example.org", "news2026")
    assert set(said) == {"v", "a", "c", "t", "d", "s", "h", "bh", "b"}
    names = said["h"].split(":")
    assert {"from", "date", "subject", "to", "message-id", "mime-version", "content-type", "list-id"} <= set(names)
    assert {"list-unsubscribe", "list-unsubscribe-post", "list-help", "list-post", "feedback-id"} <= set(names)
    assert {name: names.count(name.lower()) for name in OVERSIGNED if name != "Reply-To"} == {
        name: 2 for name in OVERSIGNED if name != "Reply-To"
    }
    assert tags(build(SIGNERS["ed25519-simple"]))["a"] == "ed25519-sha256"
    assert tags(build(SIGNERS["ed25519-simple"]))["c"] == "relaxed/simple"


COVERED = (
    *("From", "Date", "Subject", "To", "Cc", "Reply-To", "Sender", "Message-ID", "MIME-Version", "Content-Type"),
    *("Content-Transfer-Encoding", "List-ID", "List-Help", "List-Post", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("List-Subscribe", "List-Owner", "List-Archive", "Feedback-ID"),
)
LEFT_OUT = ("Return-Path", "Received", "Bcc", "X-Other")


@every_signer
def test_all_that_a_reader_acts_on_is_covered_and_nothing_that_changes_on_the_way(signer: DkimSigner) -> None:
    """Every field of the list is in h= if it is there, wherever it stands; traces and Bcc are not (R50)."""
    personal = "".join(f"{name}: a@example.org\r\n" for name in (*LEFT_OUT, *COVERED[1:])).encode()

    message = signer.begin(personal, b"From: a@example.org\r\n", [b"a\r\n"], NOW)()

    names = set(re.search(rb" h=([^;]*);", message)[1].decode().replace("\r\n  ", "").split(":"))  # type: ignore[index]
    assert {name.lower() for name in COVERED} <= names
    assert not names & {"dkim-signature", *(name.lower() for name in LEFT_OUT)}
    assert verifies(message, signer)
    for name in LEFT_OUT:
        assert verifies(message.replace(f"{name}: a@".encode(), f"{name}: b@".encode(), 1), signer)


@every_signer
def test_signing_is_the_last_step(signer: DkimSigner) -> None:
    """A signature is put on top of the unsigned message, which is 7bit with CRLF and stays octet for octet (R53)."""
    signed, plain = build(signer), build(None)

    assert signed.endswith(b"\r\n" + plain)
    assert signed.removesuffix(plain).startswith(b"DKIM-Signature: ")
    assert plain.isascii()
    assert plain.count(b"\n") == plain.count(b"\r") == plain.count(b"\r\n")


@every_signer
def test_no_line_of_a_signature_is_long(signer: DkimSigner) -> None:
    """It is folded to 78 characters (RFC 5322 2.1.1)."""
    field = build(signer).partition(b"\r\nDate:")[0]

    assert field.count(b"DKIM-Signature: ") == len(signer.keys)
    assert max(map(len, field.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("body", "relaxed", "simple"),
    [
        (b"", b"", b"\r\n"),
        (b"\r\n\r\n", b"", b"\r\n"),
        (b" \r\n", b"", b" \r\n"),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n", b" C \r\nD \t E\r\n"),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a\r\n", b"a \t\r\n"),
    ],
)
def test_a_body_has_the_canonical_form_of_the_standard(body: bytes, relaxed: bytes, simple: bytes) -> None:
    """The examples of RFC 6376 3.4.5 and the empty body of 3.4.3 and 3.4.4."""
    assert canonicalise_body(body, BodyForm.RELAXED) == relaxed
    assert canonicalise_body(body, BodyForm.SIMPLE) == simple


def test_a_body_that_changes_is_hashed_anew() -> None:
    """What was kept of one body is not said of the next."""
    signer = SIGNERS["ed25519-relaxed"]
    messages = [signer.begin(b"", b"From: a@example.org\r\n", [body], NOW)() for body in (b"a\r\n", b"a\r\n", b"b\r\n")]

    wanted = [base64.b64encode(hashlib.sha256(body).digest()).decode() for body in (b"a\r\n", b"a\r\n", b"b\r\n")]
    assert [message.split(b" bh=")[1][:44].decode() for message in messages] == wanted


def pem(key: rsa.RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat) -> bytes:
    """A key as it stands in a file."""
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def load(path: Path, data: bytes) -> DkimSigner:
    """The signer with the key of a file."""
    file = path / "dkim.pem"
    file.write_bytes(data)
    return DkimSigner("example.org", [load_key(file, "news2026", "coopdigest.toml:30")])


@pytest.mark.parametrize(
    "data",
    [
        pem(RSA, PrivateFormat.PKCS8),
        pem(RSA, PrivateFormat.TraditionalOpenSSL),
        pem(ED25519, PrivateFormat.PKCS8),
    ],
    ids=["rsa-pkcs8", "rsa-pkcs1", "ed25519"],
)
def test_a_key_is_read_from_every_usual_file(tmp_path: Path, data: bytes) -> None:
    """PKCS#8 as openssl writes it today, PKCS#1 as it did."""
    signer = load(tmp_path, data)

    assert verifies(build(signer), signer)


SECRET: KeySerializationEncryption = BestAvailableEncryption(b"password")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"nothing\xff", "holds no private key"),
        (b"", "holds no private key"),
        (pem(RSA, PrivateFormat.PKCS8)[:-60], "holds no private key"),
        (RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, SECRET), "is encrypted"),
        (RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, SECRET), "is encrypted"),
        (pem(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.PKCS8), "neither an RSA nor an Ed25519 key"),
    ],
    ids=["noise", "empty", "cut", "encrypted", "encrypted-pkcs1", "curve"],
)
def test_a_useless_key_is_refused_in_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    """The line names the place, the file and the next step, and nothing of the key."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        load(tmp_path, data)

    assert str(caught.value).startswith("coopdigest.toml:30: dkim.pem ")
    assert "openssl" in str(caught.value)


def make_short_key() -> rsa.RSAPrivateKey:
    """A key that no library makes any more, of two well-known primes."""
    one, other, exponent = 2**255 - 19, 2**256 - 189, 65537
    secret = pow(exponent, -1, (one - 1) * (other - 1))
    remainders = rsa.rsa_crt_dmp1(secret, one), rsa.rsa_crt_dmq1(secret, other), rsa.rsa_crt_iqmp(one, other)
    public = rsa.RSAPublicNumbers(exponent, one * other)
    return rsa.RSAPrivateNumbers(one, other, secret, *remainders, public).private_key()


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    """Under 1024 bits no verifier takes it (B03)."""
    with pytest.raises(ConfigurationError, match="511 bits"):
        load(tmp_path, pem(make_short_key(), PrivateFormat.PKCS8))


def test_a_missing_key_is_said(tmp_path: Path) -> None:
    """It is no crash."""
    with pytest.raises(ConfigurationError, match=r"dkim\.pem cannot be read"):
        load_key(tmp_path / "dkim.pem", "news2026", "coopdigest.toml:30")


def test_a_domain_in_other_letters_is_written_in_ascii() -> None:
    """A signature's d= is an A-label."""
    assert DkimSigner("bücher.example", [ED25519_KEY]).domain == "xn--bcher-kva.example"


def test_a_domain_that_has_no_ascii_form_is_refused() -> None:
    """It is said before anything is signed."""
    with pytest.raises(ConfigurationError, match=r"set domain in \[dkim\]"):
        DkimSigner("a..é", [ED25519_KEY])


def test_two_keys_sign_the_same_and_rsa_stands_first() -> None:
    """Who cannot verify Ed25519, or looks at one signature only, finds the RSA one first (B05)."""
    fields = build(SIGNERS["both-relaxed"]).partition(b"\r\nDate:")[0].split(b"DKIM-Signature: ")[1:]

    assert [re.findall(rb" [as]=([^;]*);", field) for field in fields] == [
        [b"rsa-sha256", b"news2026"],
        [b"ed25519-sha256", b"news2026e"],
    ]
    assert len({re.search(rb" h=[^;]*", field)[0] for field in fields}) == 1  # type: ignore[index]
    assert len({re.search(rb" bh=[^;]*", field)[0] for field in fields}) == 1  # type: ignore[index]
    assert not any(name in fields[0].lower() for name in (b"dkim-signature", b"return-path", b"received", b"bcc"))


def test_either_of_two_signatures_verifies_without_the_other() -> None:
    """A provider that takes one out, or knows one key only, still verifies the rest."""
    signer = SIGNERS["both-relaxed"]
    message = build(signer)
    second = message.index(b"DKIM-Signature: ", 1)
    first_gone = message[second:]
    second_gone = message[:second] + message[message.index(b"Date: ") :]

    assert verifies(first_gone, DkimSigner("example.org", [ED25519_KEY]))
    assert verifies(second_gone, DkimSigner("example.org", [RSA_KEY]))
