"""The editor's introduction: from Markdown to simple HTML, and to plain text with its links written out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from coopdigest.compose import cleaning

_RULES = ["newline", "emphasis", "link", "list", "escape", "autolink", "entity"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link as plain text has it: its words, and where it leads."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; `bullet` is what it begins with in a list: a sign or a number, indented as deep as the list is."""

    words: str
    bullet: str
    links: tuple[Link, ...]


def introduction_markup(markdown: str | None) -> Markup:
    """The introduction as HTML of paragraphs, lists, emphasis and links; empty without one."""
    if not markdown or not markdown.strip():
        return Markup("")
    rendered = _reader().render(cleaning.clean_text(markdown))
    return Markup(cleaning.clean_markup(rendered) or "")  # noqa: S704 - sanitised by clean_markup


def introduction_blocks(markdown: str | None) -> tuple[Block, ...]:
    """The introduction as plain text: its paragraphs and the entries of its lists."""
    if not markdown or not markdown.strip():
        return ()
    blocks: list[Block] = []
    bullet, depth = "", 0
    for token in _reader().parse(cleaning.clean_text(markdown)):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            bullet = "  " * (depth - 1) + (f"{token.info}{token.markup} " if token.info else "• ")
        elif token.type == "inline":
            words, links = _plain(token.children or [])
            blocks.append(Block(words, bullet, links))
            bullet = " " * len(bullet)
        if not depth:
            bullet = ""
    return tuple(block for block in blocks if block.words)


def _plain(tokens: list[Token]) -> tuple[str, tuple[Link, ...]]:
    """The words, and the links of which they do not show where they lead."""
    words: list[str] = []
    links: list[Link] = []
    target, begin = "", 0
    for token in tokens:
        if token.type == "link_open":
            target = cleaning.clean_url(str(token.attrGet("href") or ""), ("http", "https", "mailto")) or ""
            begin = len(words)
        elif token.type == "link_close":
            label = cleaning.clean_line("".join(words[begin:]))
            address = target.removeprefix("mailto:")
            if target and label != address:
                links.append(Link(label, address))
        else:
            words.append(" " if token.type in ("softbreak", "hardbreak") else token.content)
    return cleaning.clean_line("".join(words)), tuple(links)


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    """Markdown without what a digest's introduction does not need: no HTML, no images, no headings."""
    return MarkdownIt("zero").enable(_RULES)
