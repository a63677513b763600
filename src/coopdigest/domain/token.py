"""A token names a subscriber opaquely and unforgeably; it never expires and names the key that made it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

_KEY_ID, _SUBJECT, _MAC = 2, 6, 16  # bytes; 24 in all make 32 characters of base64url without padding
_LENGTH = 32


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """Makes and reads tokens. The first key signs, all keys verify, so that keys can be rotated."""

    keys: Sequence[bytes]

    def make(self, purpose: str, subject: int) -> str:
        """The token that lets its holder do `purpose` for the subscriber id `subject` (RFC 8058 3.1: opaque)."""
        key = self.keys[0]
        body = _key_id(key) + subject.to_bytes(_SUBJECT, "big")
        return base64.urlsafe_b64encode(body + _mac(key, purpose, body)).decode("ascii")

    def read(self, purpose: str, token: str) -> int | None:
        """The subscriber id of a genuine token, None for any other text. Compared in constant time."""
        if len(token) != _LENGTH or not token.isascii():
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
        return _mac(self.keys[0], "message-id", text.encode("utf-8"))[:8].hex()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"key id" + key).digest()[:_KEY_ID]


def _mac(key: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.new(key, purpose.encode("ascii") + b"\0" + body, hashlib.sha256).digest()[:_MAC]
