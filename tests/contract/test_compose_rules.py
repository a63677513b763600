"""Every rule of `check` finds what it is for, and nothing in an edition by the shipped templates."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from coopdigest.compose.composer import EmailComposer
from coopdigest.compose.lint import RULES, lint
from coopdigest.compose.rules.tables import find_imbalance
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, marker
from coopdigest.domain.item import Image
from coopdigest.testing.builders import make_item
from coopdigest.testing.samples import sample_digest, sample_issue

DIGEST = sample_digest()
TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
COMPOSER = EmailComposer(DIGEST, [TEMPLATES])
GOOD = COMPOSER.compose(sample_issue(), "en")
SLOT = marker(GOOD.nonce, Slot.UNSUBSCRIBE_URL)


def changed(old: str, new: str) -> Edition:
    """The good edition with something of its HTML exchanged."""
    assert old in GOOD.html
    return replace(GOOD, html=GOOD.html.replace(old, new))


def with_html(html: str) -> Edition:
    """The good edition with something of the template's own at its end."""
    style = "background-color:#fff;color:#000;line-height:24px"
    return changed("</body>", f'<div lang="en" dir="ltr" style="{style}">{html}</div></body>')


def found(edition: Edition) -> set[tuple[str, Severity]]:
    """Ids and severities of the findings."""
    return {(finding.rule, finding.severity) for finding in lint(edition, DIGEST)}


def test_a_good_edition_has_no_finding() -> None:
    """The yardstick of all the others."""
    assert list(lint(GOOD, DIGEST)) == []


E, W = Severity.ERROR, Severity.WARNING


@pytest.mark.parametrize(
    ("old", "new", "rule", "severity"),
    [
        ('<html lang="en"', '<html lang="und"', "A06", E),
        ('role="article" lang="en" dir="ltr"', 'role="article" lang="en"', "A01", E),
        ('role="article" lang="en" dir="ltr"', 'role="article" dir="ltr"', "A02", E),
        ("<h1 ", "<h2 ", "A04", W),
        ("<title>", "<title></title><title>", "A09", E),
        ("initial-scale=1", "initial-scale=1, user-scalable=no", "A12", E),
        ("initial-scale=1", "maximum-scale=1.0", "A12", E),
        ("<!DOCTYPE html>", "", "A70", E),
        ("charset=UTF-8", "charset=latin-1", "A70", E),
        ('role="presentation" align="center" style', 'align="center" style', "A03", E),
        ("</td></tr></table><![endif]-->", "</td></tr><![endif]-->", "A60", E),
        (f'href="{SLOT}"', 'href="https://e.org/"', "B12", E),
        ("Media contact</h2>", "</h2>", "A04", W),
        (".item", "@import url(x); .item", "A70", E),
        (SLOT, SLOT.replace("unsubscribe", "preferences"), "M02", E),
        (SLOT, SLOT + "x", "M02", E),
    ],
)
def test_a_fault_of_the_document_is_found(old: str, new: str, rule: str, severity: Severity) -> None:
    """Each by its rule and with its severity."""
    assert (rule, severity) in found(changed(old, new))


ARABIC = EmailComposer(sample_digest(languages=("ar",)), [TEMPLATES]).compose(sample_issue(), "ar")


def test_a_good_edition_from_right_to_left_has_no_finding() -> None:
    """The yardstick for its direction."""
    assert list(lint(ARABIC, DIGEST)) == []


@pytest.mark.parametrize(
    ("edition", "pattern", "new", "rule"),
    [
        (GOOD, "mso-hide:all", "", "A30"),
        (GOOD, '<meta name="color-scheme"[^>]*>', "", "A40"),
        (GOOD, r"@media \(prefers-color-scheme: dark\)", "@media print", "A40"),
        (GOOD, r"\[data-ogsc\] ", ".other ", "A40"),
        (GOOD, r'(class="facts"[^>]*?\bcolor: ?)#\w+', r"\1#b0b0b0", "A07"),
        (GOOD, r"\{ color: #\w{6} !important", "{ color: #333333 !important", "A07"),
        (GOOD, r"max-width:600px", "width:600px", "W10"),
        (GOOD, r'aria-roledescription="email"', 'aria-role="email"', "A14"),
        (ARABIC, "direction:rtl", "direction:ltr", "A50"),
        (ARABIC, "text-align:right;color", "text-align:left;color", "A50"),
        (ARABIC, '<span dir="ltr">', "<span>", "A50"),
    ],
)
def test_a_mutated_template_fails_by_exactly_its_rule(edition: Edition, pattern: str, new: str, rule: str) -> None:
    """Every part of the look is there for a rule that would miss it."""
    html = re.sub(pattern, new, edition.html, flags=re.DOTALL)
    assert html != edition.html
    assert {finding.rule for finding in lint(replace(edition, html=html), DIGEST)} == {rule}


@pytest.mark.parametrize(
    ("html", "rule", "severity"),
    [
        ('<a href="https://e.org/"></a>', "A05", E),
        ('<a href="https://e.org/"><img src="https://e.org/a.png" width="9" alt=""></a>', "A05", E),
        ('<a href="https://e.org/">Read more →</a>', "A10", W),
        ('<a href="https://e.org/1">A</a><a href="https://e.org/2">a</a>', "A10", W),
        ('<img src="https://e.org/a.png" width="9">', "A08", E),
        ('<img src="https://e.org/a.png" alt="a">', "A22", W),
        ('<img src="http://e.org/a.png" width="9" alt="a">', "A22", W),
        ('<img src="data:image/png;base64,x" width="9" alt="a">', "A22", E),
        ('<a href="#nowhere">x</a>', "L01", E),
        ('<a href="#">x</a>', "L01", E),
        ('<a href="">x</a>', "L01", E),
        ('<a href="/about">x</a>', "L02", E),
        ('<a href="ftp://e.org/x">x</a>', "L02", E),
        ('<a href="https://">x</a>', "L02", E),
        ('<p id="one"></p><p id="one"></p>', "A13", W),
        ("<script>1</script>", "A70", E),
        ("<form></form>", "A70", E),
        ('<p onclick="x">y</p>', "A70", E),
        ("<table><tr><td>x</td></tr></table>", "A03", E),
        ("<h5>x</h5>", "A04", W),
        (f"<style>{'p{color:red}' * 2_000}</style>", "A70", E),
        ("x" * 75_000, "B28", W),
        ("x" * 110_000, "B28", E),
        ("x" * 40_000, "B29", W),
        ('<p class="overflow-more">There are 9 more</p>', "B28", W),
    ],
)
def test_a_fault_of_a_template_is_found(html: str, rule: str, severity: Severity) -> None:
    """What the template alone wrote can be mended, so most of it stops a sending."""
    assert (rule, severity) in found(with_html(html))


@pytest.mark.parametrize(
    "html",
    [
        '<a style="color:#00e" href="#here">down</a><p id="here">x</p>',
        '<a style="color:#00e" href="tel:+41225550123">+41 22 555 01 23 again</a>',
        '<a style="color:#00e" href="https://e.org/1">A</a><a style="color:#00e" href="https://e.org/1">a</a>',
        '<table><tr><th scope="col">x</th></tr><tr><td>y</td></tr></table>',
        "<!-- a <table> in a comment -->",
    ],
)
def test_what_is_well_made_is_no_finding(html: str) -> None:
    """Rules do not cry wolf."""
    assert found(with_html(html)) == set()


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"image": Image(url="https://e.org/a.png", credit="© E")}, "A08"),
        ({"image": Image(url="https://e.org/a.png", alt="A mill")}, "I02"),
        ({"image": Image(url="http://e.org/a.png", alt="A mill", credit="© E")}, "A22"),
        ({"summary_html": '<p>It is <a href="https://e.org/x">here</a>.</p>'}, "A10"),
        ({"summary_html": '<p>It is <a href="https://e.org/x"></a>.</p>'}, "A05"),
        ({"title": "  "}, "I01"),
    ],
)
def test_what_only_the_source_can_mend_is_a_warning_at_the_item(facts: dict[str, object], rule: str) -> None:
    """It names the item, and never stops an automatic digest."""
    item = make_item(**{"title": "A mill reopens", "day": date(2026, 10, 1), "summary": "Words. " * 20, **facts})  # type: ignore[arg-type]
    findings = list(lint(COMPOSER.compose(sample_issue([item]), "en"), DIGEST))
    title = str(facts.get("title", "A mill reopens")).strip() or "(untitled)"
    assert [(f.rule, f.severity, f.place) for f in findings] == [(rule, Severity.WARNING, f"item “{title}”")]


def _of_digest(**facts: object) -> list[Finding]:
    digest = sample_digest(**facts)
    return list(lint(EmailComposer(digest, [TEMPLATES]).compose(sample_issue(), "en"), digest))


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"postal_address": None}, "D01"),
        ({"postal_address": " "}, "D01"),
        ({"public_url": None}, "D02"),
        ({"public_url": "http://news.example.org"}, "D03"),
        ({"name": "A name that is so long that the subject does not fit on any line of any inbox " * 2}, "S01"),
        ({"name": "Re: our news"}, "B25"),
    ],
)
def test_what_the_digest_lacks_is_a_warning(facts: dict[str, object], rule: str) -> None:
    """A rehearsal on loopback needs none of it."""
    assert [(f.rule, f.severity) for f in _of_digest(**facts)] == [(rule, Severity.WARNING)]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8025", "http://localhost:8025", "http://[::1]:8025", "https://x.org"]
)
def test_a_loopback_address_needs_no_https(url: str) -> None:
    """Trying out is no fault."""
    assert _of_digest(public_url=url) == []


def test_parts_that_say_nothing_are_found() -> None:
    """An empty text part or subject stops a sending, a stub warns."""
    assert ("B29", E) in found(replace(GOOD, text="\n"))
    assert ("B12", E) in found(replace(GOOD, text=GOOD.text.replace(SLOT, "")))
    assert ("B29", E) in found(replace(GOOD, text=f"Unsubscribe: {SLOT}"))  # the links of the items are not there
    links = " ".join(re.findall(r"https://www.example.org/[\w/-]+", GOOD.text))
    assert ("B29", W) in found(replace(GOOD, text=f"{SLOT} {links}"))
    assert ("S01", E) in found(replace(GOOD, subject=" "))
    assert ("M02", E) in found(replace(GOOD, subject=f"News {SLOT}"))


def test_a_slot_with_another_nonce_is_only_words() -> None:
    """An item may quote an old message."""
    other = "slot0123456789abcdef01234567preferencesend"
    assert found(replace(GOOD, text=GOOD.text + other)) == set()


@pytest.mark.parametrize(
    "html",
    [
        "<!--[if mso]><table>",
        "x<![endif]-->",
        "<!--[if mso]><!--[if mso]>x<![endif]--><![endif]-->",
        "<!--[if mso]><table><tr><![endif]-->x<!--[if mso]></table><![endif]-->",
        "<!--[if mso]><td><![endif]-->x",
    ],
)
def test_unbalanced_comments_for_outlook_are_found(html: str) -> None:
    """Outlook would swallow what follows, or break the layout (A60)."""
    assert find_imbalance(html)


def test_what_outlook_does_not_see_need_not_balance_for_it() -> None:
    """A table for the others may open outside its sight."""
    assert find_imbalance("<!--[if !mso]><!--><table><tr><td><!--<![endif]-->x") is None


def test_every_rule_has_a_sentence() -> None:
    """Whatever is found can be looked up."""
    samples = [with_html("<script>1</script><a href='#'></a><img>"), replace(GOOD, subject="", text="")]
    assert {finding.rule for edition in samples for finding in lint(edition, DIGEST)} <= set(RULES)
    assert all(sentence.endswith(".") for sentence in RULES.values())


def test_the_worst_is_said_first() -> None:
    """Errors before warnings."""
    severities = [finding.severity for finding in COMPOSER.check(with_html("<h5>x</h5><form></form><h5>y</h5>"))]
    assert severities == sorted(severities, key=lambda severity: severity is not Severity.ERROR)
    assert set(severities) == {Severity.ERROR, Severity.WARNING}
