"""The SMTP dialogue without a socket: what is written in one go, and what holds whatever a server does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.mail.smtp_capabilities import Capabilities
from coopdigest.mail.smtp_dialogue import Answer, Dialogue, LineLostError, Proceed, Say, Wait
from coopdigest.mail.smtp_reply import Reply, ReplyParser
from coopdigest.ports import Outgoing
from coopdigest.testing.listed_work import ListedWork

BODY = b"Subject: x\r\n\r\n.dots\r\nend.\r\n"
MESSAGES = [Outgoing(Envelope("news@example.org", f"{name}@example.net"), BODY) for name in "abcdefgh"]
GOOD = {"MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "DATA": b"354 go\r\n", ".": b"250 2.0.0 taken\r\n"}
CLOSED = b""  # in place of a reply: the server hangs up

Script = Callable[[str, str], bytes | None]  # by command and recipient; None is the usual


@dataclass
class Server:
    """A server in memory: takes octets as they come, answers by its script, and keeps what it took."""

    script: Script
    taken: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    is_open: bool = True
    _octets: bytes = b""
    _state: str = ""
    _recipient: str = ""
    _granted: bool = False

    def hear(self, octets: bytes) -> bytes:
        """What it answers."""
        self._octets += octets
        return b"".join(self._work())

    def _work(self) -> Iterator[bytes]:
        while self.is_open and (command := self._next()):
            self.commands.append(command)
            reply = self._answer(command)
            self.is_open = reply != CLOSED and not reply.startswith(b"421")
            yield reply

    def _next(self) -> str:
        if self._state == "DATA":
            whole = b"\r\n" + self._octets
            body, dot, rest = whole.partition(b"\r\n.\r\n")
            if not dot:
                return ""
            self._octets = rest
            return "." if body else "lone dot"
        line, end, rest = self._octets.partition(b"\r\n")
        if not end:
            return ""
        self._octets = rest
        return line.decode()

    def _answer(self, command: str) -> bytes:
        verb = command[:4]
        if verb == "RSET":
            self._state = ""
            return b"250 flushed\r\n"
        if verb == "MAIL" and self._state:
            return b"503 nested MAIL\r\n"
        if verb == "RCPT":
            self._recipient = command[9:-13]
        reply = self.script("." if command == "lone dot" else verb, self._recipient)
        reply = GOOD["." if command == "lone dot" else verb] if reply is None else reply
        self._move(command, reply)
        return reply

    def _move(self, command: str, reply: bytes) -> None:
        verb, good = command[:4], reply[:1] in (b"2", b"3")
        if verb == "MAIL":
            self._state, self._granted = "MAIL" if good else "", False
        elif verb == "RCPT":
            self._granted = good
        elif verb == "DATA":
            self._state = "DATA" if good else self._state
        else:
            if self._granted and good:
                self.taken.append(self._recipient if verb == "." else "an empty message")
            self._state = ""


@dataclass
class Wire:
    """Performs a dialogue on a server in memory; the line is lost once `most` octets are written."""

    server: Server
    most: int | None = None
    size: int = 1000
    said: list[bytes] = field(default_factory=list)
    _replies: ReplyParser = field(default_factory=ReplyParser)
    _coming: deque[bytes] = field(default_factory=deque)
    _lost: LineLostError | None = None

    def say(self, step: Say) -> None:
        """Write, as far as the line lasts."""
        if self._lost is not None:
            raise LineLostError("the line is lost", dot_left=False)
        assert self._replies.is_empty
        assert not self._coming
        self.said.append(step.octets)
        octets = step.octets
        if self.most is not None and len(octets) > self.most:
            octets = octets[: self.most]
            self._lost = LineLostError("cut", dot_left=step.dot is None or self.most > step.dot)
        if self.most is not None:
            self.most -= len(octets)
        answer = self.server.hear(octets)
        self._coming.extend(answer[start : start + self.size] for start in range(0, len(answer), self.size))

    def heard(self) -> Reply | None:
        """The next reply, if the pieces it came in are there."""
        return self._replies.next()

    def hear(self) -> Answer:
        """The next reply, from as many pieces as it takes."""
        while (reply := self._replies.next()) is None:
            if not self._coming:
                raise self._lost or LineLostError("closed")
            self._replies.feed(self._coming.popleft())
        return reply


def proceed(work: ListedWork, step: Proceed) -> bool:
    """What the work answers; it never waits."""
    try:
        work.proceed(step.results, step.intent).send(None)  # type: ignore[attr-defined]
    except StopIteration as answer:
        return bool(answer.value)
    raise AssertionError("the work waits")


def carry(dialogue: Dialogue, wire: Wire, work: ListedWork) -> TransportError | None:
    """Perform one talk to its end; the error it ends with."""
    talk = dialogue.carry(work.take, wire.heard)
    try:
        step = next(talk)
        while True:
            answer: Answer = None
            try:
                if isinstance(step, Say):
                    wire.say(step)
                elif isinstance(step, Wait):
                    answer = wire.hear()
                else:
                    answer = proceed(work, step)
            except LineLostError as error:
                step = talk.throw(error)
            else:
                step = talk.send(answer)
    except StopIteration:
        return None
    except TransportError as error:
        return error


NO = [b"450 4.2.0 later\r\n", b"451-4.3.0 two\r\n451 lines\r\n", b"550 5.1.1 no\r\n", b"554 5.7.1 spam\r\n"]
LAST_WORDS = [b"421 4.3.2 closing\r\n", CLOSED]
REPLIES = st.sampled_from([None] * 6 + NO + LAST_WORDS)
PLANS = st.dictionaries(
    st.tuples(st.sampled_from(["RCPT", "DATA", "."]), st.sampled_from("abcdefgh")), REPLIES, max_size=8
)


def script_of(plan: dict[tuple[str, str], bytes | None]) -> Script:
    """The script that goes by a plan."""
    return lambda verb, recipient: plan.get((verb, recipient))


def behave(verb: str, recipient: str) -> None:
    """The script of a server that does nothing wrong."""
    return


def converse(
    server: Server, work: ListedWork, *, pipelining: bool, most: int | None = None, size: int = 1000
) -> tuple[Wire, TransportError | None]:
    """One session."""
    wire = Wire(server, most, size)
    error = carry(Dialogue("mx.example.org:25", Capabilities(pipelining=pipelining)), wire, work)
    return wire, error


def test_a_message_and_the_next_group_go_in_one_write() -> None:
    """Steady state: body, dot, MAIL, RCPT, DATA at once; DATA always last, nothing behind the last dot (RFC 2920)."""
    work = ListedWork(MESSAGES[:3])
    wire, _ = converse(Server(behave), work, pipelining=True)

    stuffed = BODY.replace(b"\r\n.", b"\r\n..")
    groups = [f"MAIL FROM:<news@example.org>\r\nRCPT TO:<{name}@example.net>\r\nDATA\r\n".encode() for name in "abc"]
    assert wire.said == [
        groups[0],
        stuffed + b".\r\n" + groups[1],
        stuffed + b".\r\n" + groups[2],
        stuffed + b".\r\n",
    ]
    assert work.calls == [(0, MESSAGES[0]), (1, MESSAGES[1]), (1, MESSAGES[2]), (1, None)]


def test_without_pipelining_every_command_waits() -> None:
    """Each write is one command, or a body with its dot."""
    wire, _ = converse(Server(behave), ListedWork(MESSAGES[:2]), pipelining=False)

    assert [said[:4] for said in wire.said] == [b"MAIL", b"RCPT", b"DATA", b"Subj"] * 2


def test_in_lock_step_no_reply_is_taken_that_came_unasked() -> None:
    """Replies that are there before their command must not pass for its answer: it is said first, which finds them."""
    talk = Dialogue("mx.example.org:25", Capabilities()).carry(ListedWork(MESSAGES[:1]).take, lambda: Reply(250))

    steps = [next(talk), talk.send(None), talk.send(Reply(250))]
    assert [step.octets[:4] if isinstance(step, Say) else step for step in steps] == [b"MAIL", Wait.COMMAND, b"RCPT"]


def test_replies_that_arrived_together_need_no_steps() -> None:
    """Behind a group only its first reply is waited for when the others came with it."""
    come: deque[Reply] = deque()
    take, heard = ListedWork(MESSAGES[:1]).take, lambda: come.popleft() if come else None
    talk = Dialogue("mx.example.org:25", Capabilities(pipelining=True)).carry(take, heard)

    assert isinstance(next(talk), Say)
    assert talk.send(None) is Wait.COMMAND
    come.extend([Reply(250), Reply(354)])
    assert isinstance(talk.send(Reply(250)), Proceed)
    assert not come


def test_nothing_is_taken_before_leave_is_given() -> None:
    """So that a pause or SIGTERM ends a session with nothing behind the last body."""
    taken_when_asked: list[int] = []
    work = ListedWork(MESSAGES[:3], lambda _: taken_when_asked.append(3 - work.untaken) or True)  # type: ignore[func-returns-value]
    converse(Server(behave), work, pipelining=True)

    assert taken_when_asked == [1, 2, 3]


def test_a_refused_transaction_is_left_in_the_next_group() -> None:
    """RSET costs no round trip: it goes before the next MAIL, which would be an error in an open transaction."""
    refuse_data = script_of({("RCPT", "b"): NO[2], ("DATA", "b"): NO[3]})
    work = ListedWork(MESSAGES[:3])
    wire, _ = converse(Server(refuse_data), work, pipelining=True)

    assert work.verdicts == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED]
    assert [said[:4] for said in wire.said] == [b"MAIL", b"Subj", b"RSET", b"Subj"]


def test_a_lone_dot_goes_with_the_next_group() -> None:
    """RCPT refused but 354: the way out of DATA costs no round trip either."""
    work = ListedWork(MESSAGES[:3])
    wire, _ = converse(Server(script_of({("RCPT", "b"): NO[2]})), work, pipelining=True)

    assert work.verdicts == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED]
    assert wire.said[2].startswith(b".\r\nMAIL FROM")


@given(PLANS, st.booleans(), st.integers(1, 30))
def test_results_are_the_same_however_replies_are_cut(
    plan: dict[tuple[str, str], bytes | None], pipelining: bool, size: int
) -> None:
    """Pieces of any size, down to single octets, change no result."""
    whole, cut = ListedWork(MESSAGES), ListedWork(MESSAGES)
    converse(Server(script_of(plan)), whole, pipelining=pipelining)
    converse(Server(script_of(plan)), cut, pipelining=pipelining, size=size)

    assert cut.results == whole.results
    assert cut.calls == whole.calls


@given(PLANS)
def test_results_are_the_same_with_and_without_pipelining(plan: dict[tuple[str, str], bytes | None]) -> None:
    """Only a message begun behind the last dot of a lost session shows a difference: it is not sent, or not taken.

    What a server says behind the RCPT of a recipient whom it refused is left out: in lock-step that is never asked.
    """
    refused = {who for (verb, who), reply in plan.items() if verb == "RCPT" and reply is not None}
    said = {(verb, who): reply for (verb, who), reply in plan.items() if verb == "RCPT" or who not in refused}
    works = ListedWork(MESSAGES), ListedWork(MESSAGES)
    servers = Server(script_of(said)), Server(script_of(said))
    for work, server, pipelining in zip(works, servers, (True, False), strict=True):
        converse(server, work, pipelining=pipelining)
    pipelined, lock_step = (work.outcomes for work in works)

    assert pipelined[: len(lock_step)] == lock_step
    assert {outcome.verdict for outcome in pipelined[len(lock_step) :]} <= {Verdict.NOT_SENT}
    assert len(pipelined) <= len(lock_step) + 1
    assert servers[0].taken == servers[1].taken


@given(PLANS, st.booleans(), st.one_of(st.none(), st.integers(0, 1200)), st.sets(st.sampled_from("abcdefgh")))
def test_what_a_result_says_is_true_whatever_happens(
    plan: dict[tuple[str, str], bytes | None], pipelining: bool, most: int | None, denied: set[str]
) -> None:
    """With the line cut at any octet and leave denied to anybody: one result each, one in doubt, and no result lies.

    `ListedWork` fails on a second message with leave and no result, and on a dot without leave.
    """
    work = ListedWork(MESSAGES, lambda outgoing: outgoing.envelope.recipient[0] not in denied)
    server = Server(script_of(plan))
    wire, error = converse(server, work, pipelining=pipelining, most=most)

    by_name = {outgoing.envelope.recipient[0]: outcome.verdict for outgoing, outcome in work.results}
    named = {verdict: {name for name, given in by_name.items() if given is verdict} for verdict in Verdict}
    assert (error, work.owed) == (None, [])
    assert len(work.results) == len(MESSAGES) - work.untaken == len(by_name)
    assert len(named[Verdict.IN_DOUBT]) <= 1
    assert named[Verdict.ACCEPTED] <= set(server.taken) <= named[Verdict.ACCEPTED] | named[Verdict.IN_DOUBT]
    assert len(set(server.taken)) == len(server.taken)
    assert not denied & set(server.taken)
    assert_groups_are_allowed(wire.said)


def assert_groups_are_allowed(said: Sequence[bytes]) -> None:
    """DATA comes last in its group (RFC 2920 3.1)."""
    assert all(b"\r\nDATA\r\n" not in octets[:-1] for octets in said)


@given(st.sampled_from([b"451 4.3.0 no\r\n", b"550 5.7.1 no\r\n", b"421 4.7.0 no\r\n"]), st.booleans())
def test_a_refused_sender_costs_no_message(reply: bytes, pipelining: bool) -> None:
    """What was taken is given back as not sent, then the error comes; what was not taken is not touched."""
    work = ListedWork(MESSAGES)
    server = Server(lambda verb, _: reply if verb == "MAIL" else None)
    _, error = converse(server, work, pipelining=pipelining)

    assert "refused the sender" in str(error)
    assert work.verdicts == [Verdict.NOT_SENT]
    assert (work.owed, server.taken) == ([], [])


@pytest.mark.parametrize("reply", [b"421 4.3.2 closing\r\n", b"250 what?\r\n"])
def test_after_last_words_behind_a_refusal_nothing_more_is_said(reply: bytes) -> None:
    """A refused RCPT stands; a DATA that is answered with 421 or nonsense ends the session, hung up on or not."""
    work = ListedWork(MESSAGES)
    wire, _ = converse(Server(script_of({("RCPT", "b"): NO[2], ("DATA", "b"): reply})), work, pipelining=True)

    assert work.verdicts == [Verdict.ACCEPTED, Verdict.REFUSED]
    assert len(wire.said) == 2


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("reply", "verdict"), [(b"421 4.3.2 bye\r\n", Verdict.DEFERRED), (b"354 what?\r\n", Verdict.IN_DOUBT)]
)
def test_after_last_words_to_a_dot_nothing_more_is_taken(reply: bytes, verdict: Verdict, pipelining: bool) -> None:
    """What was begun behind that dot was not sent, and nobody else is tried."""
    work = ListedWork(MESSAGES)
    wire, _ = converse(Server(script_of({(".", "a"): reply})), work, pipelining=pipelining)

    assert work.verdicts == [verdict, Verdict.NOT_SENT][: 1 + pipelining]
    assert len(wire.said) == (2 if pipelining else 4)


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_message_refused_here_does_not_hold_up_the_others(pipelining: bool) -> None:
    """What cannot go to this server has its result without a word said, between messages that go."""
    messages = [*MESSAGES[:2], *[Outgoing(Envelope("news@example.org", "no address"), BODY)] * 2, *MESSAGES[2:4]]
    work = ListedWork(messages)
    server = Server(behave)
    converse(server, work, pipelining=pipelining)

    accepted = Outcome(Verdict.ACCEPTED, 250, "2.0.0 taken")
    assert [outcome.code for outcome in work.outcomes] == [250, 250, 553, 553, 250, 250]
    assert work.outcomes[-1] == accepted
    assert server.taken == ["a", "b", "c", "d"]


@pytest.mark.parametrize("pipelining", [True, False])
def test_our_own_unfit_address_is_told_after_what_is_under_way(pipelining: bool) -> None:
    """A return path that the server cannot take ends the session, but not before the message on its way is settled."""
    work = ListedWork([MESSAGES[0], Outgoing(Envelope("nëws@example.org", "b@example.net"), BODY), MESSAGES[2]])
    server = Server(behave)
    _, error = converse(server, work, pipelining=pipelining)

    assert "return_path" in str(error)
    assert work.verdicts == [Verdict.ACCEPTED, Verdict.NOT_SENT]
    assert (work.owed, work.untaken, server.taken) == ([], 1, ["a"])
