"""Issues of any size in four languages: the same ones at every call, with every fact an item can have or lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from coopdigest.domain.digest import Digest
from coopdigest.domain.issue import EditorWords, Issue
from coopdigest.domain.item import Image, Item
from coopdigest.testing.builders import make_item
from coopdigest.testing.sample_words import ARABIC, ENGLISH, FRENCH, LEXICONS, Lexicon
from coopdigest.testing.samples import sample_digest, sample_issue

MONTH = date(2026, 10, 1)
NUMBER = 24
PICTURES = "https://pictures.example.org/"  # every image of an item begins with this
_ENDLESS = "#" + "CooperativesOfTheLake" * 4  # a word that no line can break


def digest_of(language: str = "en", **facts: Any) -> Digest:
    """A digest in one language that knows everything about itself; `facts` replace what they name."""
    return sample_digest(**{"languages": (language,), "name": LEXICONS[language].digest, **facts})


def issue_of(count: int, language: str = "en") -> Issue:
    """The issue of October 2026, number 24, with `count` items and the editor's introduction.

    From a dozen items on there are: long, short and endless titles, items without link, summary, image, alt or
    date, with credit, formatting or a kind, carried over, and in another language with or without saying so.
    `language` is en, fr, es or ar.
    """
    issue = sample_issue(items_of(count, language), MONTH)
    return replace(issue, number=NUMBER, words=(EditorWords(language, LEXICONS[language].introduction),))


def items_of(count: int, language: str = "en") -> list[Item]:
    """`count` items for `language`, newest first, of which some are written in another."""
    items = [_item(index, LEXICONS[language]) for index in range(count)]
    return sorted(items, key=lambda item: (item.day, -item.id), reverse=True)


def _item(index: int, own: Lexicon) -> Item:
    """Item number `index`; which facts it has goes by rhythms that meet in every combination."""
    words = _other_words(index, own)
    facts = _words_of(index, words)
    return make_item(
        index + 1,
        _title(index, words, facts),
        date(2026, 9, 10 + index % 20) if index % 10 == 8 else date(2026, 10, 31 - index % 31),
        theme=own.themes[index % 7 % len(own.themes)],
        kind=words.kinds[index % len(words.kinds)] if index % 4 == 1 else None,
        summary=_summary(index, words),
        summary_html=_markup(index, words),
        url=None if index % 9 == 4 else f"https://www.example.org/{words.language}/stories/{index}?from=digest&part=1",
        image=_image(index, words, facts) if index % 3 == 0 else None,
        credit=words.credit if index % 5 == 1 else None,
        language=None if words is own or index % 32 == 28 else words.language,
        undated=index % 11 == 6,
    )


def _other_words(index: int, own: Lexicon) -> Lexicon:
    """The words of an item: every eighth is in the other direction, every sixteenth in another Latin language."""
    if index % 8 == 4:
        return ENGLISH if own is ARABIC else ARABIC
    if index % 16 == 7:
        return ENGLISH if own is FRENCH else FRENCH
    return own


def _words_of(index: int, words: Lexicon) -> dict[str, Any]:
    """Nine trades, eight places and eleven deeds: no two of the first 792 items agree in all three."""
    return {
        "trade": words.trades[index % len(words.trades)],
        "place": words.places[index % len(words.places)],
        "deed": words.deeds[index % len(words.deeds)],
        "number": index + 1,
    }


def _title(index: int, words: Lexicon, facts: dict[str, Any]) -> str:
    """A title of a line; every fifth is short, every tenth long, one in forty endless or of 500 characters."""
    if index % 5 == 2:
        return words.letter.format(**facts)
    title = words.title.format(**facts)
    if index % 40 == 11:
        return f"{title} {_ENDLESS}"
    if index % 40 == 19:
        return f"{title}: {' '.join(words.sentences * 2)}"[:500]
    return f"{title}: {words.sentences[index % len(words.sentences)]}" if index % 10 == 9 else title


def _summary(index: int, words: Lexicon) -> str | None:
    """No summary, a sentence, some, or paragraphs."""
    if index % 7 == 5:
        return None
    start = index % len(words.sentences)
    sentences = (words.sentences[start:] + words.sentences[:start]) * 2
    if index % 6 == 0:
        return "\n\n".join(" ".join(part) for part in (sentences[:3], sentences[3:6]))
    return " ".join(sentences[: 1 + index % 4])


def _markup(index: int, words: Lexicon) -> str | None:
    """The summary as its source formatted it, with a link in it."""
    summary = _summary(index, words)
    if index % 8 != 3 or summary is None:
        return None
    place = index % len(words.places)
    link = f'<a href="https://www.example.org/places/{place}">{words.places[place]}</a>'
    return f"<p>{summary} <em>{words.credit}</em>, {link}.</p>"


def _image(index: int, words: Lexicon, facts: dict[str, Any]) -> Image:
    """A picture; one in four has no words, and every other one names its maker."""
    alt = None if index % 12 == 9 else words.alt.format(**facts)
    return Image(url=f"{PICTURES}{index}.png", alt=alt, credit=words.credit if index % 6 == 0 else None)
