"""Builds one subscriber's digest as a user of Python's `email` package would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

SENDER = "news@example.org"
DOMAIN = "readers.example"


@dataclass(frozen=True, slots=True)
class Digest:
    """What a prepared folder says of its edition: subject, both parts, and the marker of the unsubscribe link."""

    subject: str
    html: str
    text: str
    marker: str


def read_digest(file: Path) -> Digest:
    """The edition that was prepared for those who do not use coopdigest."""
    return Digest(**json.loads(file.read_text("utf-8")))


def build_message(digest: Digest, number: int) -> EmailMessage:
    """The message to reader `number`, with the header fields that bulk mail needs."""
    leave = f"https://news.example.org/unsubscribe/v1.{number:022d}"
    message = EmailMessage()
    message["Date"] = formatdate(localtime=True)
    message["From"] = f"COOP News <{SENDER}>"
    message["To"] = f"reader{number}@{DOMAIN}"
    message["Subject"] = digest.subject
    message["Message-ID"] = make_msgid(str(number), "example.org")
    message["List-Unsubscribe"] = f"<{leave}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-ID"] = "COOP News <coop-news.example.org>"
    message["Auto-Submitted"] = "auto-generated"
    message["Precedence"] = "bulk"
    message.set_content(digest.text.replace(digest.marker, leave))
    message.add_alternative(digest.html.replace(digest.marker, leave), subtype="html")
    return message
