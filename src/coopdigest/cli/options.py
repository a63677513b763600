"""Arguments and options that several commands share, and how a command opens its digest folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from coopdigest.wiring import Workplace

Config = Annotated[Path, typer.Option("--config", help="The digest's configuration.", show_default=True)]
CONFIG = Path("coopdigest.toml")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
AnyPeriod = Annotated[
    str,
    typer.Argument(metavar="PERIOD", help="2021-11, 2021-W46, 2021-Q4, 2021, 2021-11-01..2021-11-15, last or this."),
]
OwnPeriod = Annotated[
    str, typer.Argument(metavar="PERIOD", help="A period of the digest's own cadence, such as 2021-11 or last.")
]


@contextmanager
def workplace(config: Path) -> Iterator[Workplace]:
    """The digest folder of `config`, closed at the end. The wiring is imported here, so that --help is quick."""
    from coopdigest.wiring import open_workplace

    place = open_workplace(config)
    try:
        yield place
    finally:
        place.close()
