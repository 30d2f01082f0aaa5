"""Environments and credentials: whose host a URL names, and that no key shows itself."""

import pytest

from callboard.actors.adapters.binance.credentials import Credentials, KeyKind
from callboard.actors.adapters.binance.environment import (
    ADDRESSES,
    Environment,
    address_of,
    environments_of,
    loopback,
)
from callboard.actors.adapters.secret import Secret
from callboard.actors.errors import ConfigurationError


def test_each_public_environment_has_hosts_that_are_told_as_its_own() -> None:
    for environment, address in ADDRESSES.items():
        for host in address.hosts:
            assert environment in environments_of(host)
    assert environments_of("https://fapi.binance.com/fapi/v1/time") == {Environment.LIVE}
    assert environments_of("testnet.binancefuture.com:443") == {
        Environment.TESTNET,
        Environment.DEMO,
    }
    assert environments_of("wss://example.org") == frozenset()


def test_no_host_of_live_is_a_host_of_another_environment() -> None:
    live = address_of(Environment.LIVE).hosts

    others = [address.hosts for address in ADDRESSES.values() if not address.hosts & live]

    assert 2 == len(others)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_a_loopback_address_is_of_this_machine(host: str) -> None:
    address = loopback(8_080, host=host)

    assert address.rest.startswith("http://")
    assert address.rest.endswith(":8080")
    assert address.order_entry.endswith(":8080/ws-fapi/v1")
    assert environments_of(address.rest) == {Environment.LOOPBACK}


def test_a_loopback_address_with_a_certificate_is_reached_by_tls() -> None:
    address = loopback(8_080, ca_file="ca.pem")

    assert ("https://127.0.0.1:8080", "wss://127.0.0.1:8080") == (address.rest, address.streams)


@pytest.mark.parametrize("host", ["fapi.binance.com", "10.0.0.1", ""])
def test_another_machine_is_no_loopback(host: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address of this machine"):
        loopback(8_080, host=host)


def test_loopback_has_no_address_before_somebody_listens() -> None:
    with pytest.raises(ConfigurationError, match="name its port"):
        address_of(Environment.LOOPBACK)


def test_credentials_tell_their_kind_and_nothing_else() -> None:
    by_text = Credentials(Secret("canary-key"), Secret("canary-secret"))
    by_key = Credentials(Secret("canary-key"), Secret("\n-----BEGIN PRIVATE KEY-----\ncanary"))

    assert (KeyKind.HMAC, KeyKind.PRIVATE_KEY) == (by_text.kind, by_key.kind)
    assert "canary" not in f"{by_text} {by_key!r}"
