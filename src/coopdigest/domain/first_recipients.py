"""The first ten recipients of a run: a server that refuses or defers them all alike means us, not them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from coopdigest.domain.delivery import Outcome, Verdict

COUNT = 10
_THEIR_OWN = re.compile(r"5\.(?:1\.[0-9]{1,3}|2\.1)(?: |$)")  # RFC 3463: bad address, mailbox disabled


@dataclass(slots=True)
class FirstRecipients:
    """Hears the outcomes of a run until one shows that the server serves us; see delivery.md section 2."""

    alike: dict[int, Outcome] = field(default_factory=dict)
    is_over: bool = False

    def hear(self, delivery: int, outcome: Outcome) -> None:
        """Take in an outcome; one that never reached the server says nothing about it."""
        if self.is_over or outcome.verdict is Verdict.NOT_SENT:
            return
        if _is_general(outcome) and self._is_of_the_same_class(outcome):
            self.alike[delivery] = outcome
        elif not self.show_trouble:  # what was in flight when the trouble showed changes nothing
            self.alike.clear()
            self.is_over = True

    @property
    def show_trouble(self) -> bool:
        """Whether all of the first ten were answered alike."""
        return len(self.alike) >= COUNT

    def _is_of_the_same_class(self, outcome: Outcome) -> bool:
        return all(heard.verdict is outcome.verdict for heard in self.alike.values())


def _is_general(outcome: Outcome) -> bool:
    """Whether the answer may mean every recipient: any 4yz, and a 5yz that says nothing of this mailbox."""
    if outcome.verdict is Verdict.DEFERRED:
        return True
    return outcome.verdict is Verdict.REFUSED and not _THEIR_OWN.match(outcome.text)
