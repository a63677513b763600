"""Which recipients are meant: those of a staging list, or those of the refused that are to be tried again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from coopdigest.domain.subscriber import Address, parse_address

_CODE = re.compile(r"[45][0-9]{2}")  # RFC 5321 4.2.1; a row given up keeps its last 4yz
_ENHANCED = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463 2


@dataclass(frozen=True, slots=True)
class OnlyTo:
    """A staging list: the keys of addresses, and domains in ASCII and lower case. Nobody else is written to."""

    keys: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def allows(self, address: Address) -> bool:
        """Whether a message may go there."""
        return address.key in self.keys or address.key.rpartition("@")[2] in self.domains


def parse_only_to(entries: Iterable[str]) -> OnlyTo:
    """Read addresses and ``@domains``.

    Raises:
        ValueError: an entry is neither.
    """
    keys, domains = set(), set()
    for entry in entries:
        if entry.startswith("@"):
            domains.add(parse_address(f"anybody{entry}").key.rpartition("@")[2])
        else:
            keys.add(parse_address(entry).key)
    return OnlyTo(frozenset(keys), frozenset(domains))


@dataclass(frozen=True, slots=True)
class Refused:
    """Which refused deliveries are meant: all, or those of one address key, reply code or enhanced code, or by id."""

    key: str | None = None
    code: int | None = None
    enhanced: str | None = None
    deliveries: frozenset[int] | None = None

    def fits(self, delivery: int, key: str, code: int | None, reply: str) -> bool:
        """Whether this delivery to `key`, refused with this code and text, is meant."""
        return (
            (self.deliveries is None or delivery in self.deliveries)
            and self.key in (None, key)
            and self.code in (None, code)
            and (self.enhanced is None or reply.split(" ", 1)[0] == self.enhanced)
        )


def parse_refused(text: str) -> Refused:
    """Read ``all``, an address, a reply code such as ``550`` or an enhanced one such as ``5.1.1``.

    Raises:
        ValueError: it is none of these.
    """
    plain = text.strip()
    if plain == "all":
        return Refused()
    if _CODE.fullmatch(plain):
        return Refused(code=int(plain))
    if _ENHANCED.fullmatch(plain):
        return Refused(enhanced=plain)
    if "@" not in plain:
        raise ValueError("write all, an address, or a reply code such as 550 or 5.1.1")
    return Refused(key=parse_address(plain).key)
