"""Sending with a staging list, and once more to the refused, on fakes."""

from __future__ import annotations

from typing import Any

from coopdigest.domain.delivery import Claimed, Tally, Terms
from coopdigest.domain.edition import Edition
from coopdigest.domain.recipients import OnlyTo, Refused, parse_only_to
from coopdigest.ports import Campaign
from coopdigest.services.dispatching import Dispatching
from coopdigest.testing.builders import make_edition, make_issue
from coopdigest.testing.clock import NOON, FixedClock
from coopdigest.testing.fake_compose import FakeMessageFactory
from coopdigest.testing.fake_transport import FakeTransport
from coopdigest.testing.memory_store import MemoryStore
from coopdigest.testing.scenes import open_campaign

PEOPLE = ("amina@example.org", "luc@example.org", "nour@staging.example")


class Factory(FakeMessageFactory):
    """A `MessageFactory` of messages that name their delivery."""

    def build(self, edition: Edition, delivery: Claimed, now: Any) -> bytes:
        """The same for every attempt."""
        return f"Message-ID: <{delivery.campaign}.{delivery.subscriber}@example.org>".encode()


def drain(store: MemoryStore, campaign: Campaign, transport: FakeTransport, only_to: OnlyTo | None = None) -> Tally:
    """Send what is due; how the campaign stands then."""
    parts = (store.ledger, transport, Factory(), FixedClock(NOON), "bounces@example.org")
    Dispatching(*parts, terms=Terms(only_to)).drain(campaign.id, [make_edition(make_issue([]), "en")])
    return store.ledger.finish(campaign.id, NOON).tally


def test_staging_list_is_all_that_is_written_to() -> None:
    """The others are pending and the issue is not sent; without the list they get it, and nobody twice."""
    store, transport = MemoryStore(), FakeTransport()
    campaign = open_campaign(store, *PEOPLE)
    staging = parse_only_to(["@staging.example"])
    assert drain(store, campaign, transport, staging) == Tally(accepted=1, pending=2)
    assert drain(store, campaign, transport, OnlyTo()) == Tally(accepted=1, pending=2)
    assert transport.recipients == ["nour@staging.example"]
    assert drain(store, campaign, transport) == Tally(accepted=3)
    assert sorted(transport.recipients) == sorted(PEOPLE)


def test_refused_one_gets_the_same_message_when_it_is_tried_again() -> None:
    """The retry is the same message: its Message-ID lets a reader's server see that."""
    store, transport = MemoryStore(), FakeTransport().refuse("luc@example.org", 554, "5.7.1 Blocked", at_dot=True)
    campaign = open_campaign(store, *PEOPLE)
    assert drain(store, campaign, transport) == Tally(accepted=2, refused=1)
    assert store.ledger.retry(campaign.id, Refused(code=550), NOON) == 0
    assert store.ledger.retry(campaign.id, Refused(code=554), NOON) == 1
    assert drain(store, campaign, transport) == Tally(accepted=3)
    assert len({message for _, message in transport.taken}) == len(transport.taken) == 3
