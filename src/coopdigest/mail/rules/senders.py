"""Rules about who a message says it is from, what it is called and when it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from coopdigest.domain.edition import Finding
from coopdigest.mail.rules.mailboxes import Box, read_mailboxes
from coopdigest.mail.rules.raw import Entity, Field
from coopdigest.mail.rules.verdicts import error, warning
from coopdigest.mail.rules.words import decode_words

RULES = {
    "B20": "From names exactly one address, and not one of a freemail provider.",
    "B21": "There is a Message-ID, and it is one.",
    "B25": "The sender's name says who sends: no address, emoji, count or subject.",
    "B26": "Replies go to an address that can receive them.",
    "R02": "From and Date are there.",
    "R03": "Date is a date with a numeric zone, and of today.",
    "R04": "The Message-ID is made of atoms and ends in a domain of ours.",
}
_FREEMAIL = re.compile(
    r"(gmail|googlemail|ymail|rocketmail|icloud|me|mac|aol|msn)\.com|(yahoo|outlook|hotmail|live|gmx)(\.[a-z]{2,3})+",
    re.IGNORECASE,
)
_NOBODY = re.compile(r"(no|do[-_.]?not)[-_.]?reply", re.IGNORECASE)
_UNREACHABLE = re.compile(r"([^.]*|.*\.(localhost|local|invalid|test))\.?", re.IGNORECASE)
_EMOJI = re.compile("[\u2600-\u27bf\u2b1b-\u2b55\ufe0f\u20e3\U0001f000-\U0001faff]")
_COUNT = re.compile(r"[(\[]\s*\d+\s*[)\]]")
_LEAST_SUBJECT = 8  # characters: a shorter subject may stand in a name by chance
_MESSAGE_ID = re.compile(r"<([^<>@\s]+)@([^<>@\s]+)>")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DATE = re.compile(
    rf"(?:({'|'.join(_DAYS)}), )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))? ([+-])([0-9]{2})([0-9]{2})"
)
_FAR = timedelta(hours=24)


def check(message: Entity, now: datetime | None) -> Iterator[Finding]:
    """Findings about From, Reply-To, Message-ID and Date; the last also against `now` where it is given."""
    sender, date = message.get("From"), message.get("Date")
    for name, field in (("From", sender), ("Date", date)):
        if field is None:
            yield error("R02", f"message header {name}", f"there is no {name}")
    if sender:
        yield from _check_sender(sender)
        yield from _check_name(sender, message.value("Subject"))
    yield from _check_replies(message)
    yield from _check_message_id(message.get("Message-ID"))
    if date:
        yield from _check_date(date, now)


def _check_sender(field: Field) -> Iterator[Finding]:
    boxes = read_mailboxes(field.value)
    if len(boxes) != 1:
        yield error("B20", field.place, f"it names {len(boxes)} addresses; Gmail takes one", "correct from in [digest]")
    elif boxes[0] is None:
        yield error("B20", field.place, "it names no address", "correct from in [digest]")
    elif _FREEMAIL.fullmatch(boxes[0].domain):
        message = f"{boxes[0].domain} tells others to distrust what it did not send itself"
        yield warning("B20", field.place, message, "send from a domain of your own")


def _check_name(field: Field, subject: str) -> Iterator[Finding]:
    """What Gmail asks of a display name; the subject's own pretences are the composer's rule."""
    box = _only(field)
    try:
        name, title = decode_words(box.phrase if box else ""), decode_words(subject)
    except ValueError:
        return  # B23 says so
    wrong = {
        "an address": "@" in name,
        "an emoji": _EMOJI.search(name) is not None,
        "a count": _COUNT.search(name) is not None,
        "the subject": len(title) >= _LEAST_SUBJECT and title.casefold() in name.casefold(),
    }
    for what, is_there in wrong.items():
        if is_there:
            yield warning("B25", field.place, f"the sender's name holds {what}", "correct from in [digest]")


def _check_replies(message: Entity) -> Iterator[Finding]:
    """Outlook asks that what a reply goes to is valid and can receive."""
    field = message.get("Reply-To") or message.get("From")
    if field is None:
        return
    box = _only(field)
    if box is None:
        if field.key == "reply-to":
            yield error("B26", field.place, "it does not name one address", "correct reply_to in [digest]")
    elif _NOBODY.fullmatch(box.local):
        yield warning("B26", field.place, "nobody reads what is answered", "name a mailbox that somebody reads")
    elif _UNREACHABLE.fullmatch(box.domain) and not box.domain.startswith("["):
        yield warning("B26", field.place, f"no mail reaches {box.domain}", "name a mailbox that somebody reads")


def _check_message_id(field: Field | None) -> Iterator[Finding]:
    if field is None:
        yield error("B21", "message header Message-ID", "there is no Message-ID")
        return
    found = _MESSAGE_ID.fullmatch(field.value)
    if not found:
        yield error("B21", field.place, "it is not of the form <name@domain>")
    elif not _DOT_ATOM.fullmatch(found[1]) or not _DOT_ATOM.fullmatch(found[2]):
        yield error("R04", field.place, "it holds a character that no Message-ID has")
    elif _UNREACHABLE.fullmatch(found[2]):
        yield warning("R04", field.place, f"{found[2]} is nobody's domain", "set list_domain in [digest]")


def _check_date(field: Field, now: datetime | None) -> Iterator[Finding]:
    found = _DATE.fullmatch(" ".join(field.value.split()))
    try:
        when = _read_date(found) if found else None
    except ValueError:
        when = None
    if found is None or when is None:
        yield error("R03", field.place, "it is not a date such as Tue, 24 Nov 2026 05:41:47 +0000")
    elif found[1] and found[1] != _DAYS[when.weekday()]:
        yield error("R03", field.place, f"that day is no {found[1]}")
    elif now is not None and abs(when - now) > _FAR:
        yield error("R03", field.place, "it is more than a day away from now", "set this machine's clock")


def _read_date(found: re.Match[str]) -> datetime:
    """The instant.

    Raises:
        ValueError: no calendar or clock has it.
    """
    _, day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    if int(minutes) > 59:
        raise ValueError("no zone is that far away")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    seconds = min(int(second or 0), 59) if second == "60" else int(second or 0)  # a leap second is allowed
    moment = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), seconds)
    return datetime(*moment, tzinfo=timezone(offset))


def _only(field: Field) -> Box | None:
    boxes = read_mailboxes(field.value)
    return boxes[0] if len(boxes) == 1 else None
