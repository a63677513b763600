"""A ledger knows when it was copied, moved to another machine, or put back from a backup; and when it was not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coopdigest.domain.errors import StoreError
from coopdigest.domain.period import Cadence
from coopdigest.ports import Campaign
from coopdigest.store.birth import birth_of
from coopdigest.store.home import Place, machine_mark
from coopdigest.store.open_store import Store, open_store
from coopdigest.testing.builders import make_found, make_period
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import (
    ACCEPTED,
    approve,
    claim_all,
    collect,
    enrol,
    intend,
    open_campaign,
    settle,
    settle_all,
)
from postgresql_server import PostgresqlServer

Open = Callable[..., Store]
TWO = ("amina@example.org", "luc@example.org")


@pytest.fixture
def open_at() -> Iterator[Open]:
    """Opens stores, in a folder or by URL, as on the machine that is named; all are closed at the end."""
    made: list[Store] = []

    def open_(place: Path | str, machine: str | None = "ours", home_file: Path | None = None) -> Store:
        url = place if isinstance(place, str) else f"sqlite:///{place / 'coopdigest.db'}"
        options: dict[str, Any] = {"machine": lambda: machine, "home_file": home_file}
        made.append(open_store(url, "coop-news", Cadence.MONTH, ZoneInfo("UTC"), **options))
        return made[-1]

    yield open_
    for store in made:
        store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the ledger."""
    made = tmp_path / "digest"
    made.mkdir()
    return made


def begin(store: Store) -> Campaign:
    """Open a campaign and hand over one of its two messages, as a sender that then ends does."""
    campaign = open_campaign(store, *TWO)
    sender = store.ledger.enlist(NOON)
    (delivery,) = store.ledger.claim(campaign.id, sender, 1, NOON)
    intend(store, delivery, sender)
    settle(store, delivery, sender, ACCEPTED)
    store.ledger.retire(sender)
    return campaign


def go_on(store: Store, campaign: Campaign) -> None:
    """Hand over what is left of the campaign."""
    sender = store.ledger.enlist(NOON)
    settle_all(store, campaign, sender, ACCEPTED)
    store.ledger.retire(sender)


def begun_in(folder: Path, open_at: Open) -> Campaign:
    """A campaign that was begun in this folder; its store is closed."""
    store = open_at(folder)
    campaign = begin(store)
    store.close()
    return campaign


def test_in_the_ordinary_life_nothing_is_asked(folder: Path, open_at: Open) -> None:
    """Not before the first claim, not while sending, not after a restart, a crash, a VACUUM."""
    store = open_at(folder)
    campaign = open_campaign(store, *TWO)
    assert store.ledger.displacement(campaign.id) is None
    sender = store.ledger.enlist(NOON)
    claim_all(store, campaign, sender)
    assert store.ledger.displacement(campaign.id) is None
    store.ledger.abandon(sender)
    store.close()
    with sqlite3.connect(folder / "coopdigest.db") as database:
        database.execute("VACUUM")
    database.close()
    again = open_at(folder)
    assert again.ledger.displacement(campaign.id) is None
    again.ledger.reap(NOON)
    go_on(again, campaign)
    assert again.ledger.displacement(campaign.id) is None


def test_two_processes_on_one_ledger_are_at_home(folder: Path, open_at: Open) -> None:
    """Each writes the file beside the store; neither takes the other's for a newer ledger."""
    first, second = open_at(folder), open_at(folder)
    campaign = open_campaign(first, *TWO)
    senders = [store.ledger.enlist(NOON) for store in (first, second)]
    for store, sender in ((first, senders[0]), (second, senders[1]), (first, senders[0])):
        store.ledger.claim(campaign.id, sender, 1, NOON)
        store.ledger.beat(sender, NOON)
        assert [each.ledger.displacement(campaign.id) for each in (first, second)] == [None, None]


def test_a_moved_folder_is_the_same_ledger(folder: Path, open_at: Open) -> None:
    """Renaming the folder changes neither the file nor its birth."""
    campaign = begun_in(folder, open_at)
    moved = folder.rename(folder.with_name("renamed"))
    assert open_at(moved).ledger.displacement(campaign.id) is None


@pytest.mark.parametrize("machine", [None, "ours"])
def test_a_machine_that_has_no_identity_is_not_another_one(folder: Path, open_at: Open, machine: str | None) -> None:
    """A container may have none, and another name each time: the file tells copies all the same."""
    store = open_at(folder, machine)
    campaign = begin(store)
    store.close()
    assert open_at(folder, None).ledger.displacement(campaign.id) is None


def test_another_machine_asks(folder: Path, open_at: Open) -> None:
    """A disk, or an image of one, that runs in another machine."""
    campaign = begun_in(folder, open_at)
    assert "another machine" in str(open_at(folder, "theirs").ledger.displacement(campaign.id))


def test_a_copied_folder_asks_and_the_original_does_not(folder: Path, open_at: Open) -> None:
    """The copy says of what it is one."""
    campaign = begun_in(folder, open_at)
    copy = shutil.copytree(folder, folder.with_name("copy"))
    assert f"a copy of the one that began this issue ({folder / 'coopdigest.db'})" in str(
        open_at(copy).ledger.displacement(campaign.id)
    )
    assert open_at(folder).ledger.displacement(campaign.id) is None


def test_a_copy_with_the_same_inode_is_known_by_its_birth(folder: Path, open_at: Open) -> None:
    """A folder that was removed and restored often gets the very inodes that became free."""
    campaign = begun_in(folder, open_at)
    if birth_of(folder / "coopdigest.db") is None:
        pytest.skip("this file system does not say when a file was made")
    backup = shutil.copytree(folder, folder.with_name("backup"))
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    assert open_at(folder).ledger.displacement(campaign.id) is not None


def test_an_older_database_put_back_asks(folder: Path, open_at: Open) -> None:
    """The file beside it knows that the ledger was further, though the database's file has the same inode."""
    campaign = begun_in(folder, open_at)
    backup = folder.with_name("backup.db")
    shutil.copyfile(folder / "coopdigest.db", backup)
    store = open_at(folder)
    go_on(store, campaign)
    store.close()
    (folder / "coopdigest.db").write_bytes(backup.read_bytes())
    assert "older than it was" in str(open_at(folder).ledger.displacement(campaign.id))


def test_a_backup_from_the_last_moment_before_the_end_asks(folder: Path, open_at: Open) -> None:
    """Taken after the last claim, when only answers were still to come: the end of a sender raises the epoch too."""
    store = open_at(folder)
    campaign = open_campaign(store, *TWO)
    sender = store.ledger.enlist(NOON)
    claimed = claim_all(store, campaign, sender)
    with sqlite3.connect(folder / "coopdigest.db") as source, sqlite3.connect(folder.with_name("backup.db")) as backup:
        source.backup(backup)
    source.close()
    backup.close()
    for delivery in claimed:
        intend(store, delivery, sender)
        settle(store, delivery, sender, ACCEPTED)
    store.ledger.retire(sender)
    store.close()
    (folder / "coopdigest.db").write_bytes(folder.with_name("backup.db").read_bytes())
    assert "older than it was" in str(open_at(folder).ledger.displacement(campaign.id))


def test_a_place_is_compared_by_all_that_is_known_of_it() -> None:
    """Inode and birth, and the machine; not the path, and nothing that one of the two does not know."""
    place = Place("ours", 7, 1_000, "/srv/digest/coopdigest.db")
    assert place.is_same(Place("ours", 7, 1_000, "/srv/renamed/coopdigest.db"))
    assert place.is_same(Place(None, 7, None, ""))
    others = [Place("theirs", 7, 1_000, ""), Place("ours", 8, 1_000, ""), Place("ours", 7, 1_001, "")]
    assert [place.is_same(other) for other in others] == [False, False, False]


def test_a_whole_folder_put_back_in_place_asks(folder: Path, open_at: Open) -> None:
    """`cp -a backup/. folder/` overwrites the file beside the store too; its birth gives that away."""
    campaign = begun_in(folder, open_at)
    if birth_of(folder / "coopdigest.db") is None:
        pytest.skip("this file system does not say when a file was made")
    backup = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    store = open_at(folder)
    go_on(store, campaign)
    store.close()
    for name, data in backup.items():
        (folder / name).write_bytes(data)
    assert "overwritten by a copy" in str(open_at(folder).ledger.displacement(campaign.id))


def test_a_database_from_before_the_first_send_asks_for_every_issue(folder: Path, open_at: Open) -> None:
    """It knows nothing of the campaign that was sent meanwhile, and would send it to everybody again."""
    store = open_at(folder)
    enrol(store, *TWO)
    issue = approve(store, collect(store, make_found()))
    store.close()
    backup = (folder / "coopdigest.db").read_bytes()
    store = open_at(folder)
    go_on(store, store.ledger.open(issue, NOON))
    store.close()
    (folder / "coopdigest.db").write_bytes(backup)
    restored = open_at(folder)
    fresh = restored.ledger.open(issue, NOON)
    assert "another database" in str(restored.ledger.displacement(fresh.id))


@pytest.mark.parametrize("text", [None, "", "[]", '{"epoch": 1}', '{"ledger": 1, "epoch": "x"}'])
def test_without_its_companion_file_a_begun_campaign_asks(folder: Path, open_at: Open, text: str | None) -> None:
    """Missing, or not ours: a database that was copied alone has none."""
    campaign = begun_in(folder, open_at)
    file = folder / "coopdigest.db-home"
    file.unlink() if text is None else file.write_text(text, "utf-8")
    assert "coopdigest.db-home is missing" in str(open_at(folder).ledger.displacement(campaign.id))


def test_a_campaign_that_is_new_there_does_not_ask(folder: Path, open_at: Open) -> None:
    """In a copy the next period goes out without a question, and settles nothing for the one that was begun."""
    campaign = begun_in(folder, open_at)
    copy = open_at(shutil.copytree(folder, folder.with_name("copy")), "theirs")
    december = approve(copy, collect(copy, make_found("A new mill")), make_period(date(2021, 12, 1)))
    fresh = copy.ledger.open(december, NOON)
    assert copy.ledger.displacement(fresh.id) is None
    go_on(copy, fresh)
    assert copy.ledger.displacement(fresh.id) is None
    assert copy.ledger.displacement(campaign.id) is not None


@pytest.mark.parametrize("is_older", [False, True])
def test_an_adopted_ledger_goes_on(folder: Path, open_at: Open, *, is_older: bool) -> None:
    """After the word is given nothing is asked again; who was in flight in the other place is in doubt at once."""
    store = open_at(folder)
    campaign = open_campaign(store, *TWO, "nour@example.org")
    sender = store.ledger.enlist(NOON)
    flying, _claimed = store.ledger.claim(campaign.id, sender, 2, NOON)
    intend(store, flying, sender)
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    if is_older:
        store.ledger.beat(sender, NOON)
        shutil.copyfile(folder / "coopdigest.db-home", copy / "coopdigest.db-home")
    other = open_at(copy, "theirs")
    assert other.ledger.displacement(campaign.id) is not None
    with other.database.writing() as connection:
        connection.exec_driver_sql("UPDATE senders SET host = 'elsewhere'")
    other.ledger.adopt()
    assert other.ledger.displacement(campaign.id) is None
    assert other.ledger.reap(NOON + timedelta(seconds=1)) == 1
    go_on(other, campaign)
    found = other.ledger.campaign("2021-11")
    assert found is not None
    assert (found.tally.accepted, found.tally.in_doubt, found.tally.pending) == (2, 1, 0)
    other.close()
    assert open_at(copy, "theirs").ledger.displacement(campaign.id) is None
    store.ledger.abandon(sender)


def test_adopting_leaves_the_living_alone(folder: Path, open_at: Open) -> None:
    """A sender that works on this very ledger in another process is not of another place."""
    first, second = open_at(folder), open_at(folder)
    campaign = open_campaign(first, *TWO)
    sender = first.ledger.enlist(NOON)
    (delivery,) = first.ledger.claim(campaign.id, sender, 1, NOON)
    second.ledger.adopt()
    assert intend(first, delivery, sender)


def test_the_companion_file_is_whose_the_database_is(folder: Path, open_at: Open) -> None:
    """Whoever may write the database may write it too: a `send` by root locks nobody out."""
    open_at(folder).close()
    database = folder / "coopdigest.db"
    database.chmod(0o664)
    owner = (4321, 4321) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(database, *owner)
    begun_in(folder, open_at)
    stat = (folder / "coopdigest.db-home").stat()
    assert (stat.st_mode & 0o777, stat.st_uid, stat.st_gid) == (0o664, *owner)


def test_a_folder_that_cannot_be_written_is_said(folder: Path, open_at: Open) -> None:
    """A store beside which the file cannot be kept does not send: the file is what protects it."""
    store = open_at(folder)
    campaign = open_campaign(store, *TWO)
    sender = store.ledger.enlist(NOON)
    (folder / "coopdigest.db-home").unlink()
    (folder / "coopdigest.db-home").mkdir()
    with pytest.raises(StoreError, match="may this user write beside the store"):
        claim_all(store, campaign, sender)


def test_hosts_share_a_postgresql_ledger(postgresql: PostgresqlServer, tmp_path: Path, open_at: Open) -> None:
    """Two machines, each with its own file or with none: nothing is asked."""
    url = postgresql.take()
    hosts = [open_at(url, name, tmp_path / f"{name}.home") for name in ("one", "two")]
    hosts.append(open_at(url, "three", tmp_path / "no-such-folder" / "home"))
    campaign = open_campaign(hosts[0], *TWO)
    for store in hosts:
        go_on(store, campaign)
        assert [each.ledger.displacement(campaign.id) for each in hosts] == [None] * 3
    for store in hosts:
        store.close()
    postgresql.give_back(url)


def test_a_postgresql_database_put_back_asks(postgresql: PostgresqlServer, tmp_path: Path, open_at: Open) -> None:
    """A host that saw it further does not go on by itself; another database at the URL is nobody's older self."""
    url = postgresql.take()
    store = open_at(url, "one", tmp_path / "one.home")
    campaign = begin(store)
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE epochs SET epoch = epoch - 1")
    assert "a backup was put back" in str(store.ledger.displacement(campaign.id))
    store.ledger.adopt()
    assert store.ledger.displacement(campaign.id) is None
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM epochs")
    assert store.ledger.displacement(campaign.id) is None
    store.close()
    postgresql.give_back(url)


def test_the_machine_has_one_mark() -> None:
    """The same at every call, and not the machine's identity itself, which is nobody else's business."""
    mark = machine_mark()
    assert mark == machine_mark()
    if mark is not None:
        assert mark not in Path("/etc/machine-id").read_text("ascii")
