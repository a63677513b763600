"""The table `[dkim]` of coopdigest.toml."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ValidationInfo, field_validator

from coopdigest.config import kinds
from coopdigest.config.table import Table

_LONGEST_LABEL = 63  # characters between the dots of a host name (RFC 1035 2.3.4)


class Canonicalization(StrEnum):
    """What servers on the way may change without breaking a signature: header and body (RFC 6376 3.4)."""

    RELAXED = "relaxed/relaxed"
    SIMPLE = "relaxed/simple"


class DkimTable(Table):
    """`[dkim]`: how messages are signed (RFC 6376)."""

    selector: kinds.DkimSelector
    domain: kinds.Domain | None = None
    key: kinds.Line
    ed25519_key: kinds.Line | None = None
    canonicalization: Canonicalization = Canonicalization.RELAXED

    @field_validator("ed25519_key")
    @classmethod
    def _check_room(cls, value: str, info: ValidationInfo) -> str:
        name = _second_selector(info.data.get("selector", ""))
        if len(name.rpartition(".")[2]) > _LONGEST_LABEL:
            raise ValueError(f"is published under the name {name}, too long; shorten selector")
        return value

    @property
    def ed25519_selector(self) -> str:
        """Where `ed25519_key` is published: two records under one name would be none (RFC 6376 3.6.2.2)."""
        return _second_selector(self.selector)

    @property
    def key_files(self) -> list[str]:
        """The files of all keys, in the order of their signatures."""
        return [file for file in (self.key, self.ed25519_key) if file]


def _second_selector(selector: str) -> str:
    return f"{selector}-ed25519"
