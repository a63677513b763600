"""Rules about layout tables, and about the comments by which Outlook gets its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.compose.rules.page import HTML, Page, attribute
from coopdigest.domain.edition import Finding, Severity

RULES = {
    "A03": "Layout tables say that they are none.",
    "A60": "Conditional comments for Outlook are balanced, and so are the tables inside.",
}
_COMMENT = re.compile(
    r"<!--\[if (?P<condition>[^\]]*)\]>(?:<!--+>|-->)?|(?P<end><!--<!\[endif\]-->|<!\[endif\](?:--)?>)|<!--.*?-->",
    re.DOTALL,
)
_TABLE_TAG = re.compile(r"<(/?)(table|tr|td)\b", re.IGNORECASE)


def check(page: Page) -> Iterator[Finding]:
    """Findings about tables."""
    for table in page.find("table"):
        if attribute(table, "role") not in ("presentation", "none") and not table.css("th[scope]"):
            yield page.judge("A03", table, 'a table without role="presentation" or th with scope')
    problem = find_imbalance(page.edition.html)
    if problem:
        yield Finding("A60", Severity.ERROR, HTML, problem, "balance the conditional comments in <mj-raw>")


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
