"""The text part of an issue says what the HTML part says, and is readable as plain text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.wrapping import WIDTH, display_width
from coopdigest.domain.edition import Edition
from coopdigest.domain.issue import EditorWords, Issue
from coopdigest.testing.builders import make_item
from coopdigest.testing.issues import digest_of, issue_of
from coopdigest.testing.samples import sample_digest, sample_issue

SHIPPED = Path(__file__).parents[2] / "templates" / "email"
DAY = date(2026, 10, 1)
MARKS = re.compile("[\u200e\u200f\u202a-\u202c\u2066-\u2069]")
RLM, LRM, RLE, PDF, FSI, PDI = "\u200f", "\u200e", "\u202b", "\u202c", "\u2068", "\u2069"
LANGUAGES = ("en", "fr", "es", "ar")


@cache
def edition_of(count: int, language: str) -> Edition:
    """The issue of `count` items, composed."""
    return EmailComposer(digest_of(language), [SHIPPED]).compose(issue_of(count, language), language)


def text_of(issue: Issue, language: str = "en", **facts: Any) -> str:
    """The text part of an issue."""
    digest = sample_digest(languages=(language,), **facts)
    return EmailComposer(digest, [SHIPPED]).compose(issue, language).text


def lines_of(text: str) -> list[str]:
    """The lines, without marks of direction."""
    return MARKS.sub("", text).split("\n")


def words(text: str) -> str:
    """Text with its white space folded, without marks of direction."""
    return " ".join(MARKS.sub("", text).split())


def check_lines(text: str) -> None:
    """Assert what holds for every line of every text part."""
    assert text.endswith("\n")
    assert "\n\n\n" not in text
    for line in lines_of(text):
        assert line == line.rstrip(" \t")
        assert line != "--"
        if "://" in line:
            assert " " not in line.strip()
        elif display_width(line) > WIDTH:
            assert " " not in re.sub(r" (?=[:;!?»%]+[.,)]*( |$))|(?<=«) ", "", line.lstrip("•- "))


@pytest.mark.parametrize(("count", "language"), [*((12, language) for language in LANGUAGES), (120, "ar"), (180, "en")])
def test_every_line_fits_a_screen(count: int, language: str) -> None:
    """72 columns, but for links and words that must not be broken; no blanks at the ends, no hole, no signature."""
    check_lines(edition_of(count, language).text)


@pytest.mark.parametrize(("count", "language"), [*((12, language) for language in LANGUAGES), (120, "ar"), (180, "en")])
def test_both_parts_have_the_same_items_in_the_same_order(count: int, language: str) -> None:
    """The text part has all of them, whole, even where the HTML part only lists or counts the last ones."""
    edition = edition_of(count, language)
    titles = [words(entry.item.title) for entry in issue_of(count, language).items()]
    flat, at = words(edition.text), 0
    for title in titles:
        at = flat.index(title, at) + len(title)
    shown = [words(node.text()).rstrip("…") for node in LexborHTMLParser(edition.html).css("h3, .listed")]
    assert len(shown) <= len(titles)
    assert all(title.startswith(seen) for title, seen in zip(titles, shown, strict=False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_has_a_line_of_its_own(language: str) -> None:
    """So that no client takes a sign beside it for a part of it; nothing invisible touches it."""
    lines = edition_of(12, language).text.split("\n")
    for entry in issue_of(12, language).items():
        if entry.item.url:
            assert entry.item.url in lines
    assert f"https://news.example.org/issues/2026-10/{language}" in lines
    assert all(re.fullmatch(r"\S+", line) and not MARKS.search(line) for line in lines if "://" in line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_heading_is_underlined_in_its_width(language: str) -> None:
    """On the same side of the screen."""
    lines = edition_of(12, language).text.split("\n")
    rules = [number for number, line in enumerate(lines) if re.fullmatch(f"{RLM}?(=+|--+)", line) and lines[number - 1]]
    assert len(rules) == 7  # the digest's name, five themes, the media contact
    for number in rules:
        assert display_width(lines[number]) == display_width(lines[number - 1])
        assert lines[number].startswith(RLM) is (language == "ar")


def test_a_long_heading_is_underlined_below_its_last_line() -> None:
    """As wide as its widest line."""
    theme = "Learning from the neighbours " * 4
    text = text_of(sample_issue([make_item(1, "Title", DAY, theme=theme)]))
    first, second, rule = text[text.index("Learning") :].split("\n")[:3]
    assert rule == "-" * max(len(first), len(second))


def test_the_facts_of_an_item_stand_on_one_line() -> None:
    """Kind, date, credit and the mark of a late one, as far as there are any."""
    item = make_item(1, "Title", date(2026, 9, 5), theme="News", kind="Video", credit="© A", undated=True)
    late = "Video · Undated, first seen 5 September 2026 · © A · Carried over from September 2026"
    assert late in words(text_of(sample_issue([item])))
    assert "\nTitle\n1 October 2026\n" in text_of(sample_issue([make_item(1, "Title", DAY)]))


def test_the_introduction_keeps_its_lists_and_links() -> None:
    """Entries without holes between, links below their words, and named where there are several."""
    introduction = (
        "Dear readers,\n\n- one\n- two\n  1. three\n\nSee [the course](https://e.org/c).\n\n"
        "[A](https://e.org/a), [B](mailto:b@e.org), https://e.org/d or <https://e.org/e>."
    )
    issue = replace(sample_issue([make_item(1, "Title", DAY)]), words=(EditorWords("en", introduction),))
    expected = (
        "Dear readers,\n\n• one\n• two\n  1. three\n\nSee the course.\nhttps://e.org/c\n\n"
        "A, B,\nhttps://e.org/d\nor\nhttps://e.org/e.\nA:\nhttps://e.org/a\nB:\nb@e.org\n"
    )
    assert expected in text_of(issue)


def test_links_in_a_summary_are_written_out() -> None:
    """Before the link to the story itself, which is not said twice; each once."""
    html = (
        '<p>A <a href="https://e.org/c?a=1&amp;b=2"><em>free</em> course</a>, <a href="https://e.org/x">more</a>, '
        '<a href="https://e.org/c?a=1&amp;b=2">again</a>, <a href="mailto:a@e.org">a@e.org</a>, '
        '<a href="https://e.org/d">https://e.org/d</a>.</p>'
    )
    item = make_item(
        1, "T", DAY, summary="A free course, more, again, a@e.org", summary_html=html, url="https://e.org/x"
    )
    expected = "\n\nfree course:\nhttps://e.org/c?a=1&b=2\n\nhttps://e.org/x\n\n"
    assert expected in text_of(sample_issue([item]))


def test_the_preheader_holds_no_link() -> None:
    """An inbox shows its words only."""
    issue = replace(
        sample_issue(),
        words=(EditorWords("en", "See [what the ferry did](https://e.org/f) for all of us this month."),),
    )
    html = EmailComposer(sample_digest(), [SHIPPED]).compose(issue, "en").html
    assert "See what the ferry did for all of us this month." in html.partition("<h1")[0]


def test_french_has_a_blank_before_the_colon() -> None:
    """One that no line breaks at."""
    assert "\nSe désabonner\u202f:\n" in edition_of(2, "fr").text


# --- reading direction -------------------------------------------------------------------------------------


def marked(title: str, language: str = "ar", **facts: Any) -> list[str]:
    """The lines of an item: its title, its facts, and those below."""
    item = make_item(1, title, DAY, theme="التدريب", **{"language": language, **facts})
    text = text_of(sample_issue([item]), "ar")
    return text[text.index("-----") :].split("\n")[2:]


def test_an_arabic_line_reads_from_the_right_in_any_client() -> None:
    """A mark for clients that go by the first letter, an embedding for those that take every line for English."""
    assert marked("تعاونية Brightwater (2026)!")[0] == f"{RLM}{RLE}تعاونية Brightwater (2026)!{PDF}"
    assert marked("Brightwater تعاونية")[0] == f"{RLM}{RLE}Brightwater تعاونية{PDF}"
    assert marked("تعاونية البحيرة")[0] == "تعاونية البحيرة"  # there is nothing to go wrong


def test_every_line_of_a_long_arabic_paragraph_is_marked() -> None:
    """For each is a paragraph of its own to a client."""
    lines = marked("عنوان", summary="Brightwater تعاونية " * 12)
    paragraph = [line for line in lines[3:] if line][:3]
    assert len(lines_of("\n".join(paragraph))) == 3
    assert all(line.startswith(RLM + RLE) and line.endswith(PDF) for line in paragraph)


def test_a_piece_of_the_other_direction_is_isolated() -> None:
    """So that neither a number nor a sign beside it moves over to it."""
    facts = marked("عنوان", credit="© Lakeside 2026", kind="Video")[1]
    assert facts == f"{RLM}{RLE}{FSI}Video{PDI} · 1 أكتوبر 2026 · {FSI}© Lakeside 2026{PDI}{PDF}"
    english = text_of(sample_issue([make_item(1, "Title", DAY, kind="فيديو", credit="© أرشيف 2026")]))
    assert f"\n{LRM}{FSI}فيديو{PDI} · 1 October 2026 · {FSI}© أرشيف 2026{PDI}\n" in english


def test_the_name_of_the_digest_is_isolated_in_a_sentence() -> None:
    """2026 News is not News 2026."""
    text = text_of(sample_issue(), "ar", name="2026 News (UN)")
    assert f"في {FSI}2026 News (UN){PDI}.{PDF}\n" in text
    assert FSI not in text_of(sample_issue(), "en", name="2026 News (UN)")


def test_an_isolate_that_a_line_ends_in_is_opened_again() -> None:
    """A client forgets it at the end of the line."""
    facts = marked("عنوان", credit="© " + "Lakeside Archive " * 5)[1:3]
    assert [line.count(FSI) == line.count(PDI) == 1 for line in facts] == [True, True]


def test_an_english_item_in_an_arabic_issue_reads_from_the_left() -> None:
    """Without any mark; its facts are in the edition's language and read as that does."""
    lines = marked("The ferry (2026)!", "en", summary="Members of تعاونية voted.\n\nتعاونية is a word.")
    assert lines[0] == "The ferry (2026)!"
    assert lines[1] == f"{RLM}{RLE}1 أكتوبر 2026{PDF}"
    assert [line for line in lines[2:] if line][:2] == ["Members of تعاونية voted.", f"{LRM}تعاونية is a word."]


def test_an_arabic_item_in_an_english_issue_reads_from_the_right() -> None:
    """Even where its title begins with a Latin word."""
    item = make_item(1, "Brightwater: تعاونية", DAY, language="ar", theme="تنمية 2026")
    text = text_of(sample_issue([item] * 3 + [make_item(2, "B", DAY), make_item(3, "C", DAY)]))
    assert f"\n{RLM}{RLE}Brightwater: تعاونية{PDF}\n" in text
    assert f"\n{LRM}- {FSI}تنمية 2026{PDI} (3 stories)\n" in text
    assert "\nLakeside Newsroom\n" in text


def test_a_telephone_number_reads_from_the_left() -> None:
    """It has no letter to say so."""
    assert f"\n{LRM}+41 22 555 01 23\n" in edition_of(2, "ar").text
    assert "\n+41 22 555 01 23\n" in edition_of(2, "en").text


LETTERS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("ab اتב 漢字 12 -.:;()\u0301\u200d\ufe0f👩🏽🇨🇭\u202b\u202c\u2067\u2069\u00a0\n"),
    ),
    max_size=250,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    title=LETTERS, summary=LETTERS, theme=LETTERS, credit=LETTERS, name=LETTERS, language=st.sampled_from(["en", "ar"])
)
def test_any_words_make_a_readable_text(
    title: str, summary: str, theme: str, credit: str, name: str, language: str
) -> None:
    """Every line keeps its promises, closes what it opens, and the title's words are there."""
    item = make_item(1, title, DAY, summary=summary, theme=theme, credit=credit, url="https://e.org/1")
    digest = sample_digest(name=name, languages=(language,))
    text = EmailComposer(digest, [SHIPPED]).compose(sample_issue([item]), language).text
    check_lines(text)
    assert "https://e.org/1" in text.split("\n")
    for line in text.split("\n"):
        assert sum(line.count(sign) for sign in "\u202a\u202b") == line.count(PDF)
        assert sum(line.count(sign) for sign in "\u2066\u2067\u2068") == line.count(PDI)
