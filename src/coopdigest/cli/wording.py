"""The command for the editor's words: what an issue says beside its items."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coopdigest.cli.options import CONFIG, AsJson, Config, OwnPeriod, workplace
from coopdigest.cli.output import show, show_json, tell
from coopdigest.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coopdigest.domain.issue import EditorWords
    from coopdigest.domain.period import Period

_MOST_BYTES = 100_000  # far more than an introduction may have; no more of a wrong file is read


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(words)


Language = Annotated[str | None, typer.Option("--language", help="One of the digest's; its own when left out.")]
Introduction = Annotated[
    str | None, typer.Option("--introduction", metavar="FILE", help="Markdown, UTF-8; - reads stdin.")
]
Subject = Annotated[str | None, typer.Option("--subject", metavar="TEXT", help="Instead of the usual one.")]
Clear = Annotated[bool, typer.Option("--clear", help="Forget what was said in this language before.")]


def words(
    period: OwnPeriod,
    config: Config = CONFIG,
    language: Language = None,
    introduction: Introduction = None,
    subject: Subject = None,
    clear: Clear = False,
    as_json: AsJson = False,
) -> None:
    """Show or set an issue's introduction and subject. Example: coopdigest words last --introduction hello.md"""
    from coopdigest.domain.issue import EditorWords

    changes = clear or introduction is not None or subject is not None
    with workplace(config) as place:
        found = place.period(period, own=True)
        chosen = place.wording.language(language)
        if changes:
            text = _read(introduction) if introduction is not None else None
            is_void = place.wording.say(found, EditorWords(chosen, text, subject), clear=clear)
            _tell_kept(found, chosen, is_void)
        said = [each for each in place.wording.said(found) if language is None or each.language == chosen]
    if as_json:
        show_json({"period": found.key, "words": [_document(each) for each in said]})
    elif not changes:
        _show(found, said)


def _tell_kept(period: Period, language: str, is_void: bool) -> None:
    tell(f"{period.key} {language}: kept; look at it with: coopdigest preview {period.key}")
    if is_void:
        tell(f"{period.key} was approved with other words; approve it again: coopdigest approve {period.key}")


def _read(name: str) -> str:
    """The text of a file, or of stdin for a dash.

    Raises:
        ConfigurationError: it cannot be read, is far too long, or is not UTF-8.
    """
    from coopdigest.services.editor_words import MOST_INTRODUCTION

    place = "stdin" if name == "-" else name
    try:
        if name == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_MOST_BYTES)
    except OSError as error:
        reason = (error.strerror or "not readable").lower()
        raise ConfigurationError(f"{reason}; name a file with the introduction", place=place) from error
    if len(data) >= _MOST_BYTES:  # cut in the middle of a letter, perhaps
        raise ConfigurationError(f"far too long; it may have {MOST_INTRODUCTION:,} characters", place=place)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError("not UTF-8; save it as UTF-8", place=f"{place}:{line}") from error


def _document(said: EditorWords) -> dict[str, Any]:
    return {"language": said.language, "introduction": said.introduction, "subject": said.subject}


def _show(period: Period, said: Sequence[EditorWords]) -> None:
    for each in said:
        show(f"{period.key}  {each.language}  subject: {each.subject or 'the usual one'}")
        show("\n".join(f"  {line}".rstrip() for line in (each.introduction or "(no introduction)").split("\n")))
