"""Yields items: what a source is, and what one reading of it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from coopdigest.domain.digest import MediaContact
from coopdigest.domain.item import FoundItem


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask again with: ETag and Last-Modified (RFC 9110 8.8), verbatim."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something in a source that could not be read or had to be guessed, and where (``line 12``, a guid)."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a source gave. `unchanged` (304): nothing new, `items` is empty and means nothing.

    `items` are in the source's own order. `contact` is a media contact that the source names.
    """

    items: Sequence[FoundItem] = ()
    notes: Sequence[Note] = ()
    contact: MediaContact | None = None
    validators: Validators | None = None
    unchanged: bool = False


class Source(Protocol):
    """Something that yields items."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def shows_whole_state(self) -> bool:
        """Whether an item that is absent from a reading is gone (listing, page, folder), not merely old (feed)."""
        ...

    def read(self, validators: Validators | None) -> Reading:
        """Read the source once, within its bounds of time and size. Asks conditionally when given validators.

        Raises:
            SourceError: the source cannot be read at all; the text names the source and the cause.
        """
        ...
