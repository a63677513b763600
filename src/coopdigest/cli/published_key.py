"""What the doctor says of DKIM: a key's file, the record that publishes it, the domain it signs for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coopdigest.domain.errors import ConfigurationError
from coopdigest.mail.dkim import SigningKey
from coopdigest.mail.signed_headers import aligns

_READ_BY_OTHERS = 0o077
_ADVISED_BITS = 2048  # B03


def find_key_troubles(key: SigningKey, file: Path, domain: str, records: list[str]) -> list[str]:
    """What should be better about one key, most urgent first; `records` are the TXT records of its name.

    Raises:
        ConfigurationError: another key is published, so that every signature would be worth nothing.
    """
    name = record_name(key, domain)
    published = [tags for tags in map(_read_tags, records) if "p" in tags]
    if published and not any(_is_ours(tags, key) for tags in published):
        raise ConfigurationError(f"the key published at {name} is not that of {file.name}; publish p={key.public}")
    mode = file.stat().st_mode
    found = {
        f"no key could be found at {name}; docs/configuration.md says what to publish": not published,
        f"others may read {file.name}; say: chmod 600 {file.name}": bool(mode & _READ_BY_OTHERS),
        f"{key.bits} bits are few; {_ADVISED_BITS} are advised": key.is_rsa and key.bits < _ADVISED_BITS,
    }
    return [text for text, is_so in found.items() if is_so]


def find_signer_troubles(keys: Sequence[SigningKey], domain: str, sender_domain: str) -> list[str]:
    """What should be better about all signatures together."""
    is_strange = not aligns(domain, sender_domain)
    rsa_is_missing = not any(key.is_rsa for key in keys)
    found = {
        f"{domain} does not align with {sender_domain} of From; set domain in [dkim]": is_strange,
        "Microsoft and Yahoo do not verify Ed25519; an RSA key is verified everywhere": rsa_is_missing,
    }
    return [text for text, is_so in found.items() if is_so]


def record_name(key: SigningKey, domain: str) -> str:
    """Where verifiers look for the public key (RFC 6376 3.6.2.1)."""
    return f"{key.selector}._domainkey.{domain}"


def _is_ours(tags: dict[str, str], key: SigningKey) -> bool:
    """RFC 6376 3.6.1; the kind is RSA when the record names none."""
    return tags.get("k", "rsa") == key.kind and tags["p"] == key.public


def _read_tags(record: str) -> dict[str, str]:
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in parts}
