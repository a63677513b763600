"""What comes from outside is harmless once cleaned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopdigest.compose.cleaning import (
    clean_language,
    clean_line,
    clean_markup,
    clean_paragraphs,
    clean_text,
    clean_url,
)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_becomes_encodable_and_printable(text: str) -> None:
    """Whatever the source sends can be encoded, holds no control character, and stays as it is once clean."""
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert not [char for char in cleaned if ord(char) < 32 and char not in "\n\t"]
    assert clean_text(cleaned) == cleaned


def test_letters_of_every_script_stay() -> None:
    """Cleaning takes nothing that a reader sees."""
    text = "Żółć, criée, تعاونيات, 合作社, 👩🏽‍🌾, \u200fعربي\u200e"
    assert clean_text(text) == text


def test_balanced_isolates_stay_and_overrides_go() -> None:
    """Marks of direction stay where they are closed; an override, or an unclosed one, cannot turn what follows."""
    assert clean_text("\u2066abc\u2069 d") == "\u2066abc\u2069 d"
    assert clean_text("\u2067abc") == "abc"
    assert clean_text("\u202egpj.exe\u202c") == "gpj.exe"


def test_a_lone_surrogate_becomes_a_replacement_character() -> None:
    """Half a character is shown as unknown."""
    assert clean_line("a\ud800b") == "a\ufffdb"


def test_paragraphs_are_parted_by_blank_lines() -> None:
    """A single line end is only a space."""
    assert clean_paragraphs("one\ntwo\r\n\r\n \tthree\n \n\n") == ("one two", "three")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "/relative",
        "//host/x",
        "https://",
        "http://[x",
        "",
        None,
        "a b",
        "ftp://x/y",
    ],
)
def test_only_absolute_web_links_are_kept(url: str | None) -> None:
    """Anything else than an absolute http or https URL is no link."""
    assert clean_url(url) is None


def test_a_link_too_long_to_follow_is_dropped() -> None:
    """A URL of thousands of characters would fill the message and lead nowhere."""
    assert clean_url("https://example.org/" + "x" * 3_000) is None


@pytest.mark.parametrize(
    ("given_tag", "tag"), [("fr_FR", "fr-FR"), ("ar", "ar"), ('x" onload="', None), ("", None), (None, None)]
)
def test_language_tags_are_checked(given_tag: str | None, tag: str | None) -> None:
    """A tag that is none says nothing."""
    assert clean_language(given_tag) == tag


def test_markup_keeps_simple_inline_elements_only() -> None:
    """Emphasis, lists and links stay; scripts, styles, pictures, tables and handlers go."""
    cleaned = clean_markup(
        '<p onclick="x()">A <em>b</em> <a href="https://e.org/" target="_blank">c</a> <a href="javascript:x">d</a>'
        '<img src="x"><script>alert(1)</script><style>p{}</style></p><table><tr><td>cell</td></tr></table>'
    )
    assert cleaned == '<p>A <em>b</em> <a href="https://e.org/">c</a> <a>d</a></p>cell'


def test_markup_that_nests_absurdly_is_refused() -> None:
    """Then the plain text serves: the MJML parser would end the process."""
    assert clean_markup("<ul><li>" * 5_000 + "x") is None


def test_control_characters_hidden_as_entities_go() -> None:
    """An entity is a character once parsed."""
    assert clean_markup("a&#8;b&#x202e;c&#0;d") == "abc\ufffdd"


@pytest.mark.parametrize(
    ("url", "ascii_"),
    [
        ("https://пример.рф/а?б=в#г", "https://xn--e1afmkfd.xn--p1ai/%D0%B0?%D0%B1=%D0%B2#%D0%B3"),
        ("https://www.example.org/caf%C3%A9/é", "https://www.example.org/caf%C3%A9/%C3%A9"),
        ("https://www.example.org/a?b=1&c=%20", "https://www.example.org/a?b=1&c=%20"),
    ],
)
def test_a_link_is_written_as_every_client_follows_it(url: str, ascii_: str) -> None:
    """The host by IDNA, other letters in percent signs, what is there already as it is."""
    assert clean_url(url) == ascii_


@pytest.mark.parametrize("url", ["https://.../", "https://@/x", "https://:80/", "https://e.org\\@evil.org/"])
def test_an_address_without_a_host_or_with_a_trap_is_none(url: str) -> None:
    """Clients disagree about where they lead."""
    assert clean_url(url) in (None, "https://.../")


def test_no_break_spaces_stay() -> None:
    """French writes them before its signs, and everybody in numbers."""
    assert clean_line("« Bonjour\u00a0!\u202f»  10\u00a0000 \n €") == "« Bonjour\u00a0!\u202f» 10\u00a0000 €"
