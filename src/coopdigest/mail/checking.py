"""Checks an edition by the message that a subscriber would get of it."""

from __future__ import annotations

from collections.abc import Callable

from coopdigest.domain.delivery import Claimed
from coopdigest.domain.edition import Edition, Finding, Severity
from coopdigest.domain.errors import CompositionError
from coopdigest.mail.message_rules import check_message
from coopdigest.ports import Clock, MessageFactory

_NOBODY = Claimed(id=0, campaign=0, subscriber=0, address="subscriber@example.org", language="", attempt=1)


class SampleChecker:
    """A `MessageChecker` that builds the message of a subscriber who does not exist.

    It is no rehearsal's message: that one has `[Test]` in its subject and no List-Unsubscribe.
    """

    def __init__(self, messages: Callable[[], MessageFactory], clock: Clock) -> None:
        """`messages` gives the factory, and is asked when something is checked."""
        self._messages, self._clock = messages, clock

    def check(self, edition: Edition) -> list[Finding]:
        """The findings of `check_message`, or one that says why there is no message."""
        now = self._clock.now()
        try:
            data = self._messages().build(edition, _NOBODY, now)
        except CompositionError as error:
            message = f"it cannot be built: {error}"
            return [Finding("B23", Severity.ERROR, "message", message, can_be_forced=False)]
        return check_message(data, now)
