"""A token names a subscriber opaquely and unforgeably; it never expires and names the key that made it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_KEY_ID, _SUBJECT, _MAC = 2, 6, 16  # bytes; 24 in all make 32 characters of base64url without padding
TOKEN_LENGTH = 32  # characters, every one a letter, a digit, `-` or `_`
_MARK = 8  # bytes


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """Makes and reads tokens. The first key signs, all keys verify, so that keys can be rotated."""

    keys: Sequence[bytes]

    def make(self, purpose: str, subject: int) -> str:
        """The token that lets its holder do `purpose` for the subscriber id `subject` (RFC 8058 3.1: opaque)."""
        return self.maker(purpose)(subject)

    def maker(self, purpose: str) -> Callable[[int], str]:
        """`make` for one purpose and many subscribers: the key is prepared once."""
        key_id, mac = _key_id(self.keys[0]), _prepare_mac(self.keys[0], purpose)

        def make(subject: int) -> str:
            body = key_id + subject.to_bytes(_SUBJECT, "big")
            return base64.urlsafe_b64encode(body + mac(body)).decode("ascii")

        return make

    def read(self, purpose: str, token: str) -> int | None:
        """The subscriber id of a genuine token, None for any other text. Compared in constant time."""
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except ValueError:
            return None
        body, mac = raw[: _KEY_ID + _SUBJECT], raw[_KEY_ID + _SUBJECT :]
        genuine = [hmac.compare_digest(_mac(key, purpose, body), mac) for key in self.keys]
        named = [_key_id(key) == body[:_KEY_ID] for key in self.keys]
        if not any(is_genuine and is_named for is_genuine, is_named in zip(genuine, named, strict=True)):
            return None
        return int.from_bytes(body[_KEY_ID:], "big")

    def mac(self, text: str) -> str:
        """A short unforgeable mark of `text` for a Message-ID; 16 hexadecimal digits."""
        return self.marker(text)("")

    def marker(self, start: str) -> Callable[[str], str]:
        """`mac` of many texts that begin alike: what is made marks `start` and the rest it is given."""
        mac = _prepare_mac(self.keys[0], "message-id", start.encode("utf-8"))
        return lambda rest: mac(rest.encode("utf-8"))[:_MARK].hex()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:_KEY_ID]


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    return _prepare_mac(key, purpose)(body)


def _prepare_mac(key: bytes, purpose: str, start: bytes = b"") -> Callable[[bytes], bytes]:
    """What completes `start` and tells the code of the whole: a copied state spares hashing key and start anew."""
    begun = hmac.new(key, purpose.encode("ascii") + b"\0" + start, hashlib.sha256)

    def complete(rest: bytes) -> bytes:
        code = begun.copy()
        code.update(rest)
        return code.digest()[:_MAC]

    return complete
