"""Half of the lanes share a transaction, and each hears of its own part of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from coopdigest.domain.delivery import Claimed, Outcome, Settled, Verdict
from coopdigest.domain.errors import StoreError
from coopdigest.services.group_commit import GroupCommit

DELIVERIES = [Claimed(number, 1, number, f"{number}@example.org", "en", 1) for number in range(8)]
ACCEPTED = Outcome(Verdict.ACCEPTED, 250)


@dataclass
class Books:
    """A ledger's `record` that may fail or give no leave."""

    fails: bool = False
    refused: set[int] = field(default_factory=set)
    written: list[tuple[list[int], list[int]]] = field(default_factory=list)

    def record(self, results: Sequence[Settled], intents: Sequence[Claimed]) -> frozenset[int]:
        """Write down the ids."""
        if self.fails:
            raise StoreError("gone", place="coopdigest.db")
        self.written.append(([settled.delivery.id for settled in results], [intent.id for intent in intents]))
        return frozenset(intent.id for intent in intents) - self.refused


def open_commits(books: Books, lanes: int = 4) -> GroupCommit:
    """The commits of so many lanes."""
    commits = GroupCommit(books.record)
    commits.lanes = lanes
    return commits


async def ask(commits: GroupCommit, *intents: int) -> list[bool]:
    """Each intent from a lane of its own, with the result of the delivery before it."""
    settled = {number: [Settled(DELIVERIES[number - 1], ACCEPTED)] if number else [] for number in intents}
    return await asyncio.gather(*(commits.proceed(settled[number], DELIVERIES[number]) for number in intents))


def test_a_transaction_is_shared_by_half_of_the_lanes() -> None:
    """Two of four lanes wait for each other, and one transaction holds what both have."""
    books = Books()

    assert asyncio.run(ask(open_commits(books), 1, 3, 5, 7)) == [True] * 4

    assert books.written == [([0, 2], [1, 3]), ([4, 6], [5, 7])]


def test_a_lane_alone_waits_a_moment_only() -> None:
    """Nobody else comes, and it is written all the same."""
    books = Books()

    assert asyncio.run(ask(open_commits(books, lanes=8), 1)) == [True]


def test_each_lane_hears_whether_its_own_intent_holds() -> None:
    """Leave for one is not leave for another."""
    commits = open_commits(Books(refused={3}))

    async def run() -> list[bool]:
        return [*await ask(commits, 1, 3), *await ask(commits, 3, 5)]

    assert asyncio.run(run()) == [True, False, False, True]


def test_a_store_that_fails_gives_no_lane_leave() -> None:
    """The error is everybody's whose part was in the transaction; none hangs and none may send."""
    books = Books()
    commits = open_commits(books)

    async def run() -> list[object]:
        await ask(commits, 1, 3)
        books.fails = True
        asked = (commits.proceed([], DELIVERIES[number]) for number in (5, 7))
        return [*await asyncio.gather(*asked, return_exceptions=True)]

    assert [type(answer) for answer in asyncio.run(run())] == [StoreError] * 2


def test_results_without_an_intent_are_written_too() -> None:
    """The last message of a lane has nothing behind it."""
    books = Books()
    commits = open_commits(books, lanes=1)

    async def run() -> bool:
        await ask(commits, 1)
        return await commits.proceed([Settled(DELIVERIES[1], ACCEPTED)], None)

    assert asyncio.run(run())
    assert books.written[-1] == ([1], [])
