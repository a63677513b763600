"""The dialogue of a session, from message to message: what to write next and what replies mean, without any I/O.

A driver performs each `Step` that a talk yields, sends the answer in, and throws a `LineLostError` in when the line is
lost; replies that arrived together are fetched without a step. With PIPELINING (RFC 2920) a group `MAIL RCPT DATA` goes
behind the body and the dot before it in one write; the replies are told apart by count, never by what they say. Without
it every command waits for its reply. The results are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import StrEnum
from typing import Any, NamedTuple

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.mail.smtp_capabilities import Capabilities
from coopdigest.mail.smtp_command import stuff_dots
from coopdigest.mail.smtp_message import Order, Orders
from coopdigest.mail.smtp_reply import Reply
from coopdigest.ports import Outgoing

_GOING_AWAY = 421  # the server closes the session (RFC 5321 3.8)
_DATA = b"DATA\r\n"
_DOT = b".\r\n"
_RSET = b"RSET\r\n"
_BEFORE_DOT = {4: Verdict.DEFERRED, 5: Verdict.REFUSED}
_AFTER_DOT = {2: Verdict.ACCEPTED, **_BEFORE_DOT}


class LineLostError(Exception):
    """The line is of no more use; the text says how it was lost.

    `reply` is what the server said, out of turn, inside a message. `dot_left` is False only when not an octet of the
    last dot said was written.
    """

    def __init__(self, text: str, reply: Reply | None = None, *, dot_left: bool = True) -> None:
        """Keep all three."""
        super().__init__(text)
        self.reply, self.dot_left = reply, dot_left


class Wait(StrEnum):
    """Wait for the next reply; the answer is a `Reply`. Which one tells for how long."""

    COMMAND = "command"
    DATA = "data"
    DOT = "dot"


class Say(NamedTuple):
    """Write all of this in one go; `dot` is where a message's final dot stands in it, None when there is no message."""

    octets: bytes
    dot: int | None = None


class Proceed(NamedTuple):
    """Ask `ports.Work.proceed`; the answer is its own."""

    results: tuple[tuple[Outgoing, Outcome], ...]
    intent: Outgoing | None


Step = Wait | Say | Proceed
Answer = Any  # a Reply, a bool or None: the step says which
Take = Callable[[], Outgoing | None]
Heard = Callable[[], Reply | None]


class Dialogue:
    """What client and server have said so far, as far as it matters for what comes next."""

    def __init__(self, place: str, offered: Capabilities, most_messages: int | None = None) -> None:
        """Begin after the opening; `place` is the server's name in errors, `most_messages` ends the session."""
        self._place, self._pipelining, self._most = place, offered.pipelining, most_messages
        self._orders = Orders(place, offered)
        self._results: list[tuple[Outgoing, Outcome]] = []
        self._before = b""  # what must be said first, with a reply of its own: RSET, or a lone dot
        self._trouble: Exception | None = None  # what is raised once everything on its way has its result
        self._ran_dry = False
        self._heard: Heard = _hear_nothing
        self._begun = self._finished = 0  # messages
        self.ended = ""  # why nothing more may be said on this line; empty while something may

    @property
    def is_used_up(self) -> bool:
        """Whether the session has carried as many messages as it may."""
        return self._most is not None and self._begun >= self._most

    def carry(self, take: Take, heard: Heard) -> Generator[Step, Answer, None]:
        """Hand over what `take` gives until it gives nothing or the session is over; see `ports.Connection.carry`.

        `heard` gives the next reply if it has arrived, without waiting.

        Raises:
            TransportError: MAIL was answered 4yz or 5yz, or the return path needs what the server does not offer.
            Exception: whatever `take` raised, after the message before it has its result.
        """
        self._ran_dry = False
        # Without a group what has arrived was not asked for; saying the next command finds that out.
        self._heard = heard if self._pipelining else _hear_nothing
        following = yield from self._begin(take)
        while following is not None:
            order, following = following, None
            outcome = yield from self._ask_for(order)
            if outcome is None:
                outcome, following = yield from self._hand_over(order, take)
            self._results.append((order.outgoing, outcome))
            self._finished += 1
            if following is None:
                following = yield from self._begin(take)

    def _begin(self, take: Take) -> Generator[Step, Answer, Order | None]:
        """Give away the results at hand, then begin the next message there is."""
        while True:
            yield from self._report()
            order = self._take(take)
            if order is not None:
                yield from self._open(order)
                return order
            if not self._results and self._trouble is None:
                return None

    def _report(self) -> Generator[Step, Answer, None]:
        if self._results:
            yield self._proceed(None)
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble

    def _proceed(self, intent: Outgoing | None) -> Proceed:
        results, self._results = tuple(self._results), []
        return Proceed(results, intent)

    def _take(self, take: Take) -> Order | None:
        """The next message that can be begun; a result or a trouble without a word said is kept for later."""
        if self.ended or self._ran_dry or self._trouble is not None or self.is_used_up:
            return None
        try:
            outgoing = take()
        except Exception as error:  # raised again when the message before this one has its result
            self._trouble = error
            return None
        if outgoing is None:
            self._ran_dry = True
            return None
        return self._order(outgoing)

    def _order(self, outgoing: Outgoing) -> Order | None:
        try:
            order = self._orders.write(outgoing)
        except TransportError as error:
            self._trouble = error
            order = Outcome(Verdict.NOT_SENT, text="the server does not take this return path")
        if isinstance(order, Outcome):
            self._results.append((outgoing, order))
            return None
        self._begun += 1
        return order

    def _group(self, order: Order) -> bytes:
        """Everything that may be said before the next reply is waited for (RFC 2920 3.1: DATA comes last)."""
        return b"".join((self._before, order.mail, order.rcpt, _DATA)) if self._pipelining else b""

    def _open(self, order: Order) -> Generator[Step, Answer, None]:
        group = self._group(order)
        if group:
            try:
                yield Say(group)
            except LineLostError as error:
                self.ended = str(error)

    def _ask_for(self, order: Order) -> Generator[Step, Answer, Outcome | None]:
        """What is said before the body; None when the message is wanted."""
        if self.ended:
            return Outcome(Verdict.NOT_SENT, text=self.ended)
        try:
            if self._before:
                yield from self._clear()
            reply = self._heard() or (yield from self._exchange(order.mail, Wait.COMMAND))
            if reply.kind != 2:
                return self._judge_sender(reply)
            reply = self._heard() or (yield from self._exchange(order.rcpt, Wait.COMMAND))
            if reply.kind != 2:
                outcome = self._judge(reply)
                yield from self._forgo()
                return outcome
            reply = self._heard() or (yield from self._exchange(_DATA, Wait.DATA))
        except LineLostError as error:
            self.ended = str(error)
            return Outcome(Verdict.NOT_SENT, text=self.ended)
        if reply.kind != 3:
            self._before = _RSET
            return self._judge(reply)
        return None

    def _clear(self) -> Generator[Step, Answer, None]:
        """Leave the transaction before: what a lone dot is answered does not matter, RSET has to work.

        A MAIL inside an open transaction is an error (RFC 5321 4.1.4), and it stays open when DATA was refused.
        """
        before, self._before = self._before, b""
        wait = Wait.DOT if before == _DOT else Wait.COMMAND
        reply = self._heard() or (yield from self._exchange(before, wait))
        if reply.code == _GOING_AWAY or (before == _RSET and reply.kind != 2):
            raise LineLostError(str(reply))

    def _exchange(self, command: bytes, wait: Wait) -> Generator[Step, Answer, Reply]:
        """The reply to a command, which is said now only if it did not go with its group; it has not arrived yet."""
        if not self._pipelining:
            yield Say(command)
        reply: Reply = yield wait
        return reply

    def _forgo(self) -> Generator[Step, Answer, None]:
        """RCPT was not granted: what DATA is answered, if it was said, tells how to leave this transaction."""
        self._before = _RSET
        if self.ended or not self._pipelining:
            return
        try:
            reply = self._heard() or (yield from self._exchange(_DATA, Wait.DATA))
        except LineLostError as error:
            self.ended = str(error)  # the answer to RCPT stands; only the session is over
            return
        if reply.kind == 3:
            self._before = _DOT  # RFC 2920 3.1
        elif reply.kind not in _BEFORE_DOT or reply.code == _GOING_AWAY:
            self.ended = str(reply)

    def _hand_over(self, order: Order, take: Take) -> Generator[Step, Answer, tuple[Outcome, Order | None]]:
        """The one moment that matters: before the dot nothing was sent, after it only the server knows.

        The body goes only with the leave for its dot, for 354 leaves no other way out than to hang up: a lone dot
        would deliver an empty message, and RSET is not possible inside DATA.
        """
        if not (yield self._proceed(order.outgoing)):
            self.ended = "it may no longer be sent"
            return Outcome(Verdict.NOT_SENT, text=self.ended), None
        outgoing = order.outgoing
        body = outgoing.message if outgoing.is_free_of_dots else stuff_dots(outgoing.message)
        following = self._take(take) if self._pipelining else None
        pieces = [body, _DOT] if following is None else [body, _DOT, following.mail, following.rcpt, _DATA]
        try:
            yield Say(b"".join(pieces), len(body))
            reply = yield Wait.DOT
        except LineLostError as error:
            self.ended = str(error)
            return self._judge_loss(error), following
        outcome = self._judge_dot(reply)
        return outcome, following if self._pipelining else self._take(take)

    def _judge_sender(self, reply: Reply) -> Outcome:
        """MAIL: any refusal here is the transport's trouble, not the recipient's; a 421 later on means reconnect."""
        self.ended = str(reply)
        if reply.kind not in _BEFORE_DOT:
            self.ended = f"an answer to MAIL makes no sense ({reply})"
        elif reply.code != _GOING_AWAY or self._finished == 0:
            text = f"refused the sender ({reply}); see [digest] from and return_path, or try later"
            self._trouble = TransportError(text, place=self._place)
        return Outcome(Verdict.NOT_SENT, text=self.ended)

    def _judge(self, reply: Reply) -> Outcome:
        """RCPT or DATA was not granted.

        After other messages a 421 means reconnect; on a new session it is meant for this recipient, and a server that
        says so would say it again at once.
        """
        if reply.code == _GOING_AWAY:
            self.ended = str(reply)
            verdict = Verdict.NOT_SENT if self._finished else Verdict.DEFERRED
            return Outcome(verdict, reply.code, reply.text)
        if reply.kind not in _BEFORE_DOT:
            self.ended = f"an answer makes no sense here: {reply.text}"
            return Outcome(Verdict.NOT_SENT, reply.code, self.ended)
        return Outcome(_BEFORE_DOT[reply.kind], reply.code, reply.text)

    def _judge_loss(self, error: LineLostError) -> Outcome:
        """The line was lost with a message on it; a word said before the dot is an answer (the body is unwelcome)."""
        if error.dot_left:
            return Outcome(Verdict.IN_DOUBT, text=str(error))
        if error.reply is not None:
            return self._judge(error.reply)
        return Outcome(Verdict.NOT_SENT, text=f"the connection was lost before the final dot: {error}")

    def _judge_dot(self, reply: Reply) -> Outcome:
        verdict = _AFTER_DOT.get(reply.kind, Verdict.IN_DOUBT)
        if reply.code == _GOING_AWAY or verdict is Verdict.IN_DOUBT:
            self.ended = str(reply)
        return Outcome(verdict, reply.code, reply.text)


def _hear_nothing() -> None:
    """Nothing has arrived, or it is not to be looked at."""
