"""The composer keeps its contract with the shipped templates."""

from __future__ import annotations

import shutil
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.composer import HTML_BUDGET, EmailComposer
from coopdigest.domain.digest import Digest
from coopdigest.domain.edition import Edition, Severity, Slot, marker
from coopdigest.domain.errors import CompositionError
from coopdigest.domain.issue import Issue, IssueState
from coopdigest.domain.item import Image
from coopdigest.domain.period import Cadence, period_of
from coopdigest.ports import Composer
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue, sample_items

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
STANDARD = EmailComposer(sample_digest(), [SHIPPED])
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=60)
HOSTILE = st.one_of(
    ANY_TEXT,
    st.sampled_from(
        [
            "</mj-text></mj-column><mj-raw>", "{{ 7*7 }}{% if a < 3 %}", "<script>alert(1)</script>", "<!--[if mso]>",
            "<![endif]-->", "%%TOKEN%%", "slot0123456789abcdef01234567unsubscribeend", "\ud800", "\x00\x08",
            "\u202egpj",
            '" onload="x', "&amp;&lt;&#0;", "a" * 400, "漢" * 90, "]]>", "-- \n", "\ue000issue.mjml:3\ue001", "\ue002",
        ]
    ),
)  # fmt: skip


def composer_of(digest: Digest | None = None, *own: Path) -> Composer:
    """A composer with the shipped templates behind `own` folders."""
    return EmailComposer(digest or sample_digest(), [*own, SHIPPED]) if digest or own else STANDARD


def compose(issue: Issue | None = None, language: str = "en", digest: Digest | None = None) -> Edition:
    """An edition by the shipped templates."""
    return composer_of(digest).compose(issue or sample_issue(), language)


def page(edition: Edition) -> LexborHTMLParser:
    """The HTML part as a browser reads it."""
    return LexborHTMLParser(edition.html)


def words(node_text: str) -> str:
    """Text with its white space folded."""
    return " ".join(node_text.split())


def test_an_edition_holds_the_items_by_theme() -> None:
    """Headings are in order, and each item has its title, date, credit and summary."""
    tree = page(compose())
    headings = [(node.tag, words(node.text())) for node in tree.css("h1, h2, h3")]
    assert headings[:3] == [
        ("h1", "Lakeside Cooperatives News"),
        ("h2", "Cooperative development"),
        ("h3", "Three valley dairies agree to share one cheese cellar"),
    ]
    ferry = words(tree.css(".item")[1].text())
    assert "15 October 2026 · © Lakeside Archive 2026" in ferry
    assert "Ten months later" in ferry


def test_titles_link_to_the_story_and_only_where_there_is_one() -> None:
    """A link's words say where it leads."""
    tree = page(compose())
    links = {words(node.text()): node.attributes["href"] for node in tree.css("h3 a")}
    assert links["Night market, one till"] == "https://www.example.org/night"
    assert "A week of safety training for orchard crews" not in links


def test_both_parts_hold_the_whole_footer() -> None:
    """Media contact, postal address, the reason, the way out, and the issue in the browser."""
    edition = compose()
    hrefs = [node.attributes.get("href") for node in page(edition).css("a")]
    slot = marker(edition.nonce, Slot.UNSUBSCRIBE_URL)
    view = "https://news.example.org/issues/2026-10/en"
    assert {"mailto:newsroom@example.org", "tel:+41225550123", "https://www.example.org/newsroom", slot, view} <= set(
        hrefs
    )
    shown = words(page(edition).body.text()) if page(edition).body else ""
    for part in (shown, words(edition.text)):
        assert "You receive this because you subscribed to Lakeside Cooperatives News." in part
        assert "Lakeside Federation of Cooperatives, 1 Example Street, 1200 Geneva, Switzerland" in part
        assert "Lakeside Newsroom" in part
    for line in (slot, view, "newsroom@example.org", "+41 22 555 01 23", "https://www.example.org/newsroom"):
        assert line in edition.text.split("\n")


def test_without_public_pages_readers_leave_by_mail() -> None:
    """No link leads to a page that does not exist, and no slot is left for the sender to fill."""
    edition = compose(digest=sample_digest(public_url=None, unsubscribe_mailbox="leave@example.org"))
    assert "mailto:leave@example.org?subject=unsubscribe" in edition.text.split("\n")
    assert 'href="mailto:leave@example.org?subject=unsubscribe"' in edition.html
    assert marker(edition.nonce, Slot.UNSUBSCRIBE_URL) not in edition.html + edition.text
    assert "View in browser" not in edition.html + edition.text


def test_the_same_issue_gives_the_same_bytes() -> None:
    """Another composer, the same bytes."""
    assert compose() == compose()


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Composing opens no socket."""

    def refuse(*_args: object, **_facts: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert compose().html


def test_nothing_remote_is_in_it_but_the_items_own_pictures() -> None:
    """No web font, no style sheet, no icon from elsewhere."""
    tree = page(compose())
    assert [node.attributes["src"] for node in tree.css("[src]")] == ["https://www.example.org/pictures/cellar.jpg"]
    assert not tree.css("link")
    assert "url(" not in compose().html


@pytest.mark.parametrize(
    ("language", "subject", "contact"),
    [
        ("en", "Lakeside Cooperatives News – October 2026", "Media contact"),
        ("fr", "Lakeside Cooperatives News – octobre 2026", "Contact presse"),
        ("es", "Lakeside Cooperatives News – octubre de 2026", "Contacto de prensa"),
        ("ar", "Lakeside Cooperatives News – أكتوبر 2026", "للتواصل الإعلامي"),
        ("pt", "Lakeside Cooperatives News – outubro de 2026", "Media contact"),
    ],
)
def test_an_edition_speaks_its_language(language: str, subject: str, contact: str) -> None:
    """Fixed words from the catalogue, English where there is none; dates always in the language."""
    edition = compose(language=language)
    assert edition.subject == subject
    assert contact in edition.text
    assert contact in edition.html
    assert f'<html lang="{language}"' in edition.html


def test_an_arabic_edition_runs_from_right_to_left() -> None:
    """Everywhere: document, parts, layout and text; addresses and foreign items keep their own way."""
    tree = page(compose(language="ar"))
    assert all(node.attributes.get("dir") == "rtl" for node in tree.css("html, body > div"))
    assert "direction:ltr" not in compose(language="ar").html
    assert [node.attributes.get("dir") for node in tree.css(".contact a span[dir]")] == ["ltr"] * 3


def test_an_item_in_another_language_says_so() -> None:
    """So that a screen reader pronounces it, and its letters run the right way."""
    french = page(compose()).css(".item[lang]")
    assert [(node.attributes["lang"], node.attributes["dir"]) for node in french] == [("fr", "ltr")]
    arabic = make_item(1, "تعاونيات", date(2026, 10, 1), language="ar")
    (shown,) = page(compose(sample_issue([arabic]))).css(".item")
    assert (shown.attributes["lang"], shown.attributes["dir"]) == ("ar", "rtl")


def test_a_late_item_is_marked() -> None:
    """With the period that it belongs to, in both parts."""
    edition = compose()
    assert "14 September 2026 · Carried over from September 2026" in edition.text
    (late,) = page(edition).css(".late")
    assert words(late.text()) == "Carried over from September 2026"


def test_a_picture_without_words_is_not_linked() -> None:
    """A linked picture needs words; without them it decorates."""
    silent = Image(url="https://e.org/a.jpg")
    tree = page(compose(sample_issue([make_item(url="https://e.org/", image=silent, day=date(2026, 10, 1))])))
    (image,) = tree.css("img")
    assert image.attributes["alt"] == ""
    assert image.parent is not None
    assert image.parent.tag == "p"


def test_the_preheader_tells_the_titles() -> None:
    """Between 40 and 130 characters, and not the subject again (A30)."""
    edition = compose()
    tree = page(edition)
    preheader = tree.css("body > div")[0].text()
    assert 40 <= len(preheader) <= 130
    assert preheader.startswith("Three valley dairies")


def test_an_issue_without_items_says_so() -> None:
    """Instead of showing a hole."""
    empty = Issue("coop-news", period_of(Cadence.MONTH, date(2026, 10, 1), ZoneInfo("UTC")), IssueState.EMPTY)
    edition = compose(empty)
    assert "There is no news in this period." in edition.text
    assert "There is no news in this period." in edition.html


@pytest.mark.parametrize("count", [1, 60, 120, 400])
def test_any_number_of_items_fits(count: int) -> None:
    """The HTML part keeps to its budget with footer and slot; the text part always holds everything."""
    kinds = sample_items()
    items = [
        replace(kinds[i % 4], id=i, title=f"{kinds[i % 4].title} {i}", summary="A sentence. " * 40)
        for i in range(count)
    ]
    edition = compose(sample_issue(items))
    assert len(edition.html.encode()) <= HTML_BUDGET
    assert marker(edition.nonce, Slot.UNSUBSCRIBE_URL) in edition.html
    flat = words(edition.text)
    assert all(words(item.title) in flat for item in items)
    assert not [f for f in composer_of().check(edition) if f.severity is Severity.ERROR]


def test_summaries_are_cut_at_a_sentence_when_room_is_short() -> None:
    """Pictures go first, then the ends of summaries."""
    items = [make_item(i, f"Title {i}", date(2026, 10, 1), summary="A full sentence ends. " * 60) for i in range(100)]
    tree = page(compose(sample_issue(items)))
    assert all(words(node.css("p")[-1].text()).endswith("ends.") for node in tree.css(".item"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=HOSTILE,
    summary=HOSTILE,
    markup=HOSTILE,
    theme=HOSTILE,
    credit=HOSTILE,
    alt=HOSTILE,
    url=HOSTILE,
    language=HOSTILE,
)
def test_hostile_words_stay_words(
    title: str, summary: str, markup: str, theme: str, credit: str, alt: str, url: str, language: str
) -> None:
    """Whatever a source says, the issue composes, its words are words, and the slot is the only one."""
    item = make_item(
        1, title, date(2026, 10, 1), summary=summary, summary_html=markup, theme=theme, credit=credit,
        image=Image(url="https://e.org/" + url, alt=alt), url=url, language=language,
    )  # fmt: skip
    edition = compose(sample_issue([item, *sample_items()[:1]]))
    tree = page(edition)
    slot = marker(edition.nonce, Slot.UNSUBSCRIBE_URL)
    assert edition.html.count(slot) == edition.text.count(slot) == 1
    assert not tree.css("script, iframe, [onload], mj-raw")
    assert len(tree.css(".item")) == 2
    assert len(tree.css("h2")) == 3 - (theme == "Cooperative development")
    assert not [f for f in composer_of().check(edition) if f.severity is Severity.ERROR]


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60).filter(str.strip))
def test_text_inside_is_text_outside(text: str) -> None:
    """Every printable title is read in both parts as it was written."""
    edition = compose(sample_issue([make_item(1, text, date(2026, 10, 1), url="https://e.org/x")]))
    assert words(page(edition).css("h3")[0].text()) == words(text)
    assert words(text) in words(edition.text)


def test_words_that_look_like_template_code_are_no_finding() -> None:
    """An item may write about templates."""
    item = make_item(1, "{{ user }} and %%NAME%%", date(2026, 10, 1), summary="{% if %} {name} [[x]] *|Y|* " * 9)
    edition = compose(sample_issue([item]))
    assert "{{ user }} and %%NAME%%" in edition.text
    assert composer_of().check(edition) == []


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_the_shipped_templates_break_no_rule(language: str) -> None:
    """With every fact there is."""
    composer = composer_of(sample_digest(languages=(language,)))
    assert composer.check(composer.compose(sample_issue(), language)) == []
    assert composer.check_templates() == []


def _own(tmp_path: Path, name: str, source: str) -> Path:
    folder = tmp_path / "templates" / "email"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source.encode("utf-8", "surrogateescape"))
    return folder


def test_a_digests_own_template_wins_file_by_file(tmp_path: Path) -> None:
    """The others stay the shipped ones; an own catalogue may change one word."""
    own = _own(tmp_path, "subject.txt", "{{ period }}: our news")
    _own(tmp_path, "translations/en.toml", 'unsubscribe = "Leave the list"')
    edition = composer_of(None, own).compose(sample_issue(), "en")
    assert edition.subject == "October 2026: our news"
    assert "Leave the list:" in edition.text
    assert "Media contact" in edition.text


def test_a_template_that_changes_is_read_again(tmp_path: Path) -> None:
    """The preview shows what was just saved."""
    own = _own(tmp_path, "subject.txt", "one")
    composer = composer_of(None, own)
    assert composer.compose(sample_issue(), "en").subject == "one"
    (own / "subject.txt").write_text("three")
    shutil.copystat(SHIPPED / "issue.txt", own / "subject.txt")
    assert composer.compose(sample_issue(), "en").subject == "three"


ITEM = "partials/item.mjml"


@pytest.mark.parametrize(
    ("name", "source", "place", "message"),
    [
        (ITEM, "<p>\n{% if item %}\n</p>", f"{ITEM}:3", "Unexpected end of template"),
        (ITEM, "<p>\n\n{{ itme.title }}</p>", f"{ITEM}:3", "'itme' is undefined"),
        (ITEM, "<p>\n{{ item.titel }}</p>", f"{ITEM}:2", "has no attribute 'titel'"),
        (ITEM, "{{ words.missing }}", f"{ITEM}:1", "has no attribute 'missing'"),
        (ITEM, "\n{{ 1 / 0 }}", f"{ITEM}:2", "division by zero"),
        (ITEM, "\n{{ item.title + 1 }}", f"{ITEM}:2", "can only concatenate"),
        (ITEM, "\n\n{% include 'partials/no.mjml' %}", f"{ITEM}:3", "no template partials/no.mjml"),
        (ITEM, "{% include 'partials/item.mjml' %}", f"{ITEM}:1", "without end"),
        (ITEM, "\xe9\udce9", ITEM, "not text in UTF-8"),
        ("subject.txt", "\n{{ nmae }}", "subject.txt:2", "'nmae' is undefined"),
        ("issue.txt", "{% for %}", "issue.txt:1", "Expected an expression"),
        ("translations/en.toml", 'a = "b"\nc = d', "translations/en.toml:2", "not readable as TOML"),
        ("translations/en.toml", "why = 3", "translations/en.toml", "not a word"),
    ],
)
def test_a_broken_template_is_named_with_file_and_line(
    tmp_path: Path, name: str, source: str, place: str, message: str
) -> None:
    """Alone or in a partial; composing and checking say the same."""
    composer = composer_of(None, _own(tmp_path, name, source))
    with pytest.raises(CompositionError, match=r"^templates/email/") as caught:
        composer.compose(sample_issue(), "en")
    assert caught.value.place == f"templates/email/{place}"
    assert message in str(caught.value)
    (finding,) = composer.check_templates()
    assert (finding.rule, finding.severity, finding.place) == ("T01", Severity.ERROR, f"templates/email/{place}")


def test_a_style_sheet_that_would_be_fetched_is_refused(tmp_path: Path) -> None:
    """The inliner's parser fetches imports whatever it is told."""
    head = (SHIPPED / "partials" / "head.mjml").read_text("utf-8")
    sheet = '<mj-style inline="inline">@import url(http://127.0.0.1:1/);</mj-style>'
    composer = composer_of(None, _own(tmp_path, "partials/head.mjml", head + sheet))
    with pytest.raises(CompositionError, match=r"head.mjml:\d+:\d+: no @rule .* plain <mj-style>"):
        composer.compose(sample_issue(), "en")


@pytest.mark.parametrize("code", ["{{ name }}", "%%NAME%%", "*|FNAME|*", "{name}"])
def test_template_code_that_a_template_prints_is_found(tmp_path: Path, code: str) -> None:
    """With the template's place, and only once a language."""
    source = f"{{# x #}}\n{{% raw %}}{code}{{% endraw %}} news"
    composer = composer_of(None, _own(tmp_path, "subject.txt", source))
    findings = [f for f in composer.check(composer.compose(sample_issue(), "en")) if f.rule == "M01"]
    assert [(f.severity, f.place) for f in findings] == [(Severity.ERROR, "templates/email/subject.txt:2:10")]


def test_items_with_summary_markup_keep_it() -> None:
    """Emphasis and links of the source are shown, in paragraphs."""
    tree = page(compose())
    training = tree.css(".item")[2]
    assert training.css_first("em") is not None
    assert [node.attributes["href"] for node in training.css("a")] == ["https://www.example.org/course"]
