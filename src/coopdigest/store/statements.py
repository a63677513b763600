"""The raw statements of claim, intent and result: one text for SQLite and PostgreSQL, states by the table.

``sender_id + 0`` keeps the planners from the index of held rows, which names five hundred where the ids name four.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from coopdigest.domain.delivery import UNKNOWN_MAILBOX, Cause, DeliveryState, Verdict, sources_of
from coopdigest.store.lean import Lean

_D = DeliveryState


@lru_cache(maxsize=256)
def spread(sql: str, count: int) -> str:
    """The statement with `count` placeholders where it says ``?*``."""
    return sql.replace("?*", ", ".join("?" * count))


def listing(lean: Lean, sql: str) -> str:
    """The statement with one parameter for a whole list, as made by `as_list`, where it says ``<listed>``."""
    return sql.replace("<listed>", "IN (SELECT value FROM json_each(?))" if lean.is_sqlite else "= ANY(?)")


def as_list(lean: Lean, values: Iterable[object]) -> object:
    """The values as the one parameter of `listing`."""
    return json.dumps(list(values)) if lean.is_sqlite else list(values)


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

# Now, ids, attempt, sender, sender, campaign: the fence, for the dot; changes those that may be sent.
INTEND = _fill(
    """
UPDATE deliveries SET state = 'sending', first_tried = COALESCE(first_tried, ?)
WHERE id IN (?*) AND attempt = ? AND sender_id + 0 = ? AND state IN (<origins>)
AND EXISTS (<alive>) AND EXISTS (<sending>) AND EXISTS (<audience>)""",
    origins=_by_the_table(_D.SENDING, Cause.INTENT),
    alive=_ALIVE,
    sending=_SENDING,
    audience=_AUDIENCE,
)

# Ids, attempt, sender.
SKIP_CLAIMED = _fill(
    """
UPDATE deliveries SET state = 'skipped'
WHERE id IN (?*) AND attempt = ? AND sender_id + 0 = ? AND state IN (<origins>) AND NOT EXISTS (<audience>)""",
    origins=_by_the_table(_D.SKIPPED, Cause.SKIP),
    audience=_AUDIENCE,
)


_SETTLE = """
UPDATE deliveries SET state = '<target>', code = ?, reply = ?, due = ?, first_tried = COALESCE(first_tried, ?)
WHERE id = ? AND attempt = ? AND sender_id + 0 = ? AND state IN (<origins>)"""

_PUT_BACK = """
UPDATE deliveries SET state = 'pending', sender_id = NULL
WHERE id = ? AND attempt = ? AND sender_id + 0 = ? AND state IN (<origins>)"""

_ORIGINS = {
    Verdict.ACCEPTED: _by_the_table(_D.ACCEPTED, Cause.ANSWER),
    Verdict.DEFERRED: _by_the_table(_D.DEFERRED, Cause.ANSWER),
    Verdict.REFUSED: _by_the_table(_D.REFUSED, Cause.ANSWER),
    Verdict.IN_DOUBT: _by_the_table(_D.IN_DOUBT, Cause.LOST),
    Verdict.NOT_SENT: _by_the_table(_D.PENDING, Cause.RELEASE, Cause.UNSENT),
}

# Code, reply, due, now, id, attempt, sender; for NOT_SENT only id, attempt, sender. For SQLite: one result at a time.
SETTLE = {
    verdict: _fill(_PUT_BACK if verdict is Verdict.NOT_SENT else _SETTLE, target=verdict, origins=origins)
    for verdict, origins in _ORIGINS.items()
}

NOTE_ATTEMPT = "INSERT INTO attempts (delivery_id, attempt, ended_at, outcome, code, reply) VALUES (?, ?, ?, ?, ?, ?)"

_ANSWERED = """
state = '<target>', code = told.code, reply = told.reply, due = told.due,
        first_tried = COALESCE(first_tried, told.now)"""

_SETTLE_TOGETHER = """
WITH moved AS (
    UPDATE deliveries SET <changes>
    FROM (SELECT *, CAST(? AS timestamptz) AS now FROM unnest(
        CAST(? AS bigint[]), CAST(? AS int[]), CAST(? AS int[]), CAST(? AS text[]), CAST(? AS timestamptz[])
    ) AS given (id, attempt, code, reply, due)) AS told
    WHERE deliveries.id = told.id AND deliveries.attempt = told.attempt AND sender_id + 0 = ? AND state IN (<origins>)
    RETURNING told.id, told.attempt, told.now, told.code, told.reply
)
INSERT INTO attempts (delivery_id, attempt, ended_at, outcome, code, reply)
SELECT id, attempt, now, '<outcome>', code, reply FROM moved RETURNING delivery_id, attempt"""

# Now, ids, attempts, codes, replies, dues, sender. For PostgreSQL, where each statement costs a round trip: all
# results of one kind, with their attempts; the ids and attempts of those that counted.
SETTLE_TOGETHER = {
    verdict: _fill(
        _SETTLE_TOGETHER,
        changes="state = 'pending', sender_id = NULL" if verdict is Verdict.NOT_SENT else _ANSWERED,
        target=verdict,
        outcome=verdict,
        origins=origins,
    )
    for verdict, origins in _ORIGINS.items()
}

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

_DUE = """
SELECT deliveries.id, deliveries.subscriber_id, deliveries.language, deliveries.attempt, deliveries.first_tried,
    subscribers.address, subscribers.address_key,
    CASE WHEN subscribers.active AND suppressions.address_hash IS NULL THEN 1 ELSE 0 END
FROM deliveries
LEFT JOIN subscribers ON subscribers.id = deliveries.subscriber_id
LEFT JOIN suppressions
    ON suppressions.digest = subscribers.digest AND suppressions.address_hash = subscribers.address_hash
WHERE deliveries.campaign_id = ? AND """

# Campaign, now, limit, how many to pass over: those that have waited longest first.
DUE_DEFERRED = (
    _DUE
    + """deliveries.state = 'deferred' AND deliveries.due <= ? <allowed>
ORDER BY deliveries.due, deliveries.id LIMIT ? OFFSET ? <lock>"""
)

# Campaign, the id after which to begin, the id up to which to go, limit.
DUE_PENDING = (
    _DUE
    + """deliveries.state = 'pending' AND deliveries.id > ? AND deliveries.id <= ? <allowed>
ORDER BY deliveries.id LIMIT ? <lock>"""
)

_UNCLAIMED = _by_the_table(_D.CLAIMED, Cause.CLAIM)

# Sender, ids.
CLAIM = _fill(
    """
UPDATE deliveries SET state = 'claimed', sender_id = ?, attempt = attempt + 1
WHERE id <listed> AND state IN (<origins>)""",
    origins=_UNCLAIMED,
)

# Ids, sender: which of them are claimed, at which attempt.
CLAIMED = "SELECT id, attempt FROM deliveries WHERE id <listed> AND sender_id + 0 = ? AND state = 'claimed'"

# Ids.
SKIP_DUE = _fill(
    "UPDATE deliveries SET state = 'skipped' WHERE id <listed> AND state IN (<origins>)", origins=_UNCLAIMED
)

# Digest, keys, the pattern of each domain: whom a staging list allows.
ALLOWED = """
AND deliveries.subscriber_id IN (SELECT id FROM subscribers WHERE digest = ? AND (address_key <listed><domains>))"""

# Digest, the transport's name, now: whoever comes next waits until this transaction ends.
LOCK_TRANSPORT = """
INSERT INTO buckets (digest, domain, full_at) VALUES (?, ?, ?)
ON CONFLICT (digest, domain) DO UPDATE SET full_at = buckets.full_at RETURNING full_at"""

# Digest, domains.
READ_BUCKETS = "SELECT domain, full_at FROM buckets WHERE digest = ? AND domain <listed>"

# Digest, domain, when it is full again.
KEEP_BUCKET = """
INSERT INTO buckets (digest, domain, full_at) VALUES (?, ?, ?)
ON CONFLICT (digest, domain) DO UPDATE SET full_at = excluded.full_at"""

# Now, digest, campaign, subscribers: those who had no mailbox in the campaign before either.
SUPPRESS_BOUNCED = _fill(
    """
INSERT INTO suppressions (digest, address_hash, reason, since)
SELECT subscribers.digest, subscribers.address_hash, 'bounced', ?
FROM deliveries JOIN subscribers ON subscribers.id = deliveries.subscriber_id
WHERE deliveries.campaign_id = (SELECT MAX(id) FROM campaigns WHERE digest = ? AND id < ?)
AND deliveries.subscriber_id IN (?*) AND deliveries.state = 'refused' AND (<unknown>)
ON CONFLICT (digest, address_hash) DO NOTHING""",
    unknown=" OR ".join(f"reply = '{code}' OR reply LIKE '{code} %'" for code in UNKNOWN_MAILBOX),
)
