"""Which addresses may be visited, and when it is too late."""

from __future__ import annotations

import pytest

from coopdigest.sources.guard import Deadline, FetchError, GuardedBackend, refuse_address


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_addresses_may_be_visited(address: str) -> None:
    """What the whole world reaches is free."""
    assert refuse_address(address, allow_private=False) is None


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "192.0.2.1"),
        *("::1", "fd00::1", "fec0::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "2001:db8::1"),
        *("64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2001:0:a00:1::f5ff:fffe"),
    ],
)
def test_private_addresses_need_permission(address: str) -> None:
    """Loopback, private and documentation networks are closed, also behind IPv6 wrappings of IPv4."""
    assert "allow_private" in (refuse_address(address, allow_private=False) or "")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_permission_opens_private_addresses(address: str) -> None:
    """A newsroom on the intranet can be meant."""
    assert refuse_address(address, allow_private=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fe80::1%eth0",
        "ff02::1",
        "::",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_some_addresses_are_never_visited(address: str) -> None:
    """Link-local, unspecified, multicast and reserved addresses are no newsrooms, whatever is permitted."""
    assert refuse_address(address, allow_private=True)


def test_a_passed_deadline_bounds_nothing_any_more() -> None:
    """After the deadline no step begins."""
    late = Deadline(0.0)
    assert late.has_passed
    with pytest.raises(FetchError, match="did not finish within"):
        late.bound(5)
    assert Deadline.after(60).bound(5) == 5
    assert Deadline.after(1).bound(None) <= 1


def test_a_name_that_leads_only_inside_is_refused_before_any_connection() -> None:
    """The addresses are judged, not the name."""
    backend = GuardedBackend(Deadline.after(5), resolve=lambda host, port, deadline: ["10.0.0.1", "::1"])
    with pytest.raises(FetchError, match="not a public address"):
        backend.connect_tcp("news.example.org", 80)


def test_a_name_without_addresses_is_refused() -> None:
    """An empty answer of the name server is an answer."""
    with pytest.raises(FetchError, match="has no address"):
        GuardedBackend(Deadline.after(5), resolve=lambda *question: []).connect_tcp("news.example.org", 80)
