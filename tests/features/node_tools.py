"""The development tools that npm installs, as tests find them or say that they are missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MODULES = Path(__file__).parents[2] / "node_modules"
NODE = shutil.which("node")
OLDEST_NODE = 20
AXE = MODULES / "axe-core" / "axe.min.js"
HTML_VALIDATE = MODULES / "html-validate" / "bin" / "html-validate.mjs"

NEEDS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="there is no axe-core here: make tools (needs npm)")


def needs_node(script: Path) -> pytest.MarkDecorator:
    """Skips where `script` is not installed, or node is missing or older than what the tools ask for."""
    reason = f"there is no {script.stem} here: make tools (needs npm)"
    if script.is_file():
        reason = (
            "" if node_version() >= OLDEST_NODE else f"{script.stem} needs node {OLDEST_NODE}: apt-get install nodejs"
        )
    return pytest.mark.skipif(bool(reason), reason=reason)


def node_version() -> int:
    """The major version of node; 0 where there is none."""
    if NODE is None:
        return 0
    told = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.removeprefix("v").partition(".")[0])


NEEDS_HTML_VALIDATE = needs_node(HTML_VALIDATE)
