"""Where the bench keeps what it makes and fetches."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".bench"


def clean_environ(**added: str) -> dict[str, str]:
    """The environment of a contender: ours, without what would configure coopdigest."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COOPDIGEST_")}
    return {**kept, **added}
