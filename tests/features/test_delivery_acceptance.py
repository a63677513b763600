"""Five hundred readers on a server that defers, refuses and hangs up: the whole promise in one sending."""

from __future__ import annotations

from pathlib import Path

import pytest

from coopdigest.testing.mail_process import mail_process
from coopdigest.testing.mailing import Mailing, readers

OPTIONS = ["--defer-every", "10", "--refuse-every", "10", "--hang-up-after-dot-every", "50"]
DEFERRED, PARTLY = 9, 8
LAST = {"accepted": 440, "refused": 50, "in_doubt": 10}


@pytest.mark.parametrize("connections", [8])
def test_five_hundred_readers(connections: int, mailing: Mailing, tmp_path: Path) -> None:
    """390 accepted, 50 deferred, 50 refused, 10 in doubt at once, exit 9; later the deferred, and only they."""
    mailing.address_to(500)
    mailing.configure(f'connections = {connections}\nretry_after = ["2s", "2s"]\n')
    with mail_process(tmp_path / "log.jsonl", *OPTIONS) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
        first = mailing.counts()
        taken = server.accepted()
        waiting, doubted = set(mailing.troubles("--deferred")), set(mailing.troubles("--in-doubt"))
        code = mailing.send_until_nobody_waits().code
        late = server.accepted() - taken

    assert (first, sent.code) == ({"accepted": 390, "deferred": 50, "refused": 50, "in_doubt": 10}, DEFERRED)
    assert (len(waiting), len(doubted)) == (50, 10)
    assert set(late) == waiting
    assert (mailing.counts(), code) == (LAST, PARTLY)
    assert max(server.accepted().values()) == 1
    assert set(mailing.troubles("--in-doubt")) == doubted
    assert set(readers(500)) - set(server.accepted()) <= doubted | set(mailing.troubles("--refused"))
