"""Chase: a whole engine keeps a post-only order at the best price, within a bound."""

from decimal import Decimal

from callboard.messages.events import OrderCancelled, OrderExpired, OrderFilled
from callboard.messages.intake import CancelOrder
from callboard.messages.plans import Chase
from callboard.scenarios.planned import PriceMove
from support.algorithm_runs import SIGNAL_ID, Stage

D = Decimal
RISE = PriceMove(8_000, 20, over_ms=4_000)
STOP = {"stop_loss": D("2570")}


def prices(stage: Stage) -> list[Decimal | None]:
    """Return the limit price of each entry that the venue took, oldest first."""
    history = stage.world.engine.venue.core.matching.orders.history_of("ETHUSDT")
    return [each.request.price for each in history if "-e1" in each.client_order_id]


def open_entries(stage: Stage) -> int:
    return len(stage.world.engine.venue.core.matching.orders.open_of("ETHUSDT"))


def test_it_follows_the_best_price_and_is_filled_as_a_maker() -> None:
    stage = Stage(price_moves=(RISE, PriceMove(14_000, -40, over_ms=2_000)))

    stage.tell(Chase(30, D(50)), **STOP)
    stage.world.run_for(25)

    followed = [each for each in prices(stage) if each is not None]
    assert isinstance(stage.end(), OrderFilled)
    assert sorted(followed) == followed
    assert len(followed) > 2
    fills = stage.world.engine.venue.core.matching.fills.of("ETHUSDT")
    assert {True} == {each.is_maker for each in fills if "-e1" in each.client_order_id}
    assert [] == stage.close()


def test_at_its_bound_it_is_given_up() -> None:
    stage = Stage(price_moves=(RISE,))

    stage.tell(Chase(2, D(50)), **STOP)
    stage.world.run_for(25)

    assert isinstance(stage.end(), OrderExpired)
    assert ("it was moved 2 times", 3) == (stage.view().reason, len(prices(stage)))
    assert (D(0), 0) == (stage.held(), open_entries(stage))
    assert [] == stage.close()


def test_at_its_bound_it_is_taken_where_that_is_wanted() -> None:
    stage = Stage(price_moves=(RISE,))

    stage.tell(Chase(30, D(5), takes=True), **STOP)
    stage.world.run_for(25)

    assert isinstance(stage.end(), OrderFilled)
    assert D("0.1") == stage.held()
    assert [] == stage.close()


def test_it_is_cancelled_with_the_order_that_rests() -> None:
    stage = Stage(price_moves=(RISE,))
    stage.tell(Chase(30, D(50)), **STOP)
    stage.world.run_for(5)

    stage.world.tell(CancelOrder("c1", SIGNAL_ID))
    stage.world.run_for(5)

    assert isinstance(stage.end(), OrderCancelled)
    assert 0 == open_entries(stage)
    assert [] == stage.close()


def test_a_killed_engine_goes_on_following_with_one_order() -> None:
    stage = Stage(price_moves=(RISE, PriceMove(20_000, -40, over_ms=2_000)))
    stage.tell(Chase(60, D(50)), **STOP)
    stage.world.run_for(4)

    stage.world.crash(down_ms=2_000)
    resting: list[int] = []
    for _ in range(23):
        stage.world.run_for(1)
        resting.append(open_entries(stage))

    assert 1 == max(resting)
    assert isinstance(stage.end(), OrderFilled)
    assert D("0.1") == stage.held()
    assert [] == stage.close()
