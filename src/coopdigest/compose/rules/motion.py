"""Rules about motion: nothing goes on moving that the reader did not start (WCAG 2.2, 2.2.2 and 2.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coopdigest.compose.rules.page import attribute
from coopdigest.compose.rules.seen import Seen, blame, quote
from coopdigest.compose.sheets import Declaration, parse_declarations
from coopdigest.domain.edition import Finding

RULES = {
    "W22": "Nothing blinks, and nothing moves by itself for longer than five seconds (WCAG 2.2, 2.2.2).",
}
LONGEST = 5.0  # seconds
_TIME = re.compile(r"(?<![\w.])(\d{0,6}\.?\d{1,6})(m?s)\b")
_COUNT = re.compile(r"(?<![\w.(])(\d{1,6}(?:\.\d{1,6})?)(?=\s|,|\Z)")


def check(seen: Seen) -> Iterator[Finding]:
    """Findings about motion by elements and by styles; a moving picture cannot be told from its address."""
    for node in seen.page.find("marquee, blink"):
        yield seen.page.judge("W22", node, f"<{node.tag}> moves for ever")
    for rule in seen.cascade.rules:
        if any(map(_goes_on, rule.declarations)):
            yield blame("W22", f"{quote(rule.selector)} is animated for longer than {LONGEST:g} seconds")
    for node in seen.page.find("[style*=animation i], [style*=blink i]"):
        if any(map(_goes_on, parse_declarations(attribute(node, "style")))):
            yield blame("W22", f"<{node.tag}> is animated for longer than {LONGEST:g} seconds")


def _goes_on(declaration: Declaration) -> bool:
    name, value = declaration.name.removeprefix("-webkit-"), declaration.value
    if name == "text-decoration-line":
        return "blink" in value
    if name not in ("animation", "animation-duration", "animation-iteration-count"):
        return False
    seconds = [float(number) * (0.001 if unit == "ms" else 1) for number, unit in _TIME.findall(value)]
    counts = [float(number) for number in _COUNT.findall(value)] if name == "animation" else []
    return "infinite" in value or max(seconds, default=0) * max([1.0, *counts]) > LONGEST
