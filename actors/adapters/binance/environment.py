"""Environment: where each of the venue's worlds is reached, and whose host a URL names.

Owns the addresses, which are frozen: a client of one environment has no way to another's hosts.
LOOPBACK is a venue of this machine, on any port. Testnet and demo share their backend and the
host of order entry, and have keys of their own all the same.

Source: binance-futures notes §1.1 (general-info pages and probes of 2026-09), read 2026-11.
"""

from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import field, frozen

from ...errors import ConfigurationError


class Environment(StrEnum):
    """Which of the venue's worlds a client talks to."""

    LIVE = "live"
    TESTNET = "testnet"
    DEMO = "demo"
    LOOPBACK = "loopback"


@frozen
class VenueAddress:
    """Where an environment is reached; no URL ends with a slash."""

    environment: Environment
    rest: str
    """Base of REST, without the path: `https://host`."""
    streams: str
    """Base of the streams, without `/private`, `/public` or `/market`: `wss://host`."""
    order_entry: str
    """The whole URL of order entry over a websocket (ws-fapi)."""
    ca_file: str = field(default="", kw_only=True)
    """Certificates to trust instead of the public ones; for a venue with a certificate of its own.
    """

    @property
    def hosts(self) -> frozenset[str]:
        """Every host that this environment has."""
        return frozenset(host_of(url) for url in (self.rest, self.streams, self.order_entry))


_TEST_ENTRY = "wss://testnet.binancefuture.com/ws-fapi/v1"

ADDRESSES: dict[Environment, VenueAddress] = {
    Environment.LIVE: VenueAddress(
        Environment.LIVE,
        rest="https://fapi.binance.com",
        streams="wss://fstream.binance.com",
        order_entry="wss://ws-fapi.binance.com/ws-fapi/v1",
    ),
    Environment.TESTNET: VenueAddress(
        Environment.TESTNET,
        rest="https://testnet.binancefuture.com",
        streams="wss://fstream.binancefuture.com",
        order_entry=_TEST_ENTRY,
    ),
    Environment.DEMO: VenueAddress(
        Environment.DEMO,
        rest="https://demo-fapi.binance.com",
        streams="wss://demo-fstream.binance.com",
        order_entry=_TEST_ENTRY,
    ),
}
"""What the venue documents; LOOPBACK has no address before somebody listens."""


def address_of(environment: Environment) -> VenueAddress:
    """Return where a public environment is reached; raises `ConfigurationError` for LOOPBACK."""
    try:
        return ADDRESSES[environment]
    except KeyError:
        raise ConfigurationError("loopback has no address of its own: name its port") from None


def loopback(port: int, *, host: str = "127.0.0.1", ca_file: str = "") -> VenueAddress:
    """Return the address of a venue on this machine; TLS when it has a certificate to be trusted.

    Raises `ConfigurationError` for a host that is not of this machine.
    """
    if not is_loopback(host):
        raise ConfigurationError(f"{host} is no address of this machine")
    name = f"[{host}]" if ":" in host else host
    secure = "s" if ca_file else ""
    return VenueAddress(
        Environment.LOOPBACK,
        rest=f"http{secure}://{name}:{port}",
        streams=f"ws{secure}://{name}:{port}",
        order_entry=f"ws{secure}://{name}:{port}/ws-fapi/v1",
        ca_file=ca_file,
    )


def environments_of(url: str) -> frozenset[Environment]:
    """Return whose host a URL or a bare host is: testnet and demo share one, others are of none."""
    host = host_of(url)
    owners = {each for each, address in ADDRESSES.items() if host in address.hosts}
    return frozenset(owners | ({Environment.LOOPBACK} if is_loopback(host) else set()))


def host_of(url: str) -> str:
    """Return the host of a URL or of `host:port`, in lower case; empty where there is none."""
    return urlsplit(url if "//" in url else f"//{url}").hostname or ""


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
