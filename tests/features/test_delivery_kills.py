"""The sender killed with SIGKILL at random moments and started again: nobody twice, everybody reached or named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coopdigest.testing.kill_rounds import Figures, Plan, run_rounds, write_figures
from coopdigest.testing.mail_process import mail_process
from coopdigest.testing.mailing import Mailing

SLOW = 20.0  # milliseconds before each 250, in which most kills then fall


def assert_kept(figures: Figures, plan: Plan) -> None:
    """The promise: everybody is accepted or in doubt, in doubt are at most the open connections of each kill."""
    assert figures.complaints == []
    assert figures.accepted + figures.in_doubt == figures.audience
    assert figures.in_doubt <= figures.kills * plan.connections
    assert (figures.doubled, figures.missing, figures.false, figures.unfinished) == (0, 0, 0, 0)


def test_kills_lose_nobody_and_double_nobody(approved_mailing: Mailing, tmp_path: Path) -> None:
    """After every kill the sending goes on: the sum is the audience, and at most one a connection is in doubt."""
    plan = Plan(kills=4, recipients=400, kills_each=4, delay_ms=SLOW)
    figures = run_rounds(plan, tmp_path, quick=approved_mailing.quick)
    assert figures.kills >= 3  # one may come too late
    assert_kept(figures, plan)


def test_resending_what_is_in_doubt_is_seen_to_double(approved_mailing: Mailing, tmp_path: Path) -> None:
    """The negative control: put back to pending instead of held, somebody gets it twice, and the test can see it."""
    plan = Plan(kills=2, recipients=300, kills_each=2, delay_ms=SLOW, resend=True, seed=3)
    figures = run_rounds(plan, tmp_path, quick=approved_mailing.quick)
    assert figures.doubled > 0
    assert figures.missing == 0
    assert figures.in_doubt == 0


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("connections", [1, 8, 20])
@pytest.mark.parametrize("seed", [1, 2])
def test_many_kills(connections: int, seed: int, tmp_path: Path) -> None:
    """The same with five thousand readers, by few and by many connections."""
    plan = Plan(kills=20, recipients=5000, connections=connections, seed=seed)
    assert_kept(run_rounds(plan, tmp_path), plan)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_many_kills_on_postgresql(postgresql: Any, tmp_path: Path) -> None:
    """The same with a ledger on PostgreSQL."""
    url = postgresql.take()
    plan = Plan(kills=20, recipients=5000)
    figures = run_rounds(plan, tmp_path, {"COOPDIGEST_DATABASE_URL": url, "COOPDIGEST_SECRET_KEY": "k" * 43})
    assert figures.kills >= 15  # the more are killed before they begin, the sooner the rest ends
    assert_kept(figures, plan)
    postgresql.give_back(url)


def test_figures_are_written_where_the_document_has_a_place(tmp_path: Path) -> None:
    """Only what stands between the marks is replaced; a document without them is left alone."""
    document = tmp_path / "document.md"
    document.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n")
    write_figures(document, "figures", ["| new |"])
    assert document.read_text() == "before\n<!-- figures -->\n\n| new |\n\n<!-- /figures -->\nafter\n"
    with pytest.raises(ValueError, match=r"document\.md has no place for others"):
        write_figures(document, "others", ["| new |"])


def test_the_server_misbehaves_by_turns(mailing: Mailing, tmp_path: Path) -> None:
    """The server's options do what they say: one in ten waits, one in ten is refused, 421 after so many messages."""
    mailing.address_to(40)
    options = ["--defer-every", "10", "--refuse-every", "10", "--limit-per-connection", "8"]
    with mail_process(tmp_path / "log.jsonl", *options) as server:
        mailing.use_server(server.port)
        assert mailing.send().code == 9
        assert mailing.counts() == {"accepted": 32, "deferred": 4, "refused": 4}
        assert (server.count(), len(server.accepted())) == (32, 32)
        assert len({entry["connection"] for entry in server.entries()}) >= 4
