"""NautilusResting: the peer's side of the resting book, run in a process of its own.

NautilusTrader 1.221's BacktestEngine whose strategy rests so many limit orders at its first quote,
half buys and half sells, each at a price of its own and far from the market, and then only counts
quotes. Takes the number of orders and of ticks. Prints one JSON object: orders that rest at the
end, ticks, and the CPU seconds of those ticks alone. What the first quote must not be is said in
`nautilus_peer.py`.
"""

# The wheel is a yardstick and mostly absent where types are checked.
# mypy: disable-error-code="import-not-found, import-untyped, misc"
# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

import json
import sys
import time

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

START_NS = 1_700_000_000_000_000_000
EVERY_NS = 100_000_000
WALLET = 1_000_000_000
SETTLING = 10
"""Quotes after the first, in which the orders come to rest."""


class Resting(Strategy):
    """Rests its orders at the first quote, then counts."""

    def __init__(self, instrument: CryptoPerpetual, orders: int) -> None:
        super().__init__()
        self.instrument = instrument
        self.orders = orders
        self.quotes = 0
        self.begin = 0.0

    def on_start(self) -> None:
        """Listen to the quotes."""
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:  # noqa: ARG002 - the price plays no part
        """Send the orders at the first quote; begin to measure once they rest."""
        self.quotes += 1
        if self.quotes == 1:
            for number in range(self.orders):
                self.rest(number)
        if self.quotes == 1 + SETTLING:
            self.begin = time.process_time()

    def rest(self, number: int) -> None:
        """Send one order: even numbers buy below the market, odd ones sell above it."""
        side = OrderSide.SELL if number % 2 else OrderSide.BUY
        away = number // 2 / 100
        price = 2700 + away if number % 2 else 2500 - away
        quantity = Quantity.from_str("0.100")
        order = self.order_factory.limit(
            self.instrument.id, side, quantity, Price(price, self.instrument.price_precision)
        )
        self.submit_order(order)


def quotes(instrument: CryptoPerpetual, ticks: int) -> list[QuoteTick]:
    """Return quotes that move by a tick to and fro."""
    size = Quantity.from_str("40.000")
    made: list[QuoteTick] = []
    for number in range(ticks):
        bid = Price(2600 + number % 2 / 100, instrument.price_precision)
        ask = Price(2600.02 + number % 2 / 100, instrument.price_precision)
        at_ns = START_NS + number * EVERY_NS
        made.append(QuoteTick(instrument.id, bid, ask, size, size, at_ns, at_ns))
    return made


def main(orders: int, ticks: int) -> None:
    """Run once and print what the ticks took."""
    unlimited = RiskEngineConfig(bypass=True)
    engine = BacktestEngine(
        BacktestEngineConfig(logging=LoggingConfig(log_level="ERROR"), risk_engine=unlimited)
    )
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(WALLET, USDT)])
    instrument = TestInstrumentProvider.ethusdt_perp_binance()
    engine.add_instrument(instrument)
    engine.add_data(quotes(instrument, 1 + SETTLING + ticks))
    strategy = Resting(instrument, orders)
    engine.add_strategy(strategy)
    engine.run()
    seconds = time.process_time() - strategy.begin
    resting = len(engine.cache.orders_open())
    done = strategy.quotes - 1 - SETTLING
    print(json.dumps({"resting": resting, "ticks": done, "seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
