"""How much of each item the HTML part shows: plans from the fullest to the shortest; the first that fits is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

HTML_BUDGET = 90_000  # bytes; Gmail clips at about 102,000 (B28) and transport encodings may alter a little


class Form(StrEnum):
    """How much of an item is shown."""

    LEAD = "lead"  # the first story: a wide picture, a large title, a long summary
    RICH = "rich"  # a picture beside the words, the summary with its links
    MID = "mid"  # a short summary, no picture
    LEAN = "lean"  # title, date and marks


@dataclass(frozen=True, slots=True)
class Plan:
    """Which form the items of an issue take.

    The first `head` items of each section are shown in `form`, the others in `rest`; items beyond `shown` are only
    listed by title, and those beyond `listed` more only counted. None: no such bound.
    """

    form: Form
    rest: Form = Form.LEAN
    head: int | None = None
    shown: int | None = None
    listed: int | None = None

    def form_of(self, place: int, rank: int) -> Form:
        """The form of the item that is `place`th in the issue and `rank`th in its section, from 0."""
        if place == 0:
            return Form.LEAD
        return self.form if self.head is None or rank < self.head else self.rest


WHOLE = Plan(Form.RICH)


def plans(size: int) -> Iterator[Plan]:
    """Every plan for an issue of `size` items, the fullest first; the last shows nothing but the count."""
    yield WHOLE
    yield from (Plan(Form.RICH, Form.MID, head) for head in (4, 1))
    yield Plan(Form.MID)
    yield from (Plan(Form.MID, Form.LEAN, head) for head in (8, 5, 3, 2, 1))
    yield Plan(Form.LEAN)
    shown = size
    while shown := shown * 6 // 7:
        yield Plan(Form.LEAN, shown=shown)
    listed = size
    while listed := listed * 3 // 4:
        yield Plan(Form.LEAN, shown=1, listed=listed)
    yield Plan(Form.LEAN, shown=0, listed=0)
