"""NautilusPeer: the peer's side of the order rate, run in a process of its own.

NautilusTrader 1.221's BacktestEngine with its Python strategy: one quote, one market order, by
turns a buy and a sell of the same quantity, on a margin account with its risk engine on and no
latency model. Takes the number of orders and the milliseconds between two quotes. Prints one JSON
object: orders sent, orders filled, and the CPU seconds of `run` alone. The first quote must not be
at time 0: the wheel's core then frees memory twice and the process aborts (seen with 1.221.0).
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
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

START_NS = 1_700_000_000_000_000_000
WALLET = 10_000_000
SIZE = "0.010"


class BuyAndSell(Strategy):
    """Sends one market order at every quote."""

    def __init__(self, instrument: CryptoPerpetual) -> None:
        super().__init__()
        self.instrument = instrument
        self.quantity = Quantity.from_str(SIZE)
        self.sent = 0
        self.filled = 0

    def on_start(self) -> None:
        """Listen to the quotes."""
        self.subscribe_quote_ticks(self.instrument.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:  # noqa: ARG002 - the price plays no part
        """Send the next order."""
        side = OrderSide.SELL if self.sent % 2 else OrderSide.BUY
        self.sent += 1
        self.submit_order(self.order_factory.market(self.instrument.id, side, self.quantity))

    def on_order_filled(self, event: OrderFilled) -> None:  # noqa: ARG002 - only their number counts
        """Count a fill."""
        self.filled += 1


def quotes(instrument: CryptoPerpetual, orders: int, every_ms: int) -> list[QuoteTick]:
    """Return a quote for each order."""
    bid, ask = Price.from_str("2600.00"), Price.from_str("2600.01")
    size = Quantity.from_str("40.000")
    times = (START_NS + number * every_ms * 1_000_000 for number in range(orders))
    return [QuoteTick(instrument.id, bid, ask, size, size, at_ns, at_ns) for at_ns in times]


def main(orders: int, every_ms: int) -> None:
    """Run once and print what it took."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(log_level="ERROR")))
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(WALLET, USDT)])
    instrument = TestInstrumentProvider.ethusdt_perp_binance()
    engine.add_instrument(instrument)
    engine.add_data(quotes(instrument, orders, every_ms))
    strategy = BuyAndSell(instrument)
    engine.add_strategy(strategy)
    begin = time.process_time()
    engine.run()
    seconds = time.process_time() - begin
    print(json.dumps({"sent": strategy.sent, "filled": strategy.filled, "seconds": seconds}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
