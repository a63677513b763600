"""`check` and `approve` judge the message that subscribers would get, not only what stands in it."""

from __future__ import annotations

import pytest
from digest_folder import Folder


@pytest.fixture
def collected(folder: Folder) -> Folder:
    """The folder with its news collected."""
    assert folder.run("collect").code == 0
    return folder


def send_from(folder: Folder, sender: str) -> None:
    """Write another sender's address into the configuration."""
    path = folder.path / "coopdigest.toml"
    path.write_text(path.read_text("utf-8").replace("<news@example.org>", f"<{sender}>"), "utf-8")


def rules_about(folder: Folder, place: str) -> list[tuple[str, str]]:
    """Rule and severity of what `check` finds there."""
    document = folder.run("check", "2021-11", "--json").json
    return [(found["rule"], found["severity"]) for found in document["findings"] if found["place"] == place]


def test_check_finds_nothing_in_a_good_message(collected: Folder) -> None:
    """A folder as it should be has no finding about its message."""
    checked = collected.run("check", "2021-11", "--json")

    assert [found for found in checked.json["findings"] if found["place"].startswith("message")] == []


def test_check_names_the_header_of_a_freemail_sender(collected: Folder) -> None:
    """Others distrust what says it is from Gmail and is not: a warning, which holds nothing up."""
    send_from(collected, "coop.news@gmail.com")

    assert rules_about(collected, "message header From") == [("B20", "warning")]
    assert "message header From: gmail.com" in collected.run("check", "2021-11").out
    assert collected.run("approve", "2021-11").code == 0


@pytest.mark.parametrize("approval", ["manual", "auto"])
def test_what_would_be_refused_is_not_approved(folder: Folder, approval: str) -> None:
    """An address that a provider refuses stops approve and an automatic approval alike, with the rule and the place."""
    folder.configure(approval=approval)
    send_from(folder, "news$desk@example.org")
    folder.run("collect")

    assert rules_about(folder, "message header From") == [("B23", "error")]
    assert folder.run("check", "2021-11").code == 4
    refused = folder.run(*(("approve", "2021-11") if approval == "manual" else ("send", "2021-11")))
    assert refused.code == 4
    assert "message header From: B23" in refused.err
    assert folder.run("status", "2021-11", "--json").json["recipients"] == 0
