"""SocketNautilusLive: NautilusTrader's live pipeline sends the orders of the socket rows.

Its trading node with strategy, risk engine, execution engine, cache and message bus, and its own
HTTP client below an execution client of ours, since its Binance one wants a user stream to tell
that an order was accepted: here the venue's answer tells it. An order lasts from the strategy's
`submit_order` until its `on_order_accepted`. Takes the venue's URL and how many orders; prints a
JSON object: the seconds of each of them one after the other, and of one with 32 in flight.
"""

# The wheel is a yardstick and mostly absent where types are checked.
# mypy: disable-error-code="import-not-found, import-untyped, misc, no-untyped-def"
# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

import asyncio
import json
import os
import sys
import time

from nautilus_trader.adapters.binance.common.enums import (
    BinanceAccountType,
    BinanceOrderSide,
    BinanceOrderType,
)
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import (
    LiveExecClientConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.live.factories import LiveExecClientFactory
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import AccountId, ClientId, Venue, VenueOrderId
from nautilus_trader.model.objects import AccountBalance, Money, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

VENUE = "BINANCE"
SYMBOL = "ETHUSDT"
QUANTITY = "0.010"
WALLET = 10_000_000
WARMING = 20
IN_FLIGHT = 32


class PlacingClient(LiveExecutionClient):
    """Places orders by NautilusTrader's HTTP client, and tells the venue's answer."""

    url = ""

    def __init__(self, loop, msgbus, cache, clock) -> None:
        super().__init__(
            loop=loop,
            client_id=ClientId(VENUE),
            venue=Venue(VENUE),
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            base_currency=None,
            instrument_provider=InstrumentProvider(),
            msgbus=msgbus,
            cache=cache,
            clock=clock,
        )
        self._set_account_id(AccountId(f"{VENUE}-001"))
        client = BinanceHttpClient(clock, f"nautilus-live-{os.getpid()}", "secret", self.url)
        self._orders = BinanceFuturesAccountHttpAPI(client, clock, BinanceAccountType.USDT_FUTURES)

    async def _connect(self) -> None:
        wallet = Money(WALLET, USDT)
        balance = AccountBalance(wallet, Money(0, USDT), wallet)
        self.generate_account_state([balance], [], True, self._clock.timestamp_ns())

    async def _disconnect(self) -> None:
        return

    async def _submit_order(self, command) -> None:
        order = command.order
        names = (order.strategy_id, order.instrument_id, order.client_order_id)
        self.generate_order_submitted(*names, self._clock.timestamp_ns())
        side = BinanceOrderSide.BUY if order.side == OrderSide.BUY else BinanceOrderSide.SELL
        answer = await self._orders.new_order(
            SYMBOL,
            side,
            BinanceOrderType.MARKET,
            quantity=str(order.quantity),
            new_client_order_id=order.client_order_id.value,
        )
        venue_id = VenueOrderId(str(answer.orderId))
        self.generate_order_accepted(*names, venue_id, self._clock.timestamp_ns())


class Clients(LiveExecClientFactory):
    """Makes the client of a node."""

    @staticmethod
    def create(loop, name, config, msgbus, cache, clock):  # noqa: ARG004 - its interface
        """Return the client."""
        return PlacingClient(loop, msgbus, cache, clock)


class Timed(Strategy):
    """Sends orders one after the other, then with 32 in flight."""

    def __init__(self, instrument, orders: int, done: asyncio.Event) -> None:
        super().__init__()
        self.instrument = instrument
        self.quantity = Quantity.from_str(QUANTITY)
        self.orders = orders
        self.done = done
        self.sent = 0
        self.accepted = 0
        self.begin = 0.0
        self.flood_began = 0.0
        self.seconds: list[float] = []
        self.flood_seconds = 0.0

    def on_start(self) -> None:
        """Send the first order."""
        self.send()

    def send(self) -> None:
        """Send the next order, by turns a buy and a sell."""
        side = OrderSide.SELL if self.sent % 2 else OrderSide.BUY
        self.sent += 1
        self.begin = time.perf_counter()
        self.submit_order(self.order_factory.market(self.instrument.id, side, self.quantity))

    def on_order_accepted(self, event) -> None:  # noqa: ARG002 - only when counts
        """Keep what an order took, and send the next."""
        now = time.perf_counter()
        self.accepted += 1
        alone = WARMING + self.orders
        if self.accepted <= alone:
            self.seconds.append(now - self.begin)
        if self.accepted < alone:
            self.send()
        elif self.accepted == alone:
            self.flood_began = time.perf_counter()
            for _ in range(min(IN_FLIGHT, self.orders)):
                self.send()
        elif self.sent < alone + self.orders:
            self.send()
        elif self.accepted == self.sent:
            self.flood_seconds = (now - self.flood_began) / self.orders
            self.done.set()


async def main(url: str, orders: int) -> dict[str, object]:
    """Run a node until its strategy has sent its orders."""
    PlacingClient.url = url
    instrument = TestInstrumentProvider.ethusdt_perp_binance()
    config = TradingNodeConfig(
        trader_id="BENCH-001",
        logging=LoggingConfig(log_level="ERROR"),
        exec_engine=LiveExecEngineConfig(reconciliation=False),
        risk_engine=LiveRiskEngineConfig(max_order_submit_rate="1000000/00:00:01"),
        exec_clients={VENUE: LiveExecClientConfig()},
        timeout_connection=20,
        timeout_portfolio=20,
        timeout_disconnection=1,
        timeout_post_stop=0.1,
    )
    node = TradingNode(config=config, loop=asyncio.get_running_loop())
    node.add_exec_client_factory(VENUE, Clients)
    node.build()
    node.cache.add_instrument(instrument)
    done = asyncio.Event()
    strategy = Timed(instrument, orders, done)
    node.trader.add_strategy(strategy)
    running = asyncio.create_task(node.run_async())
    try:
        await asyncio.wait_for(done.wait(), 120)
    finally:
        await node.stop_async()
        running.cancel()
    return {"sequential": strategy.seconds[WARMING:], "flood": strategy.flood_seconds}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))), flush=True)
    os._exit(0)  # its loggers and queues have threads that outlive a loop
