"""Our rules of MJML find all that npm's `mjml` complains of, and its facts are those of our grammar."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from bisect import bisect_right
from pathlib import Path

import pytest

from coopdigest.compose.mjml_faults import Fault
from coopdigest.compose.mjml_grammar import ELEMENTS, ELSEWHERE, Holds
from coopdigest.compose.mjml_rules import find_faults

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "node_modules" / "mjml").is_dir(),
    reason="npm's mjml is not installed: run npm ci",
)
JUDGE = """
const found = require("mjml"), compile = found.default || found;
const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
const judge = async (source) => {
  try {
    await compile(source, { validationLevel: "strict" });
  } catch (error) {
    if (!error.errors) throw error;
    return error.errors.map((each) => [each.line, each.tagName, each.message]);
  }
  return [];
};
Promise.all(documents.map(judge)).then((all) => console.log(JSON.stringify(all)));
"""
FACTS = """
const { components } = require("mjml-preset-core").default || require("mjml-preset-core");
const facts = components.map((one) => [one.componentName, Object.keys(one.allowedAttributes || {})]);
console.log(JSON.stringify(Object.fromEntries(facts)));
"""
KINDS_OF_COMPLAINT = [
    (re.compile("doesn't exist"), "J02"),
    (re.compile("cannot be used inside"), "J03"),
    (re.compile("illegal"), "J04"),
    (re.compile("invalid value"), "J05"),
]
VALUES = [
    "", "0", "12", "12px", "12%", "1.5", "1.5em", "-2px", "auto", "1px 2px", "1px 2px 3px 4px", "1px 2px 3px 4px 5px",
    "reed", "red", "Red", "#abc", "#abcd", "#AABBCC", "rgb(1,2,3)", "rgba(1, 2, 3, 0.5)", "left", "start", "justify",
    "middle", "ltr", "true", "yes", "none", "fixed", "file-start", "repeat", "full-width", "vertical", "hidden", "10pt",
]  # fmt: skip


def run_node(program: str, told: str = "") -> object:
    """What a program for Node.js answers; it sees the packages of the repository."""
    node = shutil.which("node")
    assert node
    answer = subprocess.run([node, "-e", program], cwd=ROOT, input=told, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def answers_of_npm(*sources: str) -> list[list[tuple[int, str, str]]]:
    """What npm's mjml says of each document: line, element and message."""
    answers = run_node(JUDGE, json.dumps(sources))
    assert isinstance(answers, list)
    return answers


def complaints_of_npm(*sources: str) -> list[set[tuple[int, str]]]:
    """What it says of each document: line and rule."""
    return [{(line, _rule(tag, message)) for line, tag, message in answer} for answer in answers_of_npm(*sources)]


def _rule(tag: str, message: str) -> str:
    rule = next(rule for pattern, rule in KINDS_OF_COMPLAINT if pattern.search(message))
    return "J03" if rule == "J02" and not tag.startswith("mj-") else rule  # HTML, which for npm is unknown


def faults_by_line(source: str) -> list[tuple[int, Fault]]:
    """Our faults of a document, each with its line."""
    starts = [found.end() for found in re.finditer("\n", source)]
    return [(bisect_right(starts, fault.offset) + 1, fault) for fault in find_faults(source)]


def complaints_of_ours(source: str) -> set[tuple[int, str]]:
    """What we say of a document: line and rule."""
    return {(line, fault.rule) for line, fault in faults_by_line(source)}


def test_every_element_takes_the_same_attributes() -> None:
    """As of the version that package.json names."""
    facts = run_node(FACTS)
    assert isinstance(facts, dict)
    everywhere = {"css-class", "mj-class"}
    ours = {name: set(element.attributes) - everywhere for name, element in ELEMENTS.items() if name != "mjml"}
    assert ours == {name: set(attributes) for name, attributes in facts.items() if name not in ELSEWHERE}


def test_every_attribute_takes_the_same_values() -> None:
    """But for whole numbers, where npm is content with a digit anywhere."""
    elements = [(name, value) for name in ELEMENTS if name != "mjml" for value in VALUES]
    lines = [f"<{name}{_all_attributes(name, value)} />" for name, value in elements]
    source = "\n".join(["<mjml><mj-head><mj-attributes>", *lines, "</mj-attributes></mj-head><mj-body /></mjml>"])
    (answer,) = answers_of_npm(source)
    npm = {(*elements[line - 2], message.split()[1]) for line, _, message in answer}
    ours = {
        (*elements[line - 2], fault.message.split("=")[0])
        for line, fault in faults_by_line(source)
        if fault.rule == "J05"
    }
    assert len(npm) > 1_000
    assert npm ^ ours == set()


def _all_attributes(name: str, value: str) -> str:
    names = [attribute for attribute in ELEMENTS[name].attributes if not attribute.startswith("cell")]
    return "".join(f' {attribute}="{value}"' for attribute in names)


def test_every_element_may_hold_the_same_elements() -> None:
    """Less what mjml-python refuses, and more inside two elements of which npm does not look at the content."""
    parents = [name for name, element in ELEMENTS.items() if element.holds is Holds.NOTHING and name != "mjml"]
    children = [name for name in ELEMENTS if name != "mjml"]
    lines = [
        (tag, pair)
        for parent in parents
        for tag, pair in (
            (f"<{parent}>", None),
            *((f"<{child} />", (parent, child)) for child in children),
            (f"</{parent}>", None),
        )
    ]
    source = "\n".join(["<mjml><mj-body>", *(tag for tag, _ in lines), "</mj-body></mjml>"])
    (answer,) = complaints_of_npm(source)
    npm = {lines[line - 2][1] for line, rule in answer if rule == "J03"} - {None}
    ours = {lines[line - 2][1] for line, rule in complaints_of_ours(source) if rule == "J03"} - {None}
    refused = {(parent, "mj-raw") for parent in ("mj-social", "mj-navbar", "mj-accordion", "mj-accordion-element")}
    unseen = {(parent, child) for parent in ("mj-breakpoint", "mj-carousel-image") for child in children}
    assert npm - ours == set()
    assert ours - npm == refused | unseen


BAD = [
    "<mj-sektion>\n<mj-column></mj-column></mj-sektion>",
    "<mj-section>\n<mj-text>x</mj-text>\n<div>y</div></mj-section>",
    "<mj-text>x</mj-text>\n<p>y</p>",
    '<mj-section>\n<mj-column widht="1px">\n<mj-text colour="red" algin="x">y</mj-text></mj-column></mj-section>',
    '<mj-section padding="12">\n<mj-column>\n<mj-text color="reed" align="start">y</mj-text></mj-column></mj-section>',
    "<mj-section><mj-column>\n<mj-section>\n<mj-column></mj-column></mj-section></mj-column></mj-section>",
    "<mj-section><mj-column>\n<mj-column></mj-column>\n<mj-image sorce='x' /></mj-column></mj-section>",
    "<mj-wrapper>\n<mj-wrapper></mj-wrapper>\n<mj-column></mj-column></mj-wrapper>",
    "<mj-section><mj-column><mj-social>\n<mj-text>x</mj-text></mj-social>\n<mj-navbar-link /></mj-column></mj-section>",
    "<mj-section><mj-column>\n<mj-image fluid-on-mobile='yes' width='50%' /></mj-column></mj-section>",
]


def test_what_npm_complains_of_we_complain_of() -> None:
    """In the same line, by the rule that it is a breach of."""
    sources = [f"<mjml>\n<mj-body>\n{body}</mj-body></mjml>" for body in BAD]
    for source, npm in zip(sources, complaints_of_npm(*sources), strict=True):
        assert npm
        assert npm <= complaints_of_ours(source)
