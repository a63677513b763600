"""Stores for the contract suites: every test that asks for `stores` or `store` runs once on each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.period import Cadence
from coopdigest.testing.memory_store import MemoryStore

KINDS = ("memory", "sqlite")


class StoreMaker:
    """Makes empty stores of one kind, and closes them all at the end."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self._folder = kind, folder
        self._made: list[Any] = []

    def make(self) -> Any:
        """A new, empty store."""
        store = MemoryStore() if self.kind == "memory" else self._open(self._folder / f"{len(self._made)}.db")
        self._made.append(store)
        return store

    def open_beside(self, store: Any) -> Any:
        """The same store as another process sees it: the only one there may declare a sender of ours dead."""
        if self.kind == "memory":
            return store
        self._made.append(self._open(store.database.path))
        return self._made[-1]

    def close(self) -> None:
        """Close every store that was made."""
        for store in self._made:
            store.close()

    def _open(self, path: Path) -> Any:
        from coopdigest.store.open_store import open_store

        return open_store(f"sqlite:///{path}", "coop-news", Cadence.MONTH, ZoneInfo("UTC"))


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreMaker]:
    """A maker of stores of one kind."""
    maker = StoreMaker(request.param, tmp_path)
    yield maker
    maker.close()


@pytest.fixture
def store(stores: StoreMaker) -> Any:
    """One empty store."""
    return stores.make()


@pytest.fixture
def neighbour(stores: StoreMaker, store: Any) -> Any:
    """The one store, opened beside it as by another process."""
    return stores.open_beside(store)
