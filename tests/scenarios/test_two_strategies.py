"""Two strategies: on one account each has its own limits, and its own part of the profit."""

from decimal import Decimal

from attrs import evolve

from callboard.actors.runtime.replay import replay
from callboard.actors.settings import Settings, StrategyLimits
from callboard.actors.system import core_makers, make_codec
from callboard.messages.events import OrderRefused, PositionClosed
from callboard.messages.values import SignalType
from support.eth_stage import RISK, EthStage, signal

D = Decimal
LONG, CLOSE = SignalType.LONG_ENTRY, SignalType.CLOSE_LONG
CAREFUL = StrategyLimits("careful", position_size_pct_max=D("1.5"), executions_per_day_max=1)
SETTINGS = Settings(seed=1, risk=evolve(RISK, scale_in=True, strategies=(CAREFUL,)))


def test_two_strategies_share_a_position_and_part_with_their_own_profit() -> None:
    """Each is refused by its own limit; what both held is told with the part of each."""
    stage = EthStage(settings=SETTINGS)

    def wish(name: str, strategy: str, kind: SignalType = LONG, quantity: str = "0.05") -> None:
        wished = evolve(signal(name, kind), strategy=strategy, quantity=D(quantity))
        stage.world.tell(wished)
        stage.world.run_for(5)

    wish("a1", "bold")
    wish("b1", "careful", quantity="0.07")
    wish("b2", "careful")
    wish("b3", "careful", quantity="0.01")
    wish("a2", "bold", quantity="0.01")
    wish("a3", "bold", CLOSE, "1")

    refused = {event.signal_id: event.guard for event in stage.of(OrderRefused)}
    assert {"b1": "strategy_position_percent_max", "b3": "strategy_daily_quota"} == refused
    (closed,) = stage.of(PositionClosed)
    parts = {part.strategy: part for part in closed.results}
    assert {"bold", "careful"} == set(parts)
    assert closed.realised_pnl == sum(part.realised_pnl for part in parts.values())
    assert closed.fees == sum(part.fees for part in parts.values())
    assert parts["bold"].realised_pnl != parts["careful"].realised_pnl
    stage.world.stop()
    replayed = replay(stage.disk, make_codec(), lambda _: core_makers(SETTINGS))
    assert () == replayed.divergences
