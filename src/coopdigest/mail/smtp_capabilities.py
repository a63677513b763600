"""What a server offers in its answer to EHLO (RFC 5321 4.1.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from coopdigest.mail.smtp_reply import Reply


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The extensions in use here. `size_limit` is in octets, None when the server names no limit."""

    size: bool = False
    size_limit: int | None = None
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    pipelining: bool = False
    dsn: bool = False
    auth: frozenset[str] = frozenset()


def read_capabilities(reply: Reply) -> Capabilities:
    """Read an EHLO reply; its first line is the server's name, keywords come in any case."""
    offered: dict[str, list[str]] = {}
    for line in reply.lines[1:]:
        keyword, *words = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        offered.setdefault(keyword, []).extend(words)
    limit = next((int(word) for word in offered.get("SIZE", []) if word.isascii() and word.isdigit()), 0)
    return Capabilities(
        size="SIZE" in offered,
        size_limit=limit or None,  # 0 means no fixed limit (RFC 1870 4)
        eight_bit="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        starttls="STARTTLS" in offered,
        pipelining="PIPELINING" in offered,
        dsn="DSN" in offered,
        auth=frozenset(offered.get("AUTH", [])),
    )
