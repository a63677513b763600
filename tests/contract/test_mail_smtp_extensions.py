"""What is used of what a server offers, and what is refused here because it offers less."""

import pytest
from smtp_sessions import AMINA, MESSAGE, Session, deliver, to

from coopdigest.domain.delivery import Claimed, Envelope, Verdict
from coopdigest.domain.errors import TransportError
from coopdigest.ports import Outgoing
from coopdigest.testing.smtp_script import Offer
from coopdigest.testing.smtp_server import MisbehavingServer

EAI = "To: jörg@example.org\r\n\r\nx\r\n".encode()


def hand_over(offer: Offer | None, *messages: Outgoing) -> tuple[MisbehavingServer, Session]:
    """A server that offers this, and one session with it."""
    with MisbehavingServer(offer=offer) as server:
        session = deliver(server.port, messages)
        server.wait_until_left()
    return server, session


def test_size_is_told_and_kept_to() -> None:
    """MAIL names the size, and a message over the server's limit is refused without asking (R83)."""
    server, session = hand_over(Offer(extensions=("SIZE 100",)), AMINA, to("boris", MESSAGE + b"x" * 100))

    assert session.work.verdicts == [Verdict.ACCEPTED, Verdict.REFUSED]
    assert session.work.outcomes[1].code == 552
    assert [command for command in server.commands if command.startswith("MAIL")] == [
        f"MAIL FROM:<news@example.org> SIZE={len(MESSAGE)}"
    ]


def test_an_international_address_needs_a_server_that_knows_it() -> None:
    """A non-ASCII local part goes with SMTPUTF8 and 8BITMIME (RFC 6531, R20)."""
    server, session = hand_over(None, to("jörg@exämple.org", EAI))

    assert session.work.verdicts == [Verdict.ACCEPTED]
    assert server.accepted[0].recipients == ("jörg@xn--exmple-cua.org",)
    assert any(command.endswith(" BODY=8BITMIME SMTPUTF8") for command in server.commands)


def test_an_international_address_is_refused_clearly_where_the_server_does_not_know_it() -> None:
    """Without SMTPUTF8 there is no way to write to it: that recipient is refused, the session goes on (R20)."""
    server, session = hand_over(Offer(extensions=("8BITMIME",)), to("jörg@example.org", EAI), AMINA)

    assert session.work.verdicts == [Verdict.REFUSED, Verdict.ACCEPTED]
    assert session.work.outcomes[0].code == 553
    assert "non-ASCII" in session.work.outcomes[0].text
    assert len(server.accepted) == 1


def test_an_international_domain_needs_nothing_of_the_server() -> None:
    """A non-ASCII domain goes as A-labels without SMTPUTF8, which is not used when it is not needed (R20)."""
    server, session = hand_over(None, to("amina@bücher.example", MESSAGE, "news@exämple.org"))

    assert session.work.verdicts == [Verdict.ACCEPTED]
    assert server.commands[1].startswith("MAIL FROM:<news@xn--exmple-cua.org>")
    assert server.commands[2] == "RCPT TO:<amina@xn--bcher-kva.example>"
    assert not any("SMTPUTF8" in command for command in server.commands)


def test_octets_over_127_need_a_server_that_takes_them() -> None:
    """A body that is not ASCII is refused locally without 8BITMIME (R84)."""
    server, session = hand_over(Offer(extensions=()), to("amina", "Subject: x\r\n\r\né\r\n".encode()))

    assert (session.work.verdicts, session.work.outcomes[0].code) == ([Verdict.REFUSED], 554)
    assert server.accepted == []


def test_an_international_return_path_is_the_transports_trouble() -> None:
    """When our own address needs what the server lacks, no recipient is blamed."""
    _, session = hand_over(Offer(extensions=()), to("amina", sender="nëws@example.org"))

    assert isinstance(session.error, TransportError)
    assert "return_path" in str(session.error)
    assert session.work.verdicts == [Verdict.NOT_SENT]


def test_reports_are_asked_for_where_they_are_offered() -> None:
    """With DSN a report of failure or delay names the delivery and the address, and brings headers only (R60)."""
    delivery = Claimed(id=7, campaign=3, subscriber=42, address="a+b=c@example.net", language="en", attempt=1)
    envelope = Envelope("news@example.org", delivery.address)
    messages = [Outgoing(envelope, MESSAGE, delivery), to("jörg@example.org", EAI)]
    server, session = hand_over(Offer(extensions=("DSN", "SMTPUTF8", "8BITMIME", "PIPELINING")), *messages)

    assert session.work.verdicts == [Verdict.ACCEPTED] * 2
    assert [command for command in server.commands if command[:4] in ("MAIL", "RCPT")] == [
        "MAIL FROM:<news@example.org> RET=HDRS ENVID=3.42",
        "RCPT TO:<a+b=c@example.net> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.net",
        "MAIL FROM:<news@example.org> BODY=8BITMIME SMTPUTF8 RET=HDRS",
        "RCPT TO:<jörg@example.org> NOTIFY=FAILURE,DELAY",
    ]


def test_reports_are_not_asked_for_where_they_are_not_offered() -> None:
    """Without DSN its parameters would be an error (R60)."""
    server, _ = hand_over(None, AMINA)

    assert not any("NOTIFY" in command or "RET=" in command for command in server.commands)


@pytest.mark.parametrize("recipient", ["amina@example.net>\r\nRCPT TO:<b@example.net", "no @address", "a@b>c"])
def test_an_address_cannot_bring_in_a_command(recipient: str) -> None:
    """A recipient that is none is refused before a word is written about it."""
    server, session = hand_over(None, to(recipient))

    assert (session.work.verdicts, session.work.outcomes[0].code) == ([Verdict.REFUSED], 553)
    assert [command.split()[0] for command in server.commands] == ["EHLO", "QUIT"]
