"""Any issue that a source can bring composes, keeps to its budget and passes `check`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coopdigest.compose.cleaning import clean_line
from coopdigest.compose.composer import HTML_BUDGET, EmailComposer
from coopdigest.compose.lint import lint  # what `check` does with an edition; its templates are checked once
from coopdigest.domain.edition import Severity
from coopdigest.domain.issue import EditorWords, Issue
from coopdigest.domain.item import Image, Item
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
LANGUAGES = ("en", "ar")
DIGEST = sample_digest(languages=LANGUAGES)
COMPOSER = EmailComposer(DIGEST, [SHIPPED])

ARABIC = st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهوي ،؟0123", min_size=1, max_size=80)
HOSTILE = st.sampled_from(
    ["</mj-text><mj-raw>", "{{ 7*7 }}", "<!--[if mso]>", "<script>x</script>", "]]>", "&#0;", "\u202e\u2066x", "Re: x"]
)
ANY = st.text(alphabet=st.characters(codec=None), max_size=60)
WORDS = st.one_of(ANY, ARABIC, HOSTILE, st.builds("{} {} {}".format, ARABIC, ANY, HOSTILE))
TITLES = st.one_of(WORDS, ANY.filter(bool).map(lambda text: (text * 500)[:500]), st.just("A mill " * 71 + "xyz"))
LINKS = st.one_of(
    st.none(),
    st.integers(0, 10**9).map(lambda number: f"https://www.example.org/{number}?a=1&b=%20#c"),
    ANY.map(lambda text: f"https://www.example.org/{text}"),
    st.sampled_from(["javascript:alert(1)", "not a link", "https://", "https://пример.example/а", "mailto:a@b.c"]),
)  # fmt: skip
IMAGES = st.one_of(
    st.none(),
    st.builds(Image, url=LINKS.map(str), alt=st.one_of(st.none(), WORDS), credit=st.one_of(st.none(), WORDS)),
    st.just(Image(url="https://www.example.org/a.jpg", alt="Hands at work", credit="© Archive")),
)
MARKUP = st.one_of(st.none(), WORDS, WORDS.map(lambda text: f"<p>{text}<ul><li><b>{text}</p>"))


@st.composite
def items(draw: st.DrawFn, id_: int) -> Item:
    """An item with whatever a source can say of it."""
    return make_item(
        id_,
        draw(TITLES),
        date(2026, 10, 1) + timedelta(days=draw(st.integers(-20, 30))),
        theme=draw(st.one_of(st.none(), WORDS, st.sampled_from(["Training", "Video"]))),
        kind=draw(st.one_of(st.none(), WORDS)),
        summary=draw(st.one_of(st.none(), st.just(""), WORDS, WORDS.map(lambda text: f"{text}. " * 40))),
        summary_html=draw(MARKUP),
        url=draw(LINKS),
        image=draw(IMAGES),
        credit=draw(st.one_of(st.none(), WORDS)),
        language=draw(st.sampled_from([None, "en", "ar", "fr", "zh-Hant", "xx", "not a tag"])),
        undated=draw(st.booleans()),
    )


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    """An issue of one to eight items, sometimes many times over, sometimes with an introduction."""
    drawn = [draw(items(number)) for number in range(1, draw(st.integers(1, 8)) + 1)]
    copies = draw(st.sampled_from([1, 1, 1, 1, 5, 16]))
    many = [replace(item, id=item.id + 100 * copy) for copy in range(copies) for item in drawn]
    introduction = draw(st.one_of(st.none(), WORDS))
    issue = sample_issue(many)
    words = tuple(EditorWords(language, introduction) for language in LANGUAGES) if introduction else ()
    return replace(issue, number=draw(st.one_of(st.none(), st.integers(1, 10**6))), words=words)


# No shrinking: it takes minutes for something as large as an issue, and the message says which rule or title it is.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), phases=_PHASES)
@given(issue=issues(), language=st.sampled_from(LANGUAGES))
def test_any_issue_composes_within_its_budget_and_passes_check(issue: Issue, language: str) -> None:
    """Any Unicode, empty summaries, long titles, missing pictures, right-to-left in left-to-right."""
    edition = COMPOSER.compose(issue, language)
    assert len(edition.html.encode("utf-8")) <= HTML_BUDGET
    errors = [finding for finding in lint(edition, DIGEST) if finding.severity is Severity.ERROR]
    assert errors == []
    said = _squeeze(edition.text)
    missing = [title for entry in issue.items() if (title := _squeeze(clean_line(entry.item.title))) not in said]
    assert missing == []


def _squeeze(text: str) -> str:
    """Text without white space and direction marks, which wrapping may move."""
    return re.sub(r"[\s\u200e\u200f\u202a-\u202c\u2066-\u2069]", "", text)


def test_the_templates_of_these_issues_pass_check() -> None:
    """The half of `check` that does not depend on the issue."""
    assert [finding for finding in COMPOSER.check_templates() if finding.severity is Severity.ERROR] == []
