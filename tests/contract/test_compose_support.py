"""What clients support: the data, what an HTML part uses of it, and the rule that holds the one against the other."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.markup import compile_mjml
from coopdigest.compose.rules.page import HTML, Page
from coopdigest.compose.rules.support import check
from coopdigest.compose.support.data import Status, baseline, support_data
from coopdigest.compose.support.scan import scan
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.item import Image
from coopdigest.testing.builders import make_item
from coopdigest.testing.issues import digest_of, issue_of
from coopdigest.testing.samples import sample_issue

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "caniemail"
PACKAGE = ROOT / "node_modules" / "caniemail"
NEEDS_PACKAGE = pytest.mark.skipif(not PACKAGE.is_dir(), reason="npm's caniemail is not installed: run npm ci")
COMPOSER = EmailComposer(digest_of(), [ROOT / "templates" / "email"])
E, W = Severity.ERROR, Severity.WARNING


def load(name: str) -> ModuleType:
    """One of the programs that renew the data."""
    spec = importlib.util.spec_from_file_location(name, FIXTURES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def used(html: str) -> set[str]:
    """The slugs of all that a document uses."""
    return {use.slug for use in scan(html, LexborHTMLParser(html))}


@pytest.fixture(scope="module")
def good() -> Edition:
    """An edition by our own templates."""
    return COMPOSER.compose(issue_of(12), "en")


def findings(good: Edition, html: str) -> list[Finding]:
    """What the rule says of something that a template writes at the end of a good edition."""
    return list(check(Page.of(replace(good, html=good.html.replace("</body>", f"{html}</body>")))))


@pytest.mark.parametrize(
    ("html", "slugs"),
    [
        ("<svg></svg>", {"html-svg"}),
        ("<video src='a.mp4'></video>", {"html-video"}),
        ("<nav></nav>", {"html-semantics"}),
        ("<h4>x</h4>", {"html-h1-h6"}),
        ("<map name=x><area></map>", {"html-image-maps"}),
        ("<button type=reset>x</button>", {"html-button-reset"}),
        ("<input>", {"html-input-text"}),
        ("<input type=Checkbox required>", {"html-input-checkbox", "html-required"}),
        ("<p lang=fr dir=ltr role=note aria-label=x>y</p>", {"html-lang", "html-dir", "html-role", "html-aria-label"}),
        ("<a href='#x'>y</a>", {"html-anchor-links"}),
        ("<a href='MAILTO:x@e.org'>y</a>", {"html-mailto-links"}),
        ("<img src='a.webp' srcset='b.avif 2x, c.bmp'>", {"image-webp", "image-avif", "image-bmp", "html-srcset"}),
        ("<img src='data:image/png;base64,AA'>", {"image-base64", "image-png"}),
        ("<td background='a.jpg'>", set()),
        ("<table background='a.jpg'></table>", {"html-background", "image-jpg"}),
        ("<p style='display:flex; gap:1px'>x</p>", {"css-display-flex", "css-gap"}),
        ("<p style='margin-top:1px'>x</p>", {"css-margin", "css-unit-px"}),
        ("<p style='border-top-left-radius:1px'>x</p>", {"css-border-radius"}),
        ("<p style='border-top-color:red'>x</p>", {"css-border"}),
        ("<p style='-webkit-text-size-adjust:none'>x</p>", set()),
        ("<style media='(orientation:landscape)'>a:focus{}</style>",
         {"css-at-media", "css-at-media-orientation", "css-pseudo-class-focus"}),
        ("<meta name=color-scheme content='light dark'>", {"html-meta-color-scheme"}),
        ("<!-- note -->", {"html-comments"}),
        ("<html ⚡4email><p>x</p>", {"amp"}),
    ],
)  # fmt: skip
def test_features_are_found(html: str, slugs: set[str]) -> None:
    """Elements, attributes, styles, sheets, pictures, each by what shows it."""
    assert used(html) >= slugs
    assert slugs or not used(html) - used("<p style=''>x</p>")


def test_a_film_is_no_picture() -> None:
    """The address of what is no image says nothing of images."""
    assert "image-mp4" not in used("<video src='a.mp4'></video>")
    assert "image-mp4" in used("<img src='a.mp4'>")


def test_outlooks_own_part_is_not_looked_at() -> None:
    """What stands in a conditional comment is for Outlook alone, which was asked; what it hides is for the others."""
    hidden = "<!--[if mso]><v:rect style='display:flex'><video></video></v:rect><![endif]-->"
    assert used(f"{hidden}<p>x</p>") == used("<p>x</p>")
    assert "html-video" in used("<!--[if !mso]><!--><video></video><!--<![endif]-->")


def test_a_use_says_where() -> None:
    """By the element with its class, or by the rule."""
    html = "<style>.a{position:static}</style><p class='b  c' style='position:static'>x</p>"
    places = [use.where for use in scan(html, LexborHTMLParser(html)) if use.slug == "css-position"]
    assert places == ["the rule .a", '<p class="b c">']


@pytest.mark.parametrize(
    ("html", "slug", "severity"),
    [
        ("<div style='display:flex'>x</div>", "css-display-flex", E),
        ("<div style='position:relative'>x</div>", "css-position", E),
        ("<div style='color:var(--ink)'>x</div>", "css-variables", E),
        ("<style>:root{--ink:#000}</style>", "css-variables", E),
        ("<svg><path/></svg>", "html-svg", E),
        ("<video></video>", "html-video", E),
        ("<div style='background-image:linear-gradient(red,blue)'>x</div>", "css-linear-gradient", E),
        ("<div style='color:rgb(0 0 0)'>x</div>", "css-rgb", E),
        ("<style>p:has(b){color:red}</style>", "css-pseudo-class-has", E),
        ("<style>@import 'x.css';</style>", "css-at-import", E),
        ("<div style='font-size:2rem'>x</div>", "css-unit-rem", E),
        ("<nav>x</nav>", "html-semantics", E),
        ("<style>p{color:red}/* why */</style>", "css-comments", W),
        ("<div style='text-shadow:1px 1px red'>x</div>", "css-text-shadow", E),
        ("<div style='letter-spacing:1px'>x</div>", "css-letter-spacing", W),
    ],
)
def test_what_clients_lack_is_found(good: Edition, html: str, slug: str, severity: Severity) -> None:
    """An error where Gmail or Outlook for Windows lacks it altogether; the hint leads to the page that says so."""
    named = [finding for finding in findings(good, html) if finding.hint.endswith(f"/features/{slug}/)")]
    assert {(finding.rule, finding.place) for finding in named} == {("C01", HTML)}
    assert severity in {finding.severity for finding in named}


@pytest.mark.parametrize(
    "html",
    ["<hr>", "<u>x</u>", "<div style='text-align:left'>x</div>", "<custom-element made-up=1>x</custom-element>",
     "<div style='made-up:1px; mso-anything:2px'>x</div>", "<div style='max-width:9px;border-top:1px solid'>x</div>"],
)  # fmt: skip
def test_what_clients_show_or_nobody_tested_is_no_finding(good: Edition, html: str) -> None:
    """The rule speaks of what is known to be lacking, and not of what our own templates use already."""
    assert findings(good, html) == []


def test_a_finding_says_who_lacks_what_where_and_what_to_write_instead(good: Edition) -> None:
    """The clients that many use by name, the others by number."""
    (finding,) = findings(good, "<div class='row' style='display:flex'>x</div>" * 2)
    assert finding.message.startswith('display:flex in <div class="row"> is not known to Outlook for Windows and ')
    assert "only partly known to Gmail" in finding.message
    assert finding.hint.startswith("use columns (mj-column)")


def test_a_picture_of_an_item_is_the_sources() -> None:
    """A format that Outlook does not show is a warning at each item that has it."""

    def image(number: int) -> Image:
        return Image(url=f"https://e.org/{number}.webp", alt="A mill")

    items = [make_item(n, f"A mill reopens {n}", summary="Words. " * 20, image=image(n)) for n in (1, 2)]
    found = list(check(Page.of(COMPOSER.compose(sample_issue(items), "en"))))
    assert {(f.rule, f.severity, f.hint) for f in found} == {("C01", W, "only the source can mend it")}
    assert {f.place for f in found} == {"item “A mill reopens 1”", "item “A mill reopens 2”"}


def test_style_in_an_item_is_the_templates(good: Edition) -> None:
    """No source's CSS gets into an issue, so the template is to be mended, and once."""
    item = "<div class='item'><h3>Mill</h3><p style='position:fixed'>x</p></div>"
    assert [(f.severity, f.place) for f in findings(good, item * 2)] == [(E, HTML)]


@pytest.mark.parametrize(("language", "size"), [("en", 0), ("en", 150), ("fr", 40), ("es", 12), ("ar", 3), ("ar", 60)])
def test_our_own_issues_have_no_finding(language: str, size: int) -> None:
    """The shipped templates use what the baseline holds, in every language and size."""
    edition = EmailComposer(digest_of(language), [ROOT / "templates" / "email"]).compose(
        issue_of(size, language), language
    )
    assert [f for f in check(Page.of(edition)) if f.place == HTML] == []


RATCHET = load("ratchet")
TRICKS = {
    "mj-accordion": "<mj-accordion><mj-accordion-element><mj-accordion-title>x</mj-accordion-title>"
    "<mj-accordion-text>x</mj-accordion-text></mj-accordion-element></mj-accordion>",
    "mj-navbar": '<mj-navbar><mj-navbar-link href="https://e.org">x</mj-navbar-link></mj-navbar>',
    "mj-carousel": '<mj-carousel><mj-carousel-image src="https://e.org/a.jpg" alt="x"/></mj-carousel>',
}


@pytest.mark.parametrize("name", RATCHET.PLAIN)
def test_a_plain_component_is_no_finding(good: Edition, name: str) -> None:
    """Whoever writes MJML without tricks may do so."""
    assert list(check(Page.of(replace(good, html=RATCHET.plain()[name])))) == []


@pytest.mark.parametrize("name", TRICKS)
def test_a_component_that_works_by_tricks_is_found(good: Edition, name: str) -> None:
    """Boxes to tick that nobody sees, which Gmail and Outlook do not know: an error."""
    html = compile_mjml(RATCHET.document(name, TRICKS[name]), "en", "ltr")[0]
    found = list(check(Page.of(replace(good, html=html))))
    assert any(finding.severity is E and ":checked" in finding.message for finding in found)


def test_the_baseline_is_what_plain_mjml_and_our_templates_use() -> None:
    """No more, no less: whoever needs another feature looks at it, and renews the file by one command."""
    features = RATCHET.own_features()
    added, left = sorted(set(features) - baseline()), sorted(baseline() - set(features))
    assert (added, left) == ([], []), f"new and no longer used; renew it by {RATCHET.COMMAND}"
    assert RATCHET.BASELINE.read_text("utf-8") == RATCHET.as_text(features)


def test_the_data_are_whole() -> None:
    """Every feature has a letter for every client, every baseline slug and every hint names a feature."""
    data = support_data()
    columns = sorted(column for family in data.families for column in family.columns)
    assert columns == list(range(len(columns)))
    assert {len(feature.support) for feature in data.features.values()} == {len(columns)}
    assert set("".join(feature.support for feature in data.features.values())) == set("yan-")
    assert baseline() <= set(data.features)
    flex = data.features["css-display-flex"]
    said = {family.key: flex.status(family) for family in data.families}
    assert (said["outlook-windows"], said["gmail"], said["apple-mail"]) == (Status.NOT, Status.PARTLY, Status.WHOLLY)


def test_hints_name_features() -> None:
    """No hint is for a slug that the data do not have."""
    from coopdigest.compose.rules import support

    assert set(support._INSTEAD) <= set(support_data().features)


@NEEDS_PACKAGE
def test_the_data_are_those_of_caniemail() -> None:
    """What is shipped is what npm's package says, condensed; else the program that condenses is to be run."""
    condense = load("condense")
    original = json.loads(condense.ORIGINAL.read_text("utf-8"))
    text = condense.as_text(condense.condense(original))
    assert condense.CONDENSED.read_text("utf-8") == text, f"run {FIXTURES.name}/condense.py"
    assert len(text.encode()) < 60_000


DOCUMENTS = {
    "layout": "<div style='display:flex;float:left;position:absolute'>x</div>",
    "colours": "<p style='color:rgba(0,0,0,.5);opacity:0.5;background:linear-gradient(red,blue)'>x</p>",
    "units": "<p style='font-size:2rem;width:3vw;margin:1em;text-indent:calc(1px + 2px)'>x</p>",
    "selectors": "<style>.a.b{color:red} a > b{color:red} a + b{color:red} [title]{top:0} a ~ b{color:red}</style>",
    "pseudo": "<style>a:hover{color:red} p:first-child{color:red} p::before{color:red}</style>",
    "at-rules": "<style>@import url(x.css); @font-face{src:x} @supports (a:b){c{d:e}} @media x{a{b:c}}</style>",
    "elements": "<video></video><nav></nav><ruby>x</ruby><progress></progress><select></select><form></form>",
    "attributes": "<a target=_blank href='#x' hidden>x</a><p role=note aria-label=x lang=en align=left>x</p>",
}  # fmt: skip
VERDICT = """
import {caniemail, rawData} from 'caniemail';
import {readFileSync} from 'node:fs';
const slugs = new Map(rawData.data.map(entry => [entry.title, entry.slug]));
const all = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const {errors, warnings} = caniemail({clients: ['gmail.*', 'outlook.windows', 'yahoo.*'], html}).issues;
  const list = issues =>
    Object.fromEntries([...issues].map(([client, all]) => [client, [...new Set(all.map(i => slugs.get(i.title)))]]));
  all[name] = {n: list(errors), a: list(warnings)};
}
console.log(JSON.stringify(all));
"""


@NEEDS_PACKAGE
def test_the_verdict_is_caniemails_own() -> None:
    """What npm's caniemail objects to in a document, we find too, with the same support by the same clients."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node to ask npm's caniemail")
    answer = subprocess.run(
        [node, "--input-type=module", "--eval", VERDICT], input=json.dumps(DOCUMENTS), text=True, cwd=ROOT,
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    clients = json.loads((ROOT / "src/coopdigest/compose/support/caniemail.json").read_text("utf-8"))["clients"]
    for name, verdict in json.loads(answer.stdout).items():
        ours = used(DOCUMENTS[name])
        for letter, objections in verdict.items():
            for client, slugs in objections.items():
                assert set(slugs) <= ours, (name, client)
                assert {support_data().features[s].support[clients.index(client)] for s in slugs} <= {letter}
        assert any(verdict["n"].values()), name


TAGS = st.sampled_from(["p", "style", "svg", "video", "table", "template", "noscript", "a", "input", "math", "x-y"])
ATTRIBUTES = st.sampled_from(["style", "media", "src", "srcset", "href", "type", "class", "background", "name", "é"])
ELEMENTS = st.tuples(TAGS, ATTRIBUTES, st.text(max_size=20), st.text(max_size=20)).map(
    lambda parts: f'<{parts[0]} {parts[1]}="{parts[2]}">{parts[3]}'
)


@settings(max_examples=150)
@given(st.lists(ELEMENTS | st.text(max_size=10), max_size=12).map("".join))
def test_no_document_makes_the_scanner_raise(html: str) -> None:
    """Whatever comes, it finds features that the data know."""
    clean = html.encode("utf-8", "replace").decode()
    assert used(clean) <= set(support_data().features)
