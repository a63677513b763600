"""Writes down what became of the messages of many connections, and the intents to send the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from coopdigest.domain.delivery import Claimed, Settled, Verdict
from coopdigest.domain.issue import IssueState
from coopdigest.store.lean import Lean
from coopdigest.store.statements import (
    INTEND,
    ISSUE_OF,
    NOTE_ATTEMPT,
    REOPEN,
    SETTLE,
    SETTLE_TOGETHER,
    SKIP_CANCELLED,
    SKIP_CLAIMED,
    SUPPRESS_BOUNCED,
    spread,
)

_COMES_BACK = (Verdict.DEFERRED, Verdict.NOT_SENT)  # after these the row is open again


def record_results(lean: Lean, digest: str, sender: int, results: Sequence[Settled], instant: object) -> None:
    """Move the rows that are still this sender's, note the attempts, and draw what follows from them."""
    settle = _settle_each if lean.is_sqlite else _settle_together
    counted = settle(lean, sender, results, instant)
    back = [settled.delivery for settled in counted if settled.outcome.verdict in _COMES_BACK]
    if back:
        _reopen(lean, back)
    unknown = [settled.delivery for settled in counted if settled.outcome.is_unknown_mailbox]
    if unknown:
        _suppress_bounced(lean, digest, unknown, instant)


def _settle_each(lean: Lean, sender: int, results: Sequence[Settled], instant: object) -> list[Settled]:
    """One statement for each result: the fastest way where a statement costs no round trip."""
    counted: list[Settled] = []
    attempts: list[tuple[object, ...]] = []
    for settled in results:
        delivery, outcome = settled.delivery, settled.outcome
        verdict, mine = outcome.verdict, (delivery.id, delivery.attempt, sender)
        told = (outcome.code, outcome.text, lean.bind(settled.due), instant)
        sql, parameters = SETTLE[verdict], mine if verdict is Verdict.NOT_SENT else told + mine
        if lean.execute(sql, parameters).rowcount == 1:  # it counts: by the table, for my row, for this attempt
            counted.append(settled)
            attempts.append((delivery.id, delivery.attempt, instant, verdict.value, outcome.code, outcome.text))
    if attempts:
        lean.execute_many(NOTE_ATTEMPT, attempts)
    return counted


def _settle_together(lean: Lean, sender: int, results: Sequence[Settled], instant: object) -> list[Settled]:
    """One statement for all results of a kind that follow one another."""
    counted: list[Settled] = []
    for verdict, group in groupby(results, lambda settled: settled.outcome.verdict):
        settled = list(group)
        rows = ((s.delivery.id, s.delivery.attempt, s.outcome.code, s.outcome.text, s.due) for s in settled)
        columns = [list(column) for column in zip(*rows, strict=True)]
        moved = lean.execute(SETTLE_TOGETHER[verdict], (instant, *columns, sender)).fetchall()
        first = {(s.delivery.id, s.delivery.attempt): s for s in reversed(settled)}
        counted += [first[id_, attempt] for id_, attempt in moved]
    return counted


def _reopen(lean: Lean, back: Sequence[Claimed]) -> None:
    """A late answer leaves rows open: an issue already called sent is sending again, a cancelled one skips them."""
    for campaign in {delivery.campaign for delivery in back}:
        issue, state = lean.execute(ISSUE_OF, (campaign,)).fetchone()
        if state == IssueState.SENT:
            lean.execute(REOPEN, (issue,))
        if state == IssueState.CANCELLED:
            ids = [delivery.id for delivery in back if delivery.campaign == campaign]
            lean.execute(spread(SKIP_CANCELLED, len(ids)), ids)


def _suppress_bounced(lean: Lean, digest: str, unknown: Sequence[Claimed], instant: object) -> None:
    """Suppress those of these whose mailbox was not there in the campaign before either."""
    for campaign in {delivery.campaign for delivery in unknown}:
        who = [delivery.subscriber for delivery in unknown if delivery.campaign == campaign]
        lean.execute(spread(SUPPRESS_BOUNCED, len(who)), (instant, digest, campaign, *who))


def record_intents(lean: Lean, sender: int, intents: Sequence[Claimed], instant: object) -> frozenset[int]:
    """Move the rows that may be sent to sending; their ids. Whoever left the audience meanwhile is skipped."""
    tries: dict[tuple[int, int], list[int]] = {}
    for delivery in intents:
        tries.setdefault((delivery.campaign, delivery.attempt), []).append(delivery.id)
    given: set[int] = set()
    for (campaign, attempt), ids in tries.items():
        fence = (attempt, sender, sender, campaign)
        moved = _intend(lean, ids, (instant, *ids, *fence))
        given.update(moved)
        if len(moved) < len(ids):
            lean.execute(spread(SKIP_CLAIMED, len(ids)), (*ids, attempt, sender))
    return frozenset(given)


def _intend(lean: Lean, ids: list[int], parameters: tuple[object, ...]) -> list[int]:
    """Those of the ids that moved. SQLite counts rows faster than it names them, and nearly always all of them move.

    When some did not, it is done over: a row in flight before looks just like one that was given leave now.
    """
    sql = spread(INTEND, len(ids))
    if lean.is_sqlite:
        lean.execute("SAVEPOINT intents")
        if lean.execute(sql, parameters).rowcount == len(ids):
            return ids
        lean.execute("ROLLBACK TO intents")
    return [id_ for (id_,) in lean.execute(f"{sql} RETURNING id", parameters).fetchall()]
