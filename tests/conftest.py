"""What holds for every test: Hypothesis judges results, never speed; one PostgreSQL server serves who asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from postgresql_server import PostgresqlMissingError, PostgresqlServer

settings.register_profile("coopdigest", deadline=None)
settings.load_profile("coopdigest")


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    """A PostgreSQL server, started when the first test asks; without one the tests that ask are skipped."""
    try:
        server = PostgresqlServer()
    except PostgresqlMissingError as error:
        pytest.skip(str(error))
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # senders keep lock files there
        yield server
    server.stop()
