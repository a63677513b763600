"""One SMTP session in lock-step: a message is handed over in five questions, and the dot is written only on leave."""

from __future__ import annotations

from collections.abc import Callable

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.mail.addresses import wire_address
from coopdigest.mail.endpoint import SmtpEndpoint, Timeouts
from coopdigest.mail.smtp_capabilities import Capabilities
from coopdigest.mail.smtp_command import encode_command, mail_from, rcpt_to, stuff_dots
from coopdigest.mail.smtp_line import LineLostError, SmtpLine
from coopdigest.mail.smtp_reply import Reply

_GOING_AWAY = 421  # the server closes the session (RFC 5321 3.8)


class SmtpConnection:
    """A greeted, secured, logged-in session. Every way it can end is told apart by whether the dot was written."""

    def __init__(
        self,
        endpoint: SmtpEndpoint,
        line: SmtpLine,
        capabilities: Capabilities,
        timeouts: Timeouts,
        most_messages: int | None,
    ) -> None:
        """Take over an open line; after `most_messages` tries the session is ended."""
        self._endpoint, self._line, self._capabilities, self._timeouts = endpoint, line, capabilities, timeouts
        self._most = most_messages
        self._tried = 0

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over."""
        return self._line.is_open

    def send(self, envelope: Envelope, message: bytes, intend: Callable[[], bool]) -> Outcome:
        """Hand one message over; see `ports.Connection`.

        A 421 ends the session. In answer to MAIL it leaves the message unsent. In answer to RCPT or DATA it also
        does so if an earlier message went this way (servers close after so many), else it defers: a server that
        says it on a new session for this recipient would say it again at once.

        Raises:
            TransportError: MAIL was answered 4yz or 5yz, or the return path needs what the server does not offer.
        """
        try:
            outcome = self._check(envelope, message) or self._hand_over(envelope, message, intend)
        except LineLostError as error:
            outcome = Outcome(Verdict.NOT_SENT, text=str(error))
        except BaseException:
            self._line.abort()  # nobody knows how far the dialogue went: the line must not be used again
            raise
        self._tried += 1
        if self._most is not None and self._tried >= self._most:
            self.close()
        return outcome

    def close(self) -> None:
        """Say QUIT if that is still possible, and hang up; never raises."""
        if self._line.is_open:
            try:
                self._line.ask(encode_command("QUIT"), self._timeouts.quit)
            except LineLostError:
                return
            self._line.abort()

    def _check(self, envelope: Envelope, message: bytes) -> Outcome | None:
        """What can be known to fail before a word is said (R20, R83, R84)."""
        offered = self._capabilities
        if not envelope.sender.rpartition("@")[0].isascii() and not offered.smtputf8:
            raise self._trouble(
                "does not take a return path with non-ASCII letters (SMTPUTF8); see [digest] return_path"
            )
        if self._needs_utf8(envelope, message) and not offered.smtputf8:
            return Outcome(Verdict.REFUSED, 553, "5.6.7 the server cannot write to an address with non-ASCII letters")
        if not message.isascii() and not offered.eight_bit:
            return Outcome(Verdict.REFUSED, 554, "5.6.3 the server takes no message with octets over 127")
        if offered.size_limit is not None and len(message) > offered.size_limit:
            return Outcome(
                Verdict.REFUSED,
                552,
                f"5.3.4 {len(message)} octets are more than the server takes ({offered.size_limit})",
            )
        return None

    def _needs_utf8(self, envelope: Envelope, message: bytes) -> bool:
        local_parts = envelope.sender.rpartition("@")[0] + envelope.recipient.rpartition("@")[0]
        return not local_parts.isascii() or not message.partition(b"\r\n\r\n")[0].isascii()

    def _hand_over(self, envelope: Envelope, message: bytes, intend: Callable[[], bool]) -> Outcome:
        try:
            sender, recipient = wire_address(envelope.sender), wire_address(envelope.recipient)
        except ValueError as error:
            return Outcome(Verdict.REFUSED, 553, f"5.1.3 {error}")
        self._begin(sender, message, self._needs_utf8(envelope, message))
        for command, wanted, limit in (
            (rcpt_to(recipient), 2, self._timeouts.command),
            (encode_command("DATA"), 3, self._timeouts.data),
        ):
            reply = self._line.ask(command, limit)
            if reply.kind != wanted:
                return self._end_before_dot(reply)
        early = self._write_body(message)
        if early is not None:
            self._line.abort()
            return self._judge_before_dot(early)
        return self._write_dot(intend)

    def _write_body(self, message: bytes) -> Reply | None:
        """Everything but the dot; a reply the server gave meanwhile, unasked, because it wants no more of it."""
        try:
            self._line.write(stuff_dots(message), self._timeouts.block)
        except LineLostError as error:
            if error.reply is None:
                raise
            return error.reply
        return self._line.glance()

    def _begin(self, sender: str, message: bytes, smtputf8: bool) -> None:
        """MAIL: any refusal here is the transport's trouble, not the recipient's."""
        offered = self._capabilities
        size = len(message) if offered.size else None
        reply = self._line.ask(
            mail_from(sender, size=size, eight_bit=not message.isascii(), smtputf8=smtputf8), self._timeouts.command
        )
        if reply.code == _GOING_AWAY and self._tried:
            self._line.abort()
            raise LineLostError(str(reply))
        if reply.kind in (4, 5):
            raise self._trouble(f"refused the sender ({reply}); see [digest] from and return_path, or try later")
        if reply.kind != 2:
            self._line.abort()
            raise LineLostError(f"an answer to MAIL makes no sense ({reply})")

    def _end_before_dot(self, reply: Reply) -> Outcome:
        """RCPT or DATA was not granted: judge it, and make the session ready for the next message."""
        outcome = self._judge_before_dot(reply)
        if not self._line.is_open:
            return outcome
        try:
            if self._line.ask(encode_command("RSET"), self._timeouts.command).kind != 2:
                self._line.abort()
        except LineLostError:
            pass  # the answer stands; only the session is over
        return outcome

    def _judge_before_dot(self, reply: Reply) -> Outcome:
        if reply.code == _GOING_AWAY:
            self._line.abort()
            verdict = Verdict.NOT_SENT if self._tried else Verdict.DEFERRED
            return Outcome(verdict, reply.code, reply.text)
        verdicts = {4: Verdict.DEFERRED, 5: Verdict.REFUSED}
        if reply.kind not in verdicts:
            self._line.abort()
            return Outcome(Verdict.NOT_SENT, reply.code, f"an answer makes no sense here: {reply.text}")
        return Outcome(verdicts[reply.kind], reply.code, reply.text)

    def _write_dot(self, intend: Callable[[], bool]) -> Outcome:
        """The one moment that matters: before it nothing was sent, after it only the server knows."""
        if not intend():
            self._line.abort()  # a lone dot would deliver it, and RSET is not possible inside DATA
            return Outcome(Verdict.NOT_SENT, text="it may no longer be sent")
        try:
            if not self._line.write_dot(self._timeouts.block):
                return Outcome(Verdict.NOT_SENT, text="the connection was lost before the final dot")
            reply = self._line.read(self._timeouts.dot)
        except LineLostError as error:
            return Outcome(Verdict.IN_DOUBT, text=str(error))
        verdicts = {2: Verdict.ACCEPTED, 4: Verdict.DEFERRED, 5: Verdict.REFUSED}
        if reply.code == _GOING_AWAY or reply.kind not in verdicts:
            self._line.abort()
        return Outcome(verdicts.get(reply.kind, Verdict.IN_DOUBT), reply.code, reply.text)

    def _trouble(self, text: str) -> TransportError:
        return TransportError(text, place=str(self._endpoint))
