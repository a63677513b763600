"""What the services need from the world: one Protocol per need, each with its contract.

Rules for every adapter: datetimes are aware; third-party errors are translated into `domain.errors`;
bugs are not caught; a method that writes is one transaction.
"""

from __future__ import annotations

from coopdigest.ports.clock import Clock
from coopdigest.ports.composition import Composer, Link, LinkAnswer, LinkVisitor
from coopdigest.ports.content import Collected, IssueRecord, IssueStore, ItemStore, SourceRecord
from coopdigest.ports.messages import Connection, MessageChecker, MessageFactory, Outgoing, Transport, Unfinished, Work
from coopdigest.ports.people import Campaign, Ledger, Roster, Trouble
from coopdigest.ports.sources import Note, Reading, Source, Validators

__all__ = [
    "Campaign",
    "Clock",
    "Collected",
    "Composer",
    "Connection",
    "IssueRecord",
    "IssueStore",
    "ItemStore",
    "Ledger",
    "Link",
    "LinkAnswer",
    "LinkVisitor",
    "MessageChecker",
    "MessageFactory",
    "Note",
    "Outgoing",
    "Reading",
    "Roster",
    "Source",
    "SourceRecord",
    "Transport",
    "Trouble",
    "Unfinished",
    "Validators",
    "Work",
]
