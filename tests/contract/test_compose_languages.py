"""An edition speaks its language, from right to left where that does, and `check` says which words it lacks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.wording import read_catalogue
from coopdigest.domain.digest import Brand, Digest
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.issue import Issue
from coopdigest.domain.period import Cadence, parse_period
from coopdigest.testing.builders import make_item
from coopdigest.testing.issues import digest_of, issue_of
from coopdigest.testing.samples import sample_digest, sample_issue

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
DAY = date(2026, 10, 1)
CATALOGUES = "templates/email/translations"


def compose(issue: Issue, language: str, *own: Path, **facts: object) -> Edition:
    """An edition by the shipped templates behind `own` folders."""
    return EmailComposer(sample_digest(languages=(language,), **facts), [*own, SHIPPED]).compose(issue, language)


def tree_of(edition: Edition) -> LexborHTMLParser:
    """The HTML part as a browser reads it."""
    return LexborHTMLParser(edition.html)


def write_catalogue(folder: Path, language: str, text: str) -> Path:
    """A digest's own template folder with one catalogue."""
    path = folder / CATALOGUES / f"{language}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder / "templates" / "email"


# --- fixed words -------------------------------------------------------------------------------------------


def findings(digest: Digest, *own: Path) -> list[tuple[str, str, str, str]]:
    """Rule, place, message and hint of what the templates are found to lack; warnings all."""
    found: list[Finding] = EmailComposer(digest, [*own, SHIPPED]).check_templates()
    assert {finding.severity for finding in found} <= {Severity.WARNING}
    return [(each.rule, each.place, each.message, each.hint) for each in found]


def test_shipped_languages_lack_nothing() -> None:
    """English, French, Spanish and Arabic, and their regional forms."""
    assert findings(sample_digest(languages=("en", "fr", "es", "ar"))) == []
    assert findings(sample_digest(languages=("en-GB", "fr-CH"))) == []


def test_one_file_makes_a_language(tmp_path: Path) -> None:
    """A digest's own catalogue is enough: the edition has not a word of English, and `check` has nothing to say."""
    english = read_catalogue([SHIPPED], "en")
    lines = [
        f'{key} = "PT {re.sub("[a-zA-Z ]+(?![a-z]*})", "x", word)}"'
        for key, word in english.items()
        if isinstance(word, str)
    ]
    forms = '{ one = "PT {count}", many = "PT {count}", other = "PT {count}" }'
    own = write_catalogue(tmp_path, "pt", "\n".join([*lines, f"stories = {forms}", f"beyond = {forms}"]))
    assert findings(sample_digest(languages=("pt",)), own) == []
    edition = compose(issue_of(12, "en"), "pt", own)
    assert "outubro de 2026" in edition.text
    for word in ("Media contact", "In this issue", " stories", "Unsubscribe", "subscribed", "Issue 24", "Undated"):
        assert word not in edition.text + edition.html


def test_a_language_without_catalogue_is_told() -> None:
    """Its edition is English, with dates in its own language."""
    (found,) = findings(sample_digest(languages=("en", "pt")))
    assert found == (
        "W01",
        f"{CATALOGUES}/pt.toml",
        "there is no catalogue for pt: every fixed word of its edition is English",
        "copy en.toml to it and translate",
    )


def test_missing_words_are_named(tmp_path: Path) -> None:
    """Some of them, and the plural forms that the language needs and English does not."""
    own = write_catalogue(tmp_path, "ru", 'why = "x {name}"\nstories = { one = "x", other = "x" }')
    (found,) = findings(sample_digest(languages=("ru",)), own)
    assert found[:2] == ("W01", f"{CATALOGUES}/ru.toml")
    named = "subject, issue_number, in_this_issue, stories.few, stories.many, media_contact"
    assert re.fullmatch(rf"not there in ru, so English stands in: {named} and \d+ more", found[2])


def test_a_word_of_the_brand_counts_as_there(tmp_path: Path) -> None:
    """Wherever it comes from."""
    source = (SHIPPED / "translations" / "es.toml").read_text("utf-8").replace("unsubscribe =", "# unsubscribe =")
    own = write_catalogue(tmp_path, "es", source)
    folder = shutil.copytree(SHIPPED, tmp_path / "copy")
    shutil.copy(own / "translations" / "es.toml", folder / "translations" / "es.toml")
    brand = Brand(words={"es": {"unsubscribe": "Darse de baja"}})
    for brand_, missing in ((brand, []), (Brand(), ["not there in es, so English stands in: unsubscribe"])):
        digest = sample_digest(languages=("es",), brand=brand_)
        assert [f.message for f in EmailComposer(digest, [folder]).check_templates()] == missing


def brand_findings(words: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, str, str]]:
    """What is found about `[brand] words`."""
    return findings(sample_digest(brand=Brand(words=words)))


def test_a_word_that_there_is_not_is_found() -> None:
    """With the nearest one that there is."""
    assert brand_findings({"en": {"unsubscribe": "Leave"}}) == []
    assert brand_findings({"en": {"unsubscrib": "Leave"}}) == [
        (
            "W04",
            "coopdigest.toml [brand] words.en",
            "there is no word unsubscrib, so nothing shows it",
            "did you mean unsubscribe?",
        )
    ]


def test_a_placeholder_that_nothing_fills_is_found(tmp_path: Path) -> None:
    """In the configuration and in catalogues; a subject may hold all that a subject is filled with."""
    assert brand_findings({"en": {"subject": "{name} {number} {period}: {lead} ({count})"}}) == []
    unused, found = brand_findings({"fr": {"why": "Bonjour {nam}"}})
    assert unused[0] == "W04"
    assert unused[2] == "no edition is in fr, so nothing shows them"
    assert found[0] == "W05"
    assert found[2:] == ("{nam} in why is not filled in: readers see it as it stands", "did you mean {name}?")
    assert brand_findings({"en": {"untitled": "Untitled {x}"}})[0][3] == "take it out"
    own = write_catalogue(tmp_path, "fr", 'carried_over_from = "Report ({perod})"\nwhi = "x"')
    place = f"{CATALOGUES}/fr.toml"
    assert [found[:2] for found in findings(sample_digest(), own)] == [("W05", place), ("W04", place)]


def test_a_word_of_an_own_template_is_no_finding(tmp_path: Path) -> None:
    """A digest in one language may have words of its own in that language only."""
    own = write_catalogue(tmp_path, "fr", 'greeting = "Bonjour {x}"')
    (own / "subject.txt").write_text("{{ words.greeting | fill(x=name) }}", "utf-8")
    assert findings(sample_digest(languages=("fr",)), own) == []


def test_a_catalogue_that_is_not_readable_is_an_error(tmp_path: Path) -> None:
    """Even one of a language that no edition has; once."""
    own = write_catalogue(tmp_path, "de", "a = b")
    (found,) = EmailComposer(sample_digest(), [own, SHIPPED]).check_templates()
    assert (found.rule, found.severity, found.place) == ("T01", Severity.ERROR, f"{CATALOGUES}/de.toml:1")


# --- editions ----------------------------------------------------------------------------------------------


def test_items_go_to_the_edition_of_their_language() -> None:
    """And to every edition when they name none, or one that the digest does not have."""
    languages = ("en", "fr", "ar")
    items = [
        make_item(1, "Ferry", DAY, language="en"), make_item(2, "Bac", DAY, language="fr-CH"),
        make_item(3, "عبّارة", DAY, language="ar"), make_item(4, "Karum", DAY),
        make_item(5, "Fähre", DAY, language="de"),
    ]  # fmt: skip
    issue = sample_issue(items)
    composer = EmailComposer(sample_digest(languages=languages), [SHIPPED])
    shown = {}
    for language in languages:
        edition = composer.compose(issue.in_language(language, languages), language)
        shown[language] = [node.text().strip() for node in tree_of(edition).css("h3")]
        assert all(title in edition.text for title in shown[language])
    assert shown == {
        "en": ["Ferry", "Karum", "Fähre"], "fr": ["Bac", "Karum", "Fähre"], "ar": ["عبّارة", "Karum", "Fähre"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "language", "words"),
    [
        ("2026-10", "fr", "octobre 2026"),
        ("2026-W42", "es", "12–18 oct 2026"),
        ("2026-Q4", "ar", "الربع الرابع 2026"),
        ("2026", "fr", "2026"),
        ("2026-10-01", "fr", "1er octobre 2026"),
        ("2026-10-01..2026-10-15", "ar", "1–15 أكتوبر 2026"),
        ("2026-12-28..2027-01-03", "es", "28 dic 2026 – 3 ene 2027"),
    ],
)
def test_a_period_of_any_kind_is_said_in_the_editions_language(key: str, language: str, words: str) -> None:
    """In the masthead, the title, the subject and the text part."""
    period = parse_period(key, Cadence.MONTH, ZoneInfo("UTC"), datetime(2027, 1, 1, tzinfo=UTC))
    edition = compose(replace(sample_issue(), period=period), language)
    tree = tree_of(edition)
    places = [edition.subject, edition.text, *(node.text() for node in tree.css("title, .period"))]
    assert len(places) == 4
    assert all(words in place for place in places)


# --- right to left -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 12, 40, 120])
def test_nothing_in_an_arabic_issue_is_laid_out_from_the_left(count: int) -> None:
    """But for items in another language, telephone numbers and addresses."""
    edition = EmailComposer(digest_of("ar"), [SHIPPED]).compose(issue_of(count, "ar"), "ar")
    tree = tree_of(edition)
    for foreign in tree.css('.item[dir="ltr"], .listed[dir="ltr"], span[dir="ltr"]'):
        foreign.decompose()
    left = re.compile(r"direction:\s*ltr|text-align:\s*left|(padding|margin|border)-left:\s*[1-9]")
    for node in tree.css("html, body, body *"):
        said = f"{node.attributes.get('style') or ''} {node.attributes.get('align') or ''}"
        allowed = "beside" in (node.attributes.get("class") or "")  # between a picture at the right and the words
        assert not left.search(said) or allowed, node.html
        assert node.attributes.get("align") != "left"
        assert node.attributes.get("dir") in (None, "rtl")


@pytest.mark.parametrize("language", ["ar", "en"])
def test_items_of_another_language_say_so(language: str) -> None:
    """With their own language and direction, and with ours again for the words that are ours."""
    edition = EmailComposer(digest_of(language), [SHIPPED]).compose(issue_of(40, language), language)
    other = "ar" if language == "en" else "en"
    items = tree_of(edition).css(f'.item[lang="{other}"]')
    assert len(items) == 4
    for item in items:
        assert item.attributes["dir"] == ("rtl" if other == "ar" else "ltr")
        date_ = item.css_first(".facts span[lang]")
        assert (date_.attributes["lang"], date_.attributes["dir"]) == (language, "rtl" if language == "ar" else "ltr")


def test_pieces_of_the_other_direction_are_isolated() -> None:
    """Names, themes, kinds and credits, where a number or a sign beside them would move over to them."""
    item = make_item(1, "عنوان", DAY, theme="COOP 2026", kind="Video", credit="© Lakeside 2026")
    items = [item, *(make_item(number, "عنوان", DAY, theme="أخبار") for number in range(2, 6))]
    edition = compose(sample_issue(items), "ar", name="2026 News (UN)", postal_address="1 Example Street")
    isolated = [node.text() for node in tree_of(edition).css("p span[dir], h1 span[dir], h2 span[dir]")]
    for words in ("2026 News (UN)", "COOP 2026", "Video", "© Lakeside 2026", "1 Example Street", "Lakeside Newsroom"):
        assert words in isolated
    assert "أخبار" not in isolated
    assert isolated.count("2026 News (UN)") == 2  # the heading, and why the reader gets this


def test_the_direction_of_an_item_without_language_is_that_of_its_title() -> None:
    """Of its words; a language that is said outweighs them."""
    mixed = "COVID-19 والتعاونيات في المنطقة"
    items = [
        make_item(1, mixed, DAY), make_item(2, "The word تعاونية in three languages", DAY),
        make_item(3, "Brightwater", DAY, language="ar"),
    ]  # fmt: skip
    shown = tree_of(compose(sample_issue(items), "ar")).css(".item")
    assert [node.attributes.get("dir") for node in shown] == [None, "ltr", None]
