"""What the services need from the world: one Protocol per need, each with its contract.

Rules for every adapter: datetimes are aware; third-party errors are translated into `domain.errors`;
bugs are not caught; a method that writes is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coopdigest.domain.delivery import Claimed, DeliveryState, Envelope, Outcome, Tally
from coopdigest.domain.digest import MediaContact
from coopdigest.domain.edition import Edition, Finding
from coopdigest.domain.issue import EditorWords, Issue, IssueState
from coopdigest.domain.item import FoundItem, Item
from coopdigest.domain.period import Period
from coopdigest.domain.roster import RosterRow
from coopdigest.domain.subscriber import Address, Reason, Subscriber


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


# --- sources ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask again with: ETag and Last-Modified (RFC 9110 8.8), verbatim."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something in a source that could not be read or had to be guessed, and where (``line 12``, a guid)."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a source gave. `unchanged` (304): nothing new, `items` is empty and means nothing.

    `items` are in the source's own order. `contact` is a media contact that the source names.
    """

    items: Sequence[FoundItem] = ()
    notes: Sequence[Note] = ()
    contact: MediaContact | None = None
    validators: Validators | None = None
    unchanged: bool = False


class Source(Protocol):
    """Something that yields items."""

    @property
    def name(self) -> str:
        """The name in the configuration."""
        ...

    @property
    def shows_whole_state(self) -> bool:
        """Whether an item that is absent from a reading is gone (listing, page, folder), not merely old (feed)."""
        ...

    def read(self, validators: Validators | None) -> Reading:
        """Read the source once, within its bounds of time and size. Asks conditionally when given validators.

        Raises:
            SourceError: the source cannot be read at all; the text names the source and the cause.
        """
        ...


# --- composition -----------------------------------------------------------------------------------------


class Composer(Protocol):
    """Renders an issue. Pure: same issue, same templates, same bytes; no network, no clock."""

    def compose(self, issue: Issue, language: str) -> Edition:
        """Render `issue` (already narrowed to the language) for `language`.

        Raises:
            CompositionError: a template does not compile or nests too deep (place: file and line).
        """
        ...

    def check(self, edition: Edition) -> list[Finding]:
        """Lint an edition by the rules of `check`; worst first."""
        ...

    def check_templates(self) -> list[Finding]:
        """Lint the templates by themselves: those that do not compile, with file and line."""
        ...


# --- links ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an edition: where to, in which words, and where it stands.

    `is_items_own` says that only the source can mend it; otherwise the template or the configuration can.
    """

    url: str
    words: str
    place: str
    is_items_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What asking for a link gave. `status` is the last one (RFC 9110 15), None where nobody answered.

    `final_url` is where redirects ended; `moved_to` where the permanent ones among the first led, None without any.
    `problem` says in words, after the name of the host, why there is no answer; `is_dead` that nobody gets one:
    the name is unknown, the connection refused, TLS broken.
    """

    url: str
    final_url: str
    status: int | None = None
    moved_to: str | None = None
    problem: str | None = None
    is_dead: bool = False


class LinkVisitor(Protocol):
    """Asks whether somebody answers at a link, politely; called from several threads at once."""

    def visit(self, url: str) -> LinkAnswer:
        """Ask for `url` (http or https, without fragment). What goes wrong is in the answer, never raised.

        Only public addresses are asked, whatever a source or a redirect names.
        """
        ...


# --- messages --------------------------------------------------------------------------------------------


class MessageFactory(Protocol):
    """Builds the RFC 5322 message of one subscriber."""

    def build(self, edition: Edition, delivery: Claimed, now: datetime) -> bytes:
        """The message, CRLF line ends, not dot-stuffed; same Message-ID on every attempt, Date is `now`."""
        ...


class MessageChecker(Protocol):
    """Checks the message that an edition becomes."""

    def check(self, edition: Edition) -> list[Finding]:
        """Lint a subscriber's message of this edition by what its bytes show; that there can be none is a finding."""
        ...


class Connection(Protocol):
    """One open way to hand messages over, one at a time."""

    def send(self, envelope: Envelope, message: bytes, intend: Callable[[], bool]) -> Outcome:
        """Hand one message over.

        `intend` is called once, when everything but the final dot may be written; when it returns False the
        message is not handed over, the verdict is NOT_SENT, and the connection is closed without the dot.
        A lost connection is NOT_SENT before the dot and IN_DOUBT after it; either way it is closed.

        Raises:
            TransportError: the server refuses the sender, not this recipient (any 4yz or 5yz at MAIL).
        """
        ...

    @property
    def is_open(self) -> bool:
        """Whether another message may be handed over on this connection."""
        ...

    def close(self) -> None:
        """End the session politely; never raises."""
        ...


class Transport(Protocol):
    """Carries messages away."""

    def connect(self) -> Connection:
        """Open a connection, greet, secure and log in.

        Raises:
            TransportError: no connection, no TLS where it is required, or the login is refused.
        """
        ...


# --- store -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What is remembered of a source between collects."""

    name: str
    first_collected: datetime | None = None
    last_collected: datetime | None = None
    last_tried: datetime | None = None
    last_error: str | None = None
    items: int = 0
    validators: Validators | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What a reading changed: how many items were new, already known, and gone."""

    new: int = 0
    seen: int = 0
    gone: int = 0


class ItemStore(Protocol):
    """Items and the sources they came from."""

    def source(self, name: str) -> SourceRecord:
        """What is remembered of the source; an empty record for one never tried."""
        ...

    def keep(self, source: str, reading: Reading, *, whole: bool, now: datetime, today: datetime) -> Collected:
        """Record a good reading in one transaction: insert, update in place what no issue used, mark the gone.

        `whole` says that items absent from the reading are gone. `today` is `now` in the digest's zone: an
        item without a day gets its date.
        """
        ...

    def note_failure(self, source: str, error: str, now: datetime) -> None:
        """Record that the source was tried and failed."""
        ...

    def present(self, sources: Sequence[str]) -> list[Item]:
        """All items of these sources that are not gone."""
        ...


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """What is kept of an issue. `content`, `fingerprint` and `number` are there from approval on.

    `words` are the editor's, by language; they outlive an approval. `overridden` names the errors of `check` that
    the approval was forced over.
    """

    period: str
    state: IssueState
    content: Issue | None = None
    fingerprint: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    number: int | None = None
    words: tuple[EditorWords, ...] = ()
    overridden: tuple[str, ...] = ()


class IssueStore(Protocol):
    """Issues, their frozen editions, and which items they used up."""

    def record(self, period: Period) -> IssueRecord | None:
        """What is kept of the period's issue, None if nothing was."""
        ...

    def records(self) -> list[IssueRecord]:
        """Every issue kept, newest period first, without content."""
        ...

    def used_items(self, cadence: str, *, but: str) -> list[Item]:
        """The items that issues of `cadence` other than the one of period `but` used up."""
        ...

    def set_state(self, period: Period, state: IssueState, now: datetime, reason: str | None = None) -> None:
        """Move the issue to `state` by the table (created when absent); final states set `closed_at`.

        Raises:
            HeldError: the issue's life does not allow it.
        """
        ...

    def set_words(self, period: Period, words: EditorWords) -> None:
        """Keep the editor's words instead of those of the same language; empty ones remove them.

        Other words void an approval, in the same transaction.

        Raises:
            HeldError: the campaign is open, or was; nothing is changed.
        """
        ...

    def highest_number(self, *, but: str) -> int | None:
        """The highest number of the issues that are approved, opened, or were cancelled after somebody had them.

        The one of period `but` does not count.
        """
        ...

    def approve(
        self,
        issue: Issue,
        editions: Sequence[Edition],
        fingerprint: str,
        *,
        by: str,
        now: datetime,
        overridden: Sequence[str] = (),
    ) -> None:
        """Freeze content, number and editions and mark the issue approved, in one transaction.

        Raises:
            HeldError: the issue's life does not allow it, or another issue has its number by now.
        """
        ...

    def unapprove(self, period: Period, reason: str) -> None:
        """Void an approval: back to draft, the number is free, the editions are dropped; the words stay.

        Raises:
            HeldError: the issue's life does not allow it, or it was cancelled after somebody had it.
        """
        ...

    def editions(self, period: Period) -> list[Edition]:
        """The frozen editions, the digest's own language first."""
        ...

    def began(self, now: datetime) -> datetime:
        """When this digest was first run; records `now` on the first call."""
        ...


@dataclass(frozen=True, slots=True)
class Campaign:
    """The sending of one issue to one audience."""

    id: int
    period: str
    state: IssueState
    tally: Tally


class Ledger(Protocol):
    """Campaigns, deliveries, attempts: the truth about sending (delivery.md section 1)."""

    def campaign(self, period: str) -> Campaign | None:
        """The period's campaign with its tally, None if it was never opened."""
        ...

    def open(self, issue: Issue, now: datetime) -> Campaign:
        """Find or create the campaign, in one transaction: items used, one pending delivery per member of
        the audience with its edition fixed, issue moves from approved to sending.

        Raises:
            HeldError: the audience is empty, or an item was used by another issue meanwhile.
        """
        ...

    def enlist(self, now: datetime) -> int:
        """Register this process as a live sender; returns its id. It heartbeats and holds a lock file."""
        ...

    def beat(self, sender: int, now: datetime) -> bool:
        """Renew the sender's heartbeat; False when it was declared dead meanwhile."""
        ...

    def retire(self, sender: int) -> None:
        """Release the sender's claimed rows and forget it."""
        ...

    def reap(self, now: datetime) -> int:
        """Return dead senders' claimed rows to pending and hold their sending rows in doubt; how many were held."""
        ...

    def claim(self, campaign: int, sender: int, limit: int, now: datetime) -> list[Claimed]:
        """Take up to `limit` due rows for this sender; suppressed and departed ones become skipped instead.

        Empty when nothing is due, or the campaign is paused or cancelled.
        """
        ...

    def intend(self, delivery: Claimed, sender: int, now: datetime) -> bool:
        """Commit the intent to write the final dot; False: the row may no longer be sent."""
        ...

    def settle(self, delivery: Claimed, sender: int, outcome: Outcome, due: datetime | None, now: datetime) -> None:
        """Record an outcome by the table. `due` is when a deferred one is to be repeated."""
        ...

    def give_up(self, campaign: int, first_tried_before: datetime, now: datetime) -> int:
        """Refuse deferred rows that were first tried before the given instant; how many."""
        ...

    def requeue(self, campaign: int, state: DeliveryState, now: datetime) -> int:
        """Put rows that are in doubt or refused back to pending; how many."""
        ...

    def finish(self, campaign: int, now: datetime) -> Campaign:
        """Mark the issue sent if nothing is left to do; the campaign as it stands then."""
        ...

    def cancel(self, period: Period, now: datetime) -> Campaign | None:
        """Skip everything that was not handed over; releases the items if nothing was accepted."""
        ...


class Roster(Protocol):
    """Subscribers and suppressions."""

    def subscribers(self) -> list[Subscriber]:
        """Everybody, active or not, with the reason of a suppression, by address."""
        ...

    def find(self, address: Address) -> Subscriber | None:
        """The subscriber with this address."""
        ...

    def get(self, subscriber: int) -> Subscriber | None:
        """The subscriber with this id."""
        ...

    def audience_size(self) -> int:
        """How many active subscribers are not suppressed."""
        ...

    def put(self, rows: Iterable[RosterRow], origin: str, now: datetime) -> tuple[int, int]:
        """Insert or update subscribers by address; (added, updated). One transaction."""
        ...

    def departing(self, present: Sequence[str]) -> list[int]:
        """Ids of active subscribers who came by the file and whose address key is not in `present`."""
        ...

    def sync(self, rows: Sequence[RosterRow], departed: Sequence[int], stamp: str, now: datetime) -> tuple[int, int]:
        """Apply a roster file in one transaction: put its rows, deactivate `departed`, remember `stamp`."""
        ...

    def stamp(self) -> str | None:
        """The stamp of the roster file last applied."""
        ...

    def suppress(self, address: Address, reason: Reason, now: datetime) -> bool:
        """Suppress an address, known or not; False if it was already."""
        ...

    def unsuppress(self, address: Address) -> bool:
        """Lift a suppression; False if there was none."""
        ...

    def suppressions(self) -> Mapping[str, Reason]:
        """Reasons by address hash."""
        ...

    def erase(self, address: Address, now: datetime) -> bool:
        """Forget the person, keep only the hash as a suppression; False if nobody was known."""
        ...
