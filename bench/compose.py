"""Composes issues beside npm's `mjml`, which compiles the very same MJML, and says whether the bar is met.

The whole composition (templates, HTML, inlining, text) may take no longer than npm's MJML step alone, and our MJML
step a tenth of it. All are warm: every round runs each of the three a few times in a row, and then the next, so that a
busy machine slows them alike and none begins with another's caches; npm's own time is taken inside its process. Prints
one table; exit code 1 where the bar is missed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from statistics import median
from time import perf_counter

from mjml import mjml2html

from coopdigest.compose.composer import EmailComposer
from coopdigest.testing.issues import digest_of, issue_of

ROOT = Path(__file__).resolve().parents[1]
SIZES = (12, 60)  # items: a month of a small newsroom and of a large one
WARMING, ROUNDS, RUNS = 5, 9, 7  # a round runs each way `RUNS` times in a row
WHOLE_BAR, STEP_BAR = 1.0, 0.1  # of npm's time
_CSS = re.compile(r"(<mj-style\b[^>]*>)(.*?)(</mj-style>)", re.DOTALL)
_BLANK = re.compile(r">[ \t]+(?=\s*<)")

Compiler = Callable[[str], float]  # MJML to the milliseconds it took


@dataclass(frozen=True, slots=True)
class Result:
    """Medians in milliseconds of an issue of `count` items; `npm` is None where there is none."""

    count: int
    whole: float
    step: float
    npm: float | None

    @property
    def meets_bar(self) -> bool:
        """Whether we are as fast as we promise; so where nobody can tell."""
        return self.npm is None or (self.whole <= WHOLE_BAR * self.npm and self.step <= STEP_BAR * self.npm)


def main() -> int:
    """Measure, print the table, and return the exit code."""
    missing = explain_missing()
    if missing:
        results = [measure(count, None) for count in SIZES]
        print_table(results, missing)
        return 0
    with run_npm() as (npm_version, compiler):
        results = [measure(count, compiler) for count in SIZES]
    print_table(results, f"npm mjml {npm_version}")
    return 0 if all(result.meets_bar for result in results) else 1


def explain_missing() -> str:
    """Why npm's mjml cannot be measured; empty where it can."""
    if shutil.which("node") is None:
        return "npm mjml skipped: node is missing"
    return "" if (ROOT / "node_modules" / "mjml").is_dir() else "npm mjml skipped: not installed (make tools)"


@contextmanager
def run_npm() -> Iterator[tuple[str, Compiler]]:
    """npm's mjml in one process: its version, and what compiles with it."""
    command = ["node", str(ROOT / "bench" / "npm_mjml.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        if node.stdin is None or node.stdout is None:
            raise RuntimeError("a process without pipes")
        given, told = node.stdin, node.stdout

        def compile_(source: str) -> float:
            given.write(json.dumps(source) + "\n")
            given.flush()
            return float(json.loads(told.readline())["milliseconds"])

        greeting = told.readline()
        if not greeting:
            sys.exit("node cannot load mjml; see above, then: make -B tools")
        yield json.loads(greeting)["version"], compile_
        given.close()


def measure(count: int, npm: Compiler | None) -> Result:
    """Compose the issue of `count` items again and again, by us and by npm."""
    composer, issue = EmailComposer(digest_of("en"), [ROOT / "templates" / "email"]), issue_of(count, "en")
    source = make_readable(composer.mjml(issue, "en"))
    runs: list[Callable[[], float]] = [
        lambda: time(lambda: composer.compose(issue, "en")),
        lambda: time(lambda: mjml2html(source, fonts={})),
    ]
    if npm is not None:
        runs.append(lambda: npm(source))
    rounds = [[[run() for _ in range(RUNS)] for run in runs] for _ in range(WARMING + ROUNDS)][WARMING:]
    whole, step, *rest = (median(chain.from_iterable(column)) for column in zip(*rounds, strict=True))
    return Result(count, whole, step, *(rest or [None]))


def make_readable(source: str) -> str:
    """The MJML without what mjml-python refuses and npm takes: `>` in style sheets, and blanks between tags."""
    plain = _CSS.sub(lambda style: style[1] + style[2].replace(">", " ") + style[3], source)
    return _BLANK.sub(">\n", plain)


def time(run: Callable[[], object]) -> float:
    """How many milliseconds `run` takes."""
    start = perf_counter()
    run()
    return (perf_counter() - start) * 1000


def print_table(results: list[Result], npm: str) -> None:
    """One table: a row for each way, a column for each size, then the ratios and the bar."""
    ours = f"mjml-python {version('mjml-python')}"
    rows = [
        (f"median of {ROUNDS * RUNS}, warm", [f"{result.count} items" for result in results]),
        ("whole composition: HTML, inlining, text", [f"{result.whole:.2f} ms" for result in results]),
        (f"MJML step alone: {ours}", [f"{result.step:.2f} ms" for result in results]),
        (f"MJML step alone: {npm}", [f"{result.npm:.2f} ms" if result.npm else "-" for result in results]),
    ]
    if all(result.npm for result in results):
        rows += [
            (f"whole composition / npm (bar {WHOLE_BAR})", [ratio(r.whole, r.npm, WHOLE_BAR) for r in results]),
            (f"our MJML step / npm (bar {STEP_BAR})", [ratio(r.step, r.npm, STEP_BAR) for r in results]),
        ]
    for label, cells in rows:
        print(f"{label:<48}" + "".join(f"{cell:>16}" for cell in cells))


def ratio(ours: float, npm: float | None, bar: float) -> str:
    """Our time by npm's, and whether it keeps below the bar."""
    share = ours / npm if npm else 0.0
    return f"{share:.3f} {'ok' if share <= bar else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
