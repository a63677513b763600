"""The repository as these tests look at it: its root, its modules, its committed files."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NOT_OURS = {
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "__pycache__",
    "dist",
    "node_modules",
}


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> dict[str, ast.Module]:
    """Every module of the package, parsed, by its path below `src`."""
    return _parse(ROOT / "src")


@pytest.fixture(scope="session")
def test_modules() -> dict[str, ast.Module]:
    """Every test module, parsed, by its path below `tests`."""
    return {path: tree for path, tree in _parse(ROOT / "tests").items() if Path(path).name.startswith("test_")}


@pytest.fixture(scope="session")
def committed() -> list[Path]:
    """The files that git tracks; where there is no repository, every file that is not a tool's own."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        named = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    else:
        named = (path for path in ROOT.rglob("*") if not _NOT_OURS & set(path.relative_to(ROOT).parts))
    return sorted(path for path in named if path.is_file())


def _parse(folder: Path) -> dict[str, ast.Module]:
    files = sorted(folder.rglob("*.py"))
    return {str(path.relative_to(folder)): ast.parse(path.read_text("utf-8")) for path in files}
