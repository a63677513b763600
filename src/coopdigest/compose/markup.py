"""Turns MJML into HTML, after looking for what the parser takes silently, refuses without a line, or dies of."""

from __future__ import annotations

import re

from mjml import mjml2html

from coopdigest.compose.mjml_rules import find_faults
from coopdigest.domain.edition import Severity

_INLINE_STYLE = re.compile(r"<mj-style\b[^>]*\binline\s*=\s*[\"']inline[\"'][^>]*(?<!/)>(.*?)</mj-style>", re.DOTALL)
_PREVIEW = re.compile(r'(<body\b[^>]*>)<div style="(display:none;[^"]*)"')
_CSS = re.compile(r"(<(?:mj-)?style\b[^>]*(?<!/)>)(.*?)(</(?:mj-)?style>)", re.DOTALL)
_CHILD_SIGN = "\ue002"
_TAG_OR_SIGN = re.compile(r"""<!--.*?-->|<(?:[^>"']|"[^"]*"|'[^']*')*>|>""", re.DOTALL)
_SIGN_AFTER_WIDE = re.compile(r"[^\x00-\x7f].?>", re.DOTALL)
_COLUMN = re.compile(r'(<div class="mj-outlook-group-fix[^"]*" style="font-size:0px;text-align:)left;(?=direction:rtl)')
_TAG = re.compile(r"""<[A-Za-z](?:[^<>"]|"(?:[^"\\]|\\.)*")*>""", re.DOTALL)
_DEBUG_SIGN = re.compile(r"""\\(?:u\{([0-9a-f]+)\}|[nrt0\\"'])""")
_BLANK_BETWEEN_TAGS = re.compile(r">[ \t](?=\s*<)")
_POSITION = re.compile(r"at position (\d+)")
_PANIC = "pyo3_runtime"  # where the parser's own bugs come from, as exceptions that are no Exception


class MarkupError(Exception):
    """MJML that cannot be used: what is wrong, and the offset in the source, in characters."""

    def __init__(self, message: str, offset: int = 0) -> None:
        """Keep both."""
        super().__init__(message)
        self.offset = offset


def compile_mjml(source: str, language: str, direction: str) -> tuple[str, str]:
    """The HTML of an MJML document, and the style rules that are to be inlined into it, which MJML leaves to us.

    No web font is asked for; every child of the body has language and direction.

    Raises:
        MarkupError: the first fault of the source, which is an error by the rules of `mjml_faults`.
    """
    check_markup(source)
    plain, css = take_inline_styles(source)
    return _render(plain, language, direction), css


def check_markup(source: str) -> None:
    """Raise MarkupError for the first thing in `source` that keeps it from being used."""
    for fault in find_faults(source):
        if fault.severity is Severity.ERROR:
            raise MarkupError(f"{fault.message}; {fault.hint}", fault.offset)


def take_inline_styles(source: str) -> tuple[str, str]:
    """The source without its `<mj-style inline="inline">`, which the parser would not inline, and their rules.

    Blanks take their place, so that an offset in the source stays one.
    """
    without = _INLINE_STYLE.sub(lambda style: " " * len(style[0]), source)
    return without, "\n".join(_INLINE_STYLE.findall(source))


def _render(source: str, language: str, direction: str) -> str:
    try:
        html: str = mjml2html(_spare_the_parser(source), fonts={})
    except ValueError as error:
        position = _POSITION.search(str(error))
        offset = len(source.encode()[: int(position[1])].decode("utf-8", "ignore")) if position else 0
        raise MarkupError(f"MJML is refused: {error}", offset) from error
    except BaseException as error:
        if type(error).__module__ != _PANIC:
            raise
        raise MarkupError("MJML is refused: the parser breaks down") from error
    html = _unquote(html)
    html = _COLUMN.sub(r"\1right;", _CSS.sub(_show_child_signs, html))  # MJML says left whatever one asks
    return _mend_preview(html, language, direction)


def _unquote(html: str) -> str:
    r"""The HTML with attributes as they were written.

    The parser writes them as Rust's debug format does: a mark on a letter as ``\u{651}``, a line's end as ``\n``, two
    backslashes for one.
    """
    pieces, end = [], 0
    while (at := html.find("\\", end)) >= 0:
        start = html.rfind("<", end, at)
        tag = _TAG.match(html, start) if start >= 0 else None
        stop = tag.end() if tag and tag.end() > at else at + 1
        piece = html[end:stop]
        pieces.append(_DEBUG_SIGN.sub(_read_debug_sign, piece) if stop > at + 1 else piece)
        end = stop
    return "".join([*pieces, html[end:]])


def _read_debug_sign(sign: re.Match[str]) -> str:
    if sign[1]:
        return f"&#x{sign[1]};"
    return {"n": "\n", "r": "\r", "t": "\t", "0": "\ufffd", "\\": "\\", '"': "&quot;", "'": "'"}[sign[0][1]]


def _spare_the_parser(source: str) -> str:
    """The source without three harmless things that the parser refuses; offsets are kept but for the third."""
    hidden = _BLANK_BETWEEN_TAGS.sub(_break_line, _CSS.sub(_hide_child_signs, source))
    if "]]>" not in hidden and not _SIGN_AFTER_WIDE.search(hidden):
        return hidden
    return _TAG_OR_SIGN.sub(_write_out_sign, hidden)


def _break_line(found: re.Match[str]) -> str:
    """A line's end instead of a blank after a tag of MJML or a comment; in HTML the blank means something."""
    text, end = found.string, found.start()
    tag = text.rfind("<", 0, end)
    return ">\n" if text.startswith(("mj", "/mj"), tag + 1) or text.endswith("--", 0, end) else found[0]


def _write_out_sign(found: re.Match[str]) -> str:
    """A bare `>` written out after `]]`, which the parser refuses, and after what is not ASCII.

    Its look-back for `]]>` counts bytes and panics inside a character of several.
    """
    before = found.string[max(0, found.start() - 2) : found.start()]
    return "&gt;" if found[0] == ">" and (before == "]]" or not before.isascii()) else found[0]


def _hide_child_signs(style: re.Match[str]) -> str:
    """A style sheet whose `>` (which the parser refuses, though MJML allows it) is a private character instead."""
    return style[1] + style[2].replace(">", _CHILD_SIGN) + style[3]


def _show_child_signs(style: re.Match[str]) -> str:
    return style[0].replace(_CHILD_SIGN, ">")


def _mend_preview(html: str, language: str, direction: str) -> str:
    """Give the preheader what MJML leaves out: language and direction (A01, A02), and hiding in Outlook (A30)."""
    return _PREVIEW.sub(rf'\1<div lang="{language}" dir="{direction}" style="\2mso-hide:all;"', html, count=1)
