"""Start: what a start refuses, what it gives back when it fails, what a restart finds.

Owns the claims about a system's life in a host's process, beside others of its kind.
"""

import decimal
import threading
from decimal import Decimal
from pathlib import Path

import pykka
import pytest
from attrs import evolve

from callboard import (
    AlertRaised,
    ConfigurationError,
    EngineReady,
    EngineStatus,
    ExecutionSystem,
    FolderInUse,
    GetPositions,
    GetStatus,
    GetSummary,
    ModeRefused,
    OrderFilled,
    OrderRefused,
    PositionClosed,
    PositionOpened,
    PositionProtected,
    PositionsView,
    Settings,
    SignalType,
    Subscribe,
    SubscriptionEnded,
    TradingState,
)
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.hosting import InjectedCrash
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import RequestEntry
from callboard.scenarios import paper
from support.engines import Collector
from support.eth_stage import SYMBOL, signal
from support.hosts import Ref, ask, has, paper_system, venue_thread
from support.stages import (
    WAIT_SECONDS,
    stage_settings,
    threads_of_engine,
)


def test_without_an_exchange_the_line_that_brings_one_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"callboard\.scenarios\.paper\.start\(settings\)"):
        ExecutionSystem.start(stage_settings())


def test_every_fault_of_the_settings_is_told_at_once() -> None:
    wrong = evolve(Settings(), inbox_max=-1, placement="everywhere")

    with pytest.raises(ConfigurationError) as told:
        paper.start(wrong)

    assert 2 == len(told.value.faults)
    assert {"inbox_max", "placement"} == {fault.split(":")[0] for fault in told.value.faults}


def test_a_mode_that_reaches_a_trading_host_is_refused() -> None:
    with venue_thread() as (exchange, clock), pytest.raises(ModeRefused):
        ExecutionSystem.start(evolve(stage_settings(), mode="live"), exchange=exchange, clock=clock)


@pytest.mark.parametrize("mode", ["demo", "testnet"])
def test_the_built_in_venue_is_for_paper_alone(mode: str) -> None:
    with pytest.raises(ModeRefused, match="the built-in venue is for paper alone"):
        paper.start(evolve(stage_settings(), mode=mode))


def test_several_systems_of_one_process_do_not_meet() -> None:
    with paper_system() as (first, heard), paper_system() as (second, unheard):
        first.tell(signal("s1", SignalType.LONG_ENTRY))
        heard.wait_for(has(heard, OrderFilled))
        here, there = ask(first, GetSummary()), ask(second, GetSummary())
        first.stop(block=True, timeout=WAIT_SECONDS)
        status = ask(second, GetStatus())

    assert (1, 0) == (here.signals, there.signals)
    assert not has(unheard, OrderFilled)()
    assert isinstance(status, EngineStatus)


def test_systems_that_share_an_address_must_share_its_limit() -> None:
    limits = evolve(Settings().limits, rate_limit_share=Decimal("0.5"))
    half = evolve(stage_settings(), limits=limits)
    with venue_thread() as (exchange, clock):

        def start(settings: Settings, client: str) -> Ref:
            port = exchange.connect(client)
            return ExecutionSystem.start(settings, exchange=port, clock=clock)

        first, second = start(half, "first"), start(half, "second")
        with pytest.raises(ConfigurationError, match="rate_limit_share"):
            start(half, "third")
        second.stop(block=True, timeout=WAIT_SECONDS)
        third = start(half, "third")
        statuses = [ask(ref, GetStatus()) for ref in (first, third)]
        for ref in (first, third):
            ref.stop(block=True, timeout=WAIT_SECONDS)

    assert all(isinstance(status, EngineStatus) for status in statuses)


def test_a_host_that_counts_in_few_digits_changes_no_figure_of_ours() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        with paper_system() as (ref, collector):
            ref.tell(signal("s1", SignalType.LONG_ENTRY))
            collector.wait_for(has(collector, OrderFilled))

    opened = [each for each in collector.events if isinstance(each, PositionOpened)]
    assert [True] == [len(each.entry_price.normalize().as_tuple().digits) > 3 for each in opened]


def test_a_host_that_stops_all_actors_stops_the_whole_system(tmp_path: Path) -> None:
    with paper_system(data_dir=tmp_path) as (ref, collector):
        collector.wait_for(has(collector, EngineReady))
        met = pykka.ActorRegistry.get_all()
        pykka.ActorRegistry.stop_all(block=True, timeout=WAIT_SECONDS)
        left = threads_of_engine()

    assert [ref] == met
    assert [] == left
    assert not ref.is_alive()
    with pytest.raises(pykka.ActorDeadError):
        ask(ref, GetStatus())


def test_a_restart_finds_the_position_and_a_signal_of_before_is_not_repeated(
    tmp_path: Path,
) -> None:
    with venue_thread() as (exchange, clock):

        def live(kind: type, *signals: SubmitSignal) -> PositionsView:
            ref = ExecutionSystem.start(
                stage_settings(),
                exchange=exchange.connect("engine"),
                clock=clock,
                data_dir=tmp_path,
            )
            collector = Collector()
            ref.tell(Subscribe(collector))
            view: PositionsView = ask(ref, GetPositions())
            for each in signals:
                ref.tell(each)
            collector.wait_for(has(collector, kind))
            ref.stop(block=True, timeout=WAIT_SECONDS)
            return view

        opening = signal("s1", SignalType.LONG_ENTRY)
        before = live(PositionProtected, opening)
        after = live(PositionClosed, opening, signal("s2", SignalType.CLOSE_LONG))
        ledger = exchange.ledger()

    assert () == before.positions
    assert [SYMBOL] == [position.symbol for position in after.positions]
    assert 2 == len(ledger.fills)
    assert () == ledger.positions


def test_a_folder_is_one_systems_and_the_second_start_harms_nobody(tmp_path: Path) -> None:
    with paper_system(data_dir=tmp_path) as (ref, collector):
        with pytest.raises(FolderInUse, match="in use"):
            paper.start(stage_settings(), data_dir=tmp_path)
        collector.wait_for(has(collector, EngineReady))
        ref.tell(signal("s1", SignalType.CLOSE_LONG))
        collector.wait_for(has(collector, OrderRefused))

    with paper_system(data_dir=tmp_path) as (_, again):
        again.wait_for(has(again, EngineReady))

    assert [EngineReady(2)] == [each for each in again.events if isinstance(each, EngineReady)]


def test_a_start_that_fails_gives_everything_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with venue_thread() as (exchange, clock):
        for _ in range(2):
            with pytest.raises(OSError, match="file"):
                ExecutionSystem.start(
                    stage_settings(), exchange=exchange, clock=clock, data_dir=tmp_path / "file"
                )
        ref = ExecutionSystem.start(
            stage_settings(), exchange=exchange, clock=clock, data_dir=tmp_path / "folder"
        )
        status = ask(ref, GetStatus())
        ref.stop(block=True, timeout=WAIT_SECONDS)

    assert isinstance(status, EngineStatus)


def test_a_damaged_journal_halts_until_somebody_resumes(tmp_path: Path) -> None:
    with paper_system(data_dir=tmp_path) as (ref, collector):
        ref.tell(signal("s1", SignalType.LONG_ENTRY))
        collector.wait_for(has(collector, OrderFilled))
    segment = tmp_path / "journal" / "segment-000001.jsonl"
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b'"s1"', b'"s2"', 1))

    with paper_system(data_dir=tmp_path) as (ref, _):
        status = ask(ref, GetStatus())

    assert TradingState.HALTED is status.trading_state
    assert "segment-000001" in status.reason


class Saboteur:
    """Crashes the gate, and from then on whoever could help it."""

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        """Raise in place of the handler."""
        if cell.name == "risk_gate" and type(envelope.message) is RequestEntry:
            raise InjectedCrash("the gate")
        if cell.name == "supervisor" and type(envelope.message).__name__ == "ActorFailed":
            raise InjectedCrash("the supervisor")


def test_an_engine_that_cannot_help_itself_stops_and_says_so() -> None:
    logged: list[str] = []
    gone = threading.Event()
    collector = Collector()
    with venue_thread() as (exchange, clock):
        around = Surroundings(
            exchange,
            clock,
            log=lambda _actor, event, _fields: logged.append(event),
            shares=Shares(),
            on_stopped=gone.set,
            saboteur=Saboteur(),
        )
        ref = launch(stage_settings(), around)
        ref.tell(Subscribe(collector, markers=True))
        for number in range(10):
            ref.tell(signal(f"s{number}", SignalType.LONG_ENTRY))
        assert gone.wait(WAIT_SECONDS)
        ref.stop(block=True, timeout=WAIT_SECONDS)

    alerts = [event.alert for event in collector.events if isinstance(event, AlertRaised)]
    assert "engine_failed" == alerts[-1]
    assert SubscriptionEnded() == collector.events[-1]
    assert logged.index("engine_failed") < logged.index("engine_stopped")
