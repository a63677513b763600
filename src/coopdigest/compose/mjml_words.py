"""Which MJML elements there are, and which of them may stand directly in which."""

from __future__ import annotations

_CONTENT = frozenset(
    {
        "mj-accordion", "mj-button", "mj-carousel", "mj-divider", "mj-image", "mj-navbar", "mj-raw", "mj-social",
        "mj-spacer", "mj-table", "mj-text",
    }
)  # fmt: skip
_HEAD = frozenset({"mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-raw", "mj-style", "mj-title"})

# An element that is not named here may hold anything (mj-text, mj-raw: HTML; mj-attributes: any name).
CHILDREN: dict[str, frozenset[str]] = {
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": _HEAD,
    "mj-body": frozenset({"mj-hero", "mj-raw", "mj-section", "mj-wrapper"}),
    "mj-wrapper": frozenset({"mj-hero", "mj-raw", "mj-section"}),
    "mj-section": frozenset({"mj-column", "mj-group", "mj-raw"}),
    "mj-group": frozenset({"mj-column", "mj-raw"}),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-social": frozenset({"mj-social-element", "mj-raw"}),
    "mj-navbar": frozenset({"mj-navbar-link", "mj-raw"}),
    "mj-carousel": frozenset({"mj-carousel-image"}),
    "mj-accordion": frozenset({"mj-accordion-element", "mj-raw"}),
    "mj-accordion-element": frozenset({"mj-accordion-title", "mj-accordion-text", "mj-raw"}),
}
KNOWN = frozenset(CHILDREN) | frozenset.union(*CHILDREN.values()) | {"mj-all", "mj-class"}
