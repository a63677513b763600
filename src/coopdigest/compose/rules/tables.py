"""Rules about layout tables, and about the comments by which Outlook gets its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from coopdigest.compose.rules.page import HTML, Page, ancestors, attribute
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A03": "Layout tables say that they are none, and tables of data head their rows or columns.",
    "A60": "Conditional comments for Outlook are balanced, so are the tables inside, and its settings are there.",
}
_SCOPES = ("col", "row", "colgroup", "rowgroup")
_SETTINGS = re.compile(r"<o:OfficeDocumentSettings>(?:(?!</o:Office).)*<o:PixelsPerInch>\s*96\s*</", re.DOTALL)
_SETTINGS_HINT = "leave the head to MJML"
_COMMENT = re.compile(
    r"<!(?:--\[if (?P<condition>[^\]]*)\]>(?:<!--+>|-->)?|(?P<end>--<!\[endif\]-->|\[endif\](?:--)?>)|--.*?-->)",
    re.DOTALL,
)
_TABLE_TAG = re.compile(r"<(/?)(table|tr|td)\b", re.IGNORECASE)


def check(page: Page) -> Iterator[Finding]:
    """Findings about tables."""
    for table in page.find("table"):
        yield from _check_role(page, table)
    problem = find_imbalance(page.edition.html)
    if problem:
        yield Finding("A60", Severity.ERROR, HTML, problem, "balance the conditional comments in <mj-raw>")
    for missing in _find_missing_settings(page):
        yield Finding("A60", Severity.ERROR, HTML, f"{missing}, without which Outlook scales wrongly", _SETTINGS_HINT)


def _check_role(page: Page, table: LexborNode) -> Iterator[Finding]:
    heads = [node for node in table.css("th, caption") if _table_of(node).mem_id == table.mem_id]
    if attribute(table, "role") in ("presentation", "none"):
        if heads:
            yield page.judge("A03", table, f"a layout table with <{heads[0].tag}>, which only tables of data have")
    elif not any(node.tag == "th" for node in heads):
        yield page.judge("A03", table, 'a table without role="presentation" or th with scope')
    elif any(node.tag == "th" and attribute(node, "scope") not in _SCOPES for node in heads):
        yield page.judge("A03", table, "a <th> that does not say its scope")


def _table_of(node: LexborNode) -> LexborNode:
    return next(outer for outer in ancestors(node) if outer.tag == "table")


def _find_missing_settings(page: Page) -> Iterator[str]:
    root = page.tree.root
    attributes = root.attributes if root else {}
    for prefix in ("v", "o"):
        if f"xmlns:{prefix}" not in attributes:
            yield f"<html> has no xmlns:{prefix}"
    if not _SETTINGS.search(page.edition.html):
        yield "no OfficeDocumentSettings with 96 PixelsPerInch"


def find_imbalance(html: str) -> str | None:
    """What is wrong with the conditional comments, None when nothing is."""
    is_open = False
    for part in _conditions(html):
        if bool(part["end"]) != is_open:
            return "a conditional comment ends that never began" if part["end"] else "conditional comments are nested"
        is_open = not is_open
    if is_open:
        return "a conditional comment is never closed"
    return _find_open_table(_as_outlook_reads(html))


def _as_outlook_reads(html: str) -> str:
    """The HTML with the parts for Outlook shown and the parts for all others hidden."""
    shown: list[str] = []
    position, hidden = 0, False
    for part in _conditions(html):
        if not hidden:
            shown.append(html[position : part.start()])
        hidden = not part["end"] and part["condition"].replace("(", "").strip().startswith("!")
        position = part.end()
    return _COMMENT.sub("", "".join([*shown, html[position:]]))


def _conditions(html: str) -> list[re.Match[str]]:
    """Where conditional comments begin and end; plain comments are none."""
    return [part for part in _COMMENT.finditer(html) if part["end"] or part["condition"] is not None]


def _find_open_table(html: str) -> str | None:
    stack: list[str] = []
    for tag in _TABLE_TAG.finditer(html):
        name = tag[2].lower()
        if not tag[1]:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return f"Outlook reads a </{name}> that closes nothing"
    return f"Outlook reads a <{stack[-1]}> that is never closed" if stack else None
