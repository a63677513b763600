"""The error tree: every expected failure, its one line for the user, and its exit code.

CoopdigestError
    ConfigurationError    2  the configuration or the command line is wrong; never retried, never swallowed
    SourceError           3  a source could not be read
    CompositionError      4  a template does not compile
    CheckError            4  the composed issue breaks a rule
    HeldError             5  nothing may be sent as things stand
    TransportError        6  the transport is unusable for everybody
    StoreError            7  the store cannot be used
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    BUG = 1
    CONFIGURATION = 2
    SOURCE = 3
    COMPOSITION = 4
    HELD = 5
    TRANSPORT = 6
    STORE = 7
    PARTLY_REFUSED = 8
    DEFERRED = 9


class CoopdigestError(Exception):
    """An expected failure: its text is one line that names the thing and the next step."""

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, *, place: str | None = None) -> None:
        """Keep `message`, behind `place` (``file`` or ``file:line``) when there is one, on one line."""
        text = f"{place}: {message}" if place else message
        super().__init__(" ".join(text.split()))
        self.place = place


class ConfigurationError(CoopdigestError):
    """The configuration or the command line is wrong. Retrying cannot mend it."""

    exit_code = ExitCode.CONFIGURATION


class SourceError(CoopdigestError):
    """A source could not be read; the others are kept."""

    exit_code = ExitCode.SOURCE


class CompositionError(CoopdigestError):
    """A template does not compile, or yields no usable message."""

    exit_code = ExitCode.COMPOSITION


class CheckError(CoopdigestError):
    """The composed issue breaks a rule of `check` that stops approval."""

    exit_code = ExitCode.COMPOSITION


class HeldError(CoopdigestError):
    """Nothing may be sent as things stand: no items, nobody, not approved, not over, a doubtful roster."""

    exit_code = ExitCode.HELD


class TransportError(CoopdigestError):
    """The transport is unusable for everybody: no connection, no login, sender refused."""

    exit_code = ExitCode.TRANSPORT


class StoreError(CoopdigestError):
    """The store cannot be used: not a database, newer than the program, locked, full."""

    exit_code = ExitCode.STORE
