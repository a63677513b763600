"""Work from a list: gives a connection its messages, keeps what became of them, and holds it to its contract."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from coopdigest.domain.delivery import Outcome, Verdict
from coopdigest.ports import Outgoing

Allow = Callable[[Outgoing], bool]


class ListedWork:
    """A `ports.Work`. `allow` gives leave for a dot or not, or raises; by default everybody has it.

    A connection that breaks the contract fails the test: a result for what was not taken, or a second one; an intent
    for what was not taken; a second message with leave while another has it and no result; a dot without leave.
    """

    def __init__(self, messages: Iterable[Outgoing], allow: Allow = lambda outgoing: True) -> None:
        """Begin with nothing taken."""
        self._left, self._allow = deque(messages), allow
        self._taken: list[Outgoing] = []
        self._open: list[Outgoing] = []
        self._with_leave: list[Outgoing] = []
        self.results: list[tuple[Outgoing, Outcome]] = []
        self.calls: list[tuple[int, Outgoing | None]] = []  # how many results came with which intent
        self.asked: list[Outgoing] = []

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of the messages, in the order of the list; those without a result are left out."""
        known = {id(outgoing): outcome for outgoing, outcome in self.results}
        return [known[id(outgoing)] for outgoing in self._taken if id(outgoing) in known]

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of `outcomes`."""
        return [outcome.verdict for outcome in self.outcomes]

    @property
    def owed(self) -> list[Outgoing]:
        """What was taken and has no result."""
        return list(self._open)

    @property
    def untaken(self) -> int:
        """How many were never taken."""
        return len(self._left)

    def take(self) -> Outgoing | None:
        """The next message of the list."""
        if not self._left:
            return None
        outgoing = self._left.popleft()
        self._taken.append(outgoing)
        self._open.append(outgoing)
        return outgoing

    async def proceed(self, results: Sequence[tuple[Outgoing, Outcome]], intent: Outgoing | None) -> bool:
        """Note the results, then ask `allow` about the intent.

        Raises:
            AssertionError: the connection broke its contract.
        """
        self.calls.append((len(results), intent))
        for outgoing, outcome in results:
            self._close(outgoing, outcome)
        return intent is None or self._permit(intent)

    def _close(self, outgoing: Outgoing, outcome: Outcome) -> None:
        needs_leave = outcome.verdict in (Verdict.ACCEPTED, Verdict.IN_DOUBT)
        if outgoing not in self._open:
            raise AssertionError("a result for a message that is owed none")
        if needs_leave and outgoing not in self._with_leave:
            raise AssertionError("a dot was written without leave")
        self._open.remove(outgoing)
        if outgoing in self._with_leave:
            self._with_leave.remove(outgoing)
        self.results.append((outgoing, outcome))

    def _permit(self, intent: Outgoing) -> bool:
        if intent not in self._open:
            raise AssertionError("an intent for a message that was not taken")
        if self._with_leave:
            raise AssertionError("two messages with leave and no result")
        self.asked.append(intent)
        allowed = self._allow(intent)
        if allowed:
            self._with_leave.append(intent)
        return allowed
