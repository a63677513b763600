"""Puts a template's inline style sheet into the elements, by premailer, without what premailer does besides.

Measured: premailer drops a lower-case doctype, strips `!important` even inside `@media`, rewrites style tags
and lets cssutils fetch `@import` from the network even when told not to. Hence: the doctype is upper-cased,
every style tag is declared none of its business, the sheet is handed over apart and may hold no at-rule.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import cssutils
from premailer import Premailer

from coopdigest.domain.errors import CompositionError

_DOCTYPE = re.compile(r"\A\s*<!doctype html>", re.IGNORECASE)
_STYLE = re.compile(r"<style\b")
_IGNORE = ' data-premailer="ignore"'
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MARKER = re.compile(r"slot[0-9a-f]{24}[a-z]+end")

cssutils.log.setLevel(logging.CRITICAL)  # it prints a line for every rule it does not know


def inline(html: str, css: str) -> str:
    """`html` with the rules of `css` in style attributes; nothing else of it changes its meaning.

    Raises:
        CompositionError: the sheet holds an at-rule, or something was lost on the way.
    """
    sheet = _COMMENT.sub("", css)
    if "@" in sheet or "\\" in sheet or "<" in sheet:  # an escaped at-rule is one too
        raise CompositionError('no @rule, backslash or < in <mj-style inline="inline">; move it to a plain <mj-style>')
    ready = _STYLE.sub(f"<style{_IGNORE}", _DOCTYPE.sub("<!DOCTYPE html>", html))
    inliner = _Inliner(
        ready,
        css_text=[sheet] if sheet.strip() else None,
        keep_style_tags=True,
        strip_important=False,
        disable_leftover_css=True,
        disable_validation=True,
        align_floating_images=False,
        disable_link_rewrites=True,
        allow_network=False,
        cssutils_logging_level=logging.CRITICAL,
    )
    inlined: str = inliner.transform(pretty_print=False)
    inlined = inlined.replace(_IGNORE, "")
    _require_all_kept(html, inlined)
    return inlined


class _Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
    """Premailer that reads a sheet once: the same one serves every issue, and reading it takes as long as the rest."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        key = (css_body, ruleset_index)
        if key not in _SHEETS:
            if len(_SHEETS) >= _MOST_SHEETS:
                _SHEETS.clear()
            _SHEETS[key] = super()._parse_style_rules(css_body, ruleset_index)
        rules, leftover = _SHEETS[key]
        return list(rules), list(leftover)

    def _style_to_basic_html_attributes(self, element: Any, style_content: str, force: bool = False) -> None:
        """Do nothing: every attribute that premailer would set here (width, align ...) MJML has set already."""


_MOST_SHEETS = 32  # languages times digests in one process
_SHEETS: dict[tuple[str, int], tuple[list[Any], list[Any]]] = {}


def _require_all_kept(before: str, after: str) -> None:
    """Raise when the doctype, a media rule, an `!important` or a marker went missing."""
    lost = [
        token
        for token in ("@media", "!important", "<!--[if", "<![endif]-->")
        if after.count(token) < before.count(token)
    ]
    if not after.startswith("<!DOCTYPE html>"):
        lost.append("the doctype")
    if sorted(_MARKER.findall(before)) != sorted(_MARKER.findall(after)):
        lost.append("a marker")
    if lost:
        raise CompositionError(f"inlining lost {', '.join(lost)}; simplify the template's style sheet")
