"""Order story: from a signal to the closed trade, by topic and by the queries afterwards."""

from callboard.actors import names
from callboard.messages.events import OrderFilled, PositionClosed, PositionOpened
from callboard.messages.queries import GetOrder, GetOrders, GetStatistics, OrdersView, OrderView
from callboard.messages.topics import TOPICS
from callboard.messages.values import Leg, OrderState, Side, SignalType
from support.eth_stage import EthStage

SETTLING_SECONDS = 20


def told() -> EthStage:
    """Open a long position and close it."""
    stage = EthStage()
    stage.world.run_for(SETTLING_SECONDS)
    stage.signal("in", SignalType.LONG_ENTRY)
    stage.signal("out", SignalType.CLOSE_LONG)
    return stage


def topics_of(stage: EthStage, signal_id: str) -> list[str]:
    topics: dict[type, str] = {**TOPICS}
    mine = [event for event in stage.events if getattr(event, "signal_id", None) == signal_id]
    return [topics[type(event)] for event in mine]


def all_orders(stage: EthStage) -> tuple[OrderView, ...]:
    answer = stage.world.ask(GetOrders(open_only=False), names.ORDER_MANAGER)
    assert isinstance(answer, OrdersView)
    return answer.orders


def test_each_order_is_told_from_the_queue_to_its_end() -> None:
    """S1-012, S1-013, S3-007, S3-008, C-22, C-23: each fact once, under its topic, in order."""
    stage = told()

    for signal_id in ("in", "out"):
        topics = [each for each in topics_of(stage, signal_id) if each.startswith("order.")]
        whole = [each for each in topics if each != "order.partially_filled"]
        assert ["order.queued", "order.sent", "order.placed", "order.filled"] == whole


def test_a_trade_opens_at_its_first_fill_and_closes_with_its_profit() -> None:
    """S1-004, S1-015, S1-016: no trade is told before there is a price."""
    stage = told()

    (opened,), (closed,) = stage.of(PositionOpened), stage.of(PositionClosed)
    entry, exit_ = stage.of(OrderFilled)
    assert entry.average_price == opened.entry_price
    assert exit_.average_price == closed.exit_price


def test_closing_a_long_sells_all_of_it() -> None:
    """S0-032, S0-034, S4-013, S4-018: the whole position, on the other side, reduce-only."""
    stage = told()

    entry, exit_ = stage.of(OrderFilled)
    (view,) = [each for each in all_orders(stage) if each.leg is Leg.EXIT]
    assert (Side.BUY, Side.SELL) == (entry.side, exit_.side)
    assert entry.quantity == exit_.quantity
    assert view.reduce_only or view.close_position


def test_the_queries_tell_the_same_story_afterwards() -> None:
    """S3-073, S3-076, S0-054: times of every move, found by the venue's id, and counted."""
    stage = told()
    (entry,) = [each for each in all_orders(stage) if each.signal_id == "in"]

    found = stage.world.ask(GetOrder(entry.venue_order_id), names.ORDER_MANAGER)
    counts = stage.world.ask(GetStatistics(), names.ORDER_MANAGER)

    assert (entry,) == found.orders
    assert [OrderState.PENDING, OrderState.SUBMITTED] == [each.state for each in entry.times[:2]]
    assert OrderState.FILLED is entry.times[-1].state
    assert (2, 2, 0, 0, 1) == (
        counts.total_orders,
        counts.executed,
        counts.failed,
        counts.pending,
        counts.success_rate,
    )
