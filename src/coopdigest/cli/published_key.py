"""What the doctor says of DKIM: the key's file, the record that publishes it, the domain it signs for."""

from __future__ import annotations

from pathlib import Path

from coopdigest.domain.errors import ConfigurationError
from coopdigest.mail.dkim import DkimSigner
from coopdigest.mail.signed_headers import aligns

_READ_BY_OTHERS = 0o077
_ADVISED_BITS = 2048  # B03


def find_troubles(signer: DkimSigner, key_file: Path, sender_domain: str, records: list[str]) -> list[str]:
    """What should be better, most urgent first; `records` are the TXT records of the selector's name.

    Raises:
        ConfigurationError: another key is published, so that every signature would be worth nothing.
    """
    name = record_name(signer)
    published = [tags for tags in map(_read_tags, records) if "p" in tags]
    if published and not any(_is_ours(tags, signer) for tags in published):
        text = f"the key published at {name} is not that of {key_file.name}; publish p={signer.public_key}"
        raise ConfigurationError(text)
    mode = key_file.stat().st_mode
    found = {
        f"no key could be found at {name}; docs/configuration.md says what to publish": not published,
        f"others may read {key_file.name}; say: chmod 600 {key_file.name}": bool(mode & _READ_BY_OTHERS),
        f"{signer.domain} does not align with {sender_domain} of From; set domain in [dkim]": not aligns(
            signer.domain, sender_domain
        ),
        "Microsoft and Yahoo do not verify Ed25519; an RSA key is verified everywhere": not signer.is_rsa,
        f"{signer.bits} bits are few; {_ADVISED_BITS} are advised": signer.is_rsa and signer.bits < _ADVISED_BITS,
    }
    return [text for text, is_so in found.items() if is_so]


def record_name(signer: DkimSigner) -> str:
    """Where verifiers look for the public key (RFC 6376 3.6.2.1)."""
    return f"{signer.selector}._domainkey.{signer.domain}"


def _is_ours(tags: dict[str, str], signer: DkimSigner) -> bool:
    """RFC 6376 3.6.1; the kind is RSA when the record names none."""
    return (tags.get("k", "rsa") == "rsa") == signer.is_rsa and tags["p"] == signer.public_key


def _read_tags(record: str) -> dict[str, str]:
    parts = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in parts}
