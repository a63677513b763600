"""How the findings of several editions become one list."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.edition import Finding, Severity, merge_findings

SHARED = Finding("B26", Severity.WARNING, "message header From", "nobody reads what is answered")
LONG = Finding("S01", Severity.WARNING, "subject", "it is long")
BARE = Finding("A08", Severity.ERROR, "templates/email/issue.mjml:4:7", "a picture without alt")
SILENT = Finding("W03", Severity.WARNING, "edition fr", "there is a subject in en, not here")
FINDINGS = st.lists(st.sampled_from([SHARED, LONG, BARE, SILENT]), unique=True)


def test_what_every_edition_has_is_said_once() -> None:
    """A digest in four languages does not say everything four times."""
    assert merge_findings({"en": [SHARED], "fr": [SHARED]}) == [SHARED]


def test_what_one_edition_has_names_its_language() -> None:
    """Unless the place tells where to mend it already: a template, or the edition."""
    found = merge_findings({"en": [SHARED], "fr": [BARE, SHARED, LONG, SILENT]})
    assert found == [BARE, SHARED, replace(LONG, place="edition fr, subject"), SILENT]


def test_the_only_edition_is_not_named() -> None:
    """A digest of one language has one edition."""
    assert merge_findings({"en": [LONG, BARE]}) == [BARE, LONG]


@given(st.dictionaries(st.sampled_from(["en", "fr", "ar"]), FINDINGS))
def test_no_rule_is_lost_and_errors_come_first(found: dict[str, list[Finding]]) -> None:
    """Whatever the editions have."""
    merged = merge_findings(found)
    assert {each.rule for each in merged} == {each.rule for findings in found.values() for each in findings}
    assert [each.severity for each in merged] == sorted(each.severity for each in merged)
    assert len(set(merged)) == len(merged)
