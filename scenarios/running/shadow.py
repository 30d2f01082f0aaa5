"""Shadow: an engine at the built-in venue beside a live account that it only looks at.

Owns the opening of both. The built-in venue has the prices and filters of the account's venue and
begins with the account's balance, so that sizes by percent are alike; the account is looked at by
a type that can change nothing (`account_reader.py`). A key that the venue refuses, or a venue that
does not tell, ends the run before it begins.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from attrs import evolve

from ...actors.adapters.binance.account_reader import NotRead
from ...actors.adapters.binance.credentials import Credentials
from ...actors.adapters.binance.environment import VenueAddress
from ...actors.adapters.binance.opening import reader_at
from ...actors.adapters.modes import address
from ...actors.errors import ConfigurationError
from ...actors.runtime.hosting import LogSink
from ..paper import PaperOptions
from ..venue.control import VenueGoneError
from ..venue.ledger import VenueLedger
from .account_watch import AccountWatch
from .live import Place, place_in_process
from .shadow_report import shadow_part

KEY_CODES = (-1022, -2014, -2015)
"""The signature, the key's form, the key or its rights (error codes page, read 2026-11)."""


def place_in_shadow(
    credentials: Credentials, options: PaperOptions, environ: Mapping[str, str], log: LogSink
) -> Place:
    """Return a place in the shadow of the account of a key; its market is a live one.

    Raises `ConfigurationError` for a key that the venue refuses, and `VenueGoneError` where it
    does not tell; the market is closed then.
    """
    settings, live = options.settings, options.market.live
    assert live is not None, "a shadow falls where prices are"
    found = address(settings)
    with ExitStack() as undo:
        undo.callback(options.market.close)
        reader = reader_at(found, credentials, settings, live.clock, environ, ahead_ms=live.skew_ms)
        undo.callback(reader.close)
        symbols = options.market.symbols
        watch = AccountWatch(reader, symbols, settings.accounts.margin_asset, log)
        try:
            wallet = reader.account().wallet
            watch.begin()
        except NotRead as error:
            raise _refusal(found, error) from None
        own = evolve(options.venue, wallet_balance=wallet)
        place = place_in_process(evolve(options, venue=own), 1.0)
        undo.pop_all()
    closing = place.close

    def close() -> None:
        reader.close()
        closing()

    def compare(ledger: VenueLedger | None) -> dict[str, Any]:
        return shadow_part(symbols, watch.end(), ledger)

    return evolve(place, close=close, compare=compare)


def _refusal(found: VenueAddress, error: NotRead) -> Exception:
    text = f"{found.rest}{error}"
    return ConfigurationError(text) if error.code in KEY_CODES else VenueGoneError(text)
