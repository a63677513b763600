"""Measures delivery, prints the tables, and says whether every bar is reached: python -m bench.delivery --help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.delivery.contenders import Field
from bench.delivery.folders import Folders
from bench.delivery.machine import describe_machine
from bench.delivery.page import make_page
from bench.delivery.parts import EXTRA, PARTS, Plan
from bench.delivery.postfix import find_postfix
from bench.delivery.report import Section, tabulate_bars
from bench.delivery.running import FailedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; exit code 1 when a bar is missed or a contender fails."""
    asked = _read(arguments)
    postfix = find_postfix()
    if isinstance(postfix, str):
        print(f"Delivery is not measured, for there is no smtp-sink to send to: {postfix}")
        return 0
    folders = Folders()
    folders.clear()
    try:
        plan = Plan(Field(postfix, folders), *((5_000, 100_000, 1) if asked.quick else ()))
        machine = describe_machine()
        print("\n".join(machine), flush=True)
        sections = [_measure(name, plan) for name in asked.only]
    except FailedError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        folders.clear()
    bars = [bar for section in sections for bar in section.bars]
    if bars:
        print("\n### The bars\n\n" + "\n".join(tabulate_bars(bars)))
    if asked.write:
        asked.write.write_text(make_page(machine, sections, datetime.now(UTC).date()), "utf-8")
    return 0 if all(bar.is_reached for bar in bars) else 1


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=list(PARTS), help=f"some of: {','.join([*PARTS, *EXTRA])}", metavar="PART,PART"
    )
    parser.add_argument("--quick", action="store_true", help="5,000 recipients, one round: to see that it works")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page there, too")
    return parser.parse_args(arguments)


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in PARTS and name not in EXTRA:
            raise argparse.ArgumentTypeError(f"no part is named {name!r}")
    return names


def _measure(name: str, plan: Plan) -> Section:
    section = {**PARTS, **EXTRA}[name](plan)
    print(f"\n{section}", flush=True)
    return section


if __name__ == "__main__":
    sys.exit(main())
