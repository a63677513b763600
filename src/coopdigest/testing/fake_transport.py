"""A transport that answers each recipient as a test scripts it, and keeps what it took."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.ports import Outgoing, Work


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server meets one message. `at_dot`: only after the body; `closes`: the connection is gone then."""

    outcome: Outcome
    at_dot: bool = True
    closes: bool = False
    sender_refused: bool = False


_ACCEPTED = Answer(Outcome(Verdict.ACCEPTED, 250, "2.0.0 Ok"))


class FakeTransport:
    """A `Transport`. Scripts are consumed one a try; when none is left, everybody is accepted.

    `taken` is every message that the server owns, those in doubt included: what a reader would find.
    """

    def __init__(self) -> None:
        """Accept everything."""
        self.taken: list[tuple[Envelope, bytes]] = []
        self.connections: list[FakeConnection] = []
        self._scripts: dict[str, deque[Answer]] = defaultdict(deque)
        self._unusable: str | None = None

    @property
    def recipients(self) -> list[str]:
        """Whom the server owns a message for, in order; twice for who was sent to twice."""
        return [envelope.recipient for envelope, _ in self.taken]

    def accept(self, recipient: str) -> FakeTransport:
        """Accept the next try."""
        return self.script(recipient, _ACCEPTED)

    def defer(
        self, recipient: str, code: int = 451, text: str = "4.3.0 Later", *, at_dot: bool = False
    ) -> FakeTransport:
        """Answer 4yz to the next try, at RCPT or after the dot."""
        return self.script(recipient, Answer(Outcome(Verdict.DEFERRED, code, text), at_dot))

    def refuse(self, recipient: str, code: int = 550, text: str = "5.1.1 No", *, at_dot: bool = False) -> FakeTransport:
        """Answer 5yz to the next try, at RCPT or after the dot."""
        return self.script(recipient, Answer(Outcome(Verdict.REFUSED, code, text), at_dot))

    def doubt(self, recipient: str) -> FakeTransport:
        """Take the next message and lose the connection before the answer."""
        return self.script(recipient, Answer(Outcome(Verdict.IN_DOUBT), closes=True))

    def drop(self, recipient: str) -> FakeTransport:
        """Lose the connection before the dot of the next message."""
        return self.script(recipient, Answer(Outcome(Verdict.NOT_SENT), at_dot=False, closes=True))

    def refuse_sender(self, recipient: str, code: int = 530, text: str = "5.7.0 Log in") -> FakeTransport:
        """Refuse MAIL on the next try: the transport's trouble, not the recipient's."""
        answer = Answer(Outcome(Verdict.REFUSED, code, text), at_dot=False, closes=True, sender_refused=True)
        return self.script(recipient, answer)

    def script(self, recipient: str, *answers: Answer) -> FakeTransport:
        """Meet the next tries for `recipient` with `answers`, one each."""
        self._scripts[recipient].extend(answers)
        return self

    def unusable(self, cause: str | None = "connection refused") -> FakeTransport:
        """Let nobody connect from now on; None lets them again."""
        self._unusable = cause
        return self

    async def connect(self) -> FakeConnection:
        """Open a connection; it is kept in `connections`."""
        if self._unusable is not None:
            raise TransportError(f"{self._unusable}; is the server running?", place="smtp.example.org")
        connection = FakeConnection(self)
        self.connections.append(connection)
        return connection

    def next_answer(self, recipient: str) -> Answer:
        """The next scripted answer for `recipient`."""
        script = self._scripts[recipient]
        return script.popleft() if script else _ACCEPTED


class FakeConnection:
    """A `Connection` of a `FakeTransport`."""

    def __init__(self, transport: FakeTransport) -> None:
        """Be open."""
        self._transport, self._open = transport, True

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over on this connection."""
        return self._open

    async def carry(self, work: Work) -> None:
        """Meet every message as scripted; a result is given with the next message's intent, as a pipeline does it."""
        if not self._open:
            raise AssertionError("a closed connection was to carry messages")
        results: list[tuple[Outgoing, Outcome]] = []
        try:
            while self._open and (outgoing := work.take()) is not None:
                await asyncio.sleep(0)  # a server takes its time: other lanes get theirs
                answer = self._transport.next_answer(outgoing.envelope.recipient)
                if answer.sender_refused:
                    await work.proceed([*results, (outgoing, Outcome(Verdict.NOT_SENT))], None)
                    said = f"{answer.outcome.code} {answer.outcome.text}"
                    raise TransportError(f"the server refuses the sender: {said}")
                if answer.at_dot:
                    given, results = results, []
                    if not await work.proceed(given, outgoing):
                        self._open = False
                        results.append((outgoing, Outcome(Verdict.NOT_SENT, text="the row may no longer be sent")))
                        break
                if answer.outcome.verdict in (Verdict.ACCEPTED, Verdict.IN_DOUBT):
                    self._transport.taken.append((outgoing.envelope, outgoing.message))
                self._open = not answer.closes
                results.append((outgoing, answer.outcome))
                if not answer.at_dot:
                    await work.proceed(results, None)
                    results = []
            if results:
                await work.proceed(results, None)
        except BaseException:
            self._open = False
            raise

    async def close(self) -> None:
        """End the session."""
        self._open = False
