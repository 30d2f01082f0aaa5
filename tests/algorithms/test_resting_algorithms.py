"""Algorithms that rest, and those by a curve: a whole engine carries them out."""

from decimal import Decimal

from callboard.messages.events import OrderCancelled, OrderExpired, OrderFilled
from callboard.messages.intake import CancelOrder, HaltTrading
from callboard.messages.plans import Bracket, Iceberg, Twap, Vwap
from callboard.messages.values import OrderType, TimeInForce
from callboard.scenarios.planned import PriceMove
from callboard.scenarios.workload import MS, START_NS
from support.algorithm_runs import SIGNAL_ID, Stage

D = Decimal
RESTING = {"order_type": OrderType.LIMIT, "price": D("2598")}
DIP = (PriceMove(10_000, -15, over_ms=1_000),)
BRACKET = {"stop_loss": D("2590"), "take_profit": D("2640")}


def open_entries(stage: Stage) -> list[Decimal]:
    """Return what each of our entries shows at the venue."""
    orders = stage.world.engine.venue.core.matching.orders.open_of("ETHUSDT")
    return [each.request.quantity for each in orders]


def test_an_iceberg_shows_one_part_at_a_time_and_fills_them_all() -> None:
    stage = Stage(price_moves=DIP)

    stage.tell(Iceberg(D("0.03")), **RESTING)
    stage.world.run_for(4)
    shown = open_entries(stage)
    stage.world.run_for(10)

    assert [D("0.030")] == shown
    assert isinstance(stage.end(), OrderFilled)
    assert D("0.1") == stage.held()
    assert [f"{SIGNAL_ID}/{n}" for n in (1, 2, 3, 4)] == [name for name, _ in stage.progress()]
    assert [] == stage.close()


def test_an_iceberg_is_cancelled_with_what_it_shows() -> None:
    stage = Stage()
    stage.tell(Iceberg(D("0.03"), variance_pct=D(30)), **RESTING, time_in_force=TimeInForce.GTX)
    stage.world.run_for(4)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(2)

    assert isinstance(stage.end(), OrderCancelled)
    assert [] == open_entries(stage)
    assert [] == stage.close()


def test_a_killed_engine_shows_no_second_part_beside_the_one_that_rests() -> None:
    stage = Stage(price_moves=DIP)
    stage.tell(Iceberg(D("0.03")), **RESTING)
    stage.world.run_for(2)

    stage.world.crash(down_ms=1_000)
    stage.world.run_for(2)
    shown = open_entries(stage)
    stage.world.run_for(15)

    assert [D("0.030")] == shown
    assert D("0.1") == stage.held()
    assert isinstance(stage.end(), OrderFilled)
    assert [] == stage.close()


def test_a_halt_takes_an_iceberg_off_the_book() -> None:
    stage = Stage()
    stage.tell(Iceberg(D("0.03")), **RESTING)
    stage.world.run_for(4)

    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(2)

    assert isinstance(stage.end(), OrderCancelled)
    assert [] == open_entries(stage)
    assert [] == stage.close()


def test_an_iceberg_ends_with_the_time_of_its_signal() -> None:
    stage = Stage()

    stage.tell(Iceberg(D("0.03")), **RESTING, expires_at_ms=START_NS // MS + 12_000)
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderExpired)
    assert [] == open_entries(stage)
    assert [] == stage.close()


def test_slices_at_a_price_leave_nothing_on_the_book() -> None:
    stage = Stage()

    stage.tell(Twap(8_000, 4), **RESTING)
    stage.world.run_for(4)
    shown = open_entries(stage)
    stage.world.run_for(20)

    assert [] == shown
    end = stage.end()
    assert isinstance(end, OrderExpired)
    assert [] == stage.close()


def test_a_curve_decides_how_large_each_slice_is() -> None:
    stage = Stage()

    stage.tell(Vwap(9_000, (D(1), D(3), D(1)), D(10)))
    stage.world.run_for(12)

    orders = stage.world.engine.venue.core.matching.orders.history_of("ETHUSDT")
    entries = [each.request.quantity for each in orders if "-e1" in each.client_order_id]
    assert [D("0.020"), D("0.060"), D("0.020")] == entries
    assert isinstance(stage.end(), OrderFilled)
    assert [] == stage.close()


def test_a_bracket_lasts_until_its_target_closes_it_and_its_stop_goes() -> None:
    stage = Stage(price_moves=(PriceMove(10_000, 200, over_ms=1_000),))

    stage.tell(Bracket(), **BRACKET)
    stage.world.run_for(3)
    before = stage.end(), stage.held()
    stage.world.run_for(15)

    assert (None, D("0.1")) == before
    assert isinstance(stage.end(), OrderFilled)
    assert ("its position is closed", D(0)) == (stage.view().reason, stage.held())
    assert () == stage.world.engine.venue.core.conditional.store.open_of("ETHUSDT")
    assert [] == stage.close()


def test_when_the_stop_of_a_bracket_fires_the_rest_of_its_entry_goes_too() -> None:
    stage = Stage(is_thin=True, price_moves=(PriceMove(5_600, -60),))

    stage.tell(
        Bracket(), **BRACKET, order_type=OrderType.LIMIT, price=D("2600.2"), quantity=D("0.19")
    )
    stage.world.run_for(0.3)
    held, resting = stage.held(), open_entries(stage)
    stage.world.run_for(20)

    assert D(0) < held < D("0.19")
    assert resting
    assert isinstance(stage.end(), OrderFilled | OrderCancelled)
    assert (D(0), []) == (stage.held(), open_entries(stage))
    assert [] == stage.close()


def test_a_bracket_that_is_cancelled_leaves_its_position_protected() -> None:
    stage = Stage()
    stage.tell(Bracket(), **BRACKET)
    stage.world.run_for(4)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(2)

    assert isinstance(stage.end(), OrderCancelled)
    assert D("0.1") == stage.held()
    assert 2 == len(stage.world.engine.venue.core.conditional.store.open_of("ETHUSDT"))
    assert [] == stage.close()


def test_a_bracket_outlives_a_killed_engine() -> None:
    stage = Stage(price_moves=(PriceMove(16_000, 200, over_ms=1_000),))
    stage.tell(Bracket(), **BRACKET)
    stage.world.run_for(4)

    stage.world.crash(down_ms=2_000)
    stage.world.run_for(20)

    assert isinstance(stage.end(), OrderFilled)
    assert [] == stage.close()
