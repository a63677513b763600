"""The command line `coopdigest`: its commands, and how expected errors end it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from coopdigest.cli import content, folder, people, running, sending, wording
from coopdigest.domain.errors import CoopdigestError

app = typer.Typer(
    name="coopdigest",
    help="Turn a newsroom into an e-mail digest: one issue per period, to every subscriber once.",
    epilog="Start with: coopdigest init my-digest",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"coopdigest {version('coopdigest')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def _coopdigest(version: Version = False) -> None:
    """Turn a newsroom into an e-mail digest: one issue per period, to every subscriber once."""


folder.register(app)
content.register(app)
wording.register(app)
sending.register(app)
people.register(app)
running.register(app)


def run() -> None:
    """Run a command line; an expected error is one line on stderr and its exit code, never a traceback."""
    try:
        app()
    except CoopdigestError as error:
        print(f"coopdigest: {error}" if error.place is None else str(error), file=sys.stderr)
        sys.exit(int(error.exit_code))
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; there is nobody to tell
        sys.exit(0)
