"""How answers look in a terminal."""

from __future__ import annotations

import pytest

from coopdigest.cli.output import show_table


def test_a_table_cuts_nothing_and_takes_words_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    """A place is long and must be copied whole; a title may look like markup."""
    place = "templates/email/partials/media_contact.mjml:12:34"
    show_table(["where", "what"], [[place, "item “[bold]Mill[/bold]” " + "and more " * 12]])
    said = capsys.readouterr().out
    assert place in "".join(line[:30].strip() for line in said.splitlines()) or place in said
    assert "[bold]Mill[/bold]" in said
    assert "…" not in said
