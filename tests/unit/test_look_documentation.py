"""docs/look.md is in step with the templates."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from coopdigest.compose.item_views import ItemView, ItemViewer
from coopdigest.compose.palette import Palette
from coopdigest.compose.text_filters import FILTERS
from coopdigest.compose.views import Viewer
from coopdigest.compose.wording import read_words
from coopdigest.testing.samples import sample_digest, sample_issue

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "email"
TEXT = (ROOT / "docs" / "look.md").read_text("utf-8")


def named(heading: str) -> list[str]:
    """The names in the first column of the table under this head."""
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [name for row in re.findall(r"^\| (`.*?`) \| ", table, re.MULTILINE) for name in re.findall(r"`(.+?)`", row)]


def test_every_template_is_named() -> None:
    """And no other."""
    files = [
        path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.suffix in (".mjml", ".txt")
    ]
    assert sorted(named("file")) == sorted(files)


def test_every_variable_is_named() -> None:
    """And no other; those of items, colours and the filters, too."""
    digest, issue, words = sample_digest(), sample_issue(), read_words([TEMPLATES], "en")
    viewer = Viewer(digest, "en", words, issue, ItemViewer(digest, "en", words, issue.period), "0" * 24)
    assert sorted(named("variable")) == sorted(viewer.context())
    for name in ItemView._fields:
        assert f"`{name}`" in TEXT
    assert " ".join(field.name for field in fields(Palette)) in TEXT
    assert all(f"`{name}`" in TEXT for name in FILTERS)
