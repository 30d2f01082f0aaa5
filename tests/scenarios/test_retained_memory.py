"""Retained memory: what an engine keeps is bounded by open work and windows, not by uptime."""

from decimal import Decimal

from attrs import evolve

from callboard.actors.policies.guard_legs import ENDED_LEGS_MAX
from callboard.actors.position_state import PositionsState
from callboard.actors.record_settings import JournalSettings
from callboard.actors.settings import OrderSettings, Settings
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.venue.seeded_market import ETH_WALK
from support.eth_stage import RISK, RULES, SYMBOL, EthStage, make_venue

REMEMBERED = 20
EXITS = ENDED_LEGS_MAX + 20


def world() -> SimulatedEngine:
    """Return a started engine with short windows on a market that hardly moves."""
    walk = evolve(ETH_WALK, volatility_ticks=1.0, jump_probability=0.0, trade_probability=0.0)
    settings = Settings(
        risk=RISK,
        orders=OrderSettings(history_max=REMEMBERED),
        signals_kept=REMEMBERED,
        journal=JournalSettings(durability="off"),
    )
    rules = evolve(RULES, wallet_balance=Decimal(1_000_000), history_max=REMEMBERED)
    made = EthStage(make_venue(rules, walk=walk), settings).world
    made.run_for(5)
    return made


def send(made: SimulatedEngine, name: str, kind: SignalType, quantity: str) -> None:
    """Give a market order and let it be filled."""
    made.tell(
        SubmitSignal(name, 0, kind, SYMBOL, quantity=Decimal(quantity), confidence=Decimal("0.9"))
    )
    made.run_for(0.3)


def test_an_open_position_forgets_all_but_the_latest_of_its_ended_exits() -> None:
    made = world()
    send(made, "entry", SignalType.LONG_ENTRY, "3.000")

    for number in range(EXITS):
        send(made, f"exit{number}", SignalType.CLOSE_LONG, "0.010")

    state = made.state("position_monitor")
    assert isinstance(state, PositionsState)
    [guard] = state.guards.values()
    assert Decimal("3.000") - EXITS * Decimal("0.010") == guard.position.quantity
    assert guard.is_protected
    # The stop rests, and its leg is none of the ended ones.
    assert ENDED_LEGS_MAX + 1 == len(guard.legs)


def test_ended_orders_and_signals_are_remembered_up_to_their_settings() -> None:
    made = world()
    send(made, "entry", SignalType.LONG_ENTRY, "3.000")

    for number in range(2 * REMEMBERED):
        send(made, f"exit{number}", SignalType.CLOSE_LONG, "0.010")

    assert REMEMBERED == len(made.state("order_manager").history)
    assert REMEMBERED == len(made.state("execution_system").finished)


def test_a_snapshot_is_what_a_rebuild_begins_with_so_that_older_facts_can_go() -> None:
    made = world()
    send(made, "entry", SignalType.LONG_ENTRY, "1.000")
    cell = made.kernel.cells["position_monitor"]
    assert cell.facts

    made.kernel.take_snapshot(made.simulation.now_ns)

    assert [] == cell.facts
    before = made.codec.encode_state(cell.actor.state)
    cell.rebuild(made.codec)
    assert before == made.codec.encode_state(cell.actor.state)
