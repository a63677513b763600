"""The whole job with the store on PostgreSQL, through the command line only."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from digest_folder import Folder

from coopdigest.mail.catcher import MailCatcher
from postgresql_server import PostgresqlServer

PASSWORD = "hush-7"
KEY = "a-secret-that-is-long-enough-to-be-one"


@pytest.fixture
def url(postgresql: PostgresqlServer) -> Iterator[str]:
    """A database of its own, without tables; the URL holds a password, which this server does not ask for."""
    url = postgresql.take_bare()
    yield url.replace("postgres@", f"postgres:{PASSWORD}@")
    postgresql.give_back(url)


@pytest.fixture
def folder(folder: Folder, url: str) -> Folder:
    """A digest folder whose store is on PostgreSQL."""
    folder.environ |= {"COOPDIGEST_DATABASE_URL": url, "COOPDIGEST_SECRET_KEY": KEY}
    return folder


def test_a_digest_goes_from_the_listing_to_every_inbox_on_postgresql(folder: Folder, catcher: MailCatcher) -> None:
    """Collect, approve and send deliver one message to each subscriber, though two senders run at once."""
    for command in (["collect"], ["approve", "2021-11"]):
        ran = folder.run(*command)
        assert ran.code == 0, ran.err
    senders = [folder.start("send", "2021-11", stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for sender in senders:
        _out, err = sender.communicate(timeout=60)
        assert sender.returncode in (0, 9), err  # 9: the other one still had some in hand
        assert PASSWORD not in err
    again = folder.run("send", "2021-11")
    assert (again.code, "already sent" in again.err) == (0, True), again.err
    assert sorted(m.recipients[0] for m in catcher.messages) == [
        "amina@example.org",
        "luc@example.org",
        "nour@example.org",
    ]
    status = folder.run("status", "2021-11", "--json").json
    assert (status["state"], status["recipients"], status["counts"]["accepted"]) == ("sent", 3, 3)
    assert not list(folder.path.glob("coopdigest.db*"))


def test_a_server_that_is_not_there_exits_7_without_the_password(folder: Folder, url: str) -> None:
    """Wherever the URL holds the password, the one line names the server and the next step, and not the password."""
    gone = [
        f"postgresql://postgres:{PASSWORD}@127.0.0.1:1/news",
        f"postgresql://postgres@127.0.0.1:1/news?password={PASSWORD}",
        url.replace("/bare", "/nowhere"),
    ]
    for command, each in zip((["status"], ["collect"], ["send", "2021-11"]), gone, strict=True):
        ran = folder.run(*command, environ={"COOPDIGEST_DATABASE_URL": each})
        assert ran.code == 7, ran.err
        assert len(ran.err.splitlines()) == 1, ran.err
        assert "[store] url" in ran.err
        assert PASSWORD not in ran.err + ran.out


def test_a_secret_key_is_asked_for(folder: Folder) -> None:
    """Nothing is composed for senders on several hosts with a key that only one of them has."""
    del folder.environ["COOPDIGEST_SECRET_KEY"]
    folder.run("collect")
    ran = folder.run("approve", "2021-11")
    assert ran.code == 2
    assert "COOPDIGEST_SECRET_KEY" in ran.err
    assert PASSWORD not in ran.err
