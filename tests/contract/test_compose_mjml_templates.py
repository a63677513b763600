"""Faults of MJML are found in the templates, all of them, each with its file, line and column."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.mjml_faults import RULES
from coopdigest.compose.templates import Templates
from coopdigest.domain.digest import Brand
from coopdigest.domain.edition import Finding, Severity
from coopdigest.domain.errors import CompositionError
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
ITEM, CLOSING = "partials/item.mjml", "partials/closing.mjml"


def composer_of(tmp_path: Path, **sources: str) -> EmailComposer:
    """A composer with own partials (by their names without folder and ending) before the shipped templates."""
    folder = tmp_path / "templates" / "email"
    for name, source in sources.items():
        path = folder / "partials" / f"{name}.mjml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    digest = sample_digest(brand=Brand(logo="https://www.example.org/logo.png"))
    return EmailComposer(digest, [folder, SHIPPED])


def places(findings: list[Finding]) -> list[tuple[str, str]]:
    """Rule and place of each, the folder of all templates left out."""
    return [(finding.rule, finding.place.removeprefix("templates/email/")) for finding in findings]


@pytest.mark.parametrize(
    ("name", "source", "rule", "place", "message"),
    [
        (ITEM, "<p>a\n<b>b</b>\n<i>c\n</p>", "J01", f"{ITEM}:4:1", "</p> where <i> is still open"),
        (ITEM, "a\n1 < 2", "J01", f"{ITEM}:2:3", "a lone <"),
        (ITEM, "\n" + "<b>" * 9_000 + "</b>" * 9_000, "J06", f"{ITEM}:2:", "deeper than"),
        (ITEM, "<p>\n  {{ item.title }} <mj-txt></mj-txt></p>", "J02", f"{ITEM}:2:20", "no MJML element"),
        (CLOSING, "<mj-section>\n <mj-text>x</mj-text></mj-section>", "J03", f"{CLOSING}:2:2", "no effect"),
        (CLOSING, '<mj-section\n  paddding="1px" />', "J04", f"{CLOSING}:2:3", "paddding"),
        (CLOSING, '<mj-section\n  padding="{{ 12 }}" />', "J05", f"{CLOSING}:2:12", 'padding="12"'),
    ],
)
def test_a_fault_is_named_with_file_line_and_column(
    tmp_path: Path, name: str, source: str, rule: str, place: str, message: str
) -> None:
    """Composing ends in the first, and checking finds it by its rule."""
    composer = composer_of(tmp_path, **{Path(name).stem: source})
    with pytest.raises(CompositionError, match=r"^templates/email/") as caught:
        composer.compose(sample_issue(), "en")
    assert str(caught.value.place).startswith(f"templates/email/{place}")
    assert message in str(caught.value)
    (finding,) = composer.check_templates()
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)
    assert finding.place.startswith(f"templates/email/{place}")


def test_all_faults_are_found_each_once(tmp_path: Path) -> None:
    """Two items, four languages, and one finding for each place; those that only warn come last."""
    closing = '<mj-section gutter="1px" colour="red">\n<mj-text>x</mj-text>\n  <div>y</div>\n</mj-section>'
    composer = composer_of(tmp_path, item="<p>{{ item.title }}\n <br>< <i></p>\n", closing=closing)
    assert places(composer.check_templates()) == [
        ("J01", f"{ITEM}:2:6"),
        ("J01", f"{ITEM}:2:11"),
        ("J04", f"{CLOSING}:1:26"),
        ("J03", f"{CLOSING}:2:1"),
        ("J03", f"{CLOSING}:3:3"),
        ("J07", f"{CLOSING}:1:13"),
    ]


def test_what_only_warns_is_composed(tmp_path: Path) -> None:
    """And told when an edition is checked."""
    shipped = (SHIPPED / CLOSING).read_text("utf-8").replace("<mj-section ", '<mj-section gutter="1px" ', 1)
    composer = composer_of(tmp_path, closing=shipped)
    findings = composer.check(composer.compose(sample_issue(), "en"))
    assert [(finding.rule, finding.severity) for finding in findings] == [("J07", Severity.WARNING)]


def test_words_of_an_item_that_look_like_mjml_are_words(tmp_path: Path) -> None:
    """An item may write about MJML, badly."""
    title = "</mj-text><mj-txt colour='1'>{% include 'x' %} 1 < 2 <!-- -- -->"
    item = make_item(1, title, date(2026, 10, 1), summary=title, theme=title, credit=title)
    composer = composer_of(tmp_path)
    edition = composer.compose(sample_issue([item]), "en")
    assert "&lt;mj-txt colour=" in edition.html
    assert not [finding for finding in composer.check(edition) if finding.rule in (*RULES, "T01", "M01")]


@pytest.mark.parametrize(
    ("sources", "ring"),
    [
        ({"item": "<p>\n {% include 'partials/item.mjml' %}</p>"}, "partials/item.mjml, partials/item.mjml"),
        (
            {
                "item": "<p>\n {% include 'partials/more.mjml' %}</p>",
                "more": "\n{% include 'partials/item.mjml' without context %}",
            },
            "partials/item.mjml, partials/more.mjml, partials/item.mjml",
        ),
    ],
)
def test_templates_that_include_one_another_are_named(tmp_path: Path, sources: dict[str, str], ring: str) -> None:
    """With the place of an include in the ring, long before Python's own depth is reached."""
    composer = composer_of(tmp_path, **sources)
    with pytest.raises(
        CompositionError, match=r"^templates/email/partials/(item|more).mjml:2: .* without end: "
    ) as caught:
        composer.compose(sample_issue(), "en")
    assert ring in str(caught.value)
    assert not isinstance(caught.value.__cause__, RecursionError)
    (finding,) = composer.check_templates()
    assert (finding.rule, finding.place) == ("T01", caught.value.place)


def test_a_template_that_calls_itself_is_named(tmp_path: Path) -> None:
    """A macro is bounded by Python, and told in one line."""
    composer = composer_of(tmp_path, item="{% macro m() %}\n{{ m() }}{% endmacro %}\n{{ m() }}")
    with pytest.raises(CompositionError, match=r"item.mjml:2: a template calls itself without end"):
        composer.compose(sample_issue(), "en")


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in 'a' %}" * 30 + "{% endfor %}" * 30,
        "{% if item %}" * 2_000 + "{% endif %}" * 2_000,
        "{{ " + "(" * 2_000 + "1" + ")" * 2_000 + " }}",
    ],
)
def test_a_template_that_nests_too_deep_is_named(tmp_path: Path, source: str) -> None:
    """Python refuses the program that Jinja2 makes of it."""
    composer = composer_of(tmp_path, item=source)
    with pytest.raises(CompositionError, match="nest too deep"):
        composer.compose(sample_issue(), "en")
    assert places(composer.check_templates()) == [("T01", ITEM)]


def test_a_filter_around_words_of_a_template_hides_their_column(tmp_path: Path) -> None:
    """What it makes of them cannot be traced; then the file is named alone."""
    own = tmp_path / "templates" / "email"
    own.mkdir(parents=True)
    (own / "issue.txt").write_text("{% filter wrap %}news {% raw %}{{ name }}{% endraw %} news{% endfilter %}")
    (own / "subject.txt").write_text("{% filter upper %}news {% raw %}{{ name }}{% endraw %}{% endfilter %}")
    findings = composer_of(tmp_path).check_templates()
    told = [finding for finding in findings if finding.rule != "B29"]  # a part that says nothing else
    assert places(told) == [("M01", "subject.txt:1:33"), ("M01", "issue.txt")]


def test_templates_may_include_themselves_so_far(tmp_path: Path) -> None:
    """A list in a list in a list is no fault; twenty-five are."""
    source = (
        "{% if depth is not defined %}{% set depth = 0 %}{% endif %}<i>{% if depth < DEEPEST %}"
        "{% with depth = depth + 1 %}{% include 'partials/nothing.mjml' %}{% endwith %}{% endif %}</i>"
    )
    folder = tmp_path / "templates" / "email" / "partials"
    folder.mkdir(parents=True)
    for depth in (5, 50):
        (folder / "nothing.mjml").write_text(source.replace("DEEPEST", str(depth)))
        templates = Templates([folder.parent])
        if depth == 5:
            assert templates.render("partials/nothing.mjml", {}).count("<i>") == 6
        else:
            with pytest.raises(CompositionError, match=r"nothing.mjml:1: the templates include .* without end"):
                templates.render("partials/nothing.mjml", {})


TAG = re.compile(r"<(mj-[a-z-]+)((?:[^<>\"]|\"[^\"]*\")*)>")
ATTRIBUTE = re.compile(r"(?<=\s)[a-z-]+(?==\")")


def _mutants() -> Iterable[tuple[str, int, str]]:
    """Partial, offset of an element's or an attribute's name in it, and the rule that says when it is misspelt."""
    found: dict[tuple[str, str], tuple[str, int, str]] = {}  # one of each kind will do
    for path in sorted((SHIPPED / "partials").glob("*.mjml")):
        for tag in TAG.finditer(path.read_text("utf-8")):
            found[tag[1], ""] = (path.stem, tag.start(1), "J02")
            rule = "J07" if tag[1] == "mj-all" else "J04"  # what all elements take may be anything
            for name in ATTRIBUTE.finditer(tag[2]):
                found[tag[1], name[0]] = (path.stem, tag.start(2) + name.start(), rule)
    return found.values()


def test_one_wrong_letter_breaks_exactly_one_rule(tmp_path: Path) -> None:
    """In every kind of element and attribute of the shipped partials; the finding has its place."""
    shutil.copytree(SHIPPED / "partials", tmp_path / "templates" / "email" / "partials")
    composer = composer_of(tmp_path)
    for turn, (name, offset, rule) in enumerate(_mutants()):
        path = tmp_path / "templates" / "email" / "partials" / f"{name}.mjml"
        source = path.read_text("utf-8")
        path.write_text(_misspell(source, offset, rule), "utf-8")
        os.utime(path, (turn, turn))
        line, column = source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset)
        expected = (rule, f"partials/{name}.mjml:{line}:{column - (rule == 'J02')}")
        assert places(composer.check_templates()) == [expected]
        path.write_text(source, "utf-8")


def test_no_element_of_a_shipped_template_is_overlooked(tmp_path: Path) -> None:
    """Whatever an issue must hold for it to be used: one attribute too much on each is found on each."""
    own = tmp_path / "templates" / "email"
    shutil.copytree(SHIPPED, own)
    expected = set()
    for path in own.rglob("*.mjml"):
        wrong = re.sub(r"<(mj[a-z-]*)", r"<\1 zzz='1'", path.read_text("utf-8"))
        path.write_text(wrong, "utf-8")
        for number, line in enumerate(wrong.split("\n"), 1):
            name = path.relative_to(own).as_posix()
            expected |= {f"{name}:{number}:{found.start() + 1}" for found in re.finditer("zzz", line)}
    found = composer_of(tmp_path).check_templates()
    assert {finding.rule for finding in found} == {"J04", "J07"}
    assert {place for _, place in places(found)} == expected


def _misspell(source: str, offset: int, rule: str) -> str:
    """The source with another name at `offset`, and where the element is closed."""
    if rule != "J02":
        return source[:offset] + "zz" + source[offset:]
    name = re.match("[a-z-]+", source[offset:])
    assert name
    opened = source[:offset] + "mj-zz" + source[offset + 2 :]
    return opened[:offset] + opened[offset:].replace(f"</{name[0]}>", f"</mj-zz{name[0][2:]}>", 1)
