"""What every Ledger does with campaigns, deliveries and senders, on the fake and on the real store."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest

from coopdigest.domain.delivery import Claimed, DeliveryState, Outcome, Settled, Tally, Terms, Verdict
from coopdigest.domain.errors import HeldError
from coopdigest.domain.issue import IssueState
from coopdigest.domain.recipients import OnlyTo, Refused, parse_only_to
from coopdigest.domain.subscriber import Origin, Reason, parse_address
from coopdigest.ports import Campaign, Trouble
from coopdigest.testing import scenes
from coopdigest.testing.builders import make_found, make_period, make_row
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import (
    ACCEPTED,
    DEFERRED,
    IN_DOUBT,
    NOT_SENT,
    REFUSED,
    Store,
    approve,
    claim_all,
    collect,
    enrol,
    intend,
    open_campaign,
    settle_all,
)

NOVEMBER = make_period()
THREE = ("amina@example.org", "luc@example.org", "nour@example.org")
LATER = NOON + timedelta(hours=1)
AMINA = parse_address("amina@example.org")


def tally(store: Store) -> dict[str, int]:
    """The counts that are not nought."""
    campaign = store.ledger.campaign("2021-11")
    assert campaign is not None
    return {name: count for name, count in asdict(campaign.tally).items() if count}


def state(store: Store) -> IssueState:
    """The issue's state, which the campaign tells too."""
    record, campaign = store.issues.record(NOVEMBER), store.ledger.campaign("2021-11")
    assert record is not None
    assert campaign is None or campaign.state is record.state
    return record.state


def one_claimed(store: Store) -> tuple[Campaign, int, Claimed]:
    """A campaign to one person, claimed by one sender."""
    campaign = open_campaign(store, "amina@example.org")
    sender = store.ledger.enlist(NOON)
    (delivery,) = claim_all(store, campaign, sender)
    return campaign, sender, delivery


def one_sending(store: Store) -> tuple[Campaign, int, Claimed]:
    """A campaign to one person, in flight."""
    campaign, sender, delivery = one_claimed(store)
    assert intend(store, delivery, sender)
    return campaign, sender, delivery


def settle(store: Store, delivery: Claimed, sender: int, outcome: Outcome) -> None:
    """Settle, with a deferred one due again in an hour."""
    scenes.settle(store, delivery, sender, outcome, due=LATER if outcome is DEFERRED else None)


# --- opening ---------------------------------------------------------------------------------------------


def test_opening_plans_one_delivery_for_each_member_of_the_audience(store: Store) -> None:
    """Active, unsuppressed subscribers get one pending delivery each, and the issue is sending."""
    enrol(store, "left@example.org", "left-too@example.org")
    gone = [person.id for person in store.roster.subscribers()]
    store.roster.sync([], gone, "stamp", NOON)
    store.roster.suppress(parse_address("nour@example.org"), Reason.BOUNCED, NOON)
    campaign = open_campaign(store, *THREE)
    assert campaign.tally == Tally(pending=2)
    assert (campaign.period, campaign.state, state(store)) == ("2021-11", IssueState.SENDING, IssueState.SENDING)


def test_opening_again_finds_the_same_campaign(store: Store) -> None:
    """A campaign is opened once; who joins later is not in its audience."""
    enrol(store, *THREE)
    issue = approve(store, collect(store, make_found()))
    first = store.ledger.open(issue, NOON)
    enrol(store, "late@example.org")
    assert store.ledger.open(issue, LATER) == first
    assert store.ledger.campaign("2021-11") == first
    assert store.ledger.campaign("2021-12") is None


def test_opening_for_nobody_is_held_and_leaves_nothing(store: Store) -> None:
    """An empty audience opens no campaign, uses no item, and the issue stays approved."""
    enrol(store, "amina@example.org")
    store.roster.suppress(AMINA, Reason.UNSUBSCRIBED, NOON)
    issue = approve(store, collect(store, make_found()))
    with pytest.raises(HeldError):
        store.ledger.open(issue, NOON)
    assert store.ledger.campaign("2021-11") is None
    assert state(store) is IssueState.APPROVED
    assert store.issues.used_items("month", but="") == []


def test_opening_with_an_item_of_another_issue_is_held(store: Store) -> None:
    """One item goes into one issue of a cadence; the second campaign is refused whole."""
    open_campaign(store, *THREE)
    items = collect(store, make_found(), make_found("Fresh"))
    december = make_period(date(2021, 12, 1))
    issue = approve(store, items, december)
    with pytest.raises(HeldError):
        store.ledger.open(issue, LATER)
    assert store.ledger.campaign("2021-12") is None
    assert [item.title for item in store.issues.used_items("month", but="2021-12")] == ["A mill reopens"]
    assert store.issues.used_items("month", but="2021-11") == []


def test_opening_needs_an_approval(store: Store) -> None:
    """An issue that is only a draft opens nothing."""
    enrol(store, *THREE)
    issue = approve(store, collect(store, make_found()))
    store.issues.unapprove(NOVEMBER, "changed")
    with pytest.raises(HeldError):
        store.ledger.open(issue, NOON)
    assert store.ledger.campaign("2021-11") is None


def test_edition_of_each_delivery_is_fixed_when_it_opens(store: Store) -> None:
    """A subscriber gets their language where there is an edition, else the digest's own; a later wish is too late."""
    languages = {
        "fr@example.org": "fr",
        "de@example.org": "de",
        "none@example.org": None,
        "ca@example.org": "FR-ca",
        "fy@example.org": "fry",
        "pt@example.org": "pt",
    }
    rows = [make_row(address, language=language) for address, language in languages.items()]
    store.roster.put(rows, Origin.FILE, NOON)
    campaign = open_campaign(store, languages=("en", "fr", "pt-BR"))
    store.roster.put([make_row("none@example.org", language="fr")], Origin.FILE, NOON)
    claimed = claim_all(store, campaign, store.ledger.enlist(NOON))
    chosen = {delivery.address: delivery.language for delivery in claimed}
    assert chosen == {
        "fr@example.org": "fr",
        "de@example.org": "en",
        "none@example.org": "en",
        "ca@example.org": "fr",
        "fy@example.org": "en",
        "pt@example.org": "pt-BR",
    }


# --- claims ----------------------------------------------------------------------------------------------


def test_claims_of_two_senders_are_disjoint(store: Store) -> None:
    """No row is ever claimed by two, and together they get every row."""
    campaign = open_campaign(store, *THREE)
    one, two = store.ledger.enlist(NOON), store.ledger.enlist(NOON)
    first = store.ledger.claim(campaign.id, one, 2, NOON)
    second = store.ledger.claim(campaign.id, two, 2, NOON)
    assert [len(first), len(second)] == [2, 1]
    assert {delivery.address for delivery in first + second} == set(THREE)
    assert claim_all(store, campaign, one) == claim_all(store, campaign, two) == []
    assert tally(store) == {"pending": 3}


def test_claim_tells_what_a_sender_needs(store: Store) -> None:
    """A claimed delivery names its campaign, subscriber, address as given, edition and first attempt."""
    campaign = open_campaign(store, "Amina@Example.org")
    (delivery,) = claim_all(store, campaign, store.ledger.enlist(NOON))
    person = store.roster.find(AMINA)
    assert person is not None
    assert (delivery.campaign, delivery.subscriber, delivery.address) == (campaign.id, person.id, "Amina@Example.org")
    assert (delivery.language, delivery.attempt, delivery.first_tried) == ("en", 1, None)


@pytest.mark.parametrize("how", ["suppressed", "departed", "erased"])
def test_who_left_since_is_skipped_at_the_claim(store: Store, how: str) -> None:
    """Somebody suppressed, departed or erased after the opening becomes skipped, and does not starve the claim."""
    campaign = open_campaign(store, *THREE)
    leave(store, how)
    claimed = store.ledger.claim(campaign.id, store.ledger.enlist(NOON), 1, NOON)
    rest = store.ledger.claim(campaign.id, store.ledger.enlist(NOON), 9, NOON)
    assert sorted(delivery.address for delivery in claimed + rest) == ["luc@example.org", "nour@example.org"]
    assert len(claimed) == 1
    assert tally(store) == {"pending": 2, "skipped": 1}


@pytest.mark.parametrize("how", ["suppressed", "departed", "erased"])
def test_who_left_since_is_skipped_at_the_intent(store: Store, how: str) -> None:
    """Somebody who leaves between claim and dot gets no message, and the row says skipped."""
    _, sender, delivery = one_claimed(store)
    leave(store, how)
    assert not intend(store, delivery, sender, NOON)
    settle(store, delivery, sender, NOT_SENT)
    assert tally(store) == {"skipped": 1}


def leave(store: Store, how: str) -> None:
    """Let Amina go."""
    person = store.roster.find(AMINA)
    assert person is not None
    if how == "suppressed":
        store.roster.suppress(AMINA, Reason.UNSUBSCRIBED, NOON)
    elif how == "departed":
        store.roster.sync([], [person.id], "stamp", NOON)
    else:
        store.roster.erase(AMINA, NOON)


# --- the table -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (ACCEPTED, {"accepted": 1}),
        (DEFERRED, {"deferred": 1}),
        (REFUSED, {"refused": 1}),
        (IN_DOUBT, {"in_doubt": 1}),
        (NOT_SENT, {"pending": 1}),
    ],
)
def test_answer_to_the_dot_settles_a_row_in_flight(store: Store, outcome: Outcome, expected: dict[str, int]) -> None:
    """250, 4yz, 5yz, a lost connection, and no byte of the dot written: each leads where the table says."""
    _, sender, delivery = one_sending(store)
    assert tally(store) == {"sending": 1}
    settle(store, delivery, sender, outcome)
    assert tally(store) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (ACCEPTED, {"pending": 1}),
        (DEFERRED, {"deferred": 1}),
        (REFUSED, {"refused": 1}),
        (IN_DOUBT, {"pending": 1}),
        (NOT_SENT, {"pending": 1}),
    ],
)
def test_without_an_intent_only_a_refusal_or_a_wait_counts(
    store: Store, outcome: Outcome, expected: dict[str, int]
) -> None:
    """MAIL and RCPT may refuse or defer a claimed row; it can be neither accepted nor in doubt."""
    _, sender, delivery = one_claimed(store)
    settle(store, delivery, sender, outcome)
    assert tally(store) == expected


@pytest.mark.parametrize("final", [ACCEPTED, REFUSED])
@pytest.mark.parametrize("late", [ACCEPTED, DEFERRED, REFUSED, IN_DOUBT, NOT_SENT])
def test_final_outcome_stands(store: Store, final: Outcome, late: Outcome) -> None:
    """Accepted and refused rows are changed by no later answer, and claimed by nobody."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, final)
    before = tally(store)
    settle(store, delivery, sender, late)
    assert tally(store) == before
    assert claim_all(store, campaign, sender, LATER) == []
    assert not intend(store, delivery, sender, NOON)


def test_released_row_is_due_at_once(store: Store) -> None:
    """A connection lost before the dot sent nothing: the row is claimed again, as a further attempt."""
    campaign, sender, delivery = one_claimed(store)
    settle(store, delivery, sender, NOT_SENT)
    (again,) = claim_all(store, campaign, sender)
    assert (again.id, again.attempt) == (delivery.id, 2)


def test_deferred_row_waits_until_it_is_due(store: Store) -> None:
    """A 4yz is repeated not before its time, and remembers when it was first tried."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, DEFERRED)
    assert claim_all(store, campaign, sender, LATER - timedelta(seconds=1)) == []
    (again,) = claim_all(store, campaign, sender, LATER)
    assert (again.id, again.attempt, again.first_tried) == (delivery.id, 2, NOON)
    assert tally(store) == {"pending": 1}


def test_intent_is_given_once(store: Store) -> None:
    """A row in flight gets no second intent."""
    _, sender, delivery = one_sending(store)
    assert not intend(store, delivery, sender, NOON)
    assert tally(store) == {"sending": 1}


def test_row_of_another_sender_is_left_alone(store: Store) -> None:
    """Neither intent nor answer of somebody who does not hold the row changes it."""
    _, sender, delivery = one_claimed(store)
    stranger = store.ledger.enlist(NOON)
    assert not intend(store, delivery, stranger, NOON)
    settle(store, delivery, stranger, REFUSED)
    assert tally(store) == {"pending": 1}
    assert intend(store, delivery, sender, NOON)
    settle(store, delivery, stranger, ACCEPTED)
    assert tally(store) == {"sending": 1}


def test_answer_to_an_earlier_attempt_is_left_alone(store: Store) -> None:
    """The same sender's answer to an attempt that is over does not touch the attempt under way."""
    campaign, sender, first = one_claimed(store)
    settle(store, first, sender, NOT_SENT)
    (second,) = claim_all(store, campaign, sender)
    assert not intend(store, first, sender, NOON)
    settle(store, first, sender, REFUSED)
    assert tally(store) == {"pending": 1}
    assert intend(store, second, sender, NOON)


# --- groups ----------------------------------------------------------------------------------------------


def test_results_and_intents_of_many_connections_are_recorded_together(store: Store) -> None:
    """One call settles what was answered and gives leave to what comes next."""
    campaign = open_campaign(store, *THREE, "olga@example.org", "zoe@example.org")
    sender = store.ledger.enlist(NOON)
    one, two, three, four, five = claim_all(store, campaign, sender)
    assert store.ledger.record(sender, [], [one, two], NOON) == {one.id, two.id}
    results = [Settled(one, ACCEPTED), Settled(two, DEFERRED, LATER), Settled(three, REFUSED)]
    assert store.ledger.record(sender, results, [four, five], NOON) == {four.id, five.id}
    assert tally(store) == {"accepted": 1, "deferred": 1, "refused": 1, "sending": 2}
    assert store.ledger.record(sender, [Settled(four, IN_DOUBT), Settled(five, NOT_SENT)], [], NOON) == frozenset()
    assert tally(store) == {"accepted": 1, "deferred": 1, "refused": 1, "in_doubt": 1, "pending": 1}


def test_what_does_not_count_in_a_group_takes_nothing_from_the_rest(store: Store) -> None:
    """A stranger's row, an answer heard before and one to an earlier attempt change nothing; the others count."""
    campaign = open_campaign(store, *THREE, "olga@example.org", "zoe@example.org")
    sender, stranger = store.ledger.enlist(NOON), store.ledger.enlist(NOON)
    one, two, three, four = store.ledger.claim(campaign.id, sender, 4, NOON)
    (theirs,) = claim_all(store, campaign, stranger)
    store.ledger.record(sender, [Settled(one, NOT_SENT)], [two, three], NOON)
    (again,) = claim_all(store, campaign, sender)
    results = [Settled(one, REFUSED), Settled(theirs, REFUSED), Settled(two, ACCEPTED), Settled(three, ACCEPTED)]
    assert store.ledger.record(sender, results, [theirs, one, two, four, again], NOON) == {four.id, again.id}
    assert store.ledger.record(sender, results, [], NOON) == frozenset()
    assert tally(store) == {"accepted": 2, "pending": 1, "sending": 2}
    assert addresses(store, campaign, DeliveryState.REFUSED) == []


def test_group_with_an_intent_given_before_keeps_its_results(store: Store) -> None:
    """Of two intents the one in flight gets no leave again, the other does, and the results beside them are kept."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    one, two, three = claim_all(store, campaign, sender)
    assert store.ledger.record(sender, [], [one, two], NOON) == {one.id, two.id}
    assert store.ledger.record(sender, [Settled(one, ACCEPTED)], [two, three], NOON) == {three.id}
    assert tally(store) == {"accepted": 1, "sending": 2}


def test_one_who_left_holds_nobody_up_in_a_group(store: Store) -> None:
    """Of a group of intents those in the audience get leave, the one who left is skipped."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    claimed = claim_all(store, campaign, sender)
    leave(store, "suppressed")
    given = store.ledger.record(sender, [], claimed, NOON)
    assert given == {delivery.id for delivery in claimed if delivery.address != "amina@example.org"}
    assert tally(store) == {"sending": 2, "skipped": 1}


def test_nothing_to_record_is_nothing(store: Store) -> None:
    """An empty group changes nothing and gives no leave."""
    one_claimed(store)
    assert store.ledger.record(1, [], [], NOON) == frozenset()
    assert tally(store) == {"pending": 1}


# --- giving up, repeating --------------------------------------------------------------------------------


def test_deferred_rows_are_given_up_in_time(store: Store) -> None:
    """Rows first tried before the limit become refused, others wait on; nothing but deferred rows is touched."""
    campaign, sender, delivery = one_sending(store)
    assert store.ledger.give_up(campaign.id, LATER, LATER) == 0
    settle(store, delivery, sender, DEFERRED)
    assert store.ledger.give_up(campaign.id, NOON, LATER) == 0
    assert tally(store) == {"deferred": 1}
    assert store.ledger.give_up(campaign.id, NOON + timedelta(seconds=1), LATER) == 1
    assert tally(store) == {"refused": 1}


@pytest.mark.parametrize(("outcome", "named"), [(IN_DOUBT, DeliveryState.IN_DOUBT), (REFUSED, DeliveryState.REFUSED)])
def test_doubtful_and_refused_rows_can_be_sent_again(store: Store, outcome: Outcome, named: DeliveryState) -> None:
    """Put back on request, they are pending and due, and an issue already sent is sending again."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, outcome)
    assert store.ledger.finish(campaign.id, NOON).state is IssueState.SENT
    other = DeliveryState.REFUSED if named is DeliveryState.IN_DOUBT else DeliveryState.IN_DOUBT
    assert store.ledger.requeue(campaign.id, other, NOON) == 0
    assert state(store) is IssueState.SENT
    assert store.ledger.requeue(campaign.id, named, NOON) == 1
    assert (tally(store), state(store)) == ({"pending": 1}, IssueState.SENDING)
    assert len(claim_all(store, campaign, sender)) == 1


def test_late_answer_after_a_resend_is_left_alone(store: Store) -> None:
    """Once a doubtful row was put back, the old attempt's answer no longer counts."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, IN_DOUBT)
    store.ledger.requeue(campaign.id, DeliveryState.IN_DOUBT, NOON)
    settle(store, delivery, sender, REFUSED)
    assert tally(store) == {"pending": 1}


def test_row_given_up_and_retried_has_its_whole_time_again(store: Store) -> None:
    """A retry starts the clock anew, else the next 4yz would be given up at once."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, DEFERRED)
    store.ledger.give_up(campaign.id, LATER, LATER)
    store.ledger.requeue(campaign.id, DeliveryState.REFUSED, LATER)
    settle_all(store, campaign, sender, DEFERRED, LATER)
    assert store.ledger.give_up(campaign.id, LATER, LATER) == 0
    assert tally(store) == {"deferred": 1}


# --- who and why, and trying the refused again ------------------------------------------------------------

TROUBLED = [DeliveryState.REFUSED, DeliveryState.IN_DOUBT, DeliveryState.DEFERRED]


def answered(store: Store, outcomes: dict[str, Outcome]) -> tuple[Campaign, int]:
    """A campaign in which each of these recipients met this outcome."""
    campaign = open_campaign(store, *outcomes)
    sender = store.ledger.enlist(NOON)
    for delivery in claim_all(store, campaign, sender):
        assert intend(store, delivery, sender, NOON)
        settle(store, delivery, sender, outcomes[delivery.address])
    return campaign, sender


def refused(code: int, text: str) -> Outcome:
    """A refusal in these words."""
    return Outcome(Verdict.REFUSED, code, text)


def addresses(store: Store, campaign: Campaign, *states: DeliveryState) -> list[str | None]:
    """Whom the ledger lists in these states, in its order."""
    return [trouble.address for trouble in store.ledger.troubles(campaign.id, states)]


def test_troubles_tell_who_why_and_when(store: Store) -> None:
    """By address: state, reply, attempts, when a deferred one is due, and since when it stands so."""
    told = {"nour@example.org": REFUSED, "Luc@example.org": DEFERRED, "amina@example.org": IN_DOUBT}
    campaign, _ = answered(store, {**told, "zoe@example.org": ACCEPTED})
    assert list(store.ledger.troubles(campaign.id, TROUBLED)) == [
        Trouble("amina@example.org", DeliveryState.IN_DOUBT, None, "", 1, None, NOON),
        Trouble("Luc@example.org", DeliveryState.DEFERRED, 451, "4.3.0 Later", 1, LATER, NOON),
        Trouble("nour@example.org", DeliveryState.REFUSED, 550, "5.1.1 No", 1, None, NOON),
    ]
    assert addresses(store, campaign, DeliveryState.DEFERRED) == ["Luc@example.org"]


def test_doubt_that_a_dead_sender_left_is_as_old_as_its_last_beat(store: Store, neighbour: Store) -> None:
    """Nobody saw the connection go: what is known is when the sender was last heard of."""
    campaign, sender, _ = one_sending(store)
    beat = NOON + timedelta(seconds=20)
    store.ledger.beat(sender, beat)
    neighbour.ledger.reap(NOON + timedelta(seconds=200))
    (trouble,) = store.ledger.troubles(campaign.id, TROUBLED)
    assert (trouble.state, trouble.since) == (DeliveryState.IN_DOUBT, beat)


def test_doubt_does_not_borrow_an_earlier_answer(store: Store, neighbour: Store) -> None:
    """A deferred row that was in flight again when its sender died is in doubt without a reply."""
    campaign, sender = answered(store, {"amina@example.org": DEFERRED})
    (again,) = claim_all(store, campaign, sender, LATER)
    assert intend(store, again, sender, LATER)
    neighbour.ledger.reap(LATER)
    (trouble,) = store.ledger.troubles(campaign.id, TROUBLED)
    assert trouble == Trouble("amina@example.org", DeliveryState.IN_DOUBT, None, "", 2, None, NOON)


def test_erased_subscriber_is_listed_without_an_address(store: Store) -> None:
    """The delivery stays in the list as in the tally; the address is gone, and stands last."""
    campaign, _ = answered(store, dict.fromkeys(THREE, REFUSED))
    store.roster.erase(AMINA, NOON)
    assert addresses(store, campaign, DeliveryState.REFUSED) == ["luc@example.org", "nour@example.org", None]


@pytest.mark.parametrize(
    ("which", "again"),
    [
        (Refused(), {*THREE}),
        (Refused(key="luc@example.org"), {"luc@example.org"}),
        (Refused(code=550), {"amina@example.org", "luc@example.org"}),
        (Refused(enhanced="5.1.1"), {"amina@example.org"}),
        (Refused(enhanced="5.1.10"), {"luc@example.org"}),
        (Refused(code=553), set()),
        (Refused(deliveries=frozenset()), set()),
    ],
)
def test_refused_ones_are_tried_again_by_what_they_have_in_common(
    store: Store, which: Refused, again: set[str]
) -> None:
    """All, one address, a reply code, an enhanced code: these become pending, and an issue already sent is sending."""
    words = (refused(550, "5.1.1 No"), refused(550, "5.1.10 No"), refused(554, "5.7.1 5.1.1 is not why"))
    campaign, sender = answered(store, {**dict(zip(THREE, words, strict=True)), "zoe@example.org": ACCEPTED})
    assert store.ledger.finish(campaign.id, NOON).state is IssueState.SENT
    assert store.ledger.retry(campaign.id, which, NOON) == len(again)
    assert state(store) is (IssueState.SENDING if again else IssueState.SENT)
    assert {delivery.address for delivery in claim_all(store, campaign, sender)} == again


def test_refused_ones_are_tried_again_by_their_ids(store: Store) -> None:
    """Only the deliveries that are named, and of those only the refused ones, become pending."""
    campaign, sender = answered(store, {**dict.fromkeys(THREE, REFUSED), "zoe@example.org": ACCEPTED})
    store.ledger.retry(campaign.id, Refused(), NOON)
    claimed = {delivery.address: delivery for delivery in claim_all(store, campaign, sender)}
    store.ledger.record(sender, [Settled(delivery, REFUSED) for delivery in claimed.values()], [], NOON)
    named = frozenset({claimed["luc@example.org"].id, claimed["nour@example.org"].id})
    assert store.ledger.retry(campaign.id, Refused(deliveries=named), NOON) == 2
    assert store.ledger.retry(campaign.id, Refused(deliveries=named), NOON) == 0
    assert tally(store) == {"accepted": 1, "pending": 2, "refused": 1}


@pytest.mark.parametrize("how", ["suppressed", "departed", "erased"])
def test_refused_one_who_left_stays_refused(store: Store, how: str) -> None:
    """A retry is for those who may still be written to."""
    campaign, _ = answered(store, dict.fromkeys(THREE, REFUSED))
    leave(store, how)
    assert store.ledger.retry(campaign.id, Refused(), NOON) == 2
    assert tally(store) == {"pending": 2, "refused": 1}


# --- a staging list --------------------------------------------------------------------------------------

STAGING = parse_only_to(["Amina@example.org", "@Staging.example"])


def test_staging_list_holds_everybody_else_pending(store: Store) -> None:
    """Only its addresses and domains are claimed; the rest waits, and is claimed once the list is gone."""
    near = ("b@more.staging.example", "b@notstaging.example")
    campaign = open_campaign(store, *THREE, "zoe@example.org", "a@STAGING.example", *near)
    sender = store.ledger.enlist(NOON)
    assert store.ledger.claim(campaign.id, sender, 500, NOON, Terms(OnlyTo())) == []
    claimed = store.ledger.claim(campaign.id, sender, 500, NOON, Terms(STAGING))
    assert {delivery.address for delivery in claimed} == {"amina@example.org", "a@STAGING.example"}
    assert store.ledger.held_back(campaign.id, STAGING) == 5
    assert tally(store) == {"pending": 7}
    rest = claim_all(store, campaign, sender)
    assert (len(rest), {delivery.attempt for delivery in rest}) == (5, {1})


def test_staging_list_gives_nobody_else_up(store: Store) -> None:
    """Who may not be written to is not given up meanwhile; whom the list names is, as ever."""
    campaign, _ = answered(store, dict.fromkeys(THREE, DEFERRED))
    assert store.ledger.give_up(campaign.id, LATER, LATER, STAGING) == 1
    assert addresses(store, campaign, DeliveryState.REFUSED) == ["amina@example.org"]
    assert store.ledger.held_back(campaign.id, STAGING) == 2


# --- senders ---------------------------------------------------------------------------------------------


def test_living_sender_is_not_reaped(store: Store) -> None:
    """Whoever beats in time keeps its rows."""
    _, sender, delivery = one_claimed(store)
    assert store.ledger.beat(sender, NOON + timedelta(seconds=60))
    assert store.ledger.reap(NOON + timedelta(seconds=120)) == 0
    assert intend(store, delivery, sender, NOON + timedelta(seconds=120))


def test_rows_of_a_crashed_sender_are_freed_or_held(store: Any) -> None:
    """After a crash claimed rows go on at once and the row in flight is in doubt; answered ones stay."""
    campaign = open_campaign(store, *THREE)
    sender, other = store.ledger.enlist(NOON), store.ledger.enlist(NOON)
    done, flying, _ = claim_all(store, campaign, sender)
    for delivery in (done, flying):
        assert intend(store, delivery, sender, NOON)
    settle(store, done, sender, ACCEPTED)
    assert store.ledger.reap(NOON) == 0
    store.ledger.abandon(sender)
    assert store.ledger.reap(NOON) == 1
    assert store.ledger.reap(NOON) == 0
    assert tally(store) == {"accepted": 1, "in_doubt": 1, "pending": 1}
    assert len(claim_all(store, campaign, other)) == 1


def test_silent_sender_is_declared_dead(store: Store, neighbour: Store) -> None:
    """Three missed beats are death: the sender learns it, claims nothing more and gets no intent."""
    campaign, sender, delivery = one_claimed(store)
    much_later = NOON + timedelta(seconds=91)
    assert neighbour.ledger.reap(much_later) == 0
    assert not store.ledger.beat(sender, much_later)
    assert not intend(store, delivery, sender, much_later)
    assert claim_all(store, campaign, sender, much_later) == []
    assert tally(store) == {"pending": 1}
    assert len(claim_all(neighbour, campaign, neighbour.ledger.enlist(much_later), much_later)) == 1


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [(ACCEPTED, {"accepted": 1}), (DEFERRED, {"deferred": 1}), (REFUSED, {"refused": 1}), (NOT_SENT, {"in_doubt": 1})],
)
def test_late_answer_of_a_sleeper_settles_its_doubt(
    store: Store, neighbour: Store, outcome: Outcome, expected: dict[str, int]
) -> None:
    """A sender that only slept may still tell what the server said."""
    _, sender, delivery = one_sending(store)
    assert neighbour.ledger.reap(NOON + timedelta(seconds=91)) == 1
    assert tally(store) == {"in_doubt": 1}
    settle(store, delivery, sender, outcome)
    assert tally(store) == expected


def test_late_answer_of_a_sleeper_whose_row_was_taken_over_is_left_alone(store: Store, neighbour: Store) -> None:
    """A claim that went to another sender is no longer the sleeper's."""
    campaign, sleeper, delivery = one_claimed(store)
    much_later = NOON + timedelta(seconds=91)
    other = neighbour.ledger.enlist(much_later)
    neighbour.ledger.reap(much_later)
    (taken,) = claim_all(neighbour, campaign, other, much_later)
    settle(store, delivery, sleeper, REFUSED)
    assert tally(store) == {"pending": 1}
    assert intend(neighbour, taken, other, much_later)


def test_retiring_sender_gives_its_claims_back(store: Store) -> None:
    """A clean stop frees what was claimed, and the sender exists no more."""
    campaign, sender, _ = one_claimed(store)
    other = store.ledger.enlist(NOON)
    store.ledger.retire(sender)
    assert not store.ledger.beat(sender, NOON)
    assert len(claim_all(store, campaign, other)) == 1
    assert claim_all(store, campaign, sender) == []


def test_row_in_flight_of_a_retired_sender_is_held(store: Store) -> None:
    """A sender that retires without the last answer leaves it in doubt, not in flight for ever."""
    _, sender, _ = one_sending(store)
    store.ledger.retire(sender)
    assert store.ledger.reap(NOON) == 1
    assert tally(store) == {"in_doubt": 1}


def test_each_sender_has_its_own_id(store: Store) -> None:
    """A new sender never revives an old one's id."""
    old = store.ledger.enlist(NOON)
    store.ledger.retire(old)
    assert store.ledger.enlist(NOON) != old


# --- pause, cancel, finish -------------------------------------------------------------------------------


def test_pause_holds_claims_and_intents(store: Store) -> None:
    """A paused campaign gives nothing, lets nothing fly, and goes on where it was."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    (delivery,) = store.ledger.claim(campaign.id, sender, 1, NOON)
    store.issues.set_state(NOVEMBER, IssueState.PAUSED, NOON)
    assert claim_all(store, campaign, sender) == []
    assert not intend(store, delivery, sender, NOON)
    settle(store, delivery, sender, NOT_SENT)
    assert tally(store) == {"pending": 3}
    store.issues.set_state(NOVEMBER, IssueState.SENDING, NOON)
    settle_all(store, campaign, sender, ACCEPTED)
    assert tally(store) == {"accepted": 3}


def test_ledger_tells_whether_a_sender_may_go_on(store: Store) -> None:
    """Not while the campaign is paused, not once it is finished, and not when the sender is gone."""
    campaign, sender, delivery = one_claimed(store)
    assert store.ledger.may_send(campaign.id, sender)
    store.issues.set_state(NOVEMBER, IssueState.PAUSED, NOON)
    assert not store.ledger.may_send(campaign.id, sender)
    store.issues.set_state(NOVEMBER, IssueState.SENDING, NOON)
    other = store.ledger.enlist(NOON)
    store.ledger.retire(other)
    assert [store.ledger.may_send(campaign.id, each) for each in (sender, other)] == [True, False]
    settle(store, delivery, sender, REFUSED)
    store.ledger.finish(campaign.id, NOON)
    assert not store.ledger.may_send(campaign.id, sender)


def test_answer_that_comes_during_a_pause_counts(store: Store) -> None:
    """What was in flight when the pause came is settled as ever."""
    _, sender, delivery = one_sending(store)
    store.issues.set_state(NOVEMBER, IssueState.PAUSED, NOON)
    settle(store, delivery, sender, ACCEPTED)
    assert tally(store) == {"accepted": 1}


def test_cancelling_before_anything_was_handed_over_releases_the_items(store: Store) -> None:
    """Everything is skipped, nothing is claimed or sent any more, and another issue may use the items."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    (delivery,) = store.ledger.claim(campaign.id, sender, 1, NOON)
    cancelled = store.ledger.cancel(NOVEMBER, NOON)
    assert cancelled is not None
    assert cancelled.tally == Tally(skipped=3)
    assert (cancelled.state, state(store)) == (IssueState.CANCELLED, IssueState.CANCELLED)
    assert store.issues.used_items("month", but="2021-12") == []
    assert not intend(store, delivery, sender, NOON)
    settle(store, delivery, sender, REFUSED)
    assert claim_all(store, campaign, sender) == []
    assert tally(store) == {"skipped": 3}


@pytest.mark.parametrize("outcome", [ACCEPTED, IN_DOUBT])
def test_cancelling_after_somebody_may_have_it_keeps_the_items(store: Store, outcome: Outcome) -> None:
    """What was accepted stays accepted and its items stay used: they are in somebody's inbox, or may be."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    (delivery,) = store.ledger.claim(campaign.id, sender, 1, NOON)
    assert intend(store, delivery, sender, NOON)
    settle(store, delivery, sender, outcome)
    store.ledger.cancel(NOVEMBER, NOON)
    assert tally(store) == {outcome.verdict.value: 1, "skipped": 2}
    assert len(store.issues.used_items("month", but="2021-12")) == 1


def test_message_in_flight_outlives_a_cancel(store: Store) -> None:
    """A row between dot and answer cannot be called back; its answer is recorded."""
    _, sender, delivery = one_sending(store)
    store.ledger.cancel(NOVEMBER, NOON)
    assert tally(store) == {"sending": 1}
    settle(store, delivery, sender, ACCEPTED)
    assert tally(store) == {"accepted": 1}


@pytest.mark.parametrize("outcome", [DEFERRED, NOT_SENT])
def test_row_in_flight_that_comes_back_after_a_cancel_is_skipped(store: Store, outcome: Outcome) -> None:
    """A cancelled campaign repeats nothing: a 4yz to the last message leaves it skipped, not waiting."""
    _, sender, delivery = one_sending(store)
    store.ledger.cancel(NOVEMBER, NOON)
    settle(store, delivery, sender, outcome)
    assert tally(store) == {"skipped": 1}


def test_cancelled_campaign_puts_nothing_back(store: Store) -> None:
    """Doubtful rows of a cancelled campaign stay in doubt whatever is asked."""
    campaign, sender, delivery = one_sending(store)
    settle(store, delivery, sender, IN_DOUBT)
    store.ledger.cancel(NOVEMBER, NOON)
    assert store.ledger.requeue(campaign.id, DeliveryState.IN_DOUBT, NOON) == 0
    assert tally(store) == {"in_doubt": 1}


def test_late_wait_of_a_sleeper_reopens_an_issue_called_sent(store: Store, neighbour: Store) -> None:
    """With its last row in doubt an issue is sent; a late 4yz makes that row wait, so the issue is sending again."""
    campaign, sender, delivery = one_sending(store)
    neighbour.ledger.reap(NOON + timedelta(seconds=91))
    assert store.ledger.finish(campaign.id, NOON).state is IssueState.SENT
    settle(store, delivery, sender, DEFERRED)
    assert (tally(store), state(store)) == ({"deferred": 1}, IssueState.SENDING)


def test_cancelled_issue_can_be_drafted_and_sent_afresh(store: Store) -> None:
    """Cancelled before anything was handed over, an issue may be approved again and reaches everybody of that day."""
    old = open_campaign(store, *THREE)
    store.ledger.cancel(NOVEMBER, NOON)
    store.issues.set_state(NOVEMBER, IssueState.DRAFT, NOON)
    enrol(store, "late@example.org")
    issue = approve(store, store.items.present(["newsroom"]))
    campaign = store.ledger.open(issue, LATER)
    assert campaign.tally == Tally(pending=4)
    assert campaign.id != old.id


def test_issue_cancelled_after_somebody_had_it_is_never_sent_again(store: Store) -> None:
    """A second campaign would reach somebody twice: it is held, and the first stays as it was."""
    campaign = open_campaign(store, *THREE)
    sender = store.ledger.enlist(NOON)
    (delivery,) = store.ledger.claim(campaign.id, sender, 1, NOON)
    intend(store, delivery, sender, NOON)
    settle(store, delivery, sender, ACCEPTED)
    store.ledger.cancel(NOVEMBER, NOON)
    store.issues.set_state(NOVEMBER, IssueState.DRAFT, NOON)
    issue = approve(store, store.items.present(["newsroom"]))
    with pytest.raises(HeldError):
        store.ledger.open(issue, LATER)
    assert tally(store) == {"accepted": 1, "skipped": 2}


def test_cancelling_what_was_never_opened_finds_no_campaign(store: Store) -> None:
    """An approved issue without a campaign is cancelled too; a period without an issue is left alone."""
    assert store.ledger.cancel(NOVEMBER, NOON) is None
    assert store.issues.record(NOVEMBER) is None
    approve(store, collect(store, make_found()))
    assert store.ledger.cancel(NOVEMBER, NOON) is None
    assert state(store) is IssueState.CANCELLED


def test_issue_is_sent_only_when_nothing_is_left(store: Store) -> None:
    """Pending, deferred and sending rows keep an issue open; accepted, refused, skipped and doubtful ones do not."""
    campaign = open_campaign(store, *THREE, "olga@example.org")
    sender = store.ledger.enlist(NOON)
    assert store.ledger.finish(campaign.id, NOON).state is IssueState.SENDING
    store.roster.suppress(AMINA, Reason.BOUNCED, NOON)
    one, two, three = claim_all(store, campaign, sender)
    settle(store, one, sender, REFUSED)
    settle(store, two, sender, DEFERRED)
    intend(store, three, sender, NOON)
    settle(store, three, sender, IN_DOUBT)
    assert store.ledger.finish(campaign.id, NOON).state is IssueState.SENDING
    settle_all(store, campaign, sender, ACCEPTED, LATER)
    finished = store.ledger.finish(campaign.id, LATER)
    assert (finished.state, state(store)) == (IssueState.SENT, IssueState.SENT)
    assert finished.tally == Tally(accepted=1, refused=1, in_doubt=1, skipped=1)
    assert store.ledger.finish(campaign.id, LATER) == finished
