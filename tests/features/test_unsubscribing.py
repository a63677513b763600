"""The link of a message, followed to the public pages as mail clients and people do."""

from __future__ import annotations

import email
import email.policy
import re
import subprocess
from collections.abc import Iterator

import httpx2
import pytest
from digest_folder import Folder

from coopdigest.mail.catcher import MailCatcher


@pytest.fixture
def pages(folder: Folder) -> Iterator[str]:
    """The root of `coopdigest web`, in a process of its own."""
    with folder.start("web", "--port", "0", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        yield found[0].rstrip("/")
        process.terminate()


def sent_links(catcher: MailCatcher) -> dict[str, str]:
    """The path behind List-Unsubscribe, by recipient."""
    links = {}
    for caught in catcher.messages:
        message = email.message_from_bytes(caught.content, policy=email.policy.default)
        links[caught.recipients[0]] = message["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    return links


def test_one_click_unsubscribes_and_a_look_does_not(folder: Folder, catcher: MailCatcher, pages: str) -> None:
    """GET and HEAD change nothing; the POST of RFC 8058 unsubscribes, again is fine, a forged token is 404."""
    folder.run("collect")
    folder.run("approve", "2021-11")
    folder.run("send", "2021-11")
    link = pages + sent_links(catcher)["luc@example.org"]

    with httpx2.Client(trust_env=False) as client:
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
        assert standing(folder, "luc@example.org") == "active"
        answers = [client.post(link, data={"List-Unsubscribe": "One-Click"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert not any("set-cookie" in answer.headers for answer in answers)
        assert standing(folder, "luc@example.org") == "unsubscribed"
        assert client.post(link[:-2], data={"List-Unsubscribe": "One-Click"}).status_code == 404
        assert client.get(f"{pages}/issues/2021-11/en").status_code == 200
        assert client.get(f"{pages}/issues/2021-10/en").status_code == 404
    assert standing(folder, "amina@example.org") == "active"


def standing(folder: Folder, address: str) -> str:
    """How a subscriber stands."""
    people = folder.run("subscribers", "list", "--json").json["subscribers"]
    return next(str(person["status"]) for person in people if person["email"] == address)
