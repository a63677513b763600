"""A digest with `[dkim]` signs whatever it sends or writes, and the doctor compares its key with the published one."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim
import dns.message
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from digest_folder import Folder

from coopdigest.cli.doctor import Verdict, examine
from coopdigest.config.loading import load_settings
from coopdigest.mail.catcher import MailCatcher
from coopdigest.mail.dkim import BodyForm, load_signer
from coopdigest.wiring import Workplace

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
NAME = "news2026._domainkey.example.org."


def write_key(path: Path, key: rsa.RSAPrivateKey = KEY) -> Path:
    """The file that a user makes."""
    file = path / "dkim.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
    return file


def record_of(file: Path) -> bytes:
    """What is to be published for a key."""
    return b"v=DKIM1; k=rsa; p=" + load_signer(file, "a.example", "a", BodyForm.RELAXED, "a").public_key.encode()


def configure(folder: Folder, extra: str = "") -> Path:
    """The folder with a key and `[dkim]`."""
    file = folder.path / "coopdigest.toml"
    table = f'[dkim]\nselector = "news2026"\nkey = "dkim.pem"\n{extra}'
    file.write_text(file.read_text("utf-8") + table, encoding="utf-8")
    return write_key(folder.path)


def stub(record: bytes) -> Callable[..., bytes | None]:
    """A DNS that knows one record."""

    def ask(name: bytes | str, timeout: int = 5) -> bytes | None:
        return record if (name.decode() if isinstance(name, bytes) else name) == NAME else None

    return ask


@pytest.mark.parametrize("form", ["relaxed/relaxed", "relaxed/simple"])
def test_every_message_that_arrives_verifies(folder: Folder, catcher: MailCatcher, form: str) -> None:
    """Subscribers' messages and a rehearsal's, caught as the mail server got them; nothing can be added to them."""
    record = record_of(configure(folder, f'canonicalization = "{form}"\n'))
    assert folder.run("collect").code == 0
    assert folder.run("approve", "2021-11").code == 0
    assert folder.run("send", "2021-11", "--test", "press@example.org").code == 0
    assert folder.run("send", "2021-11").code == 0

    messages = [caught.content for caught in catcher.messages]
    assert len(messages) == 4
    for message in messages:
        assert b" c=%b;" % form.encode() in message
        assert dkim.verify(message, dnsfunc=stub(record))
        assert not dkim.verify(b"Subject: Win\r\n" + message, dnsfunc=stub(record))
        assert not dkim.verify(b"List-Unsubscribe: <https://example.com>\r\n" + message, dnsfunc=stub(record))


def test_every_message_that_is_written_verifies(folder: Folder) -> None:
    """`compose` and `send --outbox` write what would be sent."""
    record = record_of(configure(folder))
    assert folder.run("collect").code == 0
    assert folder.run("compose", "2021-11", "--out", "build").code == 0
    assert folder.run("send", "2021-11", "--outbox", "out").code == 0

    files = [*folder.path.glob("build/*.eml"), *folder.path.glob("out/**/*.eml")]
    assert len(files) == 2
    assert all(dkim.verify(file.read_bytes(), dnsfunc=stub(record)) for file in files)


def test_check_judges_the_signature_that_would_be_sent(folder: Folder) -> None:
    """A signature for somebody else's domain is a warning of R52."""
    configure(folder, 'domain = "example.net"\n')
    assert folder.run("collect").code == 0

    findings = folder.run("check", "2021-11", "--json").json["findings"]
    assert "R52" in {finding["rule"] for finding in findings}


def test_without_a_key_nothing_is_sent(folder: Folder, catcher: MailCatcher) -> None:
    """Unsigned mail where signed mail was asked for would be worse than none."""
    configure(folder).unlink()
    assert folder.run("collect").code == 0

    ran = folder.run("send", "2021-11", "--test", "press@example.org")
    assert ran.code == 2
    assert "dkim.pem cannot be read" in ran.err
    assert "coopdigest.toml:" in ran.err
    assert catcher.messages == []


class NameServer:
    """A DNS server on loopback that knows the TXT records it is given."""

    def __init__(self, records: dict[str, list[bytes]]) -> None:
        """Answer for these names with these strings, one record each."""
        self.records = records
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            answer = dns.message.make_response(question)
            name = question.question[0].name.to_text()
            if name in self.records:
                text = " ".join(f'"{string.decode()}"' for string in self.records[name])
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", text))
            self.socket.sendto(answer.to_wire(), sender)

    def stop(self) -> None:
        """Answer no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """A DNS server that this process asks instead of the machine's."""
    server = NameServer({})
    server.thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.socket.getsockname()[1]
    before, dns.resolver.default_resolver = dns.resolver.default_resolver, resolver
    yield server
    dns.resolver.default_resolver = before
    server.stop()


def ask_doctor(folder: Folder) -> Verdict:
    """What the doctor says of DKIM."""
    place = Workplace(load_settings(folder.path / "coopdigest.toml", {}))
    try:
        return next(verdict for verdict in examine(place) if verdict.name == "DKIM")
    finally:
        place.close()


def test_the_doctor_finds_the_published_key(folder: Folder, name_server: NameServer) -> None:
    """A record in several strings is one (R54)."""
    record = record_of(configure(folder))
    name_server.records[NAME] = [record[:255], record[255:]]

    assert (ask_doctor(folder).standing, ask_doctor(folder).exit_code) == ("ok", 0)


def test_the_doctor_finds_another_key_published(folder: Folder, name_server: NameServer) -> None:
    """Signatures that nobody can verify are worth nothing, so that is wrong, and what to publish is said."""
    record = record_of(configure(folder))
    name_server.records[NAME] = [record[:255], record[255:]]
    write_key(folder.path, OTHER)

    verdict = ask_doctor(folder)
    assert (verdict.standing, verdict.exit_code) == ("wrong", 2)
    assert record_of(folder.path / "dkim.pem").partition(b"p=")[2].decode() in verdict.text


def test_the_doctor_names_what_is_doubtful(folder: Folder, name_server: NameServer) -> None:
    """No record, a key that others may read, a domain that does not align: notes, all of them said."""
    configure(folder, 'domain = "example.net"\n').chmod(0o644)

    verdict = ask_doctor(folder)
    assert verdict.standing == "note"
    assert "no key could be found at news2026._domainkey.example.net" in verdict.text
    assert "chmod 600 dkim.pem" in verdict.text
    assert "does not align" in verdict.text
