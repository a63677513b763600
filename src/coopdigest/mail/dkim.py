"""Signs messages with DKIM (RFC 6376, 8301, 8463): headers relaxed, body relaxed or simple, no room for additions."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from coopdigest.domain.errors import ConfigurationError
from coopdigest.mail.addresses import wire_domain
from coopdigest.mail.signed_headers import OVERSIGNED, SIGNED
from coopdigest.ports import Unfinished

Key = RSAPrivateKey | Ed25519PrivateKey
"""The two kinds of key that verifiers know (RFC 8463)."""

_SHORTEST_KEY = 1024  # bits (RFC 8301 3.2)
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_LINE = 76  # characters of a folded line
_KEPT = 32  # shared headers: more than editions and their rehearsals
_PADDING, _HASH = PKCS1v15(), Prehashed(hashes.SHA256())


class BodyForm(StrEnum):
    """What a body may lose on its way without breaking the signature (RFC 6376 3.4)."""

    RELAXED = "relaxed"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key and the selector under which its public half is published."""

    private: Key
    selector: str

    @property
    def is_rsa(self) -> bool:
        """Whether the key is of the kind that every provider verifies (B05)."""
        return isinstance(self.private, RSAPrivateKey)

    @property
    def kind(self) -> str:
        """The `k=` of the record to publish."""
        return "rsa" if self.is_rsa else "ed25519"

    @property
    def bits(self) -> int:
        """The size of the key."""
        return self.private.key_size if isinstance(self.private, RSAPrivateKey) else 256

    @property
    def public(self) -> str:
        """The `p=` of the record to publish (R54): SubjectPublicKeyInfo for RSA, the bare key for Ed25519."""
        public = self.private.public_key()
        if self.is_rsa:
            return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
        return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def sign(self, said: bytes) -> bytes:
        """The value of `b=`, folded."""
        digest = hashlib.sha256(said).digest()
        if isinstance(self.private, RSAPrivateKey):
            signature = self.private.sign(digest, _PADDING, _HASH)
        else:
            signature = self.private.sign(digest)  # RFC 8463 3: PureEdDSA over the hash
        return _fold_octets(base64.b64encode(signature))


@dataclass(frozen=True, slots=True)
class _Field:
    """A signature's field up to its `b=`, as it is sent and as it is signed; time and body hash are to be filled in."""

    key: SigningKey
    sent: bytes
    signed: bytes


class DkimSigner:
    """Signs for one domain, once with each of its keys; safe to use from several threads."""

    is_slow = True  # RSA takes longer than all the rest of sending

    def __init__(self, domain: str, keys: Sequence[SigningKey], body: BodyForm = BodyForm.RELAXED) -> None:
        """The public half of a key is found at `selector._domainkey.domain`.

        The first key's signature stands first: there are verifiers that look at no other. A domain in other letters
        is written in ASCII (IDNA).

        Raises:
            ConfigurationError: the domain cannot be.
        """
        try:
            self.domain = wire_domain(domain).lower()
        except ValueError as error:
            raise ConfigurationError(f"{error}; set domain in [dkim]") from error
        self.keys, self._form = keys, body
        self._last = (b"", b"")  # a body and its hash, for editions that are the same for everybody
        self._read_shared = lru_cache(maxsize=_KEPT)(_read_fields)
        self._relax_piece = lru_cache(maxsize=_KEPT)(_relax_blanks)
        self._describe = lru_cache(maxsize=_KEPT)(self._make_fields)

    def begin(self, personal: bytes, shared: bytes, body: Sequence[bytes], now: datetime) -> Unfinished:
        """Leave the signing to do, for a message that is then ready to be sent: signatures, fields, empty line, body.

        Fields and body are as they are sent, 7bit and with CRLF line ends (R53); nothing may change after this.
        What `shared` and the fixed pieces of `body` say is canonicalised once; see `mail.message.Signer`.
        """
        fields = [*_read_fields(personal), *self._read_shared(shared)]
        names, covered = _cover(fields)
        body_hash, when = self._hash_body(body), int(now.timestamp())

        def finish() -> bytes:
            signatures: list[bytes] = []
            for field in self._describe(names):
                said = b"".join([*covered, field.signed % (when, body_hash)])
                signatures += (field.sent % (when, body_hash), field.key.sign(said), b"\r\n")
            return b"".join([*signatures, personal, shared, b"\r\n", *body])

        return finish

    def _make_fields(self, names: tuple[str, ...]) -> list[_Field]:
        """The fields of all signatures over header fields of these names."""
        fields = []
        for key in self.keys:
            sent = (
                f"DKIM-Signature: v=1; a={key.kind}-sha256; c=relaxed/{self._form}; t=%d;\r\n"
                f" d={self.domain};\r\n s={key.selector};\r\n"
                f"{_name_fields(names)};\r\n bh=%b;\r\n b="
            ).encode("ascii")
            fields.append(_Field(key, sent, _relax_field(sent)[1]))
        return fields

    def _hash_body(self, pieces: Sequence[bytes]) -> bytes:
        """`bh=`; to compare two bodies is much cheaper than to hash one."""
        body = _end_body(b"".join(self._relax(pieces) if self._form is BodyForm.RELAXED else pieces), self._form)
        known, digest = self._last
        if not digest or known != body:
            digest = base64.b64encode(hashlib.sha256(body).digest())
            self._last = (body, digest)
        return digest

    def _relax(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Every other piece, from the first on, is the same for a whole edition."""
        relaxed = [*map(_relax_blanks, pieces[1::2])]
        fixed = [*map(self._relax_piece, pieces[::2])]
        return [piece for pair in zip_longest(fixed, relaxed, fillvalue=b"") for piece in pair]


def load_key(file: Path, selector: str, place: str) -> SigningKey:
    """The private key of a PEM file (PKCS#8 or PKCS#1, not encrypted); `place` names the setting.

    Raises:
        ConfigurationError: the file cannot be read, or holds no key that one can sign with.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except OSError as error:
        raise ConfigurationError(f"{file.name} cannot be read: {error.strerror}; {_RECIPE}", place=place) from error
    except TypeError as error:
        text = f"{file.name} is encrypted; take the password off: openssl pkey -in {file.name} -out {file.name}.plain"
        raise ConfigurationError(text, place=place) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{file.name} holds no private key in PEM form; {_RECIPE}", place=place) from error
    if not isinstance(key, Key):
        raise ConfigurationError(f"{file.name} is neither an RSA nor an Ed25519 key; {_RECIPE}", place=place)
    if isinstance(key, RSAPrivateKey) and key.key_size < _SHORTEST_KEY:
        text = f"{file.name} has {key.key_size} bits, and verifiers refuse keys under {_SHORTEST_KEY}; {_RECIPE}"
        raise ConfigurationError(text, place=place)
    return SigningKey(key, selector)


def load_ed25519_key(file: Path, selector: str, place: str) -> SigningKey:
    """The same for the key beside an RSA key.

    Raises:
        ConfigurationError: as `load_key`, or it is of another kind.
    """
    key = load_key(file, selector, place)
    if key.is_rsa:
        text = f"{file.name} is no Ed25519 key; make one with: openssl genpkey -algorithm ED25519 -out {file.name}"
        raise ConfigurationError(text, place=place)
    return key


_RECIPE = "make a key with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out dkim.pem"


def canonicalise_body(body: bytes, form: BodyForm) -> bytes:
    """The body as it is hashed (RFC 6376 3.4.3 and 3.4.4). It has CRLF line ends; one that is missing is added."""
    return _end_body(_relax_blanks(body) if form is BodyForm.RELAXED else body, form)


def _relax_blanks(body: bytes) -> bytes:
    """Blanks become one each, and none at a line's end (RFC 6376 3.4.4 a)."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    return body.replace(b" \r\n", b"\r\n")


def _end_body(body: bytes, form: BodyForm) -> bytes:
    """No empty lines at the end, but one line end."""
    if body and not body.endswith(b"\r\n"):
        body = body.removesuffix(b" ") + b"\r\n" if form is BodyForm.RELAXED else body + b"\r\n"
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    if not end:
        return b"" if form is BodyForm.RELAXED else b"\r\n"
    return body if end + 2 == len(body) else body[: end + 2]


def _read_fields(header: bytes) -> tuple[tuple[str, bytes], ...]:
    """Each field that may be covered: its name in lower case and its canonical form."""
    fields = (_relax_field(field) for field in _FIELD_END.split(header) if field)
    return tuple((name, canonical + b"\r\n") for name, canonical in fields if name in SIGNED)


def _relax_field(field: bytes) -> tuple[str, bytes]:
    """RFC 6376 3.4.2, without the line end."""
    name, _, value = field.partition(b":")
    words = value.replace(b"\r\n", b"").replace(b"\t", b" ").split(b" ")
    key = name.strip(b" \t").lower()
    return key.decode("latin-1"), key + b":" + b" ".join(filter(None, words))


def _cover(fields: Sequence[tuple[str, bytes]]) -> tuple[tuple[str, ...], list[bytes]]:
    """The names for `h=`, and what is signed for them: of fields of one name the last comes first (5.4.2)."""
    names = tuple(name for name, _ in reversed(fields))
    return names, [canonical for _, canonical in reversed(fields)]


def _name_fields(names: tuple[str, ...]) -> str:
    """The `h=` tag, folded: the fields that are there, and those that nobody may add."""
    return _fold_words(" h=", [*names, *OVERSIGNED])


def _fold_words(start: str, words: Sequence[str]) -> str:
    """Words with colons between them."""
    lines, line = [], start + words[0]
    for word in words[1:]:
        if len(line) + len(word) + 2 > _LINE:
            lines.append(line + ":")
            line = "  " + word
        else:
            line += ":" + word
    return "\r\n".join([*lines, line])


def _fold_octets(text: bytes) -> bytes:
    """A text that may be cut anywhere."""
    size = _LINE - len("  b=")
    return b"\r\n  ".join(text[place : place + size] for place in range(0, len(text), size))
