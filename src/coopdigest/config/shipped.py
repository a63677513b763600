"""Where the example digest is that coopdigest brings along: in the checkout, else in the wheel."""

from __future__ import annotations

from pathlib import Path

from coopdigest.domain.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]
_TEMPLATES = "templates/email"
_FILES = ("coopdigest.toml", "subscribers.csv")


def shipped_root() -> Path:
    """The folder of the example digest.

    A checkout's own files win over the copy in a wheel: an editable install may have left an old one behind.
    """
    is_checkout = _PACKAGE.parent.name == "src" and (_CHECKOUT / "pyproject.toml").is_file()
    return _CHECKOUT if is_checkout else _PACKAGE / "shipped"


def shipped_file(name: str) -> Path:
    """A file of the example digest by its path in it, such as ``coopdigest.toml`` or ``news/newsroom.txt``.

    Raises:
        ConfigurationError: the installation lacks it.
    """
    file = shipped_root() / name
    if not file.is_file():
        raise ConfigurationError(f"{name} is missing from this installation; install coopdigest again")
    return file


def shipped_templates() -> Path:
    """The folder of the shipped templates, over which a digest folder's own win file by file.

    Raises:
        ConfigurationError: the installation lacks it.
    """
    folder = shipped_root() / _TEMPLATES
    if not folder.is_dir():
        raise ConfigurationError("the templates are missing from this installation; install coopdigest again")
    return folder


def example_files() -> list[tuple[str, Path]]:
    """The files of a new digest folder, sorted: where each goes in it, and where it is copied from.

    Raises:
        ConfigurationError: the installation lacks a part of them.
    """
    root = shipped_root()
    found = [shipped_file(name) for name in _FILES]
    for folder in (shipped_templates(), root / "news"):
        inside = folder.rglob("*")
        found += [file for file in inside if file.is_file() and not _is_hidden(file.relative_to(root))]
    return sorted((file.relative_to(root).as_posix(), file) for file in found)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.parts)
