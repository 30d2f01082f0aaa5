"""Test of an outage over sockets: an order is on its way as its forty seconds begin.

Two engines go through it side by side: one's order was executed, the other's was lost. Neither has
heard of it, for the user stream was mute already. The clock of engine and venue is faster than the
wall, except where `CALLBOARD_REAL_TIME` asks for the wall's own.
"""

import os
import re
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from attrs import define, frozen

from callboard import AlertRaised, OrderFailed, PositionProtected, Settings
from callboard.actors.adapters.exits import Exit
from callboard.actors.settings import OrderSettings, RiskSettings
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from callboard.scenarios.venue.streams import USER
from support.command_line import invoke
from support.loopback import Trader, trading
from support.relay import Relay
from support.stages import WAIT_SECONDS
from support.venue_servers import SYMBOLS, control, served

OUTAGE_S = 40
TOOK = re.compile(r" PlaceOrder \d+ +[\d.]+ m?s ")
"""A request in the list at the end of a timeline, with how long it took."""
BTC, ETH = SYMBOLS
FAULTS = {
    "executed": Fault.ANSWER_LOST_AFTER_EXECUTION,
    "lost": Fault.REQUEST_LOST_BEFORE_EXECUTION,
}
SETTINGS = Settings(
    risk=RiskSettings(
        symbols=SYMBOLS,
        cooldown_ms=0,
        executions_per_day_max=1_000,
        # A second of the wall: what waits for longer on a busy machine is not sent any more.
        send_within_ms=16_000,
        mark_age_ms_max=60_000,
    ),
    orders=OrderSettings(unknown_margin_ms=500),
)
IS_REAL = pytest.mark.skipif(
    "CALLBOARD_REAL_TIME" not in os.environ,
    reason="takes a minute; CALLBOARD_REAL_TIME asks for it",
)


@define(eq=False)
class Stage:
    """One engine and its venue, with the wire between them."""

    trader: Trader
    relay: Relay
    clock: ScaledClock
    data_dir: Path

    def send(self, fault: Fault) -> None:
        """Open a position, then let the next order come to nothing that the engine hears of."""
        self.trader.signal("before", symbol=BTC)
        self.trader.wait_told(PositionProtected)
        self._plan(Fault.STREAM_STALL, method="STREAM", path=USER, size_ms=1_000 * OUTAGE_S)
        self._plan(fault, method="POST", path="/fapi/v1/order", symbol=ETH)
        self.trader.signal("within", symbol=ETH)
        until = time.monotonic() + WAIT_SECONDS
        while fault not in control(self.trader.server, "GET", "/counts")[1]["faults"]:
            assert time.monotonic() < until, "the order never came to the venue"

    def cut(self) -> None:
        """Begin the outage."""
        self.relay.cut(self.clock.wall_seconds(OUTAGE_S * 1_000_000_000))

    def ended(self) -> "Ended":
        """Wait until the order of the outage has come to its end; return what is known then."""
        told = self.trader.told
        told.wait_for(
            lambda: (
                len(self.trader.all_told(PositionProtected)) > 1
                or bool(self.trader.all_told(OrderFailed))
            )
        )
        return Ended(self.data_dir, self.trader.ledger(), tuple(told.events))

    def _plan(self, fault: Fault, **values: object) -> None:
        assert (200, {}) == control(
            self.trader.server, "POST", "/faults/once", fault=fault, **values
        )


@frozen
class Ended:
    """What is known at the end of one run."""

    data_dir: Path
    ledger: VenueLedger
    events: tuple[object, ...]

    def timeline(self) -> list[str]:
        """Return the order's life as a user reads it."""
        result = invoke("journal", "timeline", "within", self.data_dir)
        assert Exit.OK == result.exit_code, result.stderr
        return result.stdout.splitlines()

    def resting_stops(self) -> list[str]:
        """Return the symbols at which the venue holds a stop for the whole position."""
        orders = self.ledger.orders
        return [each.symbol for each in orders if each.close_position and each.is_open]


@contextmanager
def stage(speed: float, data_dir: Path) -> Generator[Stage]:
    clock = ScaledClock.begin(speed=speed)
    server = served(clock=clock, pace_ms=500, leverage=PAPER_LEVERAGE)
    with server, Relay(server.port) as relay:
        run = trading(server, SETTINGS, clock=clock, data_dir=data_dir, port=relay.port)
        with run as trader:
            yield Stage(trader, relay, clock, data_dir)


@pytest.fixture(scope="module", params=[16.0, pytest.param(1.0, marks=IS_REAL)], ids=str)
def ended(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Ended]]:
    with ExitStack() as stack:
        stages = {
            name: stack.enter_context(stage(request.param, tmp_path_factory.mktemp(name)))
            for name in FAULTS
        }
        for name, each in stages.items():
            each.send(FAULTS[name])
        for each in stages.values():
            each.cut()
        yield {name: each.ended() for name, each in stages.items()}


def placements(lines: list[str]) -> list[str]:
    """Return what came of the placements that left; a busy machine may let one's permit run out."""
    found = [line.partition(" PlaceOrder ")[2].split() for line in lines[-20:] if TOOK.search(line)]
    return [words[3] for words in found if ["not", "sent"] != words[3:5]]


def unknown_of(lines: list[str]) -> tuple[float, str]:
    """Return how many seconds an order was unknown, and what settled it."""
    (line,) = [each for each in lines if each.startswith("  unknown ")]
    lasted, _, settled = line.split(maxsplit=2)[2].partition(" s, ")
    return float(lasted), settled


def test_an_order_that_was_executed_before_the_outage_is_found_and_protected_after_it(
    ended: Mapping[str, Ended],
) -> None:
    run = ended["executed"]
    lines = run.timeline()

    lasted, settled = unknown_of(lines)
    assert ["unknown"] == placements(lines)
    assert any("  not sent  " in line and "NOT_CONNECTED" in line for line in lines)
    assert OUTAGE_S * 0.9 < lasted
    assert settled.startswith("by lane_reducing AttemptEnded: ")
    assert lines[-1].startswith("  ending     FILLED  ")
    assert [1, 1] == [sum(fill.symbol == each for fill in run.ledger.fills) for each in SYMBOLS]
    assert [BTC, ETH] == sorted(position.symbol for position in run.ledger.positions)
    assert [BTC, ETH] == sorted(run.resting_stops())


def test_an_order_that_was_lost_in_the_outage_is_not_sent_into_a_world_that_nobody_has_seen(
    ended: Mapping[str, Ended],
) -> None:
    run = ended["lost"]
    lines = run.timeline()

    lasted, settled = unknown_of(lines)
    assert ["unknown"] == placements(lines)
    assert OUTAGE_S * 0.9 < lasted
    assert "by lane_reducing AttemptEnded: PENDING  not executed" == settled
    assert lines[-1].startswith("  ending     FAILED  ")
    assert ETH not in [each.symbol for each in run.ledger.orders]
    assert [BTC] == [position.symbol for position in run.ledger.positions]
    assert [BTC] == run.resting_stops()


@pytest.mark.parametrize("name", FAULTS)
def test_people_are_told_of_streams_that_are_lost_and_of_an_order_that_stays_unknown(
    ended: Mapping[str, Ended], name: str
) -> None:
    alerts = {each.alert for each in ended[name].events if isinstance(each, AlertRaised)}

    assert {"market_stream_closed", "user_stream_lost", "order_unresolved"} <= alerts
