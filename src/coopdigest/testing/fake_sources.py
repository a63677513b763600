"""A source that yields what a test tells it to."""

from __future__ import annotations

from coopdigest.domain.digest import MediaContact
from coopdigest.domain.errors import SourceError
from coopdigest.domain.item import FoundItem
from coopdigest.ports import Note, Reading, Validators


class FakeSource:
    """A `Source`. Set it up in one line: ``FakeSource("newsroom").with_items(...).with_notes(...)``."""

    def __init__(self, name: str = "newsroom", *, shows_whole_state: bool = True) -> None:
        """Be called `name` and yield nothing yet."""
        self._name, self._whole = name, shows_whole_state
        self._reading = Reading()
        self._failure: str | None = None
        self.asked: list[Validators | None] = []

    @property
    def name(self) -> str:
        """The name in the configuration."""
        return self._name

    @property
    def shows_whole_state(self) -> bool:
        """Whether an item that is absent from a reading is gone."""
        return self._whole

    def with_items(self, *items: FoundItem) -> FakeSource:
        """Yield these items from now on, and fail no longer."""
        return self._become(items=items)

    def with_notes(self, *notes: Note) -> FakeSource:
        """Report these notes beside the items."""
        return self._become(notes=notes)

    def with_contact(self, contact: MediaContact) -> FakeSource:
        """Name a media contact."""
        return self._become(contact=contact)

    def with_validators(self, validators: Validators) -> FakeSource:
        """Answer `unchanged` to whoever asks with these validators."""
        return self._become(validators=validators)

    def failing(self, cause: str = "no answer") -> FakeSource:
        """Fail every reading with `cause` from now on."""
        self._failure = cause
        return self

    def read(self, validators: Validators | None) -> Reading:
        """What the source was set up with; every call is kept in `asked`."""
        self.asked.append(validators)
        if self._failure is not None:
            raise SourceError(f"{self._failure}; look at the source's location", place=self._name)
        if validators is not None and validators == self._reading.validators:
            return Reading(validators=validators, unchanged=True)
        return self._reading

    def _become(self, **changes: object) -> FakeSource:
        known = {name: getattr(self._reading, name) for name in ("items", "notes", "contact", "validators")}
        self._reading = Reading(**{**known, **changes})
        self._failure = None
        return self
