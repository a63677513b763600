"""The SMTP transport: connect, greet, secure and log in."""

from __future__ import annotations

import socket
import ssl

from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import SmtpEndpoint, Timeouts
from coopdigest.mail.smtp_capabilities import Capabilities
from coopdigest.mail.smtp_dialogue import Dialogue, LineLostError
from coopdigest.mail.smtp_opening import Begin, open_session
from coopdigest.mail.smtp_reply import Reply
from coopdigest.mail.smtp_session import SmtpSession
from coopdigest.mail.smtp_wire import SmtpWire, open_wire


class SmtpTransport:
    """Opens sessions to one server."""

    def __init__(
        self,
        endpoint: SmtpEndpoint,
        timeouts: Timeouts | None = None,
        *,
        local_hostname: str | None = None,
        most_messages: int | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Keep what a session needs.

        `local_hostname` is the name told to the server, by default this machine's own or its address;
        `most_messages` ends a session after so many; `ssl_context` replaces the system's trust.
        """
        self._endpoint, self._timeouts = endpoint, timeouts or Timeouts()
        self._local_hostname, self._most = local_hostname, most_messages
        self._context = ssl_context or _usual_context(endpoint)

    async def connect(self) -> SmtpSession:
        """Open a session; see `ports.Transport`.

        Raises:
            TransportError: no connection, no TLS where it is required, or the login is refused.
        """
        wire = await self._open()
        try:
            offered = await self._prepare(wire)
        except LineLostError as error:
            raise self._trouble(f"{error}; is it a mail server? see [smtp] url") from error
        except BaseException:
            wire.abort()
            raise
        return SmtpSession(wire, Dialogue(str(self._endpoint), offered, self._most), self._timeouts)

    async def _open(self) -> SmtpWire:
        """Connect the socket."""
        endpoint = self._endpoint
        try:
            return await open_wire(endpoint.host, endpoint.port, self._timeouts, waits_for_tls=endpoint.implicit_tls)
        except (socket.gaierror, UnicodeError) as error:  # the latter for what cannot be a name at all
            raise self._trouble("no such host; see [smtp] url") from error
        except ConnectionRefusedError as error:
            raise self._trouble("connection refused; is the mail server running? see [smtp] url") from error
        except TimeoutError as error:
            waited = self._timeouts.connect.total_seconds()
            raise self._trouble(f"no connection within {waited:g} s; see [smtp] url and the firewall") from error
        except OSError as error:
            raise self._trouble(f"no connection ({error.strerror or error}); see [smtp] url") from error

    async def _prepare(self, wire: SmtpWire) -> Capabilities:
        """Everything between the connection and the first message."""
        if self._endpoint.implicit_tls:
            await self._secure(wire)
        opening = open_session(self._endpoint, self._local_hostname or _own_name(wire))
        limit = self._timeouts.command.total_seconds()
        answer: Reply | None = None
        try:
            step = next(opening)
            while True:
                if isinstance(step, Begin):
                    await self._secure(wire)
                    answer = None
                else:
                    if step:
                        wire.say(step)
                    answer = await wire.hear(limit)
                step = opening.send(answer)
        except StopIteration as end:
            offered: Capabilities = end.value
            return offered

    async def _secure(self, wire: SmtpWire) -> None:
        """Do the TLS handshake."""
        try:
            await wire.secure(self._context, self._endpoint.host, self._timeouts.command)
        except ssl.SSLCertVerificationError as error:
            raise self._trouble(f"its certificate is not trusted ({error.verify_message}); see [smtp] url") from error
        except OSError as error:
            reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
            raise self._trouble(f"no TLS ({reason}); is it smtp:// or smtps:// in [smtp] url?") from error

    def _trouble(self, text: str) -> TransportError:
        return TransportError(text, place=str(self._endpoint))


def _usual_context(endpoint: SmtpEndpoint) -> ssl.SSLContext:
    """The system's trust; none for this machine itself when the line might as well be in the clear."""
    if not (endpoint.is_loopback and endpoint.starttls is StartTls.AUTO and not endpoint.implicit_tls):
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the system's trust, which takes megabytes to load
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _own_name(wire: SmtpWire) -> str:
    """This machine's full name, or else its address as a literal (RFC 5321 4.1.3, 4.1.4)."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = wire.own_address
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
