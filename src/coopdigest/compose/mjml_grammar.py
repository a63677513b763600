"""The elements of MJML 5.4.1: what each may hold, which attributes it takes, and which of those do nothing here.

The facts are those of npm's `mjml` (a test compares them where it is installed) and, where mjml-python refuses or
ignores what npm's takes, those of mjml-python 1.4.2 (a test compares them too).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from coopdigest.compose.mjml_values import (
    BOOLEAN,
    BOX,
    COLOR,
    DIRECTION,
    INTEGER,
    LENGTH,
    LINE,
    PIXELS,
    SIDEWAYS,
    SPACING,
    TEXT,
    UPRIGHT,
    Kind,
    lengths,
    one_of,
)


class Holds(Enum):
    """What an element may hold besides the elements named for it."""

    NOTHING = auto()
    TEXT = auto()
    HTML = auto()


@dataclass(frozen=True, slots=True)
class Element:
    """One MJML element: the elements that have an effect directly in it, and its attributes with their kinds."""

    attributes: dict[str, Kind]
    children: frozenset[str] = frozenset()
    holds: Holds = Holds.NOTHING
    comments: bool = True  # mjml-python refuses them in some
    conditions: bool = False  # so it does `<!--[if mso]>`, in most
    ignored: frozenset[str] = frozenset()  # attributes that mjml-python takes and leaves unused


def _kinds(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


_EVERYWHERE = _kinds(TEXT, "css-class mj-class")
_SIDES = ("top", "right", "bottom", "left")
_PADDING = {"padding": BOX, **{f"padding-{side}": LENGTH for side in _SIDES}}
_BORDER = _kinds(TEXT, "border " + " ".join(f"border-{side}" for side in _SIDES))
_FONT = {"color": COLOR, "font-size": PIXELS, **_kinds(TEXT, "font-family font-weight")}
_STYLED_FONT = _FONT | _kinds(TEXT, "font-style text-decoration")
_GROUND = {"container-background-color": COLOR}
_LINK = _kinds(TEXT, "href rel target")
_ICON = {
    "icon-align": UPRIGHT, "icon-width": LENGTH, "icon-height": LENGTH, "icon-position": one_of("left", "right"),
    **_kinds(TEXT, "icon-wrapped-url icon-wrapped-alt icon-unwrapped-url icon-unwrapped-alt"),
}  # fmt: skip
_SOCIAL = {
    "align": SIDEWAYS, "border-radius": TEXT, "icon-size": LENGTH, "icon-height": LENGTH, "icon-padding": BOX,
    "text-padding": BOX, "line-height": LINE, "vertical-align": UPRIGHT, "border": TEXT, **_PADDING, **_STYLED_FONT,
}  # fmt: skip
_BLOCK = {
    "background-color": COLOR, "background-repeat": one_of("repeat", "no-repeat"), "border-radius": TEXT,
    "direction": DIRECTION, "full-width": one_of("full-width", "false", ""), "gutter": LENGTH, "text-align": SIDEWAYS,
    "text-padding": BOX, **_PADDING, **_BORDER,
    **_kinds(TEXT, "background-url background-size background-position background-position-x background-position-y"),
}  # fmt: skip
_CONTENT = _words(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text"
)

_HEAD: dict[str, Element] = {
    "mj-head": Element({}, _words("mj-attributes mj-breakpoint mj-font mj-preview mj-raw mj-style mj-title")),
    "mj-attributes": Element({}, comments=False),  # its children are below: it may hold every element, as defaults
    "mj-breakpoint": Element({"width": PIXELS}, comments=False),
    "mj-font": Element(_kinds(TEXT, "name href"), comments=False),
    "mj-preview": Element({}, holds=Holds.TEXT),
    "mj-style": Element({"inline": TEXT}, holds=Holds.TEXT, comments=False),
    "mj-title": Element({}, holds=Holds.TEXT, comments=False),
}

_LAYOUT: dict[str, Element] = {
    "mjml": Element(_kinds(TEXT, "lang dir owa"), _words("mj-head mj-body"), ignored=_words("owa")),
    "mj-body": Element(
        {"width": PIXELS, "background-color": COLOR, "id": TEXT},
        _words("mj-hero mj-raw mj-section mj-wrapper"),
        ignored=_words("id"),
    ),
    "mj-wrapper": Element(
        {**_BLOCK, "gap": PIXELS}, _words("mj-hero mj-raw mj-section"), ignored=_words("gap gutter text-padding")
    ),
    "mj-section": Element(_BLOCK, _words("mj-column mj-group mj-raw"), ignored=_words("gutter text-padding")),
    "mj-group": Element(
        {"background-color": COLOR, "direction": DIRECTION, "vertical-align": UPRIGHT, "width": LENGTH},
        _words("mj-column mj-raw"),
    ),
    "mj-column": Element(
        {
            "background-color": COLOR, "inner-background-color": COLOR, "direction": DIRECTION,
            "vertical-align": UPRIGHT, "width": LENGTH, "border-radius": TEXT, "inner-border-radius": TEXT,
            **_PADDING, **_BORDER, **{f"inner-{name}": kind for name, kind in _BORDER.items()},
        },
        _CONTENT,
    ),
    "mj-hero": Element(
        {
            "background-color": COLOR, "inner-background-color": COLOR, "background-height": LENGTH,
            "background-width": LENGTH, "height": LENGTH, "vertical-align": UPRIGHT, **_PADDING,
            **{f"inner-{name}": kind for name, kind in _PADDING.items()},
            **_kinds(TEXT, "mode background-url background-position border-radius"),
        },
        _CONTENT,
        ignored=_words("border-radius"),
    ),
    "mj-raw": Element(
        {"position": one_of("file-start")}, holds=Holds.HTML, conditions=True, ignored=_words("position css-class")
    ),
}  # fmt: skip

_PLAIN: dict[str, Element] = {
    "mj-text": Element(
        {
            "align": one_of("left", "right", "center", "justify"), "background-color": COLOR, "height": LENGTH,
            "letter-spacing": SPACING, "line-height": LINE, "text-transform": TEXT, "vertical-align": UPRIGHT,
            **_PADDING, **_STYLED_FONT, **_GROUND,
        },
        holds=Holds.HTML,
        conditions=True,
        ignored=_words("background-color"),
    ),
    "mj-button": Element(
        {
            "align": SIDEWAYS, "text-align": SIDEWAYS, "background-color": COLOR, "border-radius": TEXT,
            "height": LENGTH, "width": LENGTH, "inner-padding": BOX, "letter-spacing": SPACING, "line-height": LINE,
            "vertical-align": UPRIGHT, **_kinds(TEXT, "name title text-transform"),
            **_PADDING, **_BORDER, **_STYLED_FONT, **_GROUND, **_LINK,
        },
        holds=Holds.HTML,
        ignored=_words("title"),
    ),
    "mj-image": Element(
        {
            "align": SIDEWAYS, "border-radius": TEXT, "fluid-on-mobile": BOOLEAN, "font-size": PIXELS, "width": PIXELS,
            "height": lengths("px", words=("auto",)), "max-height": LENGTH,
            **_kinds(TEXT, "alt name sizes src srcset title usemap"), **_PADDING, **_BORDER, **_GROUND, **_LINK,
        },
        comments=False,
        ignored=_words("sizes border-top border-bottom"),
    ),
    "mj-table": Element(
        {
            "align": SIDEWAYS, "border": TEXT, "cellpadding": INTEGER, "cellspacing": INTEGER, "line-height": LINE,
            "role": one_of("none", "presentation"), "table-layout": one_of("auto", "fixed", "initial", "inherit"),
            "vertical-align": UPRIGHT, "width": lengths("px", "%", words=("auto",)), **_PADDING, **_FONT, **_GROUND,
        },
        holds=Holds.HTML,
        ignored=_words("role font-weight"),
    ),
    "mj-divider": Element(
        {
            "align": SIDEWAYS, "border-color": COLOR, "border-style": TEXT, "border-width": PIXELS, "width": LENGTH,
            **_PADDING, **_GROUND,
        },
        comments=False,
    ),
    "mj-spacer": Element(
        {"height": LENGTH, **_PADDING, **_BORDER, **_GROUND}, comments=False, ignored=frozenset(_BORDER)
    ),
}  # fmt: skip

_COMPOUND: dict[str, Element] = {
    "mj-social": Element(
        {
            **_SOCIAL, **_GROUND, "inner-padding": BOX, "mode": one_of("horizontal", "vertical"),
            "table-layout": one_of("auto", "fixed"),
        },
        _words("mj-social-element"),
        ignored=_words("border table-layout"),
    ),
    "mj-social-element": Element(
        {
            **_SOCIAL, **_LINK, "background-color": COLOR, "icon-position": one_of("left", "right"),
            **_kinds(TEXT, "alt name sizes src srcset title"),
        },
        holds=Holds.HTML,
        conditions=True,
        ignored=_words("border icon-position sizes srcset"),
    ),
    "mj-navbar": Element(
        {
            "align": SIDEWAYS, "ico-align": SIDEWAYS, "ico-color": COLOR, "ico-font-size": LENGTH,
            "ico-line-height": LINE,
            **_kinds(TEXT, "base-url hamburger ico-open ico-close"),
            **_kinds(TEXT, "ico-font-family ico-text-transform ico-text-decoration"),
            **_PADDING, **{f"ico-{name}": kind for name, kind in _PADDING.items()},
        },
        _words("mj-navbar-link"),
    ),
    "mj-navbar-link": Element(
        {
            "letter-spacing": SPACING, "line-height": LINE, "name": TEXT, "text-transform": TEXT,
            **_PADDING, **_STYLED_FONT, **_LINK,
        },
        holds=Holds.HTML,
        conditions=True,
    ),
    "mj-accordion": Element(
        {"border": TEXT, "font-family": TEXT, **_PADDING, **_GROUND, **_ICON}, _words("mj-accordion-element")
    ),
    "mj-accordion-element": Element(
        {"background-color": COLOR, "border": TEXT, "font-family": TEXT, **_ICON},
        _words("mj-accordion-text mj-accordion-title"),
        comments=False,
    ),
    "mj-accordion-title": Element(
        {"background-color": COLOR, **_PADDING, **_FONT},
        holds=Holds.TEXT,
        comments=False,
        ignored=_words("font-weight"),
    ),
    "mj-accordion-text": Element(
        {"background-color": COLOR, "letter-spacing": SPACING, "line-height": LINE, **_PADDING, **_FONT},
        holds=Holds.HTML,
        conditions=True,
    ),
    "mj-carousel": Element(
        {
            "align": SIDEWAYS, "icon-width": LENGTH, "tb-width": LENGTH, "tb-hover-border-color": COLOR,
            "tb-selected-border-color": COLOR, "thumbnails": one_of("visible", "hidden", "supported"),
            **_kinds(TEXT, "border-radius left-icon right-icon tb-border tb-border-radius"), **_PADDING, **_GROUND,
        },
        _words("mj-carousel-image"),
        comments=False,
    ),
    "mj-carousel-image": Element(
        {
            **_kinds(TEXT, "alt border-radius src tb-border tb-border-radius thumbnails-src title"), **_LINK,
        },
        comments=False,
    ),
}  # fmt: skip


def _complete(name: str, element: Element) -> Element:
    """The element with the attributes that all elements take, though they do nothing outside the body."""
    if name in ("mj-head", "mj-attributes"):
        return element  # with two attributes they are refused
    ignored = frozenset(_EVERYWHERE) if name in _HEAD or name == "mjml" else frozenset[str]()
    return replace(element, attributes=_EVERYWHERE | element.attributes, ignored=element.ignored | ignored)


ELEMENTS: dict[str, Element] = {
    name: _complete(name, element) for name, element in (_HEAD | _LAYOUT | _PLAIN | _COMPOUND).items()
}
"""Every element that draws something or says something of the document, by its name."""

DEFAULTS: dict[str, Element] = {name: Element({}, comments=False) for name in (*ELEMENTS, "mj-all", "mj-class")}
"""What may stand in `<mj-attributes>`, where every element is empty and only its attributes count."""

ROOT = Element({}, _words("mjml"))
ANYTHING = Element({}, holds=Holds.HTML, conditions=True)
"""What is in an element that is wrong itself: one finding is enough."""

ELSEWHERE: dict[str, str] = {
    "mj-include": 'write {% include "partials/x.mjml" %}',
    "mj-html-attributes": "write the attributes where they belong",
    "mj-selector": "write the attributes where they belong",
    "mj-html-attribute": "write the attributes where they belong",
}
"""Elements of MJML that mjml-python does not have, and what to write instead."""

KINDS: dict[str, tuple[Kind, ...]] = {
    name: tuple(dict.fromkeys(one.attributes[name] for one in ELEMENTS.values() if name in one.attributes))
    for one in ELEMENTS.values()
    for name in one.attributes
}
"""The kinds that each attribute has in one element or another."""


def homes_of(name: str) -> list[str]:
    """The elements in which element `name` has an effect."""
    return [home for home, element in ELEMENTS.items() if name in element.children]
