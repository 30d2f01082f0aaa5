"""Instruments: the trading rules of a symbol, from their owner to those who shape orders.

Instruments tells RiskGate and PositionMonitor `InstrumentsChanged` after every reading; whoever was
refused for a filter tells Instruments `RefreshInstruments`. `Filters` also stands in the venue's
answer from which Instruments learns them.
Figures are the venue's own multiples, never its precision fields, which the exchange documents as
not being tick and step (binance-futures, exchangeInfo filters, read 2026-11-20).
"""

from decimal import Decimal
from enum import StrEnum

from attrs import Attribute, field, frozen

ZERO = Decimal(0)


class ContractStatus(StrEnum):
    """Where a contract is in its life; only TRADING opens positions."""

    PENDING_TRADING = "PENDING_TRADING"
    TRADING = "TRADING"
    PRE_DELIVERING = "PRE_DELIVERING"
    DELIVERING = "DELIVERING"
    DELIVERED = "DELIVERED"
    PRE_SETTLE = "PRE_SETTLE"
    SETTLING = "SETTLING"
    CLOSE = "CLOSE"
    TRADING_HALT = "TRADING_HALT"
    TRADING_CANCEL_ONLY = "TRADING_CANCEL_ONLY"
    UNKNOWN = "UNKNOWN"
    """A word that this version does not know; treated like every status but TRADING."""


def _positive(_filters: object, attribute: "Attribute[Decimal]", value: Decimal) -> None:
    if not (value.is_finite() and value > ZERO):
        raise ValueError(f"{attribute.name} must be above zero, not {value}")


def _not_negative(_filters: object, attribute: "Attribute[Decimal]", value: Decimal) -> None:
    if not (value.is_finite() and value >= ZERO):
        raise ValueError(f"{attribute.name} must not be negative, not {value}")


def _ordered(name: str, step: Decimal, least: Decimal, most: Decimal) -> None:
    if ZERO < most < max(step, least):
        raise ValueError(f"{name}_max {most} is below {max(step, least)}, the smallest there is")


@frozen
class Filters:
    """What the venue accepts for one symbol.

    Prices and notional in quote units, quantities in base units. A maximum, a multiplier or a
    share of zero means that the venue sets no such bound. A tick or step that is not above zero,
    or a maximum below one lot, raises `ValueError`: whoever read it must refuse the symbol, not
    guess one.
    """

    symbol: str
    status: ContractStatus
    margin_asset: str
    tick_size: Decimal = field(validator=_positive)
    price_min: Decimal = field(validator=_not_negative)
    price_max: Decimal = field(validator=_not_negative)
    step_size: Decimal = field(validator=_positive)
    quantity_min: Decimal = field(validator=_not_negative)
    quantity_max: Decimal = field(validator=_not_negative)
    market_step_size: Decimal = field(validator=_positive)
    market_quantity_min: Decimal = field(validator=_not_negative)
    market_quantity_max: Decimal = field(validator=_not_negative)
    """Usually far below `quantity_max`: larger exits are split, larger entries refused."""
    notional_min: Decimal = field(validator=_not_negative)
    multiplier_up: Decimal = field(validator=_not_negative)
    """A LIMIT buy may not be above mark times this."""
    multiplier_down: Decimal = field(validator=_not_negative)
    """A LIMIT sell may not be below mark times this."""
    orders_max: int = 0
    """Open regular orders of the symbol."""
    trigger_protect: Decimal = field(default=ZERO, validator=_not_negative)
    """Widest gap of mark and last price, as a share, at which a protected stop triggers."""
    market_take_bound: Decimal = field(default=ZERO, validator=_not_negative)
    """Widest gap of a market order's fills from the mark, as a share."""

    def __attrs_post_init__(self) -> None:
        _ordered("price", self.tick_size, self.price_min, self.price_max)
        _ordered("quantity", self.step_size, self.quantity_min, self.quantity_max)
        _ordered(
            "market_quantity",
            self.market_step_size,
            self.market_quantity_min,
            self.market_quantity_max,
        )


@frozen
class InstrumentsChanged:
    """The filters of all symbols were read; what is not named is as it was at the last reading.

    `read_at_ns` is engine time and counts for every symbol that is not in `gone`.
    """

    filters: tuple[Filters, ...]
    """Of the symbols that are new, or whose rules are other than before."""
    gone: tuple[str, ...]
    """Symbols that the venue lists no more, or with rules that cannot be read."""
    read_at_ns: int


@frozen
class RefreshInstruments:
    """The venue refused a request for its filters: read them again now."""

    symbol: str
    reason: str


@frozen
class LimitsPublished:
    """Instruments -> RateLimiter: the venue's own rate limits as it publishes them; 0 for none.

    Weight of an address in a minute, orders of an account in ten seconds and in a minute.
    """

    weight_1m_max: int = 0
    orders_10s_max: int = 0
    orders_1m_max: int = 0
