"""Rules about what mail clients support: nothing that they lack, but what plain MJML and our templates use already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from coopdigest.compose.rules.page import HTML, Page, item_title
from coopdigest.compose.support.data import Family, Feature, Status, SupportData, baseline, support_data
from coopdigest.compose.support.scan import Use, scan
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "C01": "Nothing is used that mail clients lack, but what plain MJML and the shipped templates use already.",
}
_DECISIVE = ("gmail", "outlook-windows")  # who writes for them may rely on nothing that one of them lacks altogether
_NOTE_SHOWN = 160  # characters
_INSTEAD = {
    "css-align-items": "use valign on table cells",
    "css-animation": "show what matters without motion",
    "css-at-font-face": "name fonts that readers have",
    "css-at-import": "write the rules into the template's own style sheet",
    "css-background-image": "set a background-color too, so that words stay readable, and a picture as <img>",
    "css-box-shadow": "draw a border",
    "css-display-flex": "use columns (mj-column), which become table cells",
    "css-display-grid": "use columns (mj-column), which become table cells",
    "css-function-clamp": "write one size, and another in a media rule",
    "css-function-light-dark": "write the dark colour into the prefers-color-scheme rule",
    "css-gap": "use padding",
    "css-linear-gradient": "set a background-color, which shows where the gradient does not",
    "css-modern-color": "write the colour as #rrggbb",
    "css-nesting": "write the inner rules apart, with whole selectors",
    "css-position": "place things by table cells and padding",
    "css-pseudo-class-has": "give the element a class",
    "css-pseudo-class-hover": "show what matters without pointing at it",
    "css-pseudo-element-after": "write the words into the template",
    "css-pseudo-element-before": "write the words into the template",
    "css-rgb-spaces": "write the colour as #rrggbb; Gmail drops the whole style attribute or sheet",
    "css-rgb": "write the colour as #rrggbb",
    "css-rgba": "write the colour as #rrggbb",
    "css-transform": "draw the picture as it shall look",
    "css-unit-calc": "write the result",
    "css-unit-rem": "write px",
    "css-unit-vh": "write px",
    "css-unit-vw": "write px or %",
    "css-user-select": "let readers select what they like",
    "css-variables": "write the value; {{ light.ink }} and its like come from [brand]",
    "css-visibility": "leave out what shall not be seen",
    "css-at-supports": "write rules that all clients may follow",
    "css-pseudo-class-checked": "show everything without a click",
    "css-selector-adjacent-sibling": "give the element a class",
    "css-selector-chaining": "give the element one class that says both",
    "css-selector-general-sibling": "give the element a class",
    "html-audio": "link to the sound",
    "html-form": "link to a form on the web",
    "html-picture": "use one <img>",
    "html-semantics": "use <div> and headings",
    "html-srcset": "use one <img> of twice the width that it shows",
    "html-svg": "use <img> with a PNG and its alt",
    "html-video": "use a picture that links to the film",
    "image-avif": "use JPEG or PNG",
    "image-base64": "put the picture on the web and link it by https",
    "image-mp4": "use a picture that links to the film",
    "image-svg": "use PNG",
    "image-webp": "use JPEG or PNG",
}


def check(page: Page) -> Iterator[Finding]:
    """Findings about features that a client lacks: each once for the templates, and once for each item.

    CSS is the templates' own even inside an item, for no source's CSS gets so far.
    """
    data = support_data()
    told: set[tuple[str, str | None]] = set()
    for use in scan(page.edition.html, page.tree, baseline()):
        node = None if use.slug.startswith("css-") else use.node
        owner = (use.slug, item_title(node) if node else None)
        if owner not in told:
            told.add(owner)
            yield from _judge(page, replace(use, node=node), data)


def _judge(page: Page, use: Use, data: SupportData) -> Iterator[Finding]:
    feature = data.features[use.slug]
    lacking, partial = (_families(feature, data, status) for status in (Status.NOT, Status.PARTLY))
    if not any(family.major for family in (*lacking, *partial)):
        return
    severity = Severity.ERROR if any(family.key in _DECISIVE for family in lacking) else Severity.WARNING
    said = [
        f"{how} {_enumerate(families)}"
        for how, families in (("not known to", lacking), ("only partly known to", partial))
        if any(family.major for family in families)
    ]
    message = f"{feature.title} in {use.where} is {', '.join(said)}"
    if use.node and item_title(use.node) is not None:
        yield page.judge("C01", use.node, message, severity)
    else:
        yield Finding("C01", severity, HTML, message, _hint(feature, partial))


def _families(feature: Feature, data: SupportData, status: Status) -> list[Family]:
    return [family for family in data.families if feature.status(family) is status]


def _enumerate(families: list[Family]) -> str:
    """The families that many readers use; the others are counted."""
    names = [family.name for family in families if family.major]
    others = len(families) - len(names)
    if others:
        names.append(f"{others} more")
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _hint(feature: Feature, partial: list[Family]) -> str:
    """What to write instead, else what the data say of a client that knows the feature partly; and where it is said."""
    notes = (feature.notes.get(family.key) for family in partial)
    words = _INSTEAD.get(feature.slug) or next((note for note in notes if note), "do without it")
    short = words if len(words) <= _NOTE_SHOWN else f"{words[: _NOTE_SHOWN - 1]}…"
    return f"{short.rstrip('.')} ({feature.url})"
