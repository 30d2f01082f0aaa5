"""ExchangeSettings: the exchange, and how often and how closely the engine looks at it.

Part of `Settings`; durations carry their unit in the name.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class MarketSettings:
    """Marks and how often they are told."""

    interval_ms: int = 250
    """The mark of a symbol is told to the engine at most so often."""
    move_bps: Decimal = Decimal(5)
    """A move of the mark that is told at once."""


@frozen
class ClockSettings:
    """The venue's clock."""

    interval_ms: int = 30_000
    """Between two readings of the venue's clock."""
    error_ms_max: int = 1_000
    """Error bound beyond which nothing is signed; well inside the receive window."""
    age_ms_max: int = 300_000
    """Age of the last reading above which nothing is signed."""
    window: int = 8
    """Readings of which the best counts."""
    material_ms: int = 5
    """Change of offset or error that the other actors are told."""


@frozen
class ExchangeSettings:
    """The exchange, its hosts, and the account on it (C-16, C-17)."""

    name: str = "binance"
    """Which exchange it is."""
    account: str = ""
    """What its owner calls the account; `live` needs it, and is confirmed by it."""
    rest_url: str = ""
    """Base of REST; empty is the mode's own."""
    streams_url: str = ""
    """Base of the streams; empty is the mode's own."""
    order_entry_url: str = ""
    """Address of orders by `ws`; empty is the mode's own."""
    order_entry: str = "rest"
    """Whether orders leave by `rest`, or by `ws`, a websocket of their own."""
    market_url: str = ""
    """Base of the venue whose prices `run --market live` trades at; empty is Binance's own."""


@frozen
class AccountSettings:
    """Balances, modes and leverage."""

    interval_ms: int = 60_000
    """How often balances are read besides what the user stream tells."""
    leverage_interval_ms: int = 3_600_000
    """How often leverage is read besides at every start and when the venue says it changed."""
    hedge_mode: bool = False
    """Whether the account holds long and short positions of a symbol side by side."""
    margin_asset: str = "USDT"
    """The one asset that money is counted in; entries of symbols with another are refused."""
    fee_asset: str = ""
    """Another asset that pays fees (`BNB`): its price is read every `interval_ms`, and fees of it
    are counted at that price; empty keeps them in their own asset."""
    set_leverage: bool = False
    """Whether the gate's `leverage` is set at the venue for the whitelist."""
    set_margin_type: bool = False
    """Whether the gate's `margin_type` is set there."""
    countdown_ms: int = 0
    """The venue cancels the open orders of the whitelist's symbols when the engine is silent for
    so long; 0 arms no such countdown."""


@frozen
class InstrumentSettings:
    """Filters of the symbols (C-20)."""

    refresh_ms: int = 82_800_000
    """How often the filters are read."""
    retry_ms: int = 10_000
    """How soon they are read again after a failure."""


@frozen
class StreamSettings:
    """The user stream."""

    dedupe_window: int = 4_096
    """Latest reports that are remembered against repetition."""
    silence_ms_max: int = 60_000
    """Silence after which the venue is asked for what was missed."""
    on_disconnect: str = "keep"
    """What becomes of resting entries without the stream: `keep`, or `cancel` them."""
    disconnect_ms: int = 30_000
    """How long they may rest without it all the same."""


@frozen
class ReconcilerSettings:
    """The passes that compare our view with the venue's (C-24)."""

    interval_ms: int = 10_000
    """Between two comparisons; a doubt brings the next one forward."""
    passes_to_mismatch: int = 2
    """Comparisons in a row that differ before entries of the symbol are refused."""
    adopt_after_ms: int = 5_000
    """How long a position must differ, with nothing unclear, before the venue's is taken over."""
