"""Rules about what is said to screen readers only: roles and ARIA attributes (WAI-ARIA 1.2 and 1.3, DPUB-ARIA 1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.rules.page import Page, attribute
from coopdigest.domain.edition import Finding

RULES = {
    "A14": "Roles and ARIA attributes are ones that exist, and point to what is there.",
}
_STATES_WRITTEN = """
    activedescendant atomic autocomplete braillelabel brailleroledescription busy checked colcount colindex
    colindextext colspan controls current describedby description details disabled dropeffect errormessage
    expanded flowto grabbed haspopup hidden invalid keyshortcuts label labelledby level live modal multiline
    multiselectable orientation owns placeholder posinset pressed readonly relevant required roledescription
    rowcount rowindex rowindextext rowspan selected setsize sort valuemax valuemin valuenow valuetext
"""
_ROLES_WRITTEN = """
    alert alertdialog application article banner blockquote button caption cell checkbox code columnheader
    combobox comment complementary contentinfo definition deletion dialog directory document emphasis feed
    figure form generic grid gridcell group heading image img insertion link list listbox listitem log main mark
    marquee math menu menubar menuitem menuitemcheckbox menuitemradio meter navigation none note option
    paragraph presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox
    sectionfooter sectionheader separator slider spinbutton status strong subscript suggestion superscript
    switch tab table tablist tabpanel term text textbox time timer toolbar tooltip tree treegrid treeitem
    doc-abstract doc-acknowledgments doc-afterword doc-appendix doc-backlink doc-biblioentry doc-bibliography
    doc-biblioref doc-chapter doc-colophon doc-conclusion doc-cover doc-credit doc-credits doc-dedication
    doc-endnote doc-endnotes doc-epigraph doc-epilogue doc-errata doc-example doc-footnote doc-foreword
    doc-glossary doc-glossref doc-index doc-introduction doc-noteref doc-notice doc-pagebreak doc-pagefooter
    doc-pageheader doc-pagelist doc-part doc-preface doc-prologue doc-pullquote doc-qna doc-subtitle doc-tip
    doc-toc graphics-document graphics-object graphics-symbol
"""
_STATES, _ROLES = frozenset(_STATES_WRITTEN.split()), frozenset(_ROLES_WRITTEN.split())
_YES_OR_NO = frozenset({"atomic", "busy", "disabled", "modal", "multiline", "multiselectable", "readonly", "required"})
_REFERENCES = frozenset(
    {"activedescendant", "controls", "describedby", "details", "errormessage", "flowto", "labelledby", "owns"}
)


def check(page: Page) -> Iterator[Finding]:
    """Findings about roles and ARIA attributes."""
    ids = {attribute(node, "id") for node in page.find("[id]")}
    for node in page.elements():
        for name, value in node.attributes.items():
            fault = _find_fault(name.lower(), (value or "").strip(), ids)
            if fault:
                yield page.judge("A14", node, f"<{node.tag}>: {fault}")
        if attribute(node, "aria-hidden") == "true" and _takes_focus(node):
            yield page.judge("A14", node, f"<{node.tag}> is hidden from screen readers, but holds a link")


def _find_fault(name: str, value: str, ids: set[str]) -> str | None:
    if name == "role":
        unknown = [role for role in value.lower().split() if role not in _ROLES]
        return f"no role {' '.join(unknown) or '(empty)'}" if unknown or not value else None
    if not name.startswith("aria-"):
        return None
    state = name.removeprefix("aria-")
    if state not in _STATES:
        return f"no attribute {name}"
    if state in _YES_OR_NO | {"hidden"} and value not in ("true", "false"):
        return f'{name}="{value}" is neither true nor false'
    missing = [target for target in value.split() if target not in ids] if state in _REFERENCES else []
    return f"{name} points to {missing[0]!r}, which is not there" if missing else None


def _takes_focus(node: LexborNode) -> bool:
    return node.css_first("a[href]") is not None
