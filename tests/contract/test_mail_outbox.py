"""The outbox keeps every message whole, once, inside its folder."""

import asyncio
from pathlib import Path

import pytest

from coopdigest.domain.delivery import Envelope, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.mail.outbox import OutboxTransport
from coopdigest.ports import Outgoing
from coopdigest.testing.listed_work import Allow, ListedWork

AMINA = Envelope("news@example.org", "amina@example.net")


def make_message(message_id: str) -> bytes:
    """A small message."""
    return f"Subject: x\r\nMessage-ID: {message_id}\r\n\r\nMessage-ID: <not.this@one>\r\n".encode()


def put(folder: Path, *messages: bytes, allow: Allow = lambda outgoing: True) -> ListedWork:
    """Write messages into the folder; what became of them."""

    async def carry() -> ListedWork:
        work = ListedWork([Outgoing(AMINA, message) for message in messages], allow)
        await (await OutboxTransport(folder).connect()).carry(work)
        return work

    return asyncio.run(carry())


def names(folder: Path) -> list[str]:
    """What lies in the folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def test_a_message_is_written_as_it_is_under_its_own_name(tmp_path: Path) -> None:
    """The file holds every octet, is named after the Message-ID, and names nobody."""
    folder = tmp_path / "a" / "outbox"
    message = make_message("<7.42.0123456789abcdef@example.org>")

    (outcome,) = put(folder, message).outcomes

    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.text == "7.42.0123456789abcdef.eml"
    assert names(folder) == [outcome.text]
    assert (folder / outcome.text).read_bytes() == message


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    """The same message again gets the next free name."""
    put(tmp_path, *(make_message("<1.2@x>") + text for text in (b"first", b"second")))
    put(tmp_path, make_message("<1.2@x>") + b"third")

    assert names(tmp_path) == ["1.2-2.eml", "1.2-3.eml", "1.2.eml"]
    assert (tmp_path / "1.2.eml").read_bytes().endswith(b"first")
    assert (tmp_path / "1.2-3.eml").read_bytes().endswith(b"third")


@pytest.mark.parametrize(
    "message_id",
    [
        "<../../etc/passwd@x>",
        "</etc/passwd@x>",
        "<.hidden@x>",
        "<@x>",
        "",
        "<\x00@x>",
        "<a b\\c:d@x>",
        "<" + "n" * 500 + "@x>",
    ],
)
def test_no_message_id_leads_out_of_the_folder(tmp_path: Path, message_id: str) -> None:
    """Whatever a Message-ID holds, the file lies in the folder, in sight, and ends in .eml."""
    folder = tmp_path / "outbox"

    put(folder, make_message(message_id))

    (name,) = names(folder)
    assert not name.startswith(".")
    assert name.endswith(".eml")
    assert names(tmp_path) == ["outbox"]


def test_a_message_that_may_not_be_sent_leaves_nothing_behind(tmp_path: Path) -> None:
    """Without leave there is no file, not even a hidden one."""
    work = put(tmp_path, make_message("<1@x>"), allow=lambda _: False)

    assert work.verdicts == [Verdict.NOT_SENT]
    assert names(tmp_path) == []


def test_a_file_appears_only_with_leave(tmp_path: Path) -> None:
    """While leave is asked no `.eml` is there yet."""
    seen: list[list[Path]] = []

    def look(_: Outgoing) -> bool:
        seen.append(list(tmp_path.glob("*.eml")))
        return True

    put(tmp_path, make_message("<1@x>"), allow=look)

    assert seen == [[]]
    assert names(tmp_path) == ["1.eml"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A file in the way is named, with the cause."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(TransportError, match=r"file.*cannot make the outbox"):
        put(tmp_path / "file" / "outbox")


def test_a_folder_that_goes_away_is_one_line(tmp_path: Path) -> None:
    """A message that cannot be written is the transport's trouble, and was not sent."""
    folder = tmp_path / "outbox"
    work = ListedWork([Outgoing(AMINA, make_message("<1@x>"))])

    async def carry() -> bool:
        connection = await OutboxTransport(folder).connect()
        folder.rmdir()
        with pytest.raises(TransportError, match="cannot write a message"):
            await connection.carry(work)
        return connection.is_open

    assert not asyncio.run(carry())
    assert (work.verdicts, work.owed) == ([Verdict.NOT_SENT], [])
