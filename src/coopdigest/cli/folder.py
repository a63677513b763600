"""Commands that make a digest folder: init and demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coopdigest.cli.output import show, tell


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (init, demo):
        app.command()(command)


Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; it may exist.")]


def init(folder: Folder) -> None:
    """Write a ready digest folder; nothing that is there is overwritten. Example: coopdigest init my-digest"""
    from coopdigest.cli.example import write_example

    written, kept = write_example(folder)
    for path in written:
        show(str(path))
    for path in kept:
        tell(f"{path}: was there, left as it is")
    tell(f"next: edit {folder / 'coopdigest.toml'}, then run: cd {folder} && coopdigest collect")


Once = Annotated[bool, typer.Option("--once", help="End when the issue is sent.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")]


def demo(once: Once = False, no_browser: NoBrowser = False) -> None:
    """Do the whole job on sample news in a scratch folder. Example: coopdigest demo"""
    from coopdigest.cli.demonstration import run_demo

    run_demo(once=once, open_browser=not no_browser)
