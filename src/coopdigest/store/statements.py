"""The raw statements of claim, intent and result: one text for SQLite and PostgreSQL, states by the table."""

from __future__ import annotations

from collections.abc import Collection

from coopdigest.domain.delivery import Cause, DeliveryState, Verdict, sources_of

_D = DeliveryState


def spread(sql: str, values: Collection[object]) -> str:
    """The statement with as many placeholders as there are values where it says ``?*``."""
    return sql.replace("?*", ", ".join("?" * len(values)))


def _fill(sql: str, **parts: str) -> str:
    """The statement with its named parts; nothing of it comes from outside."""
    for name, part in parts.items():
        sql = sql.replace(f"<{name}>", part)
    return sql


def _by_the_table(target: DeliveryState, *causes: Cause) -> str:
    """The states from which the causes lead to `target`; literals, so that a partial index is seen to fit."""
    return ", ".join(f"'{state}'" for cause in causes for state in sources_of(cause, target))


_ALIVE = "SELECT 1 FROM senders WHERE senders.id = ? AND senders.alive"

_SENDING = """
    SELECT 1 FROM campaigns JOIN issues ON issues.id = campaigns.issue_id
    WHERE campaigns.id = ? AND issues.state = 'sending'"""

_AUDIENCE = """
    SELECT 1 FROM subscribers WHERE subscribers.id = deliveries.subscriber_id AND subscribers.active
    AND NOT EXISTS (
        SELECT 1 FROM suppressions
        WHERE suppressions.digest = subscribers.digest AND suppressions.address_hash = subscribers.address_hash)"""

# Sender, campaign: the fence, for a claim.
MAY_SEND = _fill("SELECT 1 WHERE EXISTS (<alive>) AND EXISTS (<sending>)", alive=_ALIVE, sending=_SENDING)

# Now, ids, attempt, sender, sender, campaign: the fence, for the dot; the ids that may be sent.
INTEND = _fill(
    """
UPDATE deliveries SET state = 'sending', first_tried = COALESCE(first_tried, ?)
WHERE id IN (?*) AND attempt = ? AND sender_id = ? AND state IN (<origins>)
AND EXISTS (<alive>) AND EXISTS (<sending>) AND EXISTS (<audience>)
RETURNING id""",
    origins=_by_the_table(_D.SENDING, Cause.INTENT),
    alive=_ALIVE,
    sending=_SENDING,
    audience=_AUDIENCE,
)

# Ids, attempt, sender.
SKIP_DEPARTED = _fill(
    """
UPDATE deliveries SET state = 'skipped'
WHERE id IN (?*) AND attempt = ? AND sender_id = ? AND state IN (<origins>) AND NOT EXISTS (<audience>)""",
    origins=_by_the_table(_D.SKIPPED, Cause.SKIP),
    audience=_AUDIENCE,
)


def _settle(target: DeliveryState, cause: Cause) -> str:
    return _fill(
        """
UPDATE deliveries SET state = '<target>', code = ?, reply = ?, due = ?, first_tried = COALESCE(first_tried, ?)
WHERE id = ? AND attempt = ? AND sender_id = ? AND state IN (<origins>)""",
        target=target,
        origins=_by_the_table(target, cause),
    )


# Code, reply, due, now, id, attempt, sender.
SETTLE = {
    Verdict.ACCEPTED: _settle(_D.ACCEPTED, Cause.ANSWER),
    Verdict.DEFERRED: _settle(_D.DEFERRED, Cause.ANSWER),
    Verdict.REFUSED: _settle(_D.REFUSED, Cause.ANSWER),
    Verdict.IN_DOUBT: _settle(_D.IN_DOUBT, Cause.LOST),
}

# Id, attempt, sender: NOT_SENT.
PUT_BACK = _fill(
    """
UPDATE deliveries SET state = 'pending', sender_id = NULL
WHERE id = ? AND attempt = ? AND sender_id = ? AND state IN (<origins>)""",
    origins=_by_the_table(_D.PENDING, Cause.RELEASE, Cause.UNSENT),
)

NOTE_ATTEMPT = "INSERT INTO attempts (delivery_id, attempt, ended_at, outcome, code, reply) VALUES (?, ?, ?, ?, ?, ?)"

# Campaign.
ISSUE_OF = """
SELECT issues.id, issues.state FROM issues JOIN campaigns ON campaigns.issue_id = issues.id WHERE campaigns.id = ?"""

# Issue: a late answer leaves something to do in an issue called sent.
REOPEN = "UPDATE issues SET state = 'sending', reason = NULL WHERE id = ? AND state = 'sent'"

# Ids.
SKIP_CANCELLED = _fill(
    "UPDATE deliveries SET state = 'skipped' WHERE id IN (?*) AND state IN (<origins>)",
    origins=_by_the_table(_D.SKIPPED, Cause.SKIP),
)
