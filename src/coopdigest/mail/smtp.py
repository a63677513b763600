"""The SMTP transport: connect, greet, secure and log in."""

from __future__ import annotations

import socket
import ssl

from coopdigest.domain.errors import TransportError
from coopdigest.domain.mail_server import StartTls
from coopdigest.mail.endpoint import Login, SmtpEndpoint, Timeouts
from coopdigest.mail.smtp_capabilities import Capabilities, read_capabilities
from coopdigest.mail.smtp_command import auth_plain, encode_command, login_answers
from coopdigest.mail.smtp_connection import SmtpConnection
from coopdigest.mail.smtp_line import LineLostError, SmtpLine, open_line
from coopdigest.mail.smtp_reply import Reply


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

    def connect(self) -> SmtpConnection:
        """Open a session; see `ports.Transport`.

        Raises:
            TransportError: no connection, no TLS where it is required, or the login is refused.
        """
        line = self._open()
        try:
            capabilities = self._prepare(line)
        except LineLostError as error:
            raise self._trouble(f"{error}; is it a mail server? see [smtp] url") from error
        except BaseException:
            line.abort()
            raise
        return SmtpConnection(self._endpoint, line, capabilities, self._timeouts, self._most)

    def _open(self) -> SmtpLine:
        """Connect the socket."""
        endpoint = self._endpoint
        try:
            return open_line(endpoint.host, endpoint.port, self._timeouts)
        except socket.gaierror as error:
            raise self._trouble("no such host; see [smtp] url") from error
        except ConnectionRefusedError as error:
            raise self._trouble("connection refused; is the mail server running? see [smtp] url") from error
        except TimeoutError as error:
            waited = self._timeouts.connect.total_seconds()
            raise self._trouble(f"no connection within {waited:g} s; see [smtp] url and the firewall") from error
        except OSError as error:
            raise self._trouble(f"no connection ({error.strerror or error}); see [smtp] url") from error

    def _prepare(self, line: SmtpLine) -> Capabilities:
        """Everything between the connection and the first message."""
        if self._endpoint.implicit_tls:
            self._secure(line)
        greeting = line.read(self._timeouts.command)
        if greeting.kind != 2:
            raise self._trouble(f"takes nobody in ({greeting}); try again later")
        capabilities = self._greet(line)
        if self._begin_tls(line, capabilities):
            capabilities = self._greet(line)
        if self._endpoint.login is not None:
            self._log_in(line, capabilities, self._endpoint.login)
        return capabilities

    def _greet(self, line: SmtpLine) -> Capabilities:
        """EHLO, or HELO to a server that does not know it (RFC 5321 3.2)."""
        name = self._local_hostname or _own_name(line)
        reply = line.ask(encode_command("EHLO", name), self._timeouts.command)
        if reply.kind == 2:
            return read_capabilities(reply)
        if reply.kind == 5:
            reply = line.ask(encode_command("HELO", name), self._timeouts.command)
        if reply.kind != 2:
            raise self._trouble(f"refused the greeting ({reply}); see [smtp] url")
        return Capabilities()

    def _begin_tls(self, line: SmtpLine, capabilities: Capabilities) -> bool:
        """STARTTLS as wished; whether TLS began just now."""
        wish = self._endpoint.starttls
        if self._endpoint.implicit_tls or wish is StartTls.OFF:
            return False
        if capabilities.starttls:
            reply = line.ask(encode_command("STARTTLS"), self._timeouts.command)
            if reply.kind == 2:
                self._secure(line)
                return True
            if wish is StartTls.REQUIRED:
                raise self._trouble(f"refused STARTTLS ({reply}); nothing is sent in the clear, try later")
        elif wish is StartTls.REQUIRED:
            raise self._trouble("offers no STARTTLS; nothing is sent in the clear unless [smtp] url says ?starttls=off")
        return False

    def _secure(self, line: SmtpLine) -> None:
        """Do the TLS handshake."""
        try:
            line.secure(self._context, self._endpoint.host, self._timeouts.command)
        except ssl.SSLCertVerificationError as error:
            raise self._trouble(f"its certificate is not trusted ({error.verify_message}); see [smtp] url") from error
        except OSError as error:
            reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
            raise self._trouble(f"no TLS ({reason}); is it smtp:// or smtps:// in [smtp] url?") from error

    def _log_in(self, line: SmtpLine, capabilities: Capabilities, login: Login) -> None:
        """Log in by PLAIN or LOGIN, whichever is offered."""
        if not line.is_secure and not self._endpoint.is_loopback and self._endpoint.starttls is not StartTls.OFF:
            raise self._trouble("offers no TLS, and a password is not sent in the clear; see ?starttls= in [smtp] url")
        reply = self._authenticate(line, capabilities, login)
        if reply.kind != 2:
            raise self._trouble(f"refused the login ({reply}); see user and password in [smtp] url")

    def _authenticate(self, line: SmtpLine, capabilities: Capabilities, login: Login) -> Reply:
        limit = self._timeouts.command
        if "PLAIN" in capabilities.auth:
            return line.ask(auth_plain(login), limit)
        if "LOGIN" not in capabilities.auth:
            raise self._trouble(
                "offers no login that is known here (PLAIN, LOGIN); see user and password in [smtp] url"
            )
        reply = line.ask(encode_command("AUTH", "LOGIN"), limit)
        for answer in login_answers(login):
            if reply.kind == 3:
                reply = line.ask(answer, limit)
        return reply

    def _trouble(self, text: str) -> TransportError:
        return TransportError(text, place=str(self._endpoint))


def _usual_context(endpoint: SmtpEndpoint) -> ssl.SSLContext:
    """The system's trust; none for this machine itself when the line might as well be in the clear."""
    context = ssl.create_default_context()
    if endpoint.is_loopback and endpoint.starttls is StartTls.AUTO and not endpoint.implicit_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _own_name(line: SmtpLine) -> str:
    """This machine's full name, or else its address as a literal (RFC 5321 4.1.3, 4.1.4)."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    address = line.own_address
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
