"""Staging lists, and which of the refused are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.cli.troubles import plain
from coopdigest.domain.recipients import OnlyTo, Refused, parse_only_to, parse_refused
from coopdigest.domain.subscriber import parse_address


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("EDITOR@example.org", True),
        ("reader@example.org", False),
        ("anybody@B\u00fccher.example", True),
        ("anybody@xn--bcher-kva.example", True),
        ("anybody@more.xn--bcher-kva.example", False),
    ],
)
def test_staging_list_compares_as_the_roster_does(address: str, allowed: bool) -> None:
    """Case does not count, a domain is the same in Unicode and in ASCII, and a subdomain is another."""
    only_to = parse_only_to(["Editor@example.org", "@b\u00fccher.example"])
    assert only_to.allows(parse_address(address)) is allowed


def test_empty_staging_list_allows_nobody() -> None:
    """A list without entries is still a list."""
    assert not OnlyTo().allows(parse_address("editor@example.org"))


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("all", Refused()),
        ("550", Refused(code=550)),
        ("452", Refused(code=452)),
        (" 5.1.1 ", Refused(enhanced="5.1.1")),
        ("Luc@Example.org", Refused(key="luc@example.org")),
    ],
)
def test_what_is_to_be_tried_again_is_read(text: str, which: Refused) -> None:
    """All, a reply code, an enhanced code, an address."""
    assert parse_refused(text) == which


@pytest.mark.parametrize("text", ["", "everybody", "250", "2.0.0", "55", "luc@", "5.1"])
def test_what_is_none_of_these_is_refused(text: str) -> None:
    """Neither a code of a failure nor an address."""
    with pytest.raises(ValueError, match=r"."):
        parse_refused(text)


def test_deliveries_are_meant_by_their_ids() -> None:
    """Named ones only; nobody when the set is empty; everybody when there is none."""
    named = Refused(deliveries=frozenset({2, 3}))
    assert [id_ for id_ in range(5) if named.fits(id_, "luc@example.org", 550, "5.7.1 No")] == [2, 3]
    assert not Refused(deliveries=frozenset()).fits(1, "luc@example.org", 550, "")
    assert Refused().fits(1, "luc@example.org", 550, "")
    assert not Refused(code=551, deliveries=frozenset({1})).fits(1, "luc@example.org", 550, "")


@given(st.text())
def test_servers_words_are_shown_on_one_bounded_line(text: str) -> None:
    """Whatever a server says: printable characters only, at most 200."""
    shown = plain(text)
    assert len(shown) <= 200
    assert shown.isprintable()
