"""The example digest that coopdigest brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopdigest.config.shipped import example_files, shipped_file, shipped_root, shipped_templates
from coopdigest.domain.errors import ConfigurationError

REPOSITORY = Path(__file__).parents[2]


def test_a_checkout_uses_its_own_files() -> None:
    """In a checkout the example is the repository itself, not a copy that an installation left behind."""
    assert shipped_root() == REPOSITORY
    assert shipped_templates() == REPOSITORY / "templates" / "email"


def test_the_example_is_a_whole_digest_folder() -> None:
    """A new folder gets configuration, roster, templates and news, and nothing of the project around them."""
    files = dict(example_files())
    assert {"coopdigest.toml", "subscribers.csv", "news/newsroom.txt"} <= set(files)
    assert any(name.startswith("templates/email/") for name in files)
    assert {name.split("/")[0] for name in files} == {"coopdigest.toml", "subscribers.csv", "news", "templates"}
    assert all(source.is_file() for source in files.values())
    assert list(files) == sorted(files)


def test_a_file_that_is_not_shipped_is_an_error() -> None:
    """An incomplete installation is told, not stumbled over."""
    with pytest.raises(ConfigurationError, match=r"nothing\.txt is missing from this installation"):
        shipped_file("nothing.txt")
