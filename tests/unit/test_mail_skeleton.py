"""The skeleton is encoded once and filled for everybody; Python's email package is the oracle."""

import html as html_module
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coopdigest.domain.edition import Edition, Slot, blank, marker
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.token import Tokens
from coopdigest.mail.skeleton import build_skeleton

NONCE = "0123456789abcdef01234567"
MARK = marker(NONCE, Slot.UNSUBSCRIBE_URL)
PIECES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), min_size=1, max_size=5)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=250)
WAYS = st.lists(LINES, min_size=1, max_size=2)  # without a token, and with one
TOKEN = Tokens([b"k" * 32]).make("unsubscribe", 7)


def make_edition(text: str, html: str) -> Edition:
    """An edition with these parts."""
    return Edition("en", "Subject", html, text, NONCE)


def parse(edition: Edition, way_out: list[str]) -> tuple[EmailMessage, list[EmailMessage], bytes]:
    """The filled skeleton as Python's email package reads it."""
    skeleton = build_skeleton(edition, way_out)
    body = b"".join(skeleton.fill(TOKEN.encode()))
    whole = b"MIME-Version: 1.0\r\nContent-Type: " + skeleton.content_type.encode() + b"\r\n\r\n" + body
    message = message_from_bytes(whole, policy=policy.default)
    return message, list(message.iter_parts()), body


def crlf(text: str) -> str:
    """The text with its line ends as mail has them."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


@given(PIECES, PIECES, WAYS)
@example(["", ""], ["", ""], ["v"])
@example(["", ""], ["", ""], ["", ""])
@example(["", "", ""], ["a", "", "b"], ["https://example.org/" + "t" * 300, ""])
@example(["a\n", "\nb"], ["<a href='", "'>x</a>"], ["é & \"<'> =", "&"])
@example(["a ", " b"], [". ", "\n.\n"], [" . ", " . "])
@example(["x" * 75, "y" * 76], ["é" * 30, "é"], ["x" * 75, "x"])
@example([".x", "."], [".", "." * 80, ".\n."], ["..", ".."])
@example(["x" * 76, "y" * 76, ""], ["x" * 73 + "=", "x" * 70 + "é", "y"], ["v" * 76, "v" * 76])
def test_a_filled_skeleton_parses_back_to_the_same_parts(text: list[str], html: list[str], way_out: list[str]) -> None:
    """Every text with links anywhere comes back with its token in place, escaped in HTML, plainest part first."""
    edition = make_edition(MARK.join(text), MARK.join(html))

    message, (plain, rich), body = parse(edition, way_out)

    link = TOKEN.join(way_out)
    assert message.get_content_type() == "multipart/alternative"
    assert [plain.get_content_type(), rich.get_content_type()] == ["text/plain", "text/html"]
    assert [part["Content-Transfer-Encoding"] for part in (plain, rich)] == ["quoted-printable"] * 2
    assert plain.get_payload(decode=True).decode() == crlf(blank(edition, edition.text, {Slot.UNSUBSCRIBE_URL: link}))
    escaped = {Slot.UNSUBSCRIBE_URL: html_module.escape(link)}
    assert rich.get_payload(decode=True).decode() == crlf(blank(edition, edition.html, escaped))
    assert not [part.defects for part in (message, plain, rich) if part.defects]
    assert body.isascii()
    for line in body.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 76
        assert not line.endswith((b" ", b"\t"))
        assert not line.startswith(b".")


@given(PIECES, WAYS)
def test_no_part_ends_in_a_soft_line_break(pieces: list[str], way_out: list[str]) -> None:
    """A soft break joins two lines; at the end of a part there is nothing to join (RFC 2045 6.7)."""
    edition = make_edition(MARK.join(pieces), MARK.join(pieces))

    *_, body = parse(edition, way_out)

    assert b"=\r\n\r\n--" not in body


def test_the_boundary_occurs_in_no_part_even_if_the_link_holds_it() -> None:
    """A link that is the message's own boundary does not cut it there (R14)."""
    edition = make_edition(f"first\n{MARK}\nlast\n", f"<p>\n{MARK}\n</p>")
    link = f"--{build_skeleton(edition, ['']).boundary}--"

    message, parts, _ = parse(edition, [link])

    assert len(parts) == 2
    assert parts[0].get_content().splitlines() == ["first", link, "last"]
    assert 1 <= len(message.get_boundary() or "") <= 70


def test_the_link_is_escaped_in_html_only() -> None:
    """A link can bring no markup into the HTML, and is not escaped in the text."""
    edition = make_edition(MARK, f"<p>{MARK}</p>")

    _, (plain, rich), _ = parse(edition, ["<b>&\"'"])

    assert plain.get_content() == "<b>&\"'"
    assert rich.get_content() == "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"


@pytest.mark.parametrize("part", ["a\nb", "a\r\n.\r\nMAIL", "\r"])
def test_a_link_with_a_line_break_is_an_error(part: str) -> None:
    """A link is one line; anything else is stopped before it is built in."""
    with pytest.raises(CompositionError, match="line break"):
        build_skeleton(make_edition(MARK, MARK), ["https://example.org/", part])


def test_the_same_edition_gives_the_same_octets() -> None:
    """Nothing in a body is random: what was previewed is what is sent."""
    first, second = (build_skeleton(make_edition(f"a{MARK}", f"b{MARK}"), ["c", "d"]) for _ in range(2))

    assert first == second
