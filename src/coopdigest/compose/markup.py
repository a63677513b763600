"""Turns MJML into HTML, after looking for what the parser takes silently, refuses without a line, or dies of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mjml import mjml2html

from coopdigest.compose.mjml_words import CHILDREN, KNOWN

_DEEPEST = 100  # elements; the native parser overflows its stack at some thousands, which ends the process
_TOKEN = re.compile(
    r"""<!--(?:.*?)-->|<(?P<close>/)?(?P<name>[A-Za-z][\w:-]*)(?P<rest>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|<""", re.DOTALL
)
_ATTRIBUTES = re.compile(r"""(?:\s+[A-Za-z_:@][\w:.@-]*(?:=(?:"[^"]*"|'[^']*'))?)*\s*/?""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_INLINE_STYLE = re.compile(r"<mj-style\b[^>]*\binline=[\"']inline[\"'][^>]*>(.*?)</mj-style>", re.DOTALL)
_PREVIEW = re.compile(r'(<body\b[^>]*>)<div style="(display:none;[^"]*)"')
_CSS = re.compile(r"(<(?:mj-)?style\b[^>]*>)(.*?)(</(?:mj-)?style>)", re.DOTALL)
_CHILD_SIGN = "\ue002"
_TAG_OR_SIGN = re.compile(r"""<!--.*?-->|<(?:[^>"']|"[^"]*"|'[^']*')*>|>""", re.DOTALL)
_BLANK_AFTER_TAG = re.compile(r"""(</?mj[\w-]*(?:[^<>"']|"[^"<]*"|'[^'<]*')*>|-->)[ \t](?=\s*<)""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NOT_INLINED = re.compile(r"[@\\]")  # escaped, an at-rule is one too
_POSITION = re.compile(r"at position (\d+)")


class MarkupError(Exception):
    """MJML that cannot be used: what is wrong, and the offset in the source, in characters."""

    def __init__(self, message: str, offset: int = 0) -> None:
        """Keep both."""
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    offset: int


def take_inline_styles(source: str) -> tuple[str, str]:
    """The source without its `<mj-style inline="inline">`, which the parser would not inline, and their rules.

    Blanks take their place, so that an offset in the source stays one.

    Raises:
        MarkupError: a sheet holds an at-rule, which cannot be inlined (and an import would be fetched).
    """
    for style in _INLINE_STYLE.finditer(source):
        refused = _NOT_INLINED.search(_CSS_COMMENT.sub(lambda comment: " " * len(comment[0]), style[1]))
        if refused:
            message = 'no @rule and no backslash in <mj-style inline="inline">; move it to a plain <mj-style>'
            raise MarkupError(message, style.start(1) + refused.start())
    without = _INLINE_STYLE.sub(lambda style: " " * len(style[0]), source)
    return without, "\n".join(_INLINE_STYLE.findall(source))


def render_mjml(source: str, language: str, direction: str) -> str:
    """The HTML of an MJML document, without web fonts, every child of its body with language and direction.

    Raises:
        MarkupError: the source is not well formed, nests too deep, or uses an element where it has no effect.
    """
    check_markup(source)
    try:
        html: str = mjml2html(_spare_the_parser(source), fonts={})
    except ValueError as error:
        position = _POSITION.search(str(error))
        offset = len(source.encode()[: int(position[1])].decode("utf-8", "ignore")) if position else 0
        raise MarkupError(f"MJML is refused: {error}", offset) from error
    return _mend_preview(_CSS.sub(_show_child_signs, html), language, direction)


def _spare_the_parser(source: str) -> str:
    """The source without three harmless things that the parser refuses; offsets are kept but for the third."""
    hidden = _BLANK_AFTER_TAG.sub(r"\1\n", _CSS.sub(_hide_child_signs, source))
    return _TAG_OR_SIGN.sub(_write_out_sign, hidden)


def _write_out_sign(found: re.Match[str]) -> str:
    """A bare `>` written out: its look-back for `]]>` counts bytes and panics inside a character of several."""
    before = found.string[max(0, found.start() - 2) : found.start()]
    return "&gt;" if found[0] == ">" and not before.isascii() else found[0]


def _hide_child_signs(style: re.Match[str]) -> str:
    """A style sheet whose `>` (which the parser refuses, though MJML allows it) is a private character instead."""
    return style[1] + style[2].replace(">", _CHILD_SIGN) + style[3]


def _show_child_signs(style: re.Match[str]) -> str:
    return style[0].replace(_CHILD_SIGN, ">")


def check_markup(source: str) -> None:
    """Raise MarkupError for the first thing in `source` that is not well-formed MJML."""
    control = _CONTROL.search(source)
    if control:
        raise MarkupError("a control character", control.start())
    stack: list[_Open] = []
    bodies = 0
    for opened in _walk(source, stack):
        _check_place(opened, stack)
        bodies += opened.name == "mj-body"
    if stack:
        raise MarkupError(f"<{stack[-1].name}> is never closed", stack[-1].offset)
    if bodies != 1:
        raise MarkupError(f"{bodies} <mj-body> where there must be one")


def _walk(source: str, stack: list[_Open]) -> Iterator[_Open]:
    """Every element as it opens, `stack` holding those around it."""
    for token in _TOKEN.finditer(source):
        name, rest = token["name"], token["rest"]
        if name is None:
            _check_comment(token)
        elif token["close"]:
            _close(name, stack, token.start())
        else:
            opened = _Open(name, token.start())
            _check_tag(name, rest, token.start())
            yield opened
            if not rest.endswith("/") and name not in _VOID:
                stack.append(opened)
                if len(stack) > _DEEPEST:
                    raise MarkupError(f"elements nest deeper than {_DEEPEST} levels", token.start())


def _check_comment(token: re.Match[str]) -> None:
    if token[0] == "<":
        raise MarkupError("a lone <, an unclosed tag or an unquoted attribute; write &lt; for the sign", token.start())
    if "--" in token[0][4:-3]:
        raise MarkupError("a comment with -- inside", token.start())


def _check_tag(name: str, rest: str, offset: int) -> None:
    if name != name.lower():
        raise MarkupError(f"<{name}> is not in lower case", offset)
    if not _ATTRIBUTES.fullmatch(rest):
        raise MarkupError(f"an attribute of <{name}> without quotes, or two without a space", offset)


def _close(name: str, stack: list[_Open], offset: int) -> None:
    if not stack:
        raise MarkupError(f"</{name}> closes nothing", offset)
    if stack[-1].name != name:
        raise MarkupError(f"</{name}> where <{stack[-1].name}> is still open", offset)
    stack.pop()


def _check_place(opened: _Open, stack: list[_Open]) -> None:
    """Raise for what the parser would swallow: unknown elements, and known ones where they draw nothing."""
    if not opened.name.startswith("mj-"):
        return
    if opened.name == "mj-include":
        raise MarkupError('<mj-include> is not available; write {% include "partials/x.mjml" %}', opened.offset)
    if opened.name not in KNOWN:
        raise MarkupError(f"<{opened.name}> is no MJML element", opened.offset)
    parent = stack[-1].name if stack else ""
    if parent in CHILDREN and opened.name not in CHILDREN[parent]:
        raise MarkupError(f"<{opened.name}> has no effect directly in <{parent}>", opened.offset)


def _mend_preview(html: str, language: str, direction: str) -> str:
    """Give the preheader what MJML leaves out: language and direction (A01, A02), and hiding in Outlook (A30)."""
    return _PREVIEW.sub(rf'\1<div lang="{language}" dir="{direction}" style="\2mso-hide:all;"', html, count=1)
