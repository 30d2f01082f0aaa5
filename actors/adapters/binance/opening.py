"""Opening: the exchange of a mode, reached with its own keys, or not opened at all.

Owns the way from settings and environment to a `BinanceExchange`, or to an `AccountReader` in a
mode that only looks: mode and hosts are judged first, then the keys are read, and only then is
anything connected. Of the live venue the rights of the key are asked as well, and one that may
withdraw is refused. `Opened` names the account for the claim that two engines must not share, by
its key, of which nothing can be read back.
"""

from collections.abc import Mapping
from hashlib import blake2b

from attrs import frozen

from ...policies.mode_rules import MODES
from ...ports import Clock
from ...settings import Settings
from ..doctor.finding import Verdict
from ..doctor.reach import rights_of_key
from ..modes import ModeRefused, address, check_mode, environment_of
from .account_reader import AccountReader
from .client import ClientOptions, OrderEntry
from .credentials import Credentials
from .environment import Environment, VenueAddress
from .exchange import BinanceExchange
from .keys import paper_credentials, read_credentials
from .streams import BinanceStreams
from .transport import route_to

DIGEST_BYTES = 6
SECOND_MS = 1_000


@frozen
class Opened:
    """An exchange that is open, until its `close`."""

    exchange: BinanceExchange
    address: VenueAddress
    account: str
    """Names the account, the same for every engine with this key."""


def open_exchange(settings: Settings, clock: Clock, environ: Mapping[str, str]) -> Opened:
    """Return the exchange of the settings' mode; in paper, of the URL on this machine.

    Raises:
        ModeRefused: The mode must not run so, or its key may do what no key of ours may.
        ConfigurationError: Keys are missing or unusable, or an address cannot be reached so.
    """
    if not MODES[settings.mode].sends_orders:
        raise ModeRefused(settings.mode, ("its orders are for the built-in venue alone",))
    check_mode(settings)
    found, environment = address(settings), environment_of(settings)
    if environment is Environment.LOOPBACK:
        credentials = paper_credentials(settings.exchange.account)
    else:
        credentials = read_credentials(environment, environ)
    if environment is Environment.LIVE:
        _check_rights(settings, found, credentials, environ)
    return open_at(found, credentials, settings, clock, environ)


def live_credentials(settings: Settings, environ: Mapping[str, str]) -> Credentials:
    """Return what opens the account that a shadow looks at; raises as `open_exchange`."""
    check_mode(settings)
    credentials = read_credentials(environment_of(settings), environ)
    _check_rights(settings, address(settings), credentials, environ)
    return credentials


def open_at(
    found: VenueAddress,
    credentials: Credentials,
    settings: Settings,
    clock: Clock,
    environ: Mapping[str, str],
) -> Opened:
    """Return the exchange at an address; nothing is judged here."""
    options = _options(found, credentials, settings, environ)
    exchange = BinanceExchange(options, BinanceStreams(found, clock))
    return Opened(exchange, found, _account(found, credentials))


def reader_at(
    found: VenueAddress,
    credentials: Credentials,
    settings: Settings,
    clock: Clock,
    environ: Mapping[str, str],
    *,
    ahead_ms: int,
) -> AccountReader:
    """Return who looks at an account, whose venue's clock is so far ahead; nothing is judged."""
    return AccountReader(
        _options(found, credentials, settings, environ),
        BinanceStreams(found, clock),
        clock,
        margin_asset=settings.accounts.margin_asset,
        recv_window_ms=settings.orders.recv_window_ms,
        ahead_ms=ahead_ms,
    )


def _options(
    found: VenueAddress, credentials: Credentials, settings: Settings, environ: Mapping[str, str]
) -> ClientOptions:
    route = route_to(found.rest, environ, ca_file=found.ca_file)
    timeout_s = settings.orders.request_timeout_ms / SECOND_MS
    entry = OrderEntry(settings.exchange.order_entry)
    return ClientOptions(found, route, credentials, timeout_s, entry)


def _check_rights(
    settings: Settings, found: VenueAddress, credentials: Credentials, environ: Mapping[str, str]
) -> None:
    rights = rights_of_key(settings, found, credentials, environ)
    if rights.verdict is Verdict.FAIL:
        raise ModeRefused(settings.mode, (rights.text,))


def _account(found: VenueAddress, credentials: Credentials) -> str:
    key = credentials.api_key.reveal().encode()
    digest = blake2b(key, digest_size=DIGEST_BYTES).hexdigest()
    return f"of key {digest} at {found.rest}"
