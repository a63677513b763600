"""An issue of which every word is known: what looks like template code when it is rendered came from a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from coopdigest.compose.density import WHOLE, Form, Plan
from coopdigest.domain.digest import Digest
from coopdigest.domain.issue import EditorWords, Issue, IssueItem, IssueState, Section
from coopdigest.domain.item import Image, Item
from coopdigest.domain.period import Cadence, period_of

_CODE = re.compile(
    r"\{\{.{0,60}?\}\}|\{%.{0,60}?%\}|\{#.{0,60}?#\}|\{[{%#].{0,20}|%%\w+%%|\*\|\w+\|\*|\[\[\w+\]\]|\$\{\w+\}|\{\w+\}"
)
_STYLE = re.compile(r"<mj-style\b.*?</mj-style>|<!--.*?-->", re.DOTALL)
_DAY = date(2021, 11, 15)


def probe_issues(digest: Digest, language: str) -> Iterator[tuple[Issue, Plan]]:
    """Issues and plans that between them use every part of a template: full, cut short, and without items."""
    whole = probe_issue(digest, language)
    yield whole, WHOLE
    yield whole, Plan(Form.LEAN, shown=2, listed=2)
    yield replace(whole, sections=(), words=()), WHOLE


def probe_issue(digest: Digest, language: str) -> Issue:
    """An issue with the editor's words and two sections; items have every fact, or none, or are in another language."""
    full = Item(
        id=1,
        title="Probe",
        summary="Words.",
        summary_html="<p>Words.</p>",
        url="https://www.example.org/probe",
        image=Image(url="https://www.example.org/probe.png", alt="Words", credit="Picture"),
        credit="Words",
        source="probe",
        identity="probe",
        day=_DAY,
        position=0,
        undated=False,
        published=None,
        first_seen=datetime(2021, 11, 15, tzinfo=UTC),
        theme=None,
        language=None,
    )
    bare = replace(full, id=2, title="Bare", summary=None, summary_html=None, url=None, image=None, credit=None)
    foreign = replace(full, id=3, title="Foreign", language="fa" if language.startswith("en") else "en")
    items = (IssueItem(full, "Probe", carried_over=True), IssueItem(bare, "Probe"), IssueItem(foreign, "Probe"))
    more = tuple(IssueItem(replace(full, id=number, title=f"More {number}"), "More") for number in range(4, 8))
    period = period_of(Cadence.MONTH, _DAY, digest.zone)
    return Issue(
        digest.slug,
        period,
        IssueState.DRAFT,
        (Section("Probe", items), Section("More", more)),
        number=1,
        words=(EditorWords(language, introduction="Words of the editor."),),
    )


def leftovers(rendered: str) -> Iterator[tuple[int, str]]:
    """Offset and text of everything that a template gave for the probe and that looks like a template's code."""
    without_styles = _STYLE.sub(lambda style: " " * len(style[0]), rendered)
    seen: set[str] = set()
    for code in _CODE.finditer(without_styles):
        if code[0] not in seen:
            seen.add(code[0])
            yield code.start(), code[0].strip()
