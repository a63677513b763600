"""Mail that other newsletter systems lose or double, each by a way that is told in their issues: here it is neither."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack

from coopdigest.testing.mailing import PERIOD, Mailing, finish, readers
from coopdigest.testing.smtp_script import Act, Moment, Offer, Step
from coopdigest.testing.smtp_server import MisbehavingServer

DONE, PARTLY, DEFERRED = 0, 8, 9


def taken_by(server: MisbehavingServer) -> Counter[str]:
    """How often the server took a message for each reader."""
    return Counter(to for message in server.accepted for to in message.recipients)


def test_a_daily_quota_drops_nobody_and_is_never_called_sent(mailing: Mailing) -> None:
    """From the 23rd message on 452: the rest waits, exit 9, not `sent`; with a new quota exactly those get it.

    notifuse 414 drops 45 of 68 and shows the broadcast as complete, listmonk 1802 loses half of a list.
    """
    mailing.address_to(40)
    mailing.configure('connections = 2\nretry_after = ["1s"]\n')
    taken: list[str] = []

    def count(moment: Moment) -> Act | None:
        if moment.step is not Step.RCPT or len(taken) < 22:
            taken.extend([moment.recipient] if moment.step is Step.RCPT else [])
            return None
        return Act(reply="452 4.2.2 daily quota reached")

    with MisbehavingServer(count) as server:
        mailing.use_server(server.port)
        sent, status, counts = mailing.send(), mailing.status(), mailing.counts()
    with MisbehavingServer() as next_day:
        mailing.use_server(next_day.port)
        late = mailing.send_until_nobody_waits()

    assert (sent.code, status["state"], counts) == (DEFERRED, "sending", {"accepted": 22, "deferred": 18})
    assert (late.code, mailing.counts(), mailing.status()["state"]) == (DONE, {"accepted": 40}, "sent")
    assert set(taken_by(next_day)) == set(readers(40)) - set(taken)
    assert max((taken_by(server) + taken_by(next_day)).values()) == 1


def test_two_crons_in_the_same_second_open_one_campaign(mailing: Mailing) -> None:
    """Two `send` at once, with no campaign yet: one audience, each reader once.

    mautic 3669 and zulip 549 double everything then, email-alert-api 396 whoever was selected twice.
    """
    mailing.address_to(40)
    people = [*readers(40), "READER000001@Example.org"]
    (mailing.path / "subscribers.csv").write_text("\n".join(["email", *people, ""]), "utf-8")
    with MisbehavingServer() as server:
        mailing.use_server(server.port)
        with ExitStack() as stack:
            running = [stack.enter_context(mailing.started("send", PERIOD)) for _ in range(2)]
            codes = {finish(process).code for process in running}
        again = mailing.send()

    assert codes <= {DONE, DEFERRED}
    assert (again.code, mailing.counts()) == (DONE, {"accepted": 40})
    assert set(taken_by(server).values()) == {1}


def test_one_reader_who_cannot_be_written_to_holds_nobody_up(mailing: Mailing) -> None:
    """An address that this server cannot take, and a 554 in the middle: only these two are refused.

    mautic 7226 aborts the batch at a 554 and sends the rest of it again; keila 557 gives up whoever met any error.
    """
    people = [*readers(12), "zoë@example.org"]
    (mailing.path / "subscribers.csv").write_text("\n".join(["email", *people, ""]), "utf-8")

    def refuse(moment: Moment) -> Act | None:
        is_theirs = moment.step is Step.DOT and moment.recipient == people[5]
        return Act(reply="554 5.7.1 no") if is_theirs else None

    with MisbehavingServer(refuse, Offer(extensions=("8BITMIME", "PIPELINING"))) as server:
        mailing.use_server(server.port)
        sent, again = mailing.send(), mailing.send()

    assert (sent.code, again.code, mailing.counts()) == (PARTLY, DONE, {"accepted": 11, "refused": 2})
    assert set(mailing.troubles("--refused")) == {people[5], people[12]}
    assert taken_by(server) == dict.fromkeys(set(people[:12]) - {people[5]}, 1)
