"""Rules about the message's parts: subject, sizes, the text twin, personal slots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.compose.density import HTML_BUDGET
from coopdigest.compose.rules.page import HTML, SUBJECT, TEXT, Page, attribute
from coopdigest.compose.subject import SHOWN
from coopdigest.compose.wrapping import display_width
from coopdigest.domain.edition import Edition, Finding, Severity, Slot, marker

RULES = {
    "B25": "The subject does not pretend to answer or forward something.",
    "B28": "The HTML part stays below the size at which Gmail clips it.",
    "B29": "The text part says what the HTML part says, which says something without pictures.",
    "I01": "Every item has a title.",
    "M02": "Every personal slot is one that the sender fills.",
    "S01": "The subject is there and fits on a line.",
}
CLIPPED = 102_000  # bytes of HTML
_LEAST_WORDS = 80  # characters without blanks
_REPLY = re.compile(r"(re|fw|fwd|aw|wg|tr|rv)\s*:", re.IGNORECASE)


def check(page: Page) -> Iterator[Finding]:
    """Findings about the parts."""
    yield from _check_subject(page.edition)
    yield from _check_size(page.edition)
    yield from _check_text(page)
    yield from _check_slots(page.edition)
    for heading in page.find(".item .untitled"):
        yield page.judge("I01", heading, "an item without a title")
    if page.find(".overflow-more"):
        message = "more items than the HTML part can hold; the last ones are only listed by title"
        yield Finding(
            "B28", Severity.WARNING, HTML, message, "choose a shorter period, or fewer themes ([themes] rename)"
        )


def _check_subject(edition: Edition) -> Iterator[Finding]:
    subject = edition.subject
    if not subject.strip():
        yield Finding("S01", Severity.ERROR, SUBJECT, "the subject is empty", "mend templates/email/subject.txt")
    if display_width(subject) > SHOWN:
        message = f"the subject has {len(subject)} characters, and inboxes show about {SHOWN} of them"
        yield Finding("S01", Severity.WARNING, SUBJECT, message, "shorten it, or the word `subject` of the catalogue")
    if _REPLY.match(subject):
        message = "the subject begins like a reply or a forwarded message"
        yield Finding("B25", Severity.WARNING, SUBJECT, message, "mend templates/email/subject.txt")


def _check_size(edition: Edition) -> Iterator[Finding]:
    size = len(edition.html.encode("utf-8"))
    if size > HTML_BUDGET:
        severity = Severity.ERROR if size > CLIPPED else Severity.WARNING
        message = f"{size:,} bytes; Gmail clips at about {CLIPPED:,} and hides what comes after"
        yield Finding("B28", severity, HTML, message, "choose a shorter period or leaner templates")


def _check_text(page: Page) -> Iterator[Finding]:
    text, seen = _count(page.edition.text), _count(page.visible_text())
    if not text:
        yield Finding("B29", Severity.ERROR, TEXT, "the text part is empty", "mend templates/email/issue.txt")
    elif missing := [link for link in _item_links(page) if link not in page.edition.text]:
        message = f"the text part lacks the links of {len(missing)} items, such as {missing[0][:80]}"
        yield Finding("B29", Severity.ERROR, TEXT, message, "print {{ item.url }} in issue.txt")
    elif text < seen // 2 or text < _LEAST_WORDS:
        yield Finding("B29", Severity.WARNING, TEXT, "the text part is a stub", "print the items in issue.txt too")
    if seen < _LEAST_WORDS:
        yield Finding("B29", Severity.WARNING, HTML, "nearly nothing to read with pictures off", "write words, too")


def _item_links(page: Page) -> list[str]:
    """Where the titles of items lead, in reading order; each once."""
    return list(dict.fromkeys(attribute(link, "href") for link in page.find(".item h3 a[href], .listed a[href]")))


def _count(text: str) -> int:
    return len("".join(text.split()))


def _check_slots(edition: Edition) -> Iterator[Finding]:
    """Only slots with the edition's own nonce count: no item can know that."""
    known = {marker(edition.nonce, slot) for slot in Slot}
    for part, content in ((HTML, edition.html), (TEXT, edition.text), (SUBJECT, edition.subject)):
        slots = set(re.findall(rf"slot{re.escape(edition.nonce)}[A-Za-z0-9]*", content))
        for slot in sorted(slots - known if part != SUBJECT else slots):
            message = (
                f"a personal slot that nobody fills: {slot.removeprefix(f'slot{edition.nonce}') or 'without a name'}"
            )
            hint = "use {{ unsubscribe_url }} as the link's whole target"
            yield Finding("M02", Severity.ERROR, part, message, hint, can_be_forced=False)
