"""Stores for the contract suites: every test that asks for `stores` or `store` runs once on each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.period import Cadence
from coopdigest.testing.memory_store import MemoryStore
from postgresql_server import PostgresqlServer

KINDS = ("memory", "sqlite", "postgresql")


class StoreMaker:
    """Makes empty stores of one kind, and closes them all at the end."""

    def __init__(self, kind: str, folder: Path, server: PostgresqlServer | None) -> None:
        self.kind, self._folder, self._server = kind, folder, server
        self._made: list[Any] = []
        self._urls: list[str] = []

    def make(self) -> Any:
        """A new, empty store."""
        return self._keep(MemoryStore()) if self.kind == "memory" else self.open(self.make_url())

    def make_url(self, *, bare: bool = False) -> str:
        """The URL of an empty database; a `bare` one has not even tables."""
        name = f"{len(self._urls)}.db"
        take = self._server and (self._server.take_bare if bare else self._server.take)
        self._urls.append(take() if take else f"sqlite:///{self._folder / name}")
        return self._urls[-1]

    def open_beside(self, store: Any) -> Any:
        """The same store as another process sees it: the only one there may declare a sender of ours dead."""
        return store if self.kind == "memory" else self.open(store.database.url)

    def open(self, url: str) -> Any:
        """The store at this URL."""
        from coopdigest.store.open_store import open_store

        return self._keep(open_store(url, "coop-news", Cadence.MONTH, ZoneInfo("UTC")))

    def _keep(self, store: Any) -> Any:
        self._made.append(store)
        return store

    def close(self) -> None:
        """Close every store that was made, and empty its database for the next test."""
        while self._made:
            self._made.pop().close()
        if self._server:
            while self._urls:
                self._server.give_back(self._urls.pop())


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreMaker]:
    """A maker of stores of one kind."""
    yield from make_stores(request, tmp_path)


@pytest.fixture(params=KINDS[1:])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreMaker]:
    """A maker of stores on one kind of database."""
    yield from make_stores(request, tmp_path)


def make_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreMaker]:
    """A maker for the kind that the test asks for, closed when the test is over."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    maker = StoreMaker(request.param, tmp_path, server)
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
