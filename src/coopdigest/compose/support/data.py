"""Which mail clients support which feature of HTML and CSS, by the data of caniemail.com.

`caniemail.json` is condensed from the original by `tests/fixtures/caniemail/condense.py`; there is how to renew it.
A *trait* is how a feature shows itself in a document, as `kind:name`: `property:gap`, `pair:display:flex`,
`element:video`, `pseudo:has`. Scanners find traits; this module knows the features that they belong to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

_UNKNOWN = "-"  # never tested
_DEEPEST = 5  # dashes in the name of a property


class Status(Enum):
    """How a family of clients supports a feature."""

    WHOLLY = "wholly"
    PARTLY = "partly"
    NOT = "not"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Family:
    """Clients that one calls by one name. `columns` are their places in a feature's support.

    Only what a `major` family lacks is worth a finding: every feature is unknown to some client somewhere.
    """

    key: str
    name: str
    columns: tuple[int, ...]
    major: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and what the clients make of it.

    `support` has a letter for each client of the newest version tested: `y`, `a` (almost), `n`, or `-`.
    `notes` are the data's own, by the families they speak of.
    """

    slug: str
    title: str
    page: str
    support: str
    notes: Mapping[str, str]

    @property
    def url(self) -> str:
        """The page that says all that is known of the feature; of a way to write it, the page of what is written."""
        return f"https://www.caniemail.com/features/{self.page}/"

    def status(self, family: Family) -> Status:
        """What a family of clients makes of the feature; partly, too, where its clients differ."""
        known = {self.support[column] for column in family.columns} - {_UNKNOWN}
        if not known:
            return Status.UNTESTED
        return {"y": Status.WHOLLY, "n": Status.NOT}.get("".join(known), Status.PARTLY)


@dataclass(frozen=True, slots=True)
class SupportData:
    """All features by their slug, the families of clients, and the slugs of each trait; `date` is the data's own."""

    date: str
    families: tuple[Family, ...]
    features: Mapping[str, Feature]
    slugs: Mapping[str, tuple[str, ...]]

    def named(self, traits: Iterable[str]) -> frozenset[str]:
        """The slugs of the features that `traits` are signs of; unknown traits have none.

        A longhand that the data do not know is a use of its shorthand: `margin-top` of `margin`.
        """
        found: set[str] = set()
        for trait in traits:
            found.update(self.slugs[trait] if trait in self.slugs else self._slugs_of_shorthand(trait))
        return frozenset(found)

    def _slugs_of_shorthand(self, trait: str) -> tuple[str, ...]:
        kind, _, name = trait.partition(":")
        parts = name.split("-", _DEEPEST) if kind == "property" else []
        shorthands = (f"property:{'-'.join(parts[:length])}" for length in range(len(parts) - 1, 0, -1))
        return next((self.slugs[shorthand] for shorthand in shorthands if shorthand in self.slugs), ())


@cache
def support_data() -> SupportData:
    """The data that are shipped, read once."""
    raw = _read("caniemail.json")
    clients = {name: column for column, name in enumerate(raw["clients"])}
    families = tuple(
        Family(family["key"], family["name"], tuple(clients[name] for name in family["clients"]), family["major"])
        for family in raw["families"]
    )
    features: dict[str, Feature] = {}
    slugs: dict[str, tuple[str, ...]] = {}
    for slug, (title, traits, support, notes, *page) in raw["features"].items():
        features[slug] = Feature(slug, title, page[0] if page else slug, support, notes)
        for trait in traits:
            slugs[trait] = (*slugs.get(trait, ()), slug)
    return SupportData(raw["date"], families, features, slugs)


@cache
def baseline() -> frozenset[str]:
    """The slugs of the features that plain MJML and our own templates use: the ratchet never asks for less."""
    return frozenset(_read("baseline.json")["features"])


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return content
