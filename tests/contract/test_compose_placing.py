"""A finding about the HTML part names the template, line and column that wrote the element."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopdigest.compose.composer import EmailComposer
from coopdigest.domain.digest import Brand
from coopdigest.testing.issues import digest_of, issue_of

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
MASTHEAD, CLOSING, CONTENTS = (f"partials/{name}.mjml" for name in ("masthead", "closing", "contents"))

SPOILED = [
    ("A08", MASTHEAD, ' alt="{{ logo.alt }}"', "", "<mj-image"),
    ("A10", CLOSING, "{{ words.view_in_browser }}", "Click here", '<a href="{{ view_url }}"'),
    ("A05", CLOSING, "{{ words.unsubscribe }}", "", '<a href="{{ unsubscribe_url }}"'),
    ("A14", CONTENTS, ' role="list"', ' role="presentational"', '<ul class="list"'),
    ("A70", CLOSING, "<p>{{ words.why", '<iframe src="https://www.example.org"></iframe><p>{{ words.why', "<iframe"),
]


@pytest.mark.parametrize(("rule", "name", "old", "new", "element"), SPOILED, ids=[row[0] for row in SPOILED])
def test_a_finding_names_file_line_and_column(
    rule: str, name: str, old: str, new: str, element: str, tmp_path: Path
) -> None:
    """In the digest's own template, of which the shipped one was the model."""
    spoiled = (SHIPPED / name).read_text("utf-8").replace(old, new)
    own = tmp_path / "templates" / "email" / name
    own.parent.mkdir(parents=True)
    own.write_text(spoiled, "utf-8")
    digest = digest_of("en", brand=Brand(logo="https://www.example.org/logo.png"))
    composer = EmailComposer(digest, [own.parents[1], SHIPPED])
    before = spoiled[: spoiled.index(element)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    found = {finding.place for finding in composer.check(composer.compose(issue_of(12), "en")) if finding.rule == rule}
    assert f"templates/email/{name}:{line}:{column}" in found


def test_what_only_the_source_can_mend_is_placed_at_its_item() -> None:
    """Not in a template, although one wrote the element around it."""
    composer = EmailComposer(digest_of("en"), [SHIPPED])
    places = [f.place for f in composer.check(composer.compose(issue_of(40), "en")) if f.rule == "A08"]
    assert places
    assert all(place.startswith("item “") for place in places)
