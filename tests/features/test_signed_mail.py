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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from digest_folder import Folder

from coopdigest.cli.doctor import Verdict, examine
from coopdigest.config.loading import load_settings
from coopdigest.mail.catcher import MailCatcher
from coopdigest.mail.dkim import load_key
from coopdigest.wiring import Workplace

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
ED25519 = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
NAME = "news2026._domainkey.example.org."
SECOND_NAME = "news2026-ed25519._domainkey.example.org."


def write_key(path: Path, key: rsa.RSAPrivateKey | Ed25519PrivateKey = KEY, name: str = "dkim.pem") -> Path:
    """The file that a user makes."""
    file = path / name
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
    return file


def record_of(file: Path) -> bytes:
    """What is to be published for a key."""
    key = load_key(file, "a", "a")
    return f"v=DKIM1; k={key.kind}; p={key.public}".encode()


def configure(folder: Folder, extra: str = "") -> Path:
    """The folder with a key and `[dkim]`."""
    file = folder.path / "coopdigest.toml"
    table = f'[dkim]\nselector = "news2026"\nkey = "dkim.pem"\n{extra}'
    file.write_text(file.read_text("utf-8") + table, encoding="utf-8")
    return write_key(folder.path)


def stub(record: bytes, second: bytes | None = None) -> Callable[..., bytes | None]:
    """A DNS that knows the record of a key, and perhaps that of the Ed25519 key beside it."""

    def ask(name: bytes | str, timeout: int = 5) -> bytes | None:
        return {NAME: record, SECOND_NAME: second}.get(name.decode() if isinstance(name, bytes) else name)

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


@pytest.mark.parametrize("form", ["relaxed/relaxed", "relaxed/simple"])
def test_a_second_key_signs_beside_the_first(folder: Folder, form: str) -> None:
    """With `ed25519_key` a message has two signatures, the RSA one on top, and each verifies (B05)."""
    record = record_of(configure(folder, f'ed25519_key = "second.pem"\ncanonicalization = "{form}"\n'))
    second = record_of(write_key(folder.path, ED25519, "second.pem"))
    assert folder.run("collect").code == 0
    assert folder.run("compose", "2021-11", "--out", "build").code == 0

    message = next(folder.path.glob("build/*.eml")).read_bytes()
    signed = dkim.DKIM(message)
    assert [signed.verify(index, dnsfunc=stub(record, second)) for index in range(2)] == [True, True]
    assert message.count(b"DKIM-Signature:") == 2
    assert message.index(b"a=rsa-sha256") < message.index(b"a=ed25519-sha256")
    assert folder.run("check", "2021-11").code == 0


def test_a_second_key_of_the_wrong_kind_is_refused(folder: Folder) -> None:
    """Two RSA signatures are not what was meant."""
    configure(folder, 'ed25519_key = "dkim.pem"\n')
    assert folder.run("collect").code == 0

    ran = folder.run("compose", "2021-11", "--out", "build")
    assert ran.code == 2
    assert "dkim.pem is no Ed25519 key" in ran.err
    assert "coopdigest.toml:" in ran.err


def test_a_selector_that_leaves_no_room_for_the_second_is_refused(folder: Folder) -> None:
    """A name in DNS has at most 63 characters between its dots, `-ed25519` included."""
    file = folder.path / "coopdigest.toml"
    table = f'[dkim]\nselector = "{"a" * 56}"\nkey = "dkim.pem"\ned25519_key = "second.pem"\n'
    file.write_text(file.read_text("utf-8") + table, encoding="utf-8")

    ran = folder.run("status")
    assert ran.code == 2
    assert "ed25519_key in [dkim]" in ran.err
    assert "shorten selector" in ran.err


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


def test_the_doctor_looks_at_both_keys(folder: Folder, name_server: NameServer) -> None:
    """Each key has its own record; one that is missing or another's is said of that key."""
    record = record_of(configure(folder, 'ed25519_key = "second.pem"\n'))
    second = record_of(write_key(folder.path, ED25519, "second.pem"))
    name_server.records[NAME] = [record[:255], record[255:]]

    missing = ask_doctor(folder)
    assert (missing.standing, "could be found at news2026-ed25519._domainkey" in missing.text) == ("note", True)
    name_server.records[SECOND_NAME] = [second]
    found = ask_doctor(folder)
    assert (found.standing, "the key of dkim.pem" in found.text, "of second.pem" in found.text) == ("ok", True, True)
    name_server.records[SECOND_NAME] = [second.replace(b"p=", b"p=AAAA")]
    assert ask_doctor(folder).standing == "wrong"
