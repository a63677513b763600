"""What a database driver raises, told as a StoreError where the user can mend it, and never with a password."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coopdigest.domain.errors import StoreError

# SQLSTATEs, or their first two letters, that are not our SQL's fault (PostgreSQL manual, appendix A).
_STATES = {
    "08": "is the database running and reachable? see [store] url",
    "22001": "take the long text out and run again",
    "22003": "take the large number out and run again",
    "22021": "take the odd character out and run again",
    "22P05": "take the odd character out and run again",
    "25006": "the database takes no writes now; is [store] url that of a standby?",
    "25P03": "it was ended by the server for being idle; run again",
    "28": "see user and password in [store] url",
    "3D": "create it, or name another in [store] url",
    "3F": "create it, or name another database in [store] url",
    "40": "another program was at the same rows; run again, nothing recorded is lost",
    "42501": "let this user create and change tables there: GRANT USAGE, CREATE ON SCHEMA public TO ...",
    "53100": "make room on the disk and run again; nothing recorded is lost",
    "53": "the server is at its limits; run again when it has room, nothing recorded is lost",
    "55P03": "another program holds it; try again when that has ended",
    "57014": "the server ended it for taking too long; run again, nothing recorded is lost",
    "57": "the server stopped or ended the connection; run again when it is back, nothing recorded is lost",
    "58": "the server's disk or system fails; see its log",
    "F0": "the server's configuration is broken; see its log",
    "XX": "the server fails; see its log",
}
# While a connection is made psycopg gives no SQLSTATE; the server's words, where they are English.
_CONNECTING = {
    "password": _STATES["28"],
    "authentication": _STATES["28"],
    "pg_hba.conf": "let this user in from this host in the server's pg_hba.conf",
    "role": _STATES["28"],
    "does not exist": _STATES["3D"],
    "too many": _STATES["53"],
    "connection slots": _STATES["53"],
    "starting up": "run again in a moment",
    "shutting down": _STATES["57"],
    "invalid": "see [store] url",
}
_LOST = ("closed", "lost", "terminat", "reset by peer", "broken pipe")
_SQLITE = {
    "not a database": "restore it from a backup, or name another file in [store] url",
    "malformed": "restore it from a backup, or name another file in [store] url",
    "locked": "another program holds it; try again when that has ended",
    "full": "make room on the disk and run again; nothing recorded is lost",
    "unable to open": "does the folder exist, and may this user write there?",
    "readonly": "does the folder exist, and may this user write there?",
    "read-only": "does the folder exist, and may this user write there?",
    "disk i/o error": "is the disk in order? run again when it is, nothing recorded is lost",
}
_BUGS = ("no such column", "syntax error", "no such function")


class Translating:
    """Turns what the user can mend into StoreError, in a ``with`` block; statements that are wrong are bugs and stay.

    Keeps nothing of a block, so one serves any number of them, in any thread.
    """

    def __init__(self, place: str, secrets: Collection[str] = ()) -> None:
        """Name the store `place` in the messages, in which none of `secrets` is shown."""
        self._place, self._secrets = place, secrets

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise the error as the user is told of it, where it has words for the user."""
        if error is not None:
            self.tell(error)

    def tell(self, error: BaseException) -> None:
        """Raise a StoreError where the user can mend what the driver raised.

        Raises:
            StoreError: what it is, and the next step.
        """
        told = _tell(error, self._place, self._secrets) if isinstance(error, Exception) else None
        if told is not None:
            raise told from error


def is_disconnect(error: BaseException) -> bool:
    """Whether after this error of the driver's the connection is of no use any more."""
    state = getattr(error, "sqlstate", None) or ""
    return _is_of(error, "OperationalError", "InterfaceError") and (not state or state.startswith(("08", "57P")))


def _tell(error: Exception, place: str, secrets: Collection[str]) -> StoreError | None:
    if isinstance(error, PoolTimeout):
        return StoreError("all its connections are in use; try again when less is going on", place=place)
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, Exception):
        return None
    advice = _advise(cause)
    return StoreError(f"{_first_line(cause, secrets)}; {advice}", place=place) if advice else None


def _advise(cause: Exception) -> str | None:
    """The next step, None for an error that is a bug of ours or none of a database."""
    driver = type(cause).__module__.partition(".")[0]
    if driver == "sqlite3":
        return _advise_for_sqlite(cause)
    if driver == "psycopg":
        return _advise_for_postgresql(cause)
    return None


def _advise_for_sqlite(cause: Exception) -> str | None:
    text = str(cause).lower()
    known = next((advice for words, advice in _SQLITE.items() if words in text), None)
    if type(cause).__name__ == "OperationalError" and not any(bug in text for bug in _BUGS):
        return known or "can the file be read and written? see [store] url"
    return known if type(cause).__name__ == "DatabaseError" else None


def _advise_for_postgresql(cause: Exception) -> str | None:
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _STATES.get(state) or _STATES.get(state[:2])
    text = str(cause).lower()
    if "connection option" in text:
        return _CONNECTING["invalid"]
    if _is_of(cause, "DataError"):
        return _STATES["22021"] if "nul" in text else None
    if not _is_of(cause, "OperationalError", "InterfaceError"):
        return None
    if "connection failed" not in text and any(word in text for word in _LOST):
        return _STATES["57"]
    return next((advice for words, advice in _CONNECTING.items() if words in text), _STATES["08"])


def _is_of(error: BaseException, *names: str) -> bool:
    return any(base.__name__ in names for base in type(error).__mro__)


def _first_line(cause: Exception, secrets: Collection[str]) -> str:
    lines = str(cause).strip().splitlines()
    text = lines[0] if lines else type(cause).__name__
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
