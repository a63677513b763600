"""The books of a test server: what was said to it and what it accepted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import BinaryIO

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
LAST_IN_GROUP = frozenset({"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "NOOP", "QUIT"})  # also RFC 3207 4


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that the server took, whether or not the client heard of it; dots are unstuffed."""

    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    secure: bool = False
    user: str | None = None

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets, empty if there is none."""
        found = _MESSAGE_ID.search(self.content.partition(b"\r\n\r\n")[0])
        return found[1].decode("ascii", "replace") if found else ""


@dataclass(slots=True)
class Books:
    """What all sessions write down."""

    log: BinaryIO | None = None
    accepted: list[Accepted] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)
    unfinished: int = 0
    connections: int = 0
    pipelined: int = 0
    impatient: int = 0

    def note_group(self, verb: str, behind: int) -> None:
        """Count a command that was followed by others at once, and one that must not be (RFC 2920 3.1)."""
        self.pipelined += behind > 0
        self.impatient += behind > 0 and verb.upper() in LAST_IN_GROUP

    def accept(self, message: Accepted) -> None:
        """Write a message down, in the file before anything is answered."""
        if self.log is not None:
            entry = {
                "connection": message.connection,
                "recipients": message.recipients,
                "message_id": message.message_id,
                "octets": len(message.content),
            }
            self.log.write(json.dumps(entry).encode("ascii") + b"\n")
        self.accepted.append(message)
