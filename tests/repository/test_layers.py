"""The layer rule holds: every contract that pyproject.toml states is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_imports_point_downwards(root: Path) -> None:
    """import-linter finds every contract kept and none broken."""
    command = [Path(sys.executable).with_name("lint-imports"), "--config", root / "pyproject.toml", "--no-cache"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
