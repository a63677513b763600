"""Renders web pages from the templates beside it and sends them with headers that let nothing else in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

_LOOK = Path(__file__).with_name("look")
_CLOSED = "default-src 'none'; base-uri 'none'"
_MAIL = f"{_CLOSED}; style-src 'unsafe-inline'; img-src https:; form-action 'none'"

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
PUBLIC = {"Cache-Control": "public, max-age=300"}  # an issue that is withdrawn is gone within five minutes


def page_response(
    name: str, values: Mapping[str, object], *, may: str, headers: Mapping[str, str], status: int = 200
) -> HTMLResponse:
    """The page of template `name` (without ``.html``) with its own style and script, which its policy names by hash.

    `may` are more directives of its Content-Security-Policy; `headers` come over those every page has.
    """
    html = _environment().get_template(f"{name}.html").render(values)
    policy = f"{_CLOSED}; {_own('style', name)}; {_own('script', name)}; frame-ancestors 'none'; {may}"
    return HTMLResponse(html, status, {**EVERYWHERE, "Content-Security-Policy": policy, **headers})


def mail_response(html: str, *, may: str, headers: Mapping[str, str]) -> HTMLResponse:
    """A mail's own HTML as a page: its inline styles and https images work, no script, form or frame does."""
    return HTMLResponse(html, headers={**EVERYWHERE, "Content-Security-Policy": f"{_MAIL}; {may}", **headers})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_LOOK), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["inline"] = _inline
    return environment


@cache
def _inline(name: str) -> str:
    """The text of a style sheet or script in `look`, as it stands between its tags."""
    return (_LOOK / name).read_text(encoding="utf-8")


@cache
def _own(kind: str, page: str) -> str:
    """The CSP directive that lets the page's own style or script in, by its hash, and no other."""
    suffix = {"style": "css", "script": "js"}[kind]
    names = [file for file in (f"base.{suffix}", f"{page}.{suffix}") if (_LOOK / file).exists()]
    hashes = [hashlib.sha256(_inline(name).encode("utf-8")).digest() for name in names]
    sources = [f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in hashes] or ["'none'"]
    return f"{kind}-src {' '.join(sources)}"
