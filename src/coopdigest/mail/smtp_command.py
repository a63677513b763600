"""What a client writes: commands, and a message made safe for DATA, as octets."""

from __future__ import annotations

import base64
import re

from coopdigest.mail.endpoint import Login

_BREAKS = re.compile(r"[\r\n\x00]")
_NO_XTEXT = re.compile(r"[^!-*,-<>-~]")


def encode_command(*words: str) -> bytes:
    """A command line.

    Raises:
        ValueError: a word holds CR, LF or NUL, which would begin another command.
    """
    line = " ".join(words)
    if not line.isprintable() and _BREAKS.search(line):
        raise ValueError("an SMTP command would hold a line break or NUL")
    return line.encode("utf-8") + b"\r\n"


def mail_from(sender: str, others: str = "", *, size: int | None, eight_bit: bool, smtputf8: bool) -> bytes:
    """MAIL with the parameters of the extensions in use (RFC 1870, 6152, 6531), then `others`, each behind a space."""
    sized = "" if size is None else f" SIZE={size}"
    body = " BODY=8BITMIME" if eight_bit else ""
    utf8 = " SMTPUTF8" if smtputf8 else ""
    return encode_command(f"MAIL FROM:<{sender}>{sized}{body}{utf8}{others}")


def rcpt_to(recipient: str, parameters: str = "") -> bytes:
    """RCPT for one recipient, with `parameters`, each behind a space."""
    return encode_command(f"RCPT TO:<{recipient}>{parameters}")


def encode_xtext(text: str) -> str:
    """ASCII text as a value of a DSN parameter (RFC 3461 4)."""
    return _NO_XTEXT.sub(lambda sign: f"+{ord(sign[0]):02X}", text)


def auth_plain(login: Login) -> bytes:
    """AUTH PLAIN with its initial response (RFC 4616)."""
    return encode_command("AUTH", "PLAIN", _base64(f"\0{login.user}\0{login.password}"))


def auth_xoauth2(login: Login) -> bytes:
    """AUTH XOAUTH2 with an access token in place of a password; Google and Microsoft say how, no RFC does."""
    return encode_command("AUTH", "XOAUTH2", _base64(f"user={login.user}\1auth=Bearer {login.password}\1\1"))


def login_answers(login: Login) -> list[bytes]:
    """What AUTH LOGIN is answered with, in order; it has no standard, but it is all that some servers offer."""
    return [encode_command(_base64(login.user)), encode_command(_base64(login.password))]


def stuff_dots(message: bytes) -> bytes:
    """The message as DATA carries it, up to but without the final dot: dots doubled, ended by CRLF (R85)."""
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    # Most messages have none, and CPython looks four times faster backwards than `replace` does forwards.
    stuffed = ended if ended.rfind(b"\r\n.") < 0 else ended.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
