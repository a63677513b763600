"""What every Roster does, on the fake and on the real store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coopdigest.domain.subscriber import Origin, Reason, Subscriber, address_hash, parse_address
from coopdigest.testing.builders import make_row
from coopdigest.testing.clock import NOON
from coopdigest.testing.scenes import Store, enrol

AMINA = parse_address("amina@example.org")


def known(store: Store, address: str = "amina@example.org") -> Subscriber:
    """The subscriber, who must be there."""
    person = store.roster.find(parse_address(address))
    assert person is not None
    return person


def test_every_fact_of_a_subscriber_survives(store: Store) -> None:
    """A row comes back as it was put, the address as it was given."""
    row = make_row(
        "Amina@Example.org",
        name="Amina Diallo “A”",
        language="fr",
        themes=("Training", "Video"),
        joined="2026-03-02",
        attributes={"organisation": "Weavers", "é": "ü"},
    )
    assert store.roster.put([row], Origin.FILE, NOON) == (1, 0)
    person = known(store)
    assert (person.address.given, person.address.key) == ("Amina@Example.org", "amina@example.org")
    assert (person.name, person.language, person.themes) == ("Amina Diallo “A”", "fr", ("Training", "Video"))
    assert (person.joined, person.attributes) == ("2026-03-02", {"organisation": "Weavers", "é": "ü"})
    assert (person.origin, person.active, person.suppressed) == (Origin.FILE, True, None)


def test_subscriber_is_found_by_normalised_address_and_by_id(store: Store) -> None:
    """Case does not count, and the id leads to the same person."""
    enrol(store, "Amina@Example.ORG")
    assert store.roster.get(known(store, "AMINA@example.org").id) == known(store)
    assert store.roster.find(parse_address("luc@example.org")) is None
    assert store.roster.get(known(store).id + 1) is None


def test_second_row_of_an_address_updates_the_first(store: Store) -> None:
    """The same person is never on the roster twice; the newer facts win and the id stays."""
    enrol(store, "amina@example.org")
    before = known(store)
    assert store.roster.put(
        [make_row("AMINA@example.org", name="Amina"), make_row("luc@example.org")], "file", NOON
    ) == (1, 1)
    after = known(store)
    assert (after.id, after.name, after.address.given) == (before.id, "Amina", "AMINA@example.org")
    assert len(store.roster.subscribers()) == 2


def test_a_long_file_is_put_in_several_goes_and_counted_once(store: Store) -> None:
    """More rows than one statement takes: new ones, unchanged ones and a changed one, in any order."""
    rows = [make_row(f"n{number:04}@example.org", name="Nour") for number in range(2_100)]
    assert store.roster.put(rows[50:], Origin.FILE, NOON) == (2_050, 0)
    ids = {person.address.key: person.id for person in store.roster.subscribers()}

    changed = make_row("N2099@example.org", name="Luc")
    assert store.roster.put([*rows[:-1], changed], Origin.IMPORT, NOON) == (50, 2_050)

    people = {person.address.key: person for person in store.roster.subscribers()}
    assert len(people) == 2_100
    assert {key: people[key].id for key in ids} == ids
    assert [person.name for person in people.values()] == ["Nour"] * 2_099 + ["Luc"]
    assert (people["n2099@example.org"].address.given, people["n2099@example.org"].origin) == (
        "N2099@example.org",
        Origin.FILE,
    )
    assert people["n0000@example.org"].origin is Origin.IMPORT


def test_subscribers_come_by_address(store: Store) -> None:
    """The list is in the order of the addresses, whatever order they came in."""
    enrol(store, "nour@example.org", "Amina@example.org", "luc@example.org")
    keys = [person.address.key for person in store.roster.subscribers()]
    assert keys == ["amina@example.org", "luc@example.org", "nour@example.org"]


def test_suppression_wins_until_it_is_lifted(store: Store) -> None:
    """Whoever unsubscribed stays out of the audience whatever is imported, until `resubscribe`."""
    enrol(store, "amina@example.org", "luc@example.org")
    assert store.roster.suppress(AMINA, Reason.UNSUBSCRIBED, NOON)
    enrol(store, "amina@example.org")
    assert (known(store).suppressed, store.roster.audience_size()) == (Reason.UNSUBSCRIBED, 1)
    assert store.roster.unsuppress(AMINA)
    assert (known(store).suppressed, store.roster.audience_size()) == (None, 2)
    assert not store.roster.unsuppress(AMINA)


def test_first_reason_of_a_suppression_stands(store: Store) -> None:
    """A second suppression changes nothing and says so."""
    store.roster.suppress(AMINA, Reason.COMPLAINED, NOON)
    assert not store.roster.suppress(AMINA, Reason.UNSUBSCRIBED, NOON + timedelta(days=1))
    assert store.roster.suppressions() == {AMINA.hash: Reason.COMPLAINED}


def test_address_nobody_knows_can_be_suppressed(store: Store) -> None:
    """A suppression taken over from an old system meets the address whenever it comes."""
    assert store.roster.suppress(AMINA, Reason.BOUNCED, NOON)
    enrol(store, "AMINA@EXAMPLE.ORG")
    assert (known(store).suppressed, store.roster.audience_size()) == (Reason.BOUNCED, 0)


def test_who_is_not_in_the_file_departs(store: Store) -> None:
    """Only active people who came by the file can go by it."""
    enrol(store, "amina@example.org", "luc@example.org")
    store.roster.put([make_row("nour@example.org")], Origin.HAND, NOON)
    assert store.roster.departing(["amina@example.org"]) == [known(store, "luc@example.org").id]
    store.roster.sync([make_row()], store.roster.departing(["amina@example.org"]), "stamp", NOON)
    assert store.roster.departing(["amina@example.org"]) == []
    assert (known(store, "luc@example.org").active, store.roster.audience_size()) == (False, 2)


def test_who_was_added_by_hand_stays_by_hand(store: Store) -> None:
    """A file that names somebody added by hand, and later does not, takes nobody away."""
    store.roster.put([make_row("nour@example.org")], Origin.HAND, NOON)
    enrol(store, "nour@example.org", "amina@example.org")
    assert store.roster.departing(["amina@example.org"]) == []


def test_who_is_added_by_hand_while_there_by_the_file_may_go_by_it(store: Store) -> None:
    """An active subscriber keeps their origin, however often they are named elsewhere."""
    enrol(store, "luc@example.org", "amina@example.org")
    store.roster.put([make_row("luc@example.org")], Origin.HAND, NOON)
    assert store.roster.departing(["amina@example.org"]) == [known(store, "luc@example.org").id]


def test_who_left_and_is_added_by_hand_is_back_for_good(store: Store) -> None:
    """`subscribers add` brings back somebody who left by the file, and the next file does not take them again."""
    enrol(store, "amina@example.org", "luc@example.org")
    store.roster.sync([make_row()], [known(store, "luc@example.org").id], "one", NOON)
    store.roster.put([make_row("luc@example.org")], Origin.HAND, NOON)
    assert known(store, "luc@example.org").active
    assert store.roster.departing(["amina@example.org"]) == []


def test_who_returns_to_the_file_is_active_again(store: Store) -> None:
    """A file that names somebody who had left brings them back."""
    enrol(store, "amina@example.org", "luc@example.org")
    store.roster.sync([make_row()], [known(store, "luc@example.org").id], "one", NOON)
    assert store.roster.sync([make_row(), make_row("luc@example.org")], [], "two", NOON) == (0, 2)
    assert known(store, "luc@example.org").active


def test_stamp_of_the_file_is_remembered(store: Store) -> None:
    """The stamp of the last file applied is kept, so that an unchanged file is not read again."""
    assert store.roster.stamp() is None
    store.roster.sync([make_row()], [], "one", NOON)
    store.roster.sync([make_row()], [], "two", NOON)
    assert store.roster.stamp() == "two"


def test_erased_person_is_forgotten_but_stays_suppressed(store: Store) -> None:
    """Erasing keeps nothing but the hash, which still wins over the next import."""
    enrol(store, "amina@example.org", "luc@example.org")
    old_id = known(store).id
    assert store.roster.erase(AMINA, NOON)
    assert store.roster.find(AMINA) is None
    assert store.roster.get(old_id) is None
    assert set(store.roster.suppressions()) == {address_hash("amina@example.org")}
    enrol(store, "amina@example.org")
    assert store.roster.audience_size() == 1
    assert not store.roster.erase(parse_address("nobody@example.org"), NOON)


def test_id_of_an_erased_person_is_never_given_again(store: Store) -> None:
    """A token names an id; nobody else may ever get it."""
    enrol(store, "amina@example.org")
    old_id = known(store).id
    store.roster.erase(AMINA, NOON)
    enrol(store, "luc@example.org")
    assert known(store, "luc@example.org").id != old_id


def test_erasing_keeps_the_reason_that_was_there(store: Store) -> None:
    """Somebody who complained and is then erased remains known as a complaint."""
    enrol(store, "amina@example.org")
    store.roster.suppress(AMINA, Reason.COMPLAINED, NOON)
    store.roster.erase(AMINA, NOON)
    assert store.roster.suppressions() == {AMINA.hash: Reason.COMPLAINED}


@pytest.mark.parametrize("count", [0, 2_500])
def test_roster_of_any_size_is_put_and_counted(store: Store, count: int) -> None:
    """Rows beyond any single statement's limit are all put, and none is fine too."""
    rows = [make_row(f"reader{number}@example.org") for number in range(count)]
    assert store.roster.put(rows, Origin.FILE, NOON) == (count, 0)
    assert store.roster.audience_size() == count
    assert len(store.roster.departing([])) == count
