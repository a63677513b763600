"""One SMTP session: performs on its wire what the dialogue wants."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from coopdigest.mail.endpoint import Timeouts
from coopdigest.mail.smtp_command import encode_command
from coopdigest.mail.smtp_dialogue import Answer, Dialogue, LineLostError, Say, Step, Wait
from coopdigest.mail.smtp_wire import SmtpWire
from coopdigest.ports import Work


class SmtpSession:
    """A greeted, secured, logged-in session; a `ports.Connection`."""

    def __init__(self, wire: SmtpWire, dialogue: Dialogue, timeouts: Timeouts) -> None:
        """Take over an open wire after the opening."""
        self._wire, self._dialogue = wire, dialogue
        self._limits = {
            Wait.COMMAND: timeouts.command.total_seconds(),
            Wait.DATA: timeouts.data.total_seconds(),
            Wait.DOT: timeouts.dot.total_seconds(),
        }
        self._quit = timeouts.quit.total_seconds()

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over."""
        return self._wire.is_open

    async def carry(self, work: Work) -> None:
        """Hand over what `work` gives; see `ports.Connection`.

        Raises:
            TransportError: MAIL was answered 4yz or 5yz, or the return path needs what the server does not offer.
            StoreError: `work.proceed` raised it.
        """
        try:
            await self._perform(self._dialogue.carry(work.take, self._wire.heard), work)
        except BaseException:
            self._wire.abort()  # nobody knows how far the dialogue went: the line must not be used again
            raise
        if self._dialogue.ended:
            self._wire.abort()
        elif self._dialogue.is_used_up:
            await self.close()

    async def close(self) -> None:
        """Say QUIT if that is still possible, and hang up; never raises."""
        if self._wire.is_open:
            try:
                self._wire.say(encode_command("QUIT"))
                await self._wire.hear(self._quit)
            except LineLostError:
                return
            finally:
                self._wire.abort()

    async def _perform(self, talk: Generator[Step, Answer, None], work: Work) -> None:
        wire = self._wire
        with contextlib.suppress(StopIteration):
            step = next(talk)
            while True:
                answer: Answer = None
                try:
                    if isinstance(step, Wait):
                        answer = await wire.hear(self._limits[step])
                    elif isinstance(step, Say):
                        wire.say(step.octets, step.dot)
                    else:
                        answer = await work.proceed(step.results, step.intent)
                except LineLostError as error:
                    step = talk.throw(error)
                else:
                    step = talk.send(answer)
