"""The editor's introduction: from Markdown to simple HTML, and to plain text with its links written out."""

from __future__ import annotations

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from coopdigest.compose import cleaning

_RULES = ["newline", "emphasis", "link", "list", "escape", "autolink", "entity"]


def introduction_markup(markdown: str | None) -> Markup:
    """The introduction as HTML of paragraphs, lists, emphasis and links; empty without one."""
    if not markdown or not markdown.strip():
        return Markup("")
    rendered = _reader().render(cleaning.clean_text(markdown))
    return Markup(cleaning.clean_markup(rendered) or "")  # noqa: S704 - sanitised by clean_markup


def introduction_paragraphs(markdown: str | None) -> tuple[str, ...]:
    """The introduction as plain paragraphs and list entries, each link followed by where it leads."""
    if not markdown or not markdown.strip():
        return ()
    paragraphs: list[str] = []
    bullet = ""
    for token in _reader().parse(cleaning.clean_text(markdown)):
        if token.type == "list_item_open":
            bullet = f"{token.info}{token.markup} " if token.info else "• "
        elif token.type == "inline":
            paragraphs.append(bullet + cleaning.clean_line(_plain(token.children or [])))
            bullet = ""
    return tuple(paragraph for paragraph in paragraphs if paragraph.strip())


def _plain(tokens: list[Token]) -> str:
    words: list[str] = []
    target = ""
    for token in tokens:
        if token.type == "link_open":
            target = cleaning.clean_url(str(token.attrGet("href") or ""), ("http", "https", "mailto")) or ""
            words.append("\0")
        elif token.type == "link_close":
            begin = len(words) - 1 - words[::-1].index("\0")
            label = "".join(words[begin + 1 :])
            address = target.removeprefix("mailto:")
            words[begin:] = [label if not target or label == address else f"{label} ({address})"]
        else:
            words.append(" " if token.type in ("softbreak", "hardbreak") else token.content)
    return "".join(words)


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    """Markdown without what a digest's introduction does not need: no HTML, no images, no headings."""
    return MarkdownIt("zero").enable(_RULES)
