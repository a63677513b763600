"""Finds the attributes of one MJML tag that are unknown, given twice, of the wrong kind, or without effect."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from coopdigest.compose.mjml_faults import Fault
from coopdigest.compose.mjml_grammar import DEFAULTS, ELEMENTS, KINDS
from coopdigest.compose.mjml_reader import WELL_FORMED, Attribute, has_twins, read_attributes
from coopdigest.compose.mjml_values import Kind

_OF_ONE = ("mj-preview", "mj-raw", "mj-title")
_TO_EVERY = ("mj-all", "mj-class")  # they take what any element takes


@lru_cache(maxsize=1_000)
def check_attributes(name: str, rest: str) -> tuple[Fault, ...]:
    """The faults of a tag's attributes: `rest` is what follows its name; offsets count from there.

    An element of HTML may have any attribute, once.
    """
    if not WELL_FORMED.fullmatch(rest):
        message = f"an attribute of <{name}> without quotes, or two without a space"
        return (Fault("J01", 0, message, 'write name="value"'),)
    if name not in DEFAULTS and not has_twins(rest):
        return ()
    attributes = read_attributes(rest)
    return (
        *_find_twins(attributes),
        *(fault for attribute in attributes for fault in _check(name, attribute)),
        *_find_refused(name, attributes),
    )


def _find_twins(attributes: list[Attribute]) -> Iterator[Fault]:
    seen: set[str] = set()
    for attribute in attributes:
        if attribute.name in seen:
            yield Fault("J01", attribute.offset, f"the attribute {attribute.name} is given twice", "remove one")
        seen.add(attribute.name)


def _find_refused(name: str, attributes: list[Attribute]) -> Iterator[Fault]:
    """Two things that MJML allows, after a fashion, and mjml-python refuses."""
    if name == "mj-class" and not any(attribute.name == "name" for attribute in attributes):
        yield Fault("J04", 0, "<mj-class> has no name", 'write name="..."')
    if name in _OF_ONE and len(attributes) > 1:
        yield Fault("J04", attributes[1].offset, f"<{name}> takes no two attributes", "remove both: they do nothing")


def _check(name: str, attribute: Attribute) -> Iterator[Fault]:
    """What is wrong with one attribute of element `name`."""
    if name in _TO_EVERY:
        yield from _check_default(name, attribute)
    elif name in ELEMENTS:
        element = ELEMENTS[name]
        kind = element.attributes.get(attribute.name)
        if kind is None:
            yield _unknown(name, attribute)
        elif not kind.takes(attribute.value):
            yield _misfit(name, attribute, (kind,))
        if attribute.name in element.ignored:
            yield _unused(name, attribute)
        if (name, attribute.name) == ("mj-style", "inline") and attribute.value != "inline":
            message = f'inline="{attribute.value}" inlines nothing'
            yield Fault("J07", attribute.value_offset, message, 'write inline="inline"')


def _check_default(name: str, attribute: Attribute) -> Iterator[Fault]:
    """One attribute that every element, or every one of a class, shall have: MJML itself takes anything there."""
    kinds = KINDS.get(attribute.name, ())
    if not kinds:
        yield _unused(name, attribute)
    elif not any(kind.takes(attribute.value) for kind in kinds):
        yield _misfit(name, attribute, kinds)


def _unknown(name: str, attribute: Attribute) -> Fault:
    """An attribute that the element does not take; MJML itself looks at every element's but the outermost's."""
    known = ELEMENTS[name].attributes
    near = get_close_matches(attribute.name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "it takes " + (", ".join(sorted(known)) or "none")
    if name == "mjml":
        return Fault("J07", attribute.offset, f"<mjml> leaves {attribute.name} unused", hint)
    return Fault("J04", attribute.offset, f"<{name}> does not take {attribute.name}", hint)


def _unused(name: str, attribute: Attribute) -> Fault:
    return Fault("J07", attribute.offset, f"{attribute.name} has no effect on <{name}> here", "remove it")


def _misfit(name: str, attribute: Attribute, kinds: tuple[Kind, ...]) -> Fault:
    value = attribute.value if len(attribute.value) <= 40 else attribute.value[:40] + "..."
    message = f'{attribute.name}="{value}" is no value for <{name}>'
    return Fault("J05", attribute.value_offset, message, "write " + ", or ".join(kind.words for kind in kinds))
