"""Every way in which a mail server can fail, met by `send`: what the report says, and that nobody gets it twice."""

from __future__ import annotations

import select
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import trustme

from coopdigest.testing.mailing import Mailing, readers
from coopdigest.testing.smtp_script import Act, Ending, Moment, Offer, Script, Step, at, first_of
from coopdigest.testing.smtp_server import MisbehavingServer

THIRD = readers(6)[2]
ALL = {"accepted": 6}
HURRIED = 'timeouts = { connect = "2s", command = "2s", data = "2s", block = "2s", dot = "2s" }\n'
DONE, TRANSPORT, PARTLY, DEFERRED = 0, 6, 8, 9
Fit = Callable[[str, str], Script]  # the script for a victim; the second is who comes just before


def once(script: Script) -> Script:
    """The script that has only its first word."""
    left = [1]

    def choose(moment: Moment) -> Act | None:
        act = script(moment) if left else None
        if act is not None:
            left.clear()
        return act

    return choose


def act(step: Step, **facts: Any) -> Fit:
    """Do this when a reader's turn comes for the first time."""

    def fit(victim: str, before: str) -> Script:
        what = Act(**facts)
        return once(_at_mail(before, what) if step is Step.MAIL else at(step, what, recipient=victim))

    return fit


def _at_mail(before: str, what: Act) -> Script:
    """At the MAIL that follows the message of `before`: it does not say whom it is for."""
    last = [""]

    def choose(moment: Moment) -> Act | None:
        if moment.step is Step.DOT:
            last[0] = moment.recipient
        return what if moment.step is Step.MAIL and last[0] == before else None

    return choose


def cut(step: Step, ending: Ending = Ending.CLOSE) -> Fit:
    """Leave at a reader's turn, before the dot or instead of an answer to it; nothing is kept."""
    return act(step, ending=ending, keeps=False)


@dataclass(frozen=True)
class Fault:
    """What the server does at one reader's turn, where that leaves the reader, and whether the server kept it."""

    fit: Fit
    state: str = "accepted"
    kept: bool = True
    smtp: str = ""


# Lost before the dot: nobody has it, so it goes out again at once, by another connection.
BEFORE_THE_DOT = {
    "drop at MAIL": Fault(cut(Step.MAIL)),
    "drop at RCPT": Fault(cut(Step.RCPT)),
    "drop before 354": Fault(cut(Step.DATA)),
    "reset before 354": Fault(cut(Step.DATA, Ending.RESET)),
    "half-close before 354": Fault(cut(Step.DATA, Ending.HALF_CLOSE)),
    "garbage at RCPT": Fault(act(Step.RCPT, reply=b"hello?\r\n")),
    "garbage for 354": Fault(act(Step.DATA, reply=b"\0\xff\xfe\r\n")),
    "a reply that changes its code": Fault(act(Step.RCPT, reply=b"250-so\r\n550 no\r\n")),
    "421 at MAIL": Fault(act(Step.MAIL, reply="421 4.7.0 enough", ending=Ending.CLOSE)),
    "421 at RCPT, in the middle of a group": Fault(act(Step.RCPT, reply="421 4.3.2 bye", ending=Ending.CLOSE)),
    "421 at DATA": Fault(act(Step.DATA, reply="421 4.3.2 going down", ending=Ending.CLOSE)),
}
# Lost after the dot: the server may have it, so it is held and named, whether it was kept or not. A body goes out with
# its dot in one write, so a line that is cut while the server reads the body is lost after the dot, too.
AFTER_THE_DOT = {
    "drop in the body": Fault(cut(Step.BODY), "in_doubt", kept=False),
    "reset in the body": Fault(cut(Step.BODY, Ending.RESET), "in_doubt", kept=False),
    "drop after the dot, kept": Fault(act(Step.DOT, ending=Ending.CLOSE, keeps=True), "in_doubt"),
    "drop after the dot, not kept": Fault(cut(Step.DOT), "in_doubt", kept=False),
    "reset after the dot": Fault(act(Step.DOT, ending=Ending.RESET, keeps=True), "in_doubt"),
    "half-close after the dot": Fault(act(Step.DOT, ending=Ending.HALF_CLOSE, keeps=True), "in_doubt"),
    "garbage after the dot": Fault(act(Step.DOT, reply=b"thanks\r\n", keeps=True), "in_doubt"),
    "half an answer": Fault(act(Step.DOT, reply=b"250 2.0", ending=Ending.CLOSE, keeps=True), "in_doubt"),
}
# Answered: the answer counts, whatever the server did with the message.
ANSWERED = {
    "250 that is slow": Fault(act(Step.DOT, delay=0.3)),
    "accept, then 451": Fault(act(Step.DOT, reply="451 4.3.0 oh", keeps=True), "deferred"),
    "421 for the dot": Fault(act(Step.DOT, reply="421 4.3.2 bye", ending=Ending.CLOSE), "deferred", kept=False),
    "554 for the dot": Fault(act(Step.DOT, reply="554 5.6.0 no"), "refused", kept=False),
    "250 and good-bye": Fault(act(Step.DOT, reply="250 2.0.0 the last one", ending=Ending.CLOSE)),
}
SILENT = {
    "silence before 354": Fault(cut(Step.DATA, Ending.SILENCE), smtp=HURRIED),
    "silence after the dot": Fault(act(Step.DOT, ending=Ending.SILENCE, keeps=True), "in_doubt", smtp=HURRIED),
    "250 that comes too late": Fault(act(Step.DOT, delay=4.0, keeps=True), "in_doubt", smtp=HURRIED),
}
GROUPS = {"before": BEFORE_THE_DOT, "after": AFTER_THE_DOT, "answered": ANSWERED, "silent": SILENT}
FAULTS = {name: fault for group in GROUPS.values() for name, fault in group.items()}
CODES_OF = {"accepted": DONE, "in_doubt": PARTLY, "refused": PARTLY, "deferred": DEFERRED}


OFFERS = {"pipelined": Offer(), "lock-step": Offer(extensions=("SIZE 33554432",))}
MEETINGS = [
    pytest.param(group, way, marks=() if way == "pipelined" or group == "after" else pytest.mark.long)
    for group in GROUPS
    for way in OFFERS
]


@pytest.mark.parametrize(("group", "way"), MEETINGS)
def test_every_fault_ends_as_the_ledger_says(group: str, way: str, mailing: Mailing) -> None:
    """Whatever the server does, each reader ends in the state that fits it, nobody twice, and the report adds up."""
    _meet(GROUPS[group], OFFERS[way], mailing)


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_alone_ends_as_the_ledger_says(name: str, mailing: Mailing) -> None:
    """Each fault by itself, with nothing else going wrong around it, ends in the same state."""
    _meet({name: FAULTS[name]}, Offer(), mailing)


def _meet(faults: Mapping[str, Fault], offer: Offer, mailing: Mailing) -> None:
    """Send to three times as many readers and a few more; every third one meets a fault.

    The reader behind a lost one falls with it, and the next is well served: three losses in a row would end the run.
    """
    people = readers(3 * len(faults) + 3)
    victims = dict(zip(faults, people[1::3], strict=False))
    mailing.address_to(len(people))
    mailing.configure("connections = 1\n" + next(iter(faults.values())).smtp)
    scripts = [fault.fit(victims[name], people[3 * index]) for index, (name, fault) in enumerate(faults.items())]
    with MisbehavingServer(first_of(*scripts), offer) as server:
        mailing.use_server(server.port)
        sent = mailing.send()

    listed = {address: found["state"] for address, found in mailing.troubles(*LISTS).items()}
    taken = Counter(to for message in server.accepted for to in message.recipients)
    expected = {victims[name]: fault.state for name, fault in faults.items() if fault.state != "accepted"}
    kept = set(people) - {victims[name] for name, fault in faults.items() if not fault.kept}
    assert listed == expected
    assert taken == dict.fromkeys(kept, 1)
    assert sent.code == max(CODES_OF[fault.state] for fault in faults.values())
    assert mailing.counts() == Counter(expected.get(person, "accepted") for person in people)


LISTS = ("--in-doubt", "--refused", "--deferred")


def test_replies_in_single_octets(mailing: Mailing) -> None:
    """Replies are read from whatever pieces they come in."""

    def split(moment: Moment) -> Act:
        offer = b"250-misbehaving.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        return Act(split=True, reply=offer if moment.step is Step.EHLO else None)

    with MisbehavingServer(split) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    assert (sent.code, mailing.counts(), server.connections) == (DONE, ALL, 1)
    assert sorted(to for message in server.accepted for to in message.recipients) == readers(6)


def test_pipelining_is_withdrawn(mailing: Mailing) -> None:
    """A server whose second connection offers no PIPELINING any more gets its commands one by one there."""
    plain = b"250-misbehaving.example\r\n250-SIZE 33554432\r\n250 8BITMIME\r\n"
    gone = first_of(at(Step.EHLO, Act(reply=plain), connection=2), cut(Step.DATA)(THIRD, ""))
    with MisbehavingServer(gone) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    assert (sent.code, mailing.counts(), server.connections) == (DONE, ALL, 2)
    assert sorted(to for message in server.accepted for to in message.recipients) == readers(6)


def test_a_server_that_closes_after_so_many_messages(mailing: Mailing) -> None:
    """Yahoo closes a connection after N messages without an error: the rest goes by the next one (B33)."""
    with MisbehavingServer(at(Step.DOT, Act(reply="250 2.0.0 ok", ending=Ending.CLOSE), message=2)) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
    assert (sent.code, mailing.counts(), server.connections) == (DONE, ALL, 3)
    assert sorted(to for message in server.accepted for to in message.recipients) == readers(6)


UNUSABLE: dict[str, Script] = {
    "554 instead of a greeting": at(Step.GREETING, Act(reply="554 5.7.1 not you", ending=Ending.CLOSE)),
    "421 instead of a greeting": at(Step.GREETING, Act(reply="421 4.3.2 full", ending=Ending.CLOSE)),
    "no greeting at all": at(Step.GREETING, Act(ending=Ending.CLOSE)),
    "550 at MAIL": at(Step.MAIL, Act(reply="550 5.7.1 not from you")),
    "451 at MAIL": at(Step.MAIL, Act(reply="451 4.3.0 not now")),
    "hangs up on everybody": at(Step.DATA, Act(ending=Ending.CLOSE)),
}


SHOWN = ("550 at MAIL",)
ONES = [pytest.param(name, marks=() if name in SHOWN else pytest.mark.long) for name in UNUSABLE]


@pytest.mark.parametrize("name", ONES)
def test_a_server_that_takes_nobody_leaves_everybody_waiting(name: str, mailing: Mailing) -> None:
    """Trouble that is the transport's, not a recipient's: exit 6, one line, all pending; later all get it."""
    with MisbehavingServer(UNUSABLE[name]) as server:
        mailing.use_server(server.port)
        failed = mailing.send()
    counts = mailing.counts()
    with MisbehavingServer() as better:
        mailing.use_server(better.port)
        sent = mailing.send()

    assert (failed.code, counts, server.accepted) == (TRANSPORT, {"pending": 6}, [])
    assert len(failed.err.strip().splitlines()) <= 2
    assert (sent.code, len(better.accepted)) == (DONE, 6)


def test_nobody_listens(mailing: Mailing) -> None:
    """Connection refused is exit 6 and one line; everybody is pending."""
    failed = mailing.send()
    assert (failed.code, mailing.counts()) == (TRANSPORT, {"pending": 6})
    assert "127.0.0.1:9" in failed.err


def test_the_server_dies_between_two_messages(mailing: Mailing) -> None:
    """Accepted stays accepted, the rest is pending, exit 6; the next send goes on where this one stopped."""
    with MisbehavingServer(first_of(cut(Step.DATA)(THIRD, ""), _closed)) as server:
        mailing.use_server(server.port)
        failed = mailing.send()
    counts = mailing.counts()
    with MisbehavingServer() as better:
        mailing.use_server(better.port)
        sent = mailing.send()

    taken = [to for message in [*server.accepted, *better.accepted] for to in message.recipients]
    assert (failed.code, counts) == (TRANSPORT, {"accepted": 2, "pending": 4})
    assert (sent.code, sorted(taken)) == (DONE, readers(6))


def _closed(moment: Moment) -> Act | None:
    return Act(ending=Ending.CLOSE) if moment.connection > 1 and moment.step is Step.GREETING else None


@pytest.fixture(scope="module")
def certificate() -> Callable[[], ssl.SSLContext]:
    """Makes a server's TLS context with a throw-away certificate for this machine."""
    authority = trustme.CA()

    def make() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    return make


def test_what_is_injected_before_tls_counts_for_nothing(
    mailing: Mailing, certificate: Callable[[], ssl.SSLContext]
) -> None:
    """Replies slipped in behind the answer to STARTTLS end the session: none is believed, nothing is sent."""
    injected = at(Step.STARTTLS, Act(reply=b"220 go ahead\r\n250-evil.example\r\n250 SIZE 1\r\n250 OK\r\n250 OK\r\n"))
    with MisbehavingServer(injected, Offer(tls=certificate())) as server:
        mailing.use_server(server.port)
        mailing.environ["COOPDIGEST_SMTP_URL"] += "?starttls=auto"
        sent = mailing.send()

    assert (sent.code, mailing.counts(), server.accepted) == (TRANSPORT, {"pending": 6}, [])
    assert server.commands[-1] == "STARTTLS"
    assert "in the clear" in sent.err


def test_tls_that_is_required_and_not_offered_sends_nothing(mailing: Mailing) -> None:
    """Where TLS is required and the server offers none, not one message leaves in the clear."""
    with MisbehavingServer() as server:
        mailing.use_server(server.port)
        mailing.environ["COOPDIGEST_SMTP_URL"] += "?starttls=required"
        failed = mailing.send()

    assert (failed.code, mailing.counts(), server.accepted) == (TRANSPORT, {"pending": 6}, [])


CODES = """\
421 4.7.28 rate limited for unsolicited mail
421 4.7.0 [TSS04] messages temporarily deferred
451 [TS01] message temporarily deferred
451 4.7.23 the sending address has no PTR record
451 4.7.24 the SPF record names suspicious entries
421 4.7.26 unauthenticated mail is rate limited
421 4.7.27 rate limited: SPF did not pass
421 4.7.29 rate limited: no TLS
421 4.7.30 rate limited: DKIM did not pass
421 4.7.31 rate limited: no DMARC record
421 4.7.32 rate limited: From is not aligned
421 4.7.40 rate limited: no DMARC record
450 4.2.1 the mailbox receives too much mail
452 4.2.2 the mailbox is over its quota
550 5.7.25 the sending address has no PTR record
550 5.7.26 unauthenticated mail
550 5.7.27 SPF did not pass
550 5.7.29 no TLS
550 5.7.30 DKIM did not pass
550 5.7.32 From is not aligned
550 5.1.1 no such user
550 5.2.1 the mailbox is disabled
552 5.2.2 the mailbox is full
552 5.3.4 the message is too large
554 5.6.0 the message is malformed
550 5.7.515 the sending domain does not meet the required authentication level
553 5.7.2 [TSS09] all messages will be permanently deferred
554 5.7.9 message not accepted for policy reasons""".splitlines()


@pytest.mark.parametrize("step", [pytest.param(Step.RCPT, marks=pytest.mark.long), Step.DOT])
def test_every_code_of_the_large_providers(step: Step, mailing: Mailing) -> None:
    """4yz waits and 5yz is final, with the server's words kept; a 5yz is never tried again (B33)."""
    people = readers(2 * len(CODES))
    mailing.address_to(len(people))
    said = dict(zip(people[1::2], CODES, strict=True))
    mailing.configure('connections = 1\nretry_after = ["1s"]\n')

    def answer(moment: Moment) -> Act | None:
        code = said.get(moment.recipient) if moment.step is step else None
        return Act(reply=code, ending=Ending.CLOSE if code.startswith("421") else None) if code else None

    with MisbehavingServer(answer) as server:
        mailing.use_server(server.port)
        sent = mailing.send()
        listed = mailing.troubles("--deferred", "--refused")
        tries_then = _tries(server)
        sent_again = mailing.send()
        tries_now = _tries(server)

    later = {person for person, code in said.items() if code.startswith("4")}
    never = [person for person, code in said.items() if code.startswith("5")]
    assert sent.code == DEFERRED
    assert sent_again.code in (TRANSPORT, DEFERRED)  # ten that are all deferred look like the transport's trouble
    told = {person: f"{entry['code']} {entry['reply']}" for person, entry in listed.items()}
    fallen = {person: code for person, code in said.items() if person not in told}
    assert told | fallen == said
    assert all(code.startswith("421") for code in fallen.values())  # at RCPT it may mean the connection: tried again
    assert {person for person, entry in listed.items() if entry["state"] == "deferred"} == later - set(fallen)
    assert [tries_then[person] for person in never] == [tries_now[person] for person in never]
    assert sorted(to for message in server.accepted for to in message.recipients) == people[0::2]


def _tries(server: MisbehavingServer) -> Counter[str]:
    found = [command.partition("<")[2].partition(">")[0] for command in server.commands if command.startswith("RCPT")]
    return Counter(found)


ALIKE = [(Step.DOT, "554 5.7.1 no"), pytest.param(Step.RCPT, "451 4.7.1 later", marks=pytest.mark.long)]


@pytest.mark.parametrize(("step", "said"), ALIKE)
def test_a_server_that_answers_everybody_alike_writes_nobody_off(step: Step, said: str, mailing: Mailing) -> None:
    """The first ten all refused or deferred is the transport's trouble: exit 6, and later everybody gets it."""
    mailing.address_to(30)
    mailing.configure('connections = 1\nretry_after = ["1s"]\n')
    with MisbehavingServer(at(step, Act(reply=said))) as server:
        mailing.use_server(server.port)
        failed = mailing.send()
    counts, state = mailing.counts(), mailing.status()["state"]
    with MisbehavingServer() as better:
        mailing.use_server(better.port)
        sent = mailing.send_until_nobody_waits()

    assert (failed.code, state, server.accepted) == (TRANSPORT, "sending", [])
    assert set(counts) <= {"pending", "deferred"}
    assert (sent.code, mailing.counts()) == (DONE, {"accepted": 30})
    assert sorted(to for message in better.accepted for to in message.recipients) == readers(30)


@pytest.mark.long
def test_those_that_stay_deferred_do_not_starve_the_others(mailing: Mailing) -> None:
    """Twelve mailboxes that stay full do not keep those behind them from being tried again."""
    people = readers(36)
    mailing.address_to(len(people))
    mailing.configure('connections = 1\nretry_after = ["1s"]\n')
    full, later = set(people[14:26]), set(people[26:])

    def answer(moment: Moment) -> Act | None:
        if moment.step is not Step.RCPT or moment.recipient not in full | later:
            return None
        later.discard(moment.recipient)
        return Act(reply="452 4.2.2 full")

    with MisbehavingServer(answer) as server:
        mailing.use_server(server.port)
        code = mailing.send().code
        for _ in range(4):
            select.select([], [], [], 1.0)  # until those that wait are due
            mailing.send()

    assert code == DEFERRED
    assert {to for message in server.accepted for to in message.recipients} == set(people) - full


def test_a_message_in_doubt_is_sent_again_only_on_demand(mailing: Mailing) -> None:
    """Held at first and by every later send; `--resend-in-doubt` sends it again with the same Message-ID."""
    with MisbehavingServer(act(Step.DOT, ending=Ending.CLOSE, keeps=True)(THIRD, "")) as server:
        mailing.use_server(server.port)
        sent, again = mailing.send(), mailing.send()
        named = mailing.troubles("--in-doubt")
        held = len(server.accepted)
        resent = mailing.send("--resend-in-doubt")

    ids = [message.message_id for message in server.accepted if THIRD in message.recipients]
    assert (sent.code, again.code, held, list(named)) == (PARTLY, DONE, 6, [THIRD])
    assert (resent.code, mailing.counts(), len(server.accepted)) == (DONE, ALL, 7)
    assert len(ids) == 2
    assert len(set(ids)) == 1
