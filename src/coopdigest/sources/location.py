"""Knows where a source is, a file or a web address, and gets its bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from coopdigest.domain.errors import ConfigurationError, SourceError
from coopdigest.ports import Validators
from coopdigest.sources.fetch import Fetched, Fetcher, Limits, check_url
from coopdigest.sources.guard import FetchError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


@dataclass(frozen=True, slots=True)
class Location:
    """Where the source named `source` is: a web address, or a path that is relative to `base`."""

    source: str
    text: str
    base: Path
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse what cannot be read whatever the network does.

        Raises:
            ConfigurationError: an address that is not http or https, or that holds a password.
        """
        if self.is_remote:
            try:
                check_url(self.text)
            except FetchError as fault:
                raise ConfigurationError(f"its location {fault}", place=f"source {self.source}") from fault
        elif "\0" in self.text or not self.text.strip():
            raise ConfigurationError("its location is empty; name a file or an address", place=f"source {self.source}")

    @property
    def is_remote(self) -> bool:
        """Whether this is a web address."""
        return _SCHEME.match(self.text) is not None

    @property
    def path(self) -> Path:
        """The path, absolute if `base` is."""
        return self.base / Path(self.text).expanduser()

    def read(self, validators: Validators | None = None) -> Fetched:
        """Get the bytes, of a web address conditionally when given validators.

        Raises:
            SourceError: it cannot be read, or is larger than the limits allow.
        """
        if self.is_remote:
            return Fetcher(self.source, self.allow_private, self.limits).fetch(self.text, validators)
        return Fetched(body=read_file(self.path, self.source, self.limits.size))


def read_file(path: Path, source: str, size: int) -> bytes:
    """The bytes of an ordinary file of at most `size` bytes.

    Raises:
        SourceError: it is missing, is no ordinary file, may not be read, or is larger.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):  # a pipe or a device would wait for ever
            raise SourceError(f"{path.name} is not a file; check `location` in the configuration", place=source)
        with path.open("rb") as file:
            body = file.read(size + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        text = f"there is no file {path.name}; check `location` in the configuration"
        raise SourceError(text, place=source) from error
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read ({error.strerror}); check its rights", place=source) from error
    if len(body) > size:
        raise SourceError(f"{path.name} is larger than {size / 1_000_000:g} MB; is it the right file?", place=source)
    return body
