"""Placements: the same scenarios pass on one thread, on many and in simulation.

Each one runs the whole engine against a venue of its own. What it leaves behind, the journal, is
verified and replayed, whatever threads wrote it.
"""

from pathlib import Path

import pytest

from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.system import core_makers, make_codec
from callboard.messages.events import (
    EngineReady,
    OrderFilled,
    OrderRefused,
    PositionClosed,
    PositionOpened,
    PositionProtected,
    TradingStateReported,
)
from callboard.messages.intake import HaltTrading, ResumeTrading
from callboard.messages.orders import ApprovedOrder, FillBooked, RequestEntry
from callboard.messages.queries import (
    EngineStatus,
    GetPositions,
    GetStatus,
    GetSummary,
    PositionsView,
    SummaryView,
)
from callboard.messages.values import SignalType, TradingState
from support.eth_stage import signal
from support.stages import STAGES, CrashOnce, Stage, of, running, wait_of

pytestmark = pytest.mark.parametrize("host", STAGES)


def assert_replays(stage: Stage) -> None:
    """Stop the stage; its journal is whole and comes out the same when it is run again."""
    folder = stage.stop()

    report = verify(folder)
    result = replay(folder, make_codec(), lambda _: core_makers(stage.settings))

    assert ((), ()) == (report.findings, result.divergences)
    assert report.records == result.records > 0


def filled(stage: Stage) -> list[str]:
    """Name the signals that were filled."""
    return [event.signal_id for event in of(stage, OrderFilled)]


def test_a_signal_is_filled_protected_and_closed(host: str, tmp_path: Path) -> None:
    with running(host, tmp_path) as stage:
        stage.tell(signal("s1", SignalType.LONG_ENTRY))
        wait_of(stage, PositionProtected)
        stage.tell(signal("s2", SignalType.CLOSE_LONG))
        wait_of(stage, OrderFilled, 2)
        wait_of(stage, PositionClosed)

        positions, summary = stage.ask(GetPositions()), stage.ask(GetSummary())
        assert_replays(stage)

    assert ["s1", "s2"] == filled(stage)
    assert 1 == len(of(stage, EngineReady)) == len(of(stage, PositionOpened))
    assert isinstance(positions, PositionsView)
    assert () == positions.positions
    assert () == stage.ledger().positions
    assert isinstance(summary, SummaryView)
    assert (2, ()) == (summary.signals, summary.refusals)
    assert [order.status for order in stage.ledger().orders if not order.is_algo] == ["FILLED"] * 2


def test_an_entry_of_a_symbol_that_is_not_listed_is_refused(host: str, tmp_path: Path) -> None:
    with running(host, tmp_path) as stage:
        stage.tell(signal("s1", SignalType.LONG_ENTRY, "BTCUSDT"))
        refused = wait_of(stage, OrderRefused)
        assert_replays(stage)

    assert [("s1", "BTCUSDT", "symbol_whitelist")] == [
        (each.signal_id, each.symbol, each.guard) for each in refused
    ]
    assert () == stage.ledger().orders


def test_a_halted_engine_closes_but_opens_only_after_the_resume(host: str, tmp_path: Path) -> None:
    with running(host, tmp_path) as stage:
        stage.tell(signal("s1", SignalType.LONG_ENTRY))
        wait_of(stage, PositionProtected)
        stage.tell(HaltTrading("c1", "a test"))
        wait_of(stage, TradingStateReported)
        halted = stage.ask(GetStatus())
        stage.tell(signal("s2", SignalType.SHORT_ENTRY))
        wait_of(stage, OrderRefused)
        stage.tell(signal("s3", SignalType.CLOSE_LONG))
        wait_of(stage, PositionClosed)
        stage.tell(ResumeTrading("c2", "a test", ("me",)))
        wait_of(stage, TradingStateReported, 2)
        stage.tell(signal("s4", SignalType.SHORT_ENTRY))
        wait_of(stage, PositionProtected, 2)
        assert_replays(stage)

    assert isinstance(halted, EngineStatus)
    assert TradingState.HALTED is halted.trading_state
    assert ["s2"] == [each.signal_id for each in of(stage, OrderRefused)]
    assert ["s1", "s3", "s4"] == filled(stage)
    assert 1 == len(stage.ledger().positions)


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("risk_gate", RequestEntry),
        ("order_manager", ApprovedOrder),
        ("position_monitor", FillBooked),
    ],
)
def test_an_actor_that_crashes_is_rebuilt_and_the_order_is_sent_once(
    host: str, actor: str, kind: type, tmp_path: Path
) -> None:
    saboteur = CrashOnce(actor, kind)
    with running(host, tmp_path, saboteur) as stage:
        stage.tell(signal("s1", SignalType.LONG_ENTRY))
        wait_of(stage, PositionProtected)
        wait_of(stage, OrderFilled)
        assert_replays(stage)

    assert 1 == saboteur.crashed
    assert ["s1"] == filled(stage)
    assert 1 == len([order for order in stage.ledger().orders if not order.is_algo])
    assert 1 == len([order for order in stage.ledger().orders if order.is_algo])
