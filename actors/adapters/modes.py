"""Modes: whether settings may run in their mode, and the hosts that they reach then.

Owns the reading of the hosts that the settings name; the rules are `policies/mode_rules.py`'s. What
is not named is the environment's own address (`binance/environment.py`), and on this machine one
port serves everything. A refusal names every reason.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from attrs import evolve

from ..errors import ConfigurationError, EngineError
from ..policies.mode_rules import MODES, Host, ModePlan, plan_faults
from ..settings import Settings
from .binance.environment import (
    Environment,
    VenueAddress,
    address_of,
    environments_of,
    host_of,
    is_loopback,
    loopback,
)

URLS: Mapping[str, str] = MappingProxyType(
    {"rest_url": "rest", "streams_url": "streams", "order_entry_url": "order_entry"}
)
"""Setting of `exchange` -> part of an address."""


class ModeRefused(EngineError):
    """The mode is known, but must not run so."""

    def __init__(self, mode: str, reasons: tuple[str, ...]) -> None:
        super().__init__(mode, reasons)
        self.mode = mode
        self.reasons = reasons

    def __str__(self) -> str:
        return f'mode = "{self.mode}": {"; ".join(self.reasons)}'


def check_mode(settings: Settings) -> None:
    """Refuse settings that must not run in their mode; raises `ModeRefused` with every reason."""
    reasons = tuple(mode_faults(settings))
    if reasons:
        raise ModeRefused(settings.mode, reasons)


def mode_faults(settings: Settings) -> Iterator[str]:
    """Yield every reason why settings must not run in their mode."""
    exchange = settings.exchange
    plan = ModePlan(
        settings.mode,
        settings.use_testnet,
        exchange.account,
        settings.live_confirm,
        tuple(_hosts(settings)),
    )
    yield from plan_faults(plan)
    if exchange.market_url and not MODES[settings.mode].sends_orders:
        yield f"exchange.market_url: {settings.mode} trades at the prices of its account's venue"


def environment_of(settings: Settings) -> Environment:
    """Return the environment that a mode reaches."""
    return Environment(MODES[settings.mode].world)


def address(settings: Settings) -> VenueAddress:
    """Return where the exchange of these settings is, for settings that `check_mode` let pass.

    Raises `ConfigurationError` for paper without a URL: a venue of this machine has no fixed port.
    """
    exchange, environment = settings.exchange, environment_of(settings)
    if environment is Environment.LOOPBACK and exchange.rest_url:
        own = _on_this_machine(exchange.rest_url)
    else:
        own = address_of(environment)
    named = {part: getattr(exchange, key).rstrip("/") for key, part in URLS.items()}
    return evolve(own, **{part: url for part, url in named.items() if url})


def market_address(settings: Settings) -> VenueAddress:
    """Return where the public prices of a live market come from; nobody of us trades there.

    A mode that only looks has those of its account's venue. Raises `ConfigurationError` for a host
    that is neither of this machine nor known as Binance's.
    """
    url = settings.exchange.market_url
    if not MODES[settings.mode].sends_orders:
        return address(settings)
    if not url:
        return address_of(Environment.LIVE)
    if is_loopback(host_of(url)):
        return _on_this_machine(url)
    for known in (Environment.LIVE, Environment.TESTNET, Environment.DEMO):
        if known in environments_of(url):
            return address_of(known)
    raise ConfigurationError(
        f"exchange.market_url: {host_of(url)} is no venue of this machine, nor one of Binance's"
    )


def _on_this_machine(url: str) -> VenueAddress:
    parts = urlsplit(url)
    return loopback(parts.port or 80, host=parts.hostname or "")


def _hosts(settings: Settings) -> Iterator[Host]:
    for key in URLS:
        url = str(getattr(settings.exchange, key))
        if url:
            worlds = frozenset(each.value for each in environments_of(url))
            yield Host(f"exchange.{key}", host_of(url), urlsplit(url).scheme, worlds)
