"""Writes the subject line by the catalogue's template, short enough that inboxes show the whole of it."""

from __future__ import annotations

from coopdigest.compose import cleaning, wrapping
from coopdigest.compose.wording import Word, fill

SHOWN = 70  # columns; what inboxes on a desk show, those in a pocket about half (S01)
_LONGEST = 200  # characters; a header of 998 is allowed (RFC 5322 2.1.1), and read by nobody
_LEAST_LEAD = 24


def write_subject(template: Word, lead: str, **values: object) -> str:
    """The subject; the lead story's title gives way first when the line gets too long."""
    subject = _fill(template, lead, values)
    over = wrapping.display_width(subject) - SHOWN
    if over > 0 and lead:
        shorter = wrapping.cut(lead, max(_LEAST_LEAD, len(lead) - over))
        subject = _fill(template, shorter, values)
    return wrapping.cut(subject, _LONGEST)


def _fill(template: Word, lead: str, values: dict[str, object]) -> str:
    return cleaning.clean_line(fill(template, lead=lead, **values))
