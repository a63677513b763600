"""What the person who runs it asks after a send: who did not get it, why, and once more; through the command line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
from digest_folder import Folder, Ran

from coopdigest.testing.smtp_script import Act, Ending, Step, by_recipient
from coopdigest.testing.smtp_server import MisbehavingServer

UNKNOWN = {Step.RCPT: Act("550 5.1.1 No such user")}
BLOCKED = {Step.DOT: Act("554 5.7.1 Blocked\x1b[31m by policy")}
LATER = {Step.RCPT: Act("451 4.3.0 Later")}
LOST = {Step.DOT: Act(ending=Ending.CLOSE, keeps=True)}
PLAN: dict[str, dict[Step, Act]] = {
    "amina@example.org": UNKNOWN,
    "luc@example.org": UNKNOWN,
    "nour@example.org": BLOCKED,
    "olga@example.org": LATER,
    "paul@example.org": LOST,
}
PEOPLE = (*PLAN, "rosa@example.org")


@pytest.fixture
def plan() -> dict[str, Mapping[Step, Act]]:
    """How the server treats each recipient; a test mends it by taking entries out."""
    return dict(PLAN)


@pytest.fixture
def server(folder: Folder, plan: dict[str, Mapping[Step, Act]]) -> Iterator[MisbehavingServer]:
    """A server that refuses, defers and hangs up; the folder sends an approved issue to it."""
    (folder.path / "subscribers.csv").write_text("\n".join(["email", *PEOPLE, ""]), encoding="utf-8")
    folder.run("collect")
    folder.run("approve", "2021-11")
    with MisbehavingServer(lambda moment: by_recipient(plan)(moment)) as running:
        folder.environ["COOPDIGEST_SMTP_URL"] = f"smtp://127.0.0.1:{running.port}"
        yield running


def send(folder: Folder, *options: str) -> Ran:
    """Send the issue."""
    return folder.run("send", "2021-11", *options)


def counts(folder: Folder) -> dict[str, int]:
    """The counts that are not nought."""
    return {name: n for name, n in folder.run("status", "2021-11", "--json").json["counts"].items() if n}


def received(server: MisbehavingServer) -> Counter[str]:
    """How often each recipient has the message."""
    return Counter(message.recipients[0] for message in server.accepted)


def test_status_lists_who_and_why(folder: Folder, server: MisbehavingServer) -> None:
    """One line each: address, state, code, the server's words without control characters, attempts, instants."""
    assert send(folder).code == 9
    listed = folder.run("status", "2021-11", "--refused", "--in-doubt", "--deferred")
    lines = listed.out.splitlines()
    assert (listed.code, [line.split()[0] for line in lines]) == (0, list(PLAN))
    assert "\x1b" not in listed.out
    assert lines[0].startswith("amina@example.org  refused  550 5.1.1 No such user  (1 attempt; since ")
    assert "  refused  554 5.7.1 Blocked [31m by policy  (" in lines[2]
    assert re.search(r"  deferred  451 4\.3\.0 Later  \(1 attempt; due [0-9: -]+ CES?T; since ", lines[3])
    assert "  in doubt  " in lines[4]
    only = folder.run("status", "2021-11", "--deferred")
    assert only.out == lines[3] + "\n"


def test_status_lists_as_one_json_document(folder: Folder, server: MisbehavingServer) -> None:
    """`--json` names the period and every fact of a delivery; who was erased is not named."""
    send(folder)
    folder.run("subscribers", "erase", "amina@example.org")
    document = folder.run("status", "2021-11", "--refused", "--deferred", "--json").json
    assert document["period"] == "2021-11"
    told = document["deliveries"]
    assert [each["address"] for each in told] == [
        "luc@example.org",
        "nour@example.org",
        "olga@example.org",
        "(erased)",
    ]
    luc, olga = told[0], told[2]
    assert list(luc) == ["address", "state", "code", "reply", "attempts", "due", "since"]
    assert (luc["state"], luc["code"], luc["reply"], luc["attempts"], luc["due"]) == (
        "refused",
        550,
        "5.1.1 No such user",
        1,
        None,
    )
    assert luc["since"] < olga["due"]
    assert folder.run("status", "2021-12", "--refused", "--json").json == {"period": "2021-12", "deliveries": []}


def test_refused_are_tried_again_by_code_once_the_server_is_mended(
    folder: Folder, server: MisbehavingServer, plan: dict[str, Mapping[Step, Act]]
) -> None:
    """Only those with the code, with the same Message-ID; then by address, and all; nobody has it twice."""
    send(folder)
    del plan["amina@example.org"], plan["nour@example.org"]
    again = send(folder, "--retry-refused", "550")
    assert (again.code, "2 refused deliveries are tried again" in again.err) == (9, True), again.err
    assert counts(folder) == {"accepted": 2, "deferred": 1, "refused": 2, "in_doubt": 1}
    assert send(folder, "--retry-refused", "NOUR@example.org").code == 9
    plan.clear()
    assert "1 refused delivery is tried again" in send(folder, "--retry-refused", "all").err
    assert received(server) == Counter([*(each for each in PEOPLE if each != "olga@example.org")])


def test_a_retry_that_fits_nobody_says_so(folder: Folder, server: MisbehavingServer) -> None:
    """Nothing is sent, not even a campaign opened, and the exit code is 0."""
    before = send(folder, "--retry-refused", "all")
    assert (before.code, "nobody refused fits" in before.err) == (0, True)
    assert (counts(folder), server.connections) == ({}, 0)
    send(folder)
    folder.run("subscribers", "unsubscribe", "nour@example.org")
    for what in ("5.7.1", "552", "rosa@example.org"):
        none = send(folder, "--retry-refused", what)
        assert (none.code, "nobody refused fits" in none.err) == (0, True), what
    assert counts(folder)["refused"] == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "2021-11", "--retry-refused", "bounced"),
        ("send", "2021-11", "--retry-refused", "250"),
        ("send", "2021-11", "--retry-refused", "all", "--outbox", "out"),
        ("status", "--refused"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(folder: Folder, arguments: tuple[str, ...]) -> None:
    """Exit 2 and one line."""
    wrong = folder.run(*arguments)
    assert (wrong.code, len(wrong.err.splitlines())) == (2, 1)


def test_a_staging_list_holds_the_others_back(
    folder: Folder, server: MisbehavingServer, plan: dict[str, Mapping[Step, Act]]
) -> None:
    """Only those on `only_to` are written to, the rest stays pending with exit 9, and goes once the key is gone."""
    plan.clear()
    path = folder.path / "coopdigest.toml"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("[smtp]", '[smtp]\nonly_to = ["Rosa@example.org", "@staging.example"]'), "utf-8")
    staged = send(folder)
    assert (staged.code, "only_to holds back 5 of 6" in staged.err) == (9, True), staged.err
    assert (received(server), counts(folder)) == (Counter(["rosa@example.org"]), {"pending": 5, "accepted": 1})
    outside = send(folder, "--test", "luc@example.org")
    assert (outside.code, len(outside.err.splitlines())) == (2, 1)
    assert send(folder, "--test", "me@staging.example").code == 0
    path.write_text(whole, "utf-8")
    assert send(folder).code == 0
    assert received(server) == Counter([*PEOPLE, "me@staging.example"])


def test_a_retry_is_the_same_message(
    folder: Folder, server: MisbehavingServer, plan: dict[str, Mapping[Step, Act]]
) -> None:
    """A server that kept what it refused sees by the Message-ID that it has it already."""
    plan.clear()
    plan["nour@example.org"] = {Step.DOT: Act("554 5.7.1 Blocked", keeps=True)}
    assert send(folder).code == 8
    plan.clear()
    assert send(folder, "--retry-refused", "5.7.1").code == 0
    theirs = [message for message in server.accepted if message.recipients == ("nour@example.org",)]
    assert (len(theirs), len({message.message_id for message in theirs})) == (2, 1)
