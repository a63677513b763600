"""The SMTP core, without a socket: replies in whatever pieces, capabilities, commands, dots."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.mail.endpoint import Login, SmtpEndpoint
from coopdigest.mail.smtp_capabilities import Capabilities, read_capabilities
from coopdigest.mail.smtp_command import (
    auth_plain,
    auth_xoauth2,
    encode_command,
    encode_xtext,
    login_answers,
    mail_from,
    rcpt_to,
    stuff_dots,
)
from coopdigest.mail.smtp_reply import Reply, ReplyError, ReplyParser

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
REPLIES = st.builds(Reply, st.integers(200, 599), st.lists(WORDS, min_size=1, max_size=4).map(tuple))


def encode(reply: Reply, end: str = "\r\n") -> bytes:
    """A reply as a server writes it."""
    *first, last = reply.lines
    return "".join([*(f"{reply.code}-{line}{end}" for line in first), f"{reply.code} {last}{end}"]).encode()


def read_all(parser: ReplyParser) -> list[Reply]:
    """Every reply that has arrived."""
    return list(iter(parser.next, None))


@given(st.lists(REPLIES, max_size=4), st.integers(1, 40), st.sampled_from(["\r\n", "\n"]))
def test_replies_are_the_same_in_whatever_pieces_they_arrive(replies: list[Reply], size: int, end: str) -> None:
    """Pieces of any size give the same replies in the same order, with CRLF or bare LF, and nothing is left."""
    octets = b"".join(encode(reply, end) for reply in replies)
    parser = ReplyParser()
    for start in range(0, len(octets), size):
        parser.feed(octets[start : start + size])

    assert read_all(parser) == replies
    assert parser.is_empty


def test_half_a_reply_is_not_yet_one_and_does_not_go_unnoticed() -> None:
    """Nothing is given out before its last line is whole, and the parser knows that it holds something."""
    parser = ReplyParser()
    parser.feed(b"250-first\r\n250 sec")

    assert parser.next() is None
    assert not parser.is_empty
    parser.clear()
    assert parser.is_empty
    parser.feed(b"220 new\r\n")
    assert read_all(parser) == [Reply(220, ("new",))]


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"99 x\r\n",
        b"600 x\r\n",
        b"250x\r\n",
        b"\r\n",
        b"250-a\r\n451 b\r\n",
        b"\x16\x03\x01\n",
        b"x" * 5000,
        b"250-a\r\n" * 300,
    ],
)
def test_nonsense_is_an_error(octets: bytes) -> None:
    """What no mail server would say is an error, and so is a reply that never ends."""
    with pytest.raises(ReplyError):
        ReplyParser().feed(octets)


@given(st.binary(max_size=300))
def test_no_octets_do_anything_but_reply_or_error(octets: bytes) -> None:
    """Whatever arrives is a reply, half a reply or a ReplyError, never another failure."""
    parser = ReplyParser()
    try:
        parser.feed(octets)
    except ReplyError:
        return
    assert all(200 <= reply.code <= 599 for reply in read_all(parser))


def test_a_kept_reply_names_nobody_and_is_one_short_line() -> None:
    """Addresses and tokens of a reply's text are masked, control characters go, 500 characters stay."""
    reply = Reply(
        550,
        (
            "5.1.1 <amina@example.net>: no such user amina@example.net",
            "blocked: https://news.example.org/unsubscribe/AbC123\x1b[31m",
            "see " + "x" * 600,
        ),
    )

    assert reply.text.startswith(
        "5.1.1 <[address]>: no such user [address] blocked: https://news.example.org/unsubscribe/[token]"
    )
    assert len(reply.text) == 500
    assert reply.text.isprintable()


def test_what_a_server_offers_is_read_in_any_case() -> None:
    """Keywords come in any case and order, AUTH also in its old form with an equals sign."""
    lines = (
        "mx.example.org",
        "size 1000",
        "8BitMime",
        "SMTPUTF8",
        "STARTTLS",
        "PIPELINING",
        "dsn",
        "AUTH PLAIN",
        "AUTH=LOGIN",
        "",
    )

    assert read_capabilities(Reply(250, lines)) == Capabilities(
        size=True,
        size_limit=1000,
        eight_bit=True,
        smtputf8=True,
        starttls=True,
        pipelining=True,
        dsn=True,
        auth=frozenset({"PLAIN", "LOGIN"}),
    )


@pytest.mark.parametrize("line", ["SIZE", "SIZE 0", "SIZE many"])
def test_a_size_without_a_number_is_no_limit(line: str) -> None:
    """SIZE alone or 0 names no limit (RFC 1870 4), and nonsense is not taken for one."""
    capabilities = read_capabilities(Reply(250, ("mx.example.org", line)))

    assert capabilities.size
    assert capabilities.size_limit is None


def test_a_server_that_offers_nothing_is_read_as_such() -> None:
    """The first line is a greeting, not a keyword, whatever it says."""
    assert read_capabilities(Reply(250, ("STARTTLS",))) == Capabilities()


@pytest.mark.parametrize("bad", ["a\r\nDATA", "a\n", "a\r", "a\0"])
def test_a_command_with_a_line_break_is_never_written(bad: str) -> None:
    """CR, LF or NUL in any argument is an error before an octet is written."""
    for build in (
        lambda: encode_command("EHLO", bad),
        lambda: rcpt_to(bad),
        lambda: mail_from(bad, size=None, eight_bit=False, smtputf8=False),
    ):
        with pytest.raises(ValueError, match="line break"):
            build()


def test_mail_says_only_what_is_in_use() -> None:
    """The parameters of extensions are there when asked for, and not otherwise."""
    assert mail_from("a@example.org", size=None, eight_bit=False, smtputf8=False) == b"MAIL FROM:<a@example.org>\r\n"
    assert mail_from("ä@example.org", size=9, eight_bit=True, smtputf8=True) == (
        "MAIL FROM:<ä@example.org> SIZE=9 BODY=8BITMIME SMTPUTF8\r\n".encode()
    )


@given(st.text(st.characters(max_codepoint=126), max_size=30))
def test_xtext_is_one_word_and_can_be_undone(text: str) -> None:
    """Nothing in a value of a DSN parameter ends it early, and what it says comes back (RFC 3461 4)."""
    encoded = encode_xtext(text)

    assert re.fullmatch(r"([!-*,-<>-~]|\+[0-9A-F]{2})*", encoded)
    assert re.sub(r"\+(..)", lambda found: chr(int(found[1], 16)), encoded) == text


def test_a_login_is_told_as_the_mechanisms_want_it() -> None:
    """PLAIN sends both with NULs in one word, LOGIN one after the other (RFC 4616)."""
    login = Login("amina", "sécret")

    assert base64.b64decode(auth_plain(login).split()[2]) == "\0amina\0sécret".encode()
    assert [base64.b64decode(answer).decode() for answer in login_answers(login)] == ["amina", "sécret"]


def test_a_token_is_told_with_its_user() -> None:
    """XOAUTH2 sends both in one word, each field ended by octet 1, another octet 1 at the end."""
    word = auth_xoauth2(Login("amina@example.org", "ya29.t0ken", xoauth2=True)).split()[2]

    assert base64.b64decode(word) == b"user=amina@example.org\x01auth=Bearer ya29.t0ken\x01\x01"


def test_a_password_shows_in_no_repr() -> None:
    """Neither a login nor an endpoint that holds one gives the password away."""
    endpoint = SmtpEndpoint("mail.example.org", 587, login=Login("amina", "s3cret"))

    assert "s3cret" not in repr(endpoint) + str(endpoint) + repr(endpoint.login)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("mail.example.org", False), ("192.0.2.1", False)],
)
def test_this_machine_is_known_without_a_resolver(host: str, is_loopback: bool) -> None:
    """Only a name or address that cannot mean another machine counts as loopback."""
    assert SmtpEndpoint(host, 25).is_loopback is is_loopback


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x", b"x.", b"MAIL"]), min_size=1, max_size=8)


@given(LINES)
def test_dots_are_doubled_and_can_be_undone(lines: list[bytes]) -> None:
    """No line of a message is a lone dot, and a server that takes one dot away has the message again (R85)."""
    message = b"\r\n".join(lines) + b"\r\n"
    stuffed = stuff_dots(message).split(b"\r\n")

    assert b"." not in stuffed
    assert b"\r\n".join(line[1:] if line.startswith(b".") else line for line in stuffed) == message


def test_a_message_without_a_last_line_end_gets_one() -> None:
    """The final dot must stand on a line of its own."""
    assert stuff_dots(b"x") == b"x\r\n"
