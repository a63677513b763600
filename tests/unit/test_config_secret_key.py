"""The key of links is made once, kept safe, and shared by all processes."""

from __future__ import annotations

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coopdigest.config.loading import load_settings
from coopdigest.config.secret_key import FILE_NAME, keys_of
from coopdigest.config.settings import Settings
from coopdigest.domain.errors import ConfigurationError

TOML = """\
digest = { slug = "a", name = "A", timezone = "UTC", from = "a@example.org" }
media_contact = { name = "A", email = "a@example.org" }
sources = [{ name = "a", kind = "listing", location = "a.txt" }]
smtp.url = "smtp://localhost"
"""
READ = (
    "import sys; from pathlib import Path; from coopdigest.config.loading import load_settings; "
    "from coopdigest.config.secret_key import keys_of; "
    "print(keys_of(load_settings(Path(sys.argv[1]), {}))[0].decode())"
)


def settings_in(folder: Path, **environ: str) -> Settings:
    (folder / "coopdigest.toml").write_text(TOML, "utf-8")
    return load_settings(folder / "coopdigest.toml", {f"COOPDIGEST_{name}": value for name, value in environ.items()})


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """The first call makes a key beside the database, for its owner alone; later calls read it."""
    settings = settings_in(tmp_path)
    (first,) = keys_of(settings)
    assert len(first) == 64
    assert keys_of(settings) == [first]
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", FILE_NAME, "coopdigest.toml"]


def test_the_key_lies_beside_the_database(tmp_path: Path) -> None:
    """A database elsewhere takes the key with it."""
    (tmp_path / "var").mkdir()
    keys_of(settings_in(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/var/news.db"))
    assert (tmp_path / "var" / FILE_NAME).exists()
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"{FILE_NAME}\n"),
        ("*.db", f"*.db\n{FILE_NAME}\n"),
        (f"{FILE_NAME}\n*.db\n", f"{FILE_NAME}\n*.db\n"),
        ("*.key\n", "*.key\n"),
    ],
)
def test_version_control_is_told_to_ignore_the_key(tmp_path: Path, before: str | None, after: str) -> None:
    """The folder's .gitignore names the key afterwards, once, and keeps what it said."""
    if before is not None:
        (tmp_path / ".gitignore").write_text(before, "utf-8")
    keys_of(settings_in(tmp_path))
    assert (tmp_path / ".gitignore").read_text("utf-8") == after


def test_threads_that_start_together_agree(tmp_path: Path) -> None:
    """However many ask at once for the first time, all get the same key."""
    settings = settings_in(tmp_path)
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: keys_of(settings)[0], range(64)))
    assert len(found) == 1


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Two processes that start in a new folder use one key."""
    settings_in(tmp_path)
    command = [sys.executable, "-c", READ, str(tmp_path / "coopdigest.toml")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({process.communicate()[0] for process in started}) == 1
    assert {process.returncode for process in started} == {0}


def test_the_environment_gives_keys_in_order(tmp_path: Path) -> None:
    """Keys from the environment are used in their order, and nothing is written."""
    settings = settings_in(tmp_path, SECRET_KEY=f"{'n' * 32}, {'o' * 40}")
    assert keys_of(settings) == [b"n" * 32, b"o" * 40]
    assert not (tmp_path / FILE_NAME).exists()


def test_a_file_may_hold_several_keys(tmp_path: Path) -> None:
    """A new first line in the file rotates the key; the old one still reads old links."""
    (tmp_path / FILE_NAME).write_text(f"{'n' * 32}\n{'o' * 32}\n", "ascii")
    assert keys_of(settings_in(tmp_path)) == [b"n" * 32, b"o" * 32]


def test_a_short_key_is_refused_unseen(tmp_path: Path) -> None:
    """A key that could be guessed is refused, and not repeated."""
    with pytest.raises(ConfigurationError, match="COOPDIGEST_SECRET_KEY: a key has at least 32 characters") as caught:
        keys_of(settings_in(tmp_path, SECRET_KEY=f"{'n' * 32},hunter2"))
    assert "hunter2" not in str(caught.value)


def test_postgresql_needs_a_key_from_the_environment(tmp_path: Path) -> None:
    """Several machines may share a PostgreSQL store, so no machine makes a key of its own for it."""
    with pytest.raises(ConfigurationError, match="COOPDIGEST_SECRET_KEY: with PostgreSQL"):
        keys_of(settings_in(tmp_path, DATABASE_URL="postgresql://db/news"))


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe" * 32, b"short\n"])
def test_a_damaged_key_file_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    """A file that holds no key is an error, never silently a new key: that would break every link sent."""
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"coopdigest\.key: "):
        keys_of(settings_in(tmp_path))
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A database in a folder that does not exist is refused in words."""
    settings = settings_in(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/news.db")
    with pytest.raises(ConfigurationError, match="its folder does not exist"):
        keys_of(settings)
