"""Runs `coopdigest send PERIOD` in the folder it stands in, its connections spread over several servers: URL ...

Everything else is the command as it is. It exists because one process has one `[smtp] url`, and one `smtp-sink` is
busy before the sender is.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.delivery.folders import PERIOD
from coopdigest.cli.app import run
from coopdigest.config.loading import SMTP_URL, load_settings
from coopdigest.ports import Connection, Transport
from coopdigest.wiring import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class SpreadTransport:
    """Every connection to the next of several servers (see `ports.Transport`)."""

    transports: list[Transport]
    _turns: Iterator[Transport] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = cycle(self.transports)

    async def connect(self) -> Connection:
        """Connect to the server whose turn it is."""
        return await next(self._turns).connect()


def spread_over(urls: list[str]) -> None:
    """Let every workplace of this process have a transport to all of these servers."""
    usual = cast("Any", Workplace.transport)

    def transport(self: Workplace) -> SpreadTransport:
        environs = [{**os.environ, SMTP_URL: url} for url in urls]
        places = [Workplace(load_settings(Path("coopdigest.toml"), environ)) for environ in environs]
        return SpreadTransport([usual.func(place) for place in places])

    replacement = cached_property(transport)
    replacement.__set_name__(Workplace, "transport")
    setattr(Workplace, "transport", replacement)  # noqa: B010 - an assignment would be against the declared type


if __name__ == "__main__":
    spread_over(sys.argv[1:])
    sys.argv[1:] = ["send", PERIOD]
    run()
