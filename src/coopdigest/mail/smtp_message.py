"""What a message asks of a server: the commands of its envelope, or why it cannot go there at all."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from coopdigest.domain.delivery import Envelope, Outcome, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.mail.addresses import wire_address
from coopdigest.mail.smtp_capabilities import Capabilities
from coopdigest.mail.smtp_command import encode_xtext, mail_from, rcpt_to
from coopdigest.ports import Outgoing

_wire_sender = lru_cache(maxsize=16)(wire_address)  # the same return path over and over
_ORCPT_LIMIT = 480  # characters; RFC 3461 5.4 says 500 with the type


class Order(NamedTuple):
    """A message that may be begun, and how."""

    outgoing: Outgoing
    mail: bytes
    rcpt: bytes


class Orders:
    """Writes the orders of one session, by what its server offers."""

    def __init__(self, place: str, offered: Capabilities) -> None:
        """`place` is the server's name in errors."""
        self._place, self._offered = place, offered

    def write(self, outgoing: Outgoing) -> Order | Outcome:
        """The order, or the outcome that is known before a word is said (R20, R83, R84).

        Raises:
            TransportError: the return path needs what the server does not offer.
        """
        envelope, message = outgoing.envelope, outgoing.message
        is_ascii = message.isascii()
        is_all_ascii = is_ascii and envelope.sender.isascii() and envelope.recipient.isascii()
        needs_utf8 = not is_all_ascii and _needs_utf8(envelope, message)
        refusal = self._refuse(envelope, len(message), is_ascii=is_ascii, needs_utf8=needs_utf8)
        if refusal is not None:
            return refusal
        try:
            sender, recipient = _wire_sender(envelope.sender), wire_address(envelope.recipient)
        except ValueError as error:
            return Outcome(Verdict.REFUSED, 553, f"5.1.3 {error}")
        size = len(message) if self._offered.size else None
        asked, wanted = _ask_for_reports(outgoing) if self._offered.dsn else ("", "")
        mail = mail_from(sender, asked, size=size, eight_bit=not is_ascii, smtputf8=needs_utf8)
        return Order(outgoing, mail, rcpt_to(recipient, wanted))

    def _refuse(self, envelope: Envelope, octets: int, *, is_ascii: bool, needs_utf8: bool) -> Outcome | None:
        offered = self._offered
        if needs_utf8 and not offered.smtputf8:
            if not envelope.sender.rpartition("@")[0].isascii():
                raise TransportError(
                    "does not take a return path with non-ASCII letters (SMTPUTF8); see [digest] return_path",
                    place=self._place,
                )
            return Outcome(Verdict.REFUSED, 553, "5.6.7 the server cannot write to an address with non-ASCII letters")
        if not is_ascii and not offered.eight_bit:
            return Outcome(Verdict.REFUSED, 554, "5.6.3 the server takes no message with octets over 127")
        if offered.size_limit is not None and octets > offered.size_limit:
            text = f"5.3.4 {octets} octets are more than the server takes ({offered.size_limit})"
            return Outcome(Verdict.REFUSED, 552, text)
        return None


def _needs_utf8(envelope: Envelope, message: bytes) -> bool:
    """Whether a local part or the header is not ASCII (RFC 6531); a domain has A-labels, a body has 8BITMIME."""
    local_parts = envelope.sender.rpartition("@")[0] + envelope.recipient.rpartition("@")[0]
    return not (local_parts.isascii() and message.partition(b"\r\n\r\n")[0].isascii())


def _ask_for_reports(outgoing: Outgoing) -> tuple[str, str]:
    """The DSN parameters of MAIL and RCPT: reports of failure and delay that name the delivery (RFC 3461, R60)."""
    delivery, recipient = outgoing.delivery, outgoing.envelope.recipient
    asked = f" RET=HDRS ENVID={delivery.campaign}.{delivery.subscriber}" if delivery else " RET=HDRS"
    original = encode_xtext(recipient) if recipient.isascii() else ""
    if not original or len(original) > _ORCPT_LIMIT:  # RFC 6533 could name the former, in a type few servers know
        return asked, " NOTIFY=FAILURE,DELAY"
    return asked, f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{original}"
