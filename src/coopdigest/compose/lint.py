"""Checks an edition by all rules, which have stable ids (those of the standards they come from where there is one)."""

from __future__ import annotations

from collections.abc import Iterator

from coopdigest.compose import mjml_faults
from coopdigest.compose.rules import (
    aria,
    colours,
    dark,
    direction,
    images,
    images_off,
    legibility,
    links,
    motion,
    parts,
    preheader,
    sender,
    structure,
    style_text,
    support,
    tables,
    words,
)
from coopdigest.compose.rules.page import Locate, Page
from coopdigest.compose.rules.seen import Seen
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Finding

RULES: dict[str, str] = {
    **structure.RULES,
    **tables.RULES,
    **links.RULES,
    **images.RULES,
    **aria.RULES,
    **colours.RULES,
    **legibility.RULES,
    **motion.RULES,
    **direction.RULES,
    **dark.RULES,
    **preheader.RULES,
    **support.RULES,
    **parts.RULES,
    **sender.RULES,
    **words.RULES,
    **mjml_faults.RULES,
    "M01": "No template code is left in what readers get.",
    "T01": "Every template compiles.",
}
"""What each rule asks, by its id."""


def lint(edition: Edition, digest: Digest, locate: Locate | None = None) -> Iterator[Finding]:
    """All findings, in the order of the families; each once. `locate` tells where a template wrote an element."""
    page = Page.of(edition, locate)
    seen = Seen.of(page)
    found = (
        *structure.check(page),
        *tables.check(page),
        *links.check(page, digest),
        *images.check(page),
        *images_off.check(seen),
        *aria.check(page),
        *colours.check(seen),
        *legibility.check(seen),
        *motion.check(seen),
        *direction.check(seen),
        *dark.check(seen),
        *style_text.check(seen),
        *preheader.check(seen, digest),
        *support.check(page),
        *parts.check(page),
        *sender.check(digest),
    )
    yield from dict.fromkeys(found)
