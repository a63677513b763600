"""Under which name somebody approves."""

from __future__ import annotations

import os
import pwd

import pytest

from coopdigest.cli.sending import name_of_user

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


def test_the_machine_says_who_approves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the session stands in the approval."""
    monkeypatch.setenv("LOGNAME", "ana")
    assert name_of_user() == "ana"


def test_a_user_without_a_name_can_approve(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container there is often nothing but a number."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert name_of_user() == f"user {os.getuid()}"
