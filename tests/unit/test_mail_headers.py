"""Header fields fold where they may, encode only what they may, and let no line break in."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.domain.digest import Mailbox
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.headers import mailbox, named, structured, unstructured, uri_list

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=200)


def parse(field: bytes, name: str) -> str:
    """What Python's email package reads in a field."""
    return str(message_from_bytes(field + b"\r\n", policy=policy.default)[name])


def check_lines(field: bytes, longest: int = 78) -> None:
    """Every line is short, begins as a field or a fold, and holds more than white space (R01, R05)."""
    assert field.endswith(b"\r\n")
    for number, line in enumerate(field.removesuffix(b"\r\n").split(b"\r\n")):
        assert len(line) <= longest
        assert line.strip(b" \t")
        assert line.startswith(b" ") == (number > 0)


@given(WORDS | ASCII)
@example("a  b")
@example(" a")
@example("a ")
@example("=?utf-8?q?=41?=")
@example("x" * 200)
@example("word " * 30 + "end")
@example('say "hello" \\ (now)')
def test_a_subject_comes_back_as_it_was(text: str) -> None:
    """Whatever the subject, it is read as written and its lines are short."""
    field = unstructured("Subject", text)

    check_lines(field)
    assert field.isascii()
    assert parse(field, "Subject") == text


def test_a_plain_subject_is_not_encoded() -> None:
    """ASCII stays readable in the source and folds at a space."""
    text = "COOP News, November 2021: " + "a mill, a bank and a school " * 3 + "end"

    field = unstructured("Subject", text)

    assert b"=?" not in field
    assert field.replace(b"\r\n ", b" ") == f"Subject: {text}\r\n".encode()


@given(WORDS | ASCII)
@example("O'Hara, Ann")
@example('"quoted" \\ back')
@example("Ann <x@example.org>")
@example("a@b")
@example("Zoë " * 40)
@example("x" * 150)
@example("=?utf-8?q?=41?=")
def test_a_display_name_comes_back_beside_its_address(name: str) -> None:
    """Whatever the name, the address beside it is whole, there is one mailbox, and the name is read as written."""
    field = mailbox("From", Mailbox("news@example.org", name))

    check_lines(field)
    assert field.isascii()
    assert b"<news@example.org>" in field
    (address,) = message_from_bytes(field + b"\r\n", policy=policy.default)["From"].addresses
    if b"=?utf-8?" in field:
        # Python 3.11 keeps the white space between encoded-words of a phrase, which RFC 2047 6.2 has dropped.
        assert "".join(address.display_name.split()) == "".join(name.split())
        phrase = field.decode().removeprefix("From: ").rpartition("<")[0].rstrip()
        assert str(make_header(decode_header(phrase))) == name
    else:
        assert address.display_name == name
    assert address.addr_spec == "news@example.org"


def test_only_the_phrase_of_a_list_id_is_encoded() -> None:
    """`<id>` of a List-ID stands as it is, however exotic the name (R31, section 2b)."""
    field = named("List-ID", "Coopérations – 協同", "<coop-news.example.org>")

    check_lines(field)
    assert field.rstrip().endswith(b"<coop-news.example.org>")


def test_a_domain_is_written_in_ascii_and_a_local_part_as_given() -> None:
    """An IDN becomes A-labels; a non-ASCII local part stays raw and is never an encoded-word (R20, section 2b)."""
    assert mailbox("To", Mailbox("jörg@exämple.org")) == "To: jörg@xn--exmple-cua.org\r\n".encode()
    assert mailbox("To", Mailbox("Amina.K@Example.ORG")) == b"To: Amina.K@Example.ORG\r\n"


@given(st.integers(0, 900))
def test_a_list_unsubscribe_url_is_never_folded_or_encoded(length: int) -> None:
    """A token of any length stands whole between its brackets on one line (section 2b: one-click dies otherwise)."""
    url = "https://news.example.org/unsubscribe/" + "t" * length

    field = uri_list("List-Unsubscribe", [url, "mailto:leave@example.org?subject=unsubscribe"])

    assert f"<{url}>".encode() in field
    assert b"=?" not in field
    assert re.findall(r"<([^>]*)>", parse(field, "List-Unsubscribe")) == [
        url,
        "mailto:leave@example.org?subject=unsubscribe",
    ]


@pytest.mark.parametrize("bad", ["a\r\nBcc: x@example.org", "a\nb", "a\rb"])
def test_a_line_break_never_gets_into_a_header(bad: str) -> None:
    """CR or LF in any value is an error before anything is built, named by the header (R05)."""
    for build in (
        lambda: unstructured("Subject", bad),
        lambda: named("List-ID", bad, "<a.example.org>"),
        lambda: mailbox("From", Mailbox("news@example.org", bad)),
        lambda: structured("Content-Language", bad),
        lambda: mailbox("To", Mailbox(f"{bad}@example.org")),
        lambda: uri_list("List-Help", [bad]),
    ):
        with pytest.raises(CompositionError, match="header"):
            build()


@pytest.mark.parametrize(
    "address", ["", "amina", "@example.org", "amina@", "a <b@c>", "a,b@example.org", "a@ex ample.org", "a@éx..org"]
)
def test_a_text_that_is_no_address_is_an_error_that_does_not_repeat_it(address: str) -> None:
    """What is no address stops the message, and the error does not say whose it was."""
    with pytest.raises(CompositionError) as caught:
        mailbox("To", Mailbox(address))

    assert "header To" in str(caught.value)
    assert not address or address not in str(caught.value)


def test_a_line_that_no_server_would_take_is_an_error() -> None:
    """A structured value over 998 octets cannot be folded, so it is refused (R01)."""
    with pytest.raises(CompositionError, match="998"):
        structured("Message-ID", "<" + "x" * 1000 + ">")
    with pytest.raises(CompositionError, match="List-Unsubscribe"):
        uri_list("List-Unsubscribe", ["https://example.org/" + "t" * 1000])
