"""The development tools that npm installs, as tests find them or say that they are missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

MODULES = Path(__file__).parents[2] / "node_modules"
NODE = shutil.which("node")
AXE = MODULES / "axe-core" / "axe.min.js"
HTML_VALIDATE = MODULES / "html-validate" / "bin" / "html-validate.mjs"

NEEDS_AXE = pytest.mark.skipif(not AXE.is_file(), reason="there is no axe-core here: make tools (needs npm)")
NEEDS_HTML_VALIDATE = pytest.mark.skipif(
    NODE is None or not HTML_VALIDATE.is_file(), reason="there is no html-validate here: make tools (needs npm)"
)
