"""Opens the campaign of a prepared folder and prints how many seconds that took: FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

from bench.delivery.folders import PERIOD
from coopdigest.wiring import open_workplace


def main(folder: Path) -> None:
    """Do what `send` does before it sends, from an open store on."""
    place = open_workplace(folder / "coopdigest.toml")
    period, campaigns, composer = place.period(PERIOD, own=True), place.campaigns(), place.composer
    start = perf_counter()
    campaigns.prepare(period, composer, early=False, required=place.required_sources())
    print(perf_counter() - start)
    place.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
