"""The stamp of a roster file is the same whether it is hashed in blocks or read whole."""

from pathlib import Path

import pytest

from coopdigest.domain.errors import HeldError
from coopdigest.services.subscriptions import roster_stamp
from coopdigest.wiring import stamp_file


@pytest.mark.parametrize("size", [0, 1, 2**18 - 1, 2**18, 2**18 + 1, 3_000_000])
def test_a_file_has_the_stamp_of_its_octets(tmp_path: Path, size: int) -> None:
    """Whatever its size, so that a file that was read is known again without reading it."""
    file = tmp_path / "subscribers.csv"
    file.write_bytes(b"email\n" * (size // 6) + b"x" * (size % 6))

    assert stamp_file(file) == roster_stamp(file.read_bytes())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """One line with the file's name and the next step."""
    with pytest.raises(HeldError, match=r"^subscribers\.csv: no such file.*name another file"):
        stamp_file(tmp_path / "subscribers.csv")
