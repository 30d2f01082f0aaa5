"""Embedded strategy: a plain Pykka actor hosts the engine and trades a moving-average cross.

Usage: python embedded_strategy.py [--tape FILE] [--seconds 20] [--speed 10] [--data-dir D]

Without a tape the market is drawn from a seed. The strategy's first order is one that the venue
must reject: a buy limit above the market that may not take. It hears so and goes on. Nothing here
can reach a real exchange.
"""

import argparse
import sys
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pykka
from attrs import Factory, define, field, frozen

from callboard import (
    AlertRaised,
    EngineReady,
    ExecutionSystem,
    FlattenPositions,
    GetPositions,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
    OrderType,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    PositionsView,
    RiskSettings,
    Settings,
    SignalType,
    SubmitSignal,
    Subscribe,
    TimeInForce,
)
from callboard.scenarios.running.host import open_venue

SYMBOL = "ETHUSDT"
FAST, SLOW = 5, 20
"""Prices in the two averages, one a second of the venue's time."""
PRICE_EVERY_MS = 1_000
ENDED_WITHOUT_FILL = OrderRefused | OrderFailed | OrderExpired | OrderCancelled


@frozen
class Price:
    """The market's middle, about once a second."""

    price: Decimal


@frozen
class Finish:
    """Close what is open and say when it is."""


@frozen
class GetReport:
    """Ask the strategy how it went."""


@define
class Report:
    """What became of the strategy's wishes."""

    prices: int = 0
    signals: int = 0
    filled: int = 0
    unknown: int = 0
    ended_without_fill: list[str] = Factory(list[str])
    round_trips: list[Decimal] = Factory(list[Decimal])
    alerts: dict[str, int] = Factory(dict[str, int])
    others: int = 0
    """Events that this strategy has no use for."""
    positions: PositionsView | None = None


@define
class Averages:
    """Two moving averages of one price."""

    prices: deque[Decimal] = field(factory=lambda: deque[Decimal](maxlen=SLOW))

    def direction(self, price: Decimal) -> int:
        """Take a price; return 1 while the fast average is above the slow one, -1 below it."""
        self.prices.append(price)
        if len(self.prices) < SLOW:
            return 0
        fast = sum(list(self.prices)[-FAST:]) / FAST
        slow = sum(self.prices) / SLOW
        return (fast > slow) - (fast < slow)


class PriceFeed:
    """Hears the venue's market stream and tells the strategy one price a second."""

    def __init__(self, strategy: pykka.ActorRef[Any]) -> None:
        self._strategy = strategy
        self._told_ms = 0

    def on_open(self, stream: str) -> None:
        """Nothing to do: prices follow."""

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:
        """Nothing to do: the next price replaces it."""

    def on_key_wanted(self, stream: str, reason: str) -> None:
        """Nothing to do: prices need no key."""

    def on_close(self, stream: str, reason: str) -> None:
        """Nothing to do: the strategy ends by its time."""

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - a port
        """Tell the middle of the best bid and ask, but not more often than once a second."""
        if frame.get("e") != "bookTicker" or frame["T"] - self._told_ms < PRICE_EVERY_MS:
            return
        self._told_ms = frame["T"]
        price = (Decimal(frame["b"]) + Decimal(frame["a"])) / 2
        with suppress(pykka.ActorDeadError):  # it may have stopped just now
            self._strategy.tell(Price(price))


class Strategy(pykka.ThreadingActor):
    """Follows the cross with one position at a time."""

    def __init__(self, options: argparse.Namespace, flat: threading.Event) -> None:
        super().__init__()
        self.options = options
        self.flat = flat
        self.report = Report()
        self.averages = Averages()
        self.direction = 0
        self.position = 0
        self.waits_for = ""
        """The one signal that is under way."""
        self.is_ready = False
        self.is_finishing = False

    def on_start(self) -> None:
        """Open a paper venue, start the engine on it and listen to both."""
        options = self.options
        risk = RiskSettings(symbols=(SYMBOL,), cooldown_ms=0, executions_per_day_max=1_000)
        settings = Settings(seed=options.seed, risk=risk)
        self.venue = open_venue(settings, market=options.tape, speed=options.speed)
        self.engine = ExecutionSystem.start(
            settings,
            exchange=self.venue.exchange,
            clock=self.venue.clock,
            data_dir=options.data_dir,
        )
        # Events arrive in this actor's inbox, one at a time, beside everything else.
        self.engine.tell(Subscribe(self.actor_ref))
        prices = self.venue.connect("strategy")
        prices.open_stream("market", (SYMBOL,), PriceFeed(self.actor_ref))

    def on_stop(self) -> None:
        """Give back what was started."""
        self.close()

    def on_failure(self, *_args: Any, **_more: Any) -> None:
        """Give it back after a crash, too: Pykka calls `on_stop` only after a stop."""
        self.close()

    def close(self) -> None:
        """Stop the engine in order, then the venue."""
        self.engine.stop(block=True, timeout=30)
        self.venue.close()

    def on_receive(self, message: Any) -> Any:
        """Handle a price, an event of the engine or a word of the host."""
        match message:
            case Price(price):
                self.on_price(price)
            case Finish():
                self.on_finish()
            case GetReport():
                return self.final_report()
            case _:
                self.on_event(message)
        return None

    def on_event(self, event: Any) -> None:
        """Take what the engine says."""
        match event:
            case EngineReady():
                self.is_ready = True
            case OrderFilled():
                self.on_filled(event)
            case OrderRefused() | OrderFailed() | OrderExpired() | OrderCancelled():
                self.on_end_without_fill(event)
            case OrderUnknown():
                # Not failed, not done: the engine asks the venue until it knows.
                self.report.unknown += 1
            case PositionOpened():
                self.position = 1 if event.quantity > 0 else -1
            case PositionClosed():
                self.on_position_closed(event)
            case AlertRaised():
                self.report.alerts[event.alert] = self.report.alerts.get(event.alert, 0) + 1
            case _:
                self.report.others += 1

    def on_price(self, price: Decimal) -> None:
        """Follow the averages, once the engine is ready and nothing is under way."""
        self.report.prices += 1
        direction = self.averages.direction(price)
        if not self.is_ready or self.waits_for or self.is_finishing:
            return
        if self.report.signals == 0:
            self.send_an_order_that_fails(price)
        elif self.position not in (0, direction):
            self.send(SignalType.CLOSE_LONG if self.position > 0 else SignalType.CLOSE_SHORT)
        elif self.position == 0 and direction not in (0, self.direction):
            self.direction = direction
            self.send(SignalType.LONG_ENTRY if direction > 0 else SignalType.SHORT_ENTRY)

    def on_filled(self, event: OrderFilled) -> None:
        """A signal, or a stop that the engine placed by itself, was carried out."""
        self.report.filled += bool(event.signal_id)
        self.on_end(event.signal_id)

    def on_end(self, signal_id: str) -> None:
        """A signal has had its one terminal event."""
        if signal_id == self.waits_for:
            self.waits_for = ""
        self.look_whether_flat()

    def on_end_without_fill(self, event: ENDED_WITHOUT_FILL) -> None:
        """Note why, and go on with the next price."""
        if event.signal_id:
            reason = getattr(event, "reason", "")
            text = f"{event.signal_id}: {type(event).__name__} {reason}"
            self.report.ended_without_fill.append(text)
        self.on_end(event.signal_id)

    def on_position_closed(self, event: PositionClosed) -> None:
        """Count the round trip."""
        self.position = 0
        self.report.round_trips.append(event.realised_pnl - event.fees)
        self.look_whether_flat()

    def on_finish(self) -> None:
        """Ask the engine to close whatever is open."""
        self.is_finishing = True
        self.tell_engine(FlattenPositions("finish", reason="the strategy ends"))
        self.look_whether_flat()

    def look_whether_flat(self) -> None:
        """Tell the host once it may stop: nothing is open and nothing under way."""
        if self.is_finishing and self.position == 0 and not self.waits_for:
            self.flat.set()

    def send_an_order_that_fails(self, price: Decimal) -> None:
        """Buy above the market, but never as a taker: the venue rejects that."""
        above = (price * Decimal("1.001")).quantize(Decimal("0.01"))
        self.send(
            SignalType.LONG_ENTRY,
            order_type=OrderType.LIMIT,
            price=above,
            time_in_force=TimeInForce.GTX,
        )

    def send(self, kind: SignalType, **terms: Any) -> None:
        """Send one signal; its end comes as an event."""
        self.report.signals += 1
        self.waits_for = f"{kind.value.lower()}-{self.report.signals}"
        at_ms = self.venue.clock.now_ns() // 1_000_000
        confidence = Decimal("0.9")
        self.tell_engine(
            SubmitSignal(self.waits_for, at_ms, kind, SYMBOL, confidence=confidence, **terms)
        )

    def tell_engine(self, command: Any) -> None:
        """Give a command; without an engine there is nothing left to do."""
        try:
            self.engine.tell(command)
        except pykka.ActorDeadError:
            # As in a `stop_all`, which stops whoever was started last first.
            self.stop()

    def final_report(self) -> Report:
        """Return the report, with the engine's own figures."""
        self.report.positions = self.engine.ask(GetPositions(), block=True, timeout=10)
        return self.report


def print_report(report: Report) -> None:
    """Print how it went."""
    view = report.positions
    assert view is not None
    print(f"prices heard        {report.prices}")
    print(f"signals sent        {report.signals}, filled {report.filled}")
    for text in report.ended_without_fill:
        print(f"  ended without fill  {text}")
    print(f"outcomes in doubt   {report.unknown}")
    print(f"round trips         {len(report.round_trips)}, net {sum(report.round_trips):.4f} USDT")
    print(f"longest unprotected {view.longest_unprotected_ms} ms")
    print(f"open positions      {len(view.positions)}")
    print(f"other events        {report.others}")
    for alert, count in report.alerts.items():
        print(f"  alert  {alert} x{count}")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tape", type=Path, help="a recorded market; else one from a seed")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to trade")
    parser.add_argument("--speed", type=float, default=10.0, help="engine seconds in a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="keep a journal here")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Host the strategy for a while, print its report and stop everything."""
    options, flat = parse(arguments), threading.Event()
    strategy = Strategy.start(options, flat)
    try:
        threading.Event().wait(options.seconds)
        strategy.tell(Finish())
        flat.wait(10)
        report: Report = strategy.ask(GetReport(), block=True, timeout=10)
    finally:
        pykka.ActorRegistry.stop_all(block=True, timeout=60)
    print_report(report)
    return 0 if report.filled and report.ended_without_fill else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
