"""The markup of composed issues is well built, by html-validate's rules for structure and accessibility.

Off in its configuration is what mail needs and pages do not: styles in the elements, conditional comments, tables with
the old attributes, `role="article"` on a block, `role="list"` on a list without bullets, which VoiceOver would else not
call one; and how a telephone number is spaced, which the configuration says.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from composed_issues import WHOLE, html_of
from node_tools import HTML_VALIDATE, NEEDS_HTML_VALIDATE, NODE

CONFIGURATION = Path(__file__).parents[1] / "fixtures" / "html-validate.json"
CARELESS = """<h5>Deep</h5><p><img src="https://pictures.example.org/1.png"><div id="a" id="a">in a paragraph</div></p>
<a href="https://www.example.org/"></a><table role="table"><td>no row</td></table></body>"""

pytestmark = NEEDS_HTML_VALIDATE


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What html-validate says of every issue and of a careless one, in one run, by the name of the file."""
    folder = tmp_path_factory.mktemp("issues")
    for count, language in WHOLE:
        (folder / f"{count}-{language}.html").write_text(html_of(count, language), "utf-8")
    (folder / "careless.html").write_text(html_of(2, "en").replace("</body>", CARELESS), "utf-8")
    told = folder / "told.json"  # a file, for node may end before a pipe has taken everything
    command = [str(NODE), HTML_VALIDATE, "--config", CONFIGURATION, "--formatter", f"json={told}"]
    subprocess.run([*command, *sorted(folder.iterdir())], capture_output=True, check=False, timeout=60)
    return {
        Path(report["filePath"]).stem: [
            f"{found['ruleId']} at {found['line']}:{found['column']}: {found['message']}"
            for found in report["messages"]
        ]
        for report in json.loads(told.read_text("utf-8"))
    }


@pytest.mark.parametrize(("count", "language"), WHOLE)
def test_markup_is_sound(complaints: dict[str, list[str]], count: int, language: str) -> None:
    """html-validate has nothing to say against the issue."""
    assert "careless" in complaints
    assert complaints.get(f"{count}-{language}", []) == []


def test_careless_markup_is_not(complaints: dict[str, list[str]]) -> None:
    """A picture without words, a skipped heading level, a nameless link and broken nesting are all named."""
    rules = {line.partition(" ")[0] for line in complaints["careless"]}
    assert rules >= {"wcag/h37", "heading-level", "wcag/h30", "element-permitted-content", "no-dup-attr"}
