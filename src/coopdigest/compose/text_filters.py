"""The filters by which a template lays words out: in lines that fit, each word and line in its reading direction."""

from __future__ import annotations

import re
from html import unescape

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from coopdigest.compose import bidi, wrapping
from coopdigest.compose.introduction import WrittenLink
from coopdigest.compose.item_views import ItemView
from coopdigest.compose.wording import direction_of_text

_LINK = re.compile(r'<a href="([^"]+)">(.*?)</a>', re.DOTALL)  # as the sanitiser writes it
_TAG = re.compile("<[^>]*>")


@pass_context
def wrap(context: Context, text: str, width: int = wrapping.WIDTH, bullet: str = "", direction: str = "") -> str:
    """A paragraph of plain text in lines of at most `width` columns; the first begins with `bullet`.

    It reads in `direction`, by default the edition's.
    """
    around = _direction(context)
    if around == (direction or around) == "ltr" and not bidi.is_directed(text):
        return wrapping.wrap(text, width, bullet=bullet)  # nearly every paragraph
    marked = bidi.mark_islands(str(text), bidi.direction_in(str(text), direction or around))
    return bidi.mark_lines(wrapping.wrap(marked, width, bullet=bullet), direction or around, around)


@pass_context
def underline(context: Context, text: str, sign: str = "-") -> str:
    """A rule as wide as the heading above it, and on the same side of the screen."""
    way = bidi.direction_in(str(text), _direction(context))
    return (bidi.RIGHT_TO_LEFT_MARK if way == "rtl" else "") + wrapping.underline(str(text), sign)


@pass_context
def isolate(context: Context, text: str, around: str = "") -> str:
    """Words for the middle of a line, kept from pulling at their neighbours when they read the other way.

    The line reads as `around` says, by default as the edition.
    """
    words, around = str(text), around or _direction(context)
    if not context.eval_ctx.autoescape:
        return bidi.isolate(words, around)
    if not bidi.needs_isolation(words, around):
        return bidi.keep_islands(text, around)
    # Not <bdi>, of which Gmail and Outlook keep nothing but the words; dir they keep.
    way = direction_of_text(words) or around
    return Markup('<span dir="{}">{}</span>').format(way, bidi.keep_islands(text, way))


@pass_context
def keep_islands(context: Context, text: str, way: str = "") -> str:
    """Words of HTML that read in direction `way`, by default the edition's, with addresses and numbers kept whole."""
    return bidi.keep_islands(text, way or _direction(context))


def list_links(markup: Markup) -> tuple[WrittenLink, ...]:
    """The links in a summary's markup, each once, that plain text must write out: their words do not say where to."""
    found: dict[str, WrittenLink] = {}
    if "<a " not in markup:
        return ()
    for address, label in _LINK.findall(markup):
        words, url = unescape(_TAG.sub("", label)).strip(), unescape(address).removeprefix("mailto:")
        if words != url:
            found.setdefault(url, WrittenLink(words or url, url))
    return tuple(found.values())


@pass_context
def join_facts(context: Context, item: ItemView) -> str:
    """What is said of an item beside its title, in one line: kind, date, credit, and that it is late."""
    around = _direction(context)
    facts = (item.kind and bidi.isolate(item.kind, around), item.date)
    more = (item.credit and bidi.isolate(item.credit, around), item.carried_over)
    return " · ".join(filter(None, (*facts, *more)))


FILTERS = {
    "wrap": wrap,
    "underline": underline,
    "isolate": isolate,
    "islands": keep_islands,
    "links": list_links,
    "facts": join_facts,
}


def _direction(context: Context) -> str:
    return str(context.get("direction", "ltr"))
