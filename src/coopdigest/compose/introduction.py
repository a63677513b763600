"""The editor's introduction: from Markdown to simple HTML, and to plain text with its links written out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from coopdigest.compose import cleaning

_RULES = [
    "newline",
    "emphasis",
    "link",
    "list",
    "escape",
    "autolink",
    "entity",
    "blockquote",
    "backticks",
    "heading",
    "hr",
]
_BARE_ADDRESS = re.compile(r"(?<![\w<(\[/.@:-])(?:https?://[^\s<>()\[\]]+[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)")


@dataclass(frozen=True, slots=True)
class WrittenLink:
    """A link as plain text has it: its words, and where it leads."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; `bullet` is what it begins with in a list: a sign or a number, indented as deep as the list is."""

    words: str
    bullet: str
    links: tuple[WrittenLink, ...]


def introduction_markup(markdown: str | None) -> Markup:
    """The introduction as HTML of paragraphs, lists, quotations, emphasis and links; empty without one.

    A heading becomes a paragraph in bold, for the issue's headings are its themes.
    """
    tokens = _read(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
        elif token.type == "hr":
            token.hidden = True
    rendered = str(_reader().renderer.render(_embolden(tokens), _reader().options, {}))
    return Markup(cleaning.clean_markup(rendered) or "")  # noqa: S704 - sanitised by clean_markup


def introduction_blocks(markdown: str | None) -> tuple[Block, ...]:
    """The introduction as plain text: its paragraphs and the entries of its lists."""
    blocks: list[Block] = []
    bullet, depth = "", 0
    for token in _read(markdown):
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


def _read(markdown: str | None) -> list[Token]:
    """The introduction's parts; a bare address counts as a link."""
    text = cleaning.clean_text(markdown)
    return _reader().parse(_BARE_ADDRESS.sub(r"<\g<0>>", text)) if text.strip() else []


def _embolden(tokens: list[Token]) -> list[Token]:
    """The same with the words of headings in bold."""
    bold: list[Token] = []
    for token in tokens:
        if token.type == "heading_close":
            bold.append(Token("strong_close", "strong", -1))
        bold.append(token)
        if token.type == "heading_open":
            bold.append(Token("strong_open", "strong", 1))
    return bold


def _plain(tokens: list[Token]) -> tuple[str, tuple[WrittenLink, ...]]:
    """The words, and the links of which they do not show where they lead."""
    words: list[str] = []
    links: list[WrittenLink] = []
    target, begin = "", 0
    for token in tokens:
        if token.type == "link_open":
            target = cleaning.clean_url(str(token.attrGet("href") or ""), ("http", "https", "mailto")) or ""
            begin = len(words)
        elif token.type == "link_close":
            label = cleaning.clean_line("".join(words[begin:]))
            address = target.removeprefix("mailto:")
            if target and label != address:
                links.append(WrittenLink(label, address))
        else:
            words.append(" " if token.type in ("softbreak", "hardbreak") else token.content)
    return cleaning.clean_line("".join(words)), tuple(links)


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    """Markdown without what a digest's introduction does not need: no HTML, no images, no tables."""
    return MarkdownIt("zero").enable(_RULES)
