"""Spoiling the shipped templates in one way makes exactly the rule fail that is there for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.digest import Brand, Digest
from coopdigest.testing.issues import digest_of, issue_of

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
HEAD, STYLE, DARK, NARROW = (
    f"partials/{name}.mjml" for name in ("head", "style.css", "dark.css", "narrow.css")
)  # fmt: skip
MASTHEAD, ITEM, PICTURE = (f"partials/{name}.mjml" for name in ("masthead", "item", "picture"))
CLOSING, CONTENTS, CONTACT, SECTION = (
    f"partials/{name}.mjml" for name in ("closing", "contents", "media_contact", "section")
)

# the rule (or rules), language, file, what is replaced, by what
MUTATIONS = [
    ("A01", "en", "issue.mjml", ' dir="{{ direction }}"', ""),
    ("A02 A06", "en", "issue.mjml", ' lang="{{ language }}"', ""),  # one attribute serves the document and its parts
    ("A03", "en", ITEM, ' role="presentation"', ""),
    ("A04", "en", MASTHEAD, "<h1>{{ name | isolate }}</h1>", '<p style="color: {{ light.on_band }}">{{ name }}</p>'),
    ("A05", "en", CLOSING, "{{ words.unsubscribe }}", ""),
    ("A07", "en", STYLE, "{{ light.muted }}; }\nspan.late", "#c8c8c8; }\nspan.late"),
    ("A07", "en", DARK, "color: {{ dark.on_label }}", "color: #5a4a2a"),
    ("A08", "en", MASTHEAD, ' alt="{{ logo.alt }}"', ""),
    ("A09", "en", HEAD, "<mj-title>{{ name }} – {{ period }}</mj-title>\n", ""),
    ("A10", "en", CLOSING, "{{ words.view_in_browser }}", "Click here"),
    ("A11", "en", STYLE, "a { color: {{ light.link }}; }", "a { color: {{ light.link }}; text-decoration: none; }"),
    ("A13", "en", CONTENTS, '<p class="label">', '<p class="label" id="section-1">'),
    ("A14", "en", CONTENTS, ' role="list"', ' role="presentational"'),
    ("A20", "en", STYLE, "p.facts { margin: 6px 0 0; font-size: 14px;", "p.facts { margin: 6px 0 0; font-size: 10px;"),
    ("A22", "en", PICTURE, ' width="{{ width }}"', ""),
    ("A30", "en", HEAD, "<mj-preview>{{ preheader }}</mj-preview>\n", ""),
    ("A40", "en", HEAD, '  <meta name="supported-color-schemes" content="light dark" />\n', ""),
    ("A50", "ar", CONTACT, '<span dir="ltr">{{ contact.email }}</span>', "{{ contact.email }}"),
    ("A70", "en", CLOSING, "<p>{{ words.why", '<iframe src="https://www.example.org"></iframe><p>{{ words.why'),
    ("B12", "en", "issue.txt", "{{ unsubscribe_url }}", ""),
    ("B25", "en", "subject.txt", "{{ subject }}", "Re: {{ subject }}"),
    ("B29", "en", "issue.txt", "{% for section in sections %}", "{% for section in [] %}"),
    ("C01", "en", STYLE, "ul.list { margin: 4px 0 0;", "ul.list { display: flex; margin: 4px 0 0;"),
    ("I01", "en", ITEM, "{% if not item.has_title %} untitled", "{% if item.has_title %} untitled"),
    ("J01", "en", CLOSING, "</mj-text>", "</mj-txt>"),
    ("J02", "en", CLOSING, "<mj-section", "<mj-box></mj-box><mj-section"),
    ("J03", "en", CLOSING, "<mj-column>", "<mj-column><mj-section></mj-section>"),
    ("J04", "en", CLOSING, '<mj-text css-class="gutter closing">', '<mj-text css-class="gutter closing" colour="red">'),
    ("J05", "en", CLOSING, '<mj-text css-class="gutter closing">', '<mj-text css-class="gutter closing" color="reed">'),
    ("L01", "en", CONTENTS, 'href="#{{ entry.anchor }}"', 'href="#nowhere"'),
    ("L02", "en", CLOSING, 'href="{{ view_url }}"', 'href="/issues"'),
    ("M01", "en", CLOSING, "{{ words.why |", "{% raw %}{{ name }}{% endraw %} {{ words.why |"),
    ("M02", "en", "issue.txt", "{{ unsubscribe_url }}", "{{ unsubscribe_url }}\n{{ unsubscribe_url }}more"),
    ("S01", "en", "subject.txt", "{{ subject }}", "{{ subject }} {{ preheader }}"),
    ("T01", "en", CLOSING, "{% endif %}", "{% endiff %}"),
    ("W10", "en", STYLE, "p.facts { margin: 6px 0 0;", "p.facts { width: 700px; margin: 6px 0 0;"),
]  # fmt: skip


def findings(digest: Digest, templates: list[Path], language: str) -> set[tuple[str, str]]:
    """The rules that `check` finds broken, each with what it says."""
    composer = EmailComposer(digest, templates)
    found = composer.check_templates()
    if not any(finding.rule[0] in "TJ" for finding in found):
        found += composer.check(composer.compose(issue_of(12, language), language))
    return {(finding.rule, finding.message) for finding in found}


@pytest.mark.parametrize(
    ("rule", "language", "name", "old", "new"), MUTATIONS, ids=[f"{row[0]}-{row[2]}" for row in MUTATIONS]
)
def test_a_spoiled_template_breaks_exactly_its_rule(
    rule: str, language: str, name: str, old: str, new: str, tmp_path: Path
) -> None:
    """One change to one file: a missing alt, lang or role, a pale colour, a wrong link."""
    digest = digest_of(language, brand=Brand(logo="https://www.example.org/logo.png"))
    source = (SHIPPED / name).read_text("utf-8")
    assert old in source
    spoiled = tmp_path / name
    spoiled.parent.mkdir(parents=True, exist_ok=True)
    spoiled.write_text(source.replace(old, new), "utf-8")
    before = findings(digest, [SHIPPED], language)
    new_findings = findings(digest, [tmp_path, SHIPPED], language) - before
    assert {found for found, _ in new_findings} == set(rule.split())
