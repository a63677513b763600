"""Cuts the text of a newsroom listing into numbered lines that know their indentation and what they look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from coopdigest.sources.dates import is_month_heading, read_date
from coopdigest.sources.months import fold
from coopdigest.sources.sanitise import drop_controls

_MARKER = re.compile(r"(\d{1,4})[.)](?:\s+|$)")
_CREDIT = re.compile(r"©|\(c\)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+'-]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
_LONGEST_FACT = 200  # characters; a longer line is prose, and patterns would search it for ever
_CONTACT = re.compile(
    r"(?:(?:media|press) (?:contacts?|enquiries|inquiries|office)"
    r"|contacts? (?:presse|medias?|pour les medias|stampa)"
    r"|contactos? (?:de|para la|con la) prensa|contactos? (?:de|para) (?:los )?medios"
    r"|contatti? (?:stampa|media)|contatos? (?:de|para a|com a) imprensa|(?:presse|medien)kontakt)\s*:?"
)
# What newsrooms print above or below their lists. Needed only where indentation tells nothing.
_HEADINGS = frozenset(
    map(
        fold,
        """News|All news|Latest news|More news|Newsroom|All newsroom content|Press releases|All press releases
        |Media releases|Statements|Stories|Features|Videos|Publications|Events|Load more|Show more|See more|See all
        |Actualités|Toutes les actualités|Communiqués de presse|Salle de presse|Noticias|Todas las noticias
        |Comunicados de prensa|Sala de prensa|Nachrichten|Pressemitteilungen|Notizie|Comunicati stampa|Notícias
        |Comunicados de imprensa""".replace("\n", " ").split("|"),
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: its number in the file, its indentation in columns, its words.

    `marker` is the number in front of a list entry, and then `text` is what follows it. `gap` says whether a blank
    line (or nothing) stands before it, `day` the date when the line is nothing else.
    """

    number: int
    indent: int
    text: str
    marker: int | None = None
    gap: bool = True
    day: date | None = None

    @property
    def is_month(self) -> bool:
        """Whether the line is a month heading."""
        return self.marker is None and is_month_heading(self.text)

    @property
    def is_heading(self) -> bool:
        """Whether the line is a heading that newsrooms are known to use."""
        return self.marker is None and len(self.text) < 60 and fold(self.text).rstrip(":") in _HEADINGS

    @property
    def is_contact_heading(self) -> bool:
        """Whether the line opens a media contact block; an address may stand on the same line."""
        if self.marker is not None or len(self.text) > _LONGEST_FACT:
            return False
        return _CONTACT.fullmatch(fold(_EMAIL.sub("", self.text).strip())) is not None

    @property
    def is_credit(self) -> bool:
        """Whether the line starts with a copyright sign."""
        return _CREDIT.match(self.text) is not None

    @property
    def is_headline(self) -> bool:
        """Whether the line has words that may be a kicker or a title."""
        return bool(self.text) and not self.is_credit

    @property
    def whole(self) -> str:
        """The words with the number in front of them."""
        return self.text if self.marker is None else f"{self.marker}. {self.text}".rstrip()


def cut_lines(text: str) -> list[Line]:
    """The lines of `text` that are not blank."""
    lines: list[Line] = []
    gap = True
    # Only LF and CR LF end a line here, as in an editor: notes name line numbers
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        spaced = "".join(" " if char.isspace() and char != "\t" else char for char in drop_controls(raw)).expandtabs(4)
        words = " ".join(spaced.split())
        if words:
            lines.append(_make_line(number, len(spaced) - len(spaced.lstrip()), words, gap))
        gap = not words
    return lines


def find_email(text: str) -> str | None:
    """The first e-mail address in `text`."""
    match = _EMAIL.search(text) if len(text) <= _LONGEST_FACT else None
    return match.group() if match else None


def _make_line(number: int, indent: int, words: str, gap: bool) -> Line:
    match = _MARKER.match(words)
    # A date such as "3. Juli 2020" begins like an entry
    if match and not read_date(words) and not is_month_heading(words):
        text = words[match.end() :]
        return Line(number, indent, text, int(match.group(1)), gap, read_date(text))
    return Line(number, indent, words, None, gap, read_date(words))
