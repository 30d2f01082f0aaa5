"""Scenes: stories of an ordinary day, each for the refusals and ends that it brings about."""

from decimal import Decimal
from typing import Any

from callboard.actors.algorithms.parents import RUNNING_MAX
from callboard.actors.execution_system import DEFERRED_MAX
from callboard.messages.intake import CancelOrder, FlattenPositions, HaltTrading, ResumeTrading
from callboard.messages.plans import TrailingStop, Twap
from callboard.messages.values import OrderType, PositionSide, TimeInForce
from support.long_runs import BTC, CLOSE_LONG, ETH, HALF, LONG, SHORT, SOL, LongRun

ONE_PERCENT_MORE = Decimal("1.01")
NAN = Decimal("NaN")
FIGURES = (
    "quantity",
    "price",
    "stop_loss",
    "take_profit",
    "confidence",
    "confluence_score",
    "signal_strength",
)
NO_PAUSE = {"cooldown_ms": 0, "executions_per_day_max": 1_000}
WIDE = {
    **NO_PAUSE,
    "order_notional_max": 10**12,
    "gross_exposure_pct_max": 10**9,
    "position_size_pct_max": 10**8,
}
"""A policy under which size is no matter."""


def wishes_before_the_start_is_over(run: LongRun) -> None:
    run.world.start()
    run.wish(LONG, seconds=0)
    run.wish(CLOSE_LONG, seconds=0)
    for _ in range(DEFERRED_MAX + 2):
        run.wish(LONG, "XRPUSDT", seconds=0)
    run.wait(10)


def figures_that_no_market_has(run: LongRun) -> None:
    for name in FIGURES:
        wrong: dict[str, Any] = {name: NAN}
        run.wish(LONG, **wrong)


def forms_that_are_no_order(run: LongRun) -> None:
    run.wish(LONG, order_type=OrderType.STOP_MARKET)
    run.wish(LONG, order_type=OrderType.LIMIT)
    run.wish(LONG, position_side=PositionSide.SHORT)
    run.wish(LONG, trailing=TrailingStop(Decimal(11)))
    run.wish(LONG, time_in_force=TimeInForce.GTD, price=run.price(ETH, "-1"))


def weak_signals(run: LongRun) -> None:
    run.wish(LONG, confidence=Decimal("0.6999"))
    run.wish(LONG, confluence_score=Decimal("2.9"))
    run.wish(LONG, signal_strength=Decimal("-0.1"))
    run.wish(LONG, expires_at_ms=run.now_ms - 1)
    run.wish(LONG, "XRPUSDT")
    run.wish(LONG, leverage_max=5)
    run.under({"actions": ("LONG_ENTRY", "CLOSE_LONG")}, lambda: run.wish(SHORT))


def prices_that_make_no_sense(run: LongRun) -> None:
    run.wish(LONG, stop_loss=run.price(ETH, "1"))
    run.wish(LONG, take_profit=run.price(ETH, "-1"))
    run.wish(LONG, stop_loss=run.price(ETH, "-5"))
    run.wish(LONG, stop_loss=run.price(ETH, "-0.05"))
    run.wish(LONG, stop_loss=run.price(ETH, "-1"), take_profit=run.price(ETH, "1"))
    run.wish(LONG, price=run.price(ETH, "-11"))
    run.wish(LONG, price=run.price(ETH, "2"), order_type=OrderType.MARKET)
    run.wish(LONG, price=between_mark_and_ask(run) / ONE_PERCENT_MORE, order_type=OrderType.MARKET)


def between_mark_and_ask(run: LongRun) -> Decimal:
    """Wait until the ask is above the mark, and return what lies between them."""
    while (told := run.mark(ETH)).ask <= told.mark:
        run.wait(1)
    return (told.mark + told.ask) / 2


def orders_that_break_a_filter(run: LongRun) -> None:
    run.wish(LONG, quantity=Decimal("0.001"))
    run.wish(LONG, quantity=Decimal("0.0001"))
    run.wish(LONG, SOL, quantity=Decimal("0.02"))
    run.wish(LONG, SOL, quantity=Decimal("0.02"), price=run.price(SOL, "-1"))

    def act() -> None:
        run.wish(LONG, SOL, quantity=Decimal(60))
        run.wish(LONG, SOL, quantity=Decimal(110), price=run.price(SOL, "-1"))
        run.wish(LONG, price=run.price(ETH, "20"))
        run.wish(SHORT, price=run.price(ETH, "-20"))
        run.wish(LONG, price=Decimal("1.00"), quantity=Decimal(100))
        run.wish(SHORT, price=Decimal("400000.00"), quantity=Decimal("0.1"))

    run.under({"mark_distance_pct_max": 10**6, **WIDE}, act)


def orders_that_are_too_large(run: LongRun) -> None:
    run.wish(LONG, quantity=Decimal("0.4"))
    run.wish(LONG, quantity=Decimal(50))
    tight = {"position_size_pct_default": 1, "position_size_pct_max": 1}
    run.under({**tight, "gross_exposure_pct_max": 1}, lambda: run.wish(LONG, quantity=Decimal(1)))
    run.under(WIDE, lambda: run.wish(LONG, BTC, quantity=Decimal(2)))
    run.under({"drawdown_pct_max": "0.001"}, lambda: run.wish(LONG))


def a_rule_of_the_host_refuses_and_fails(run: LongRun) -> None:
    run.wish(LONG, strategy="x1")
    run.wish(LONG, strategy="")


def strategies_with_limits_of_their_own(run: LongRun) -> None:
    def act() -> None:
        for strategy in ("narrow", "small", "thin", "idle", "silent"):
            run.wish(LONG, strategy=strategy)
        run.wish(LONG, SOL, strategy="slow")
        run.wish(CLOSE_LONG, SOL)
        run.wish(LONG, SOL, strategy="slow")

    run.under(NO_PAUSE, act)


def more_orders_than_there_is_room_for(run: LongRun) -> None:
    def act() -> None:
        small, below = Decimal("0.002"), run.price(BTC, "-4")
        resting = [run.wish(LONG, BTC, price=below, quantity=small) for _ in range(3)]
        for number, signal_id in enumerate(resting[:2]):
            run.tell(CancelOrder(f"room-{number}", signal_id))
        target = run.price(BTC, "5")
        run.under({"conditional_orders_max": 1}, lambda: run.wish(LONG, BTC, take_profit=target))
        run.under({"position_age_ms_max": 1}, lambda: run.wish(LONG, BTC))

    run.under({**NO_PAUSE, "scale_in": True}, act)


def more_leverage_than_allowed(run: LongRun) -> None:
    lower = {**WIDE, "leverage": 5, "leverage_max": 5}
    run.under(lower, lambda: run.wish(LONG, BTC))
    run.under({**WIDE, "margin_type": "isolated"}, lambda: run.wish(LONG, BTC))
    run.under(WIDE, lambda: run.wish(LONG, BTC, quantity=Decimal(2_000)))


def a_position_and_what_may_not_be_added(run: LongRun) -> None:
    run.wish(HALF)
    run.wish(LONG)
    run.wish(LONG)
    run.wish(SHORT)
    run.under({"positions_max": 1}, lambda: run.wish(LONG, BTC))
    tight = {"position_size_pct_max": 2, "gross_exposure_pct_max": 2}
    run.under(tight, lambda: run.wish(LONG, BTC))
    alike = {"correlations": ("BTCUSDT/ETHUSDT=0.9",), "correlated_exposure_pct_max": 2}
    run.under(alike, lambda: run.wish(LONG, BTC))
    run.wish(CLOSE_LONG, quantity=Decimal("0.0001"))
    run.wish(CLOSE_LONG, seconds=0)
    run.wish(HALF)
    run.wish(LONG)


def a_position_of_the_smallest_size(run: LongRun) -> None:
    run.wish(LONG, SOL, quantity=Decimal("0.05"))
    run.wish(HALF, SOL)
    run.wish(CLOSE_LONG, SOL)


def more_slicing_than_is_carried_out_at_a_time(run: LongRun) -> None:
    hour = Twap(3_600_000, 2)
    run.slice(Twap(0, 0))

    def act() -> None:
        for _ in range(RUNNING_MAX + 1):
            run.slice(hour)
        run.tell(FlattenPositions("sliced"), 30)

    run.under({**WIDE, "scale_in": True}, act)


def a_halt_refuses_entries(run: LongRun) -> None:
    run.tell(HaltTrading("h1", "lunch"))
    run.wish(LONG, BTC)
    run.tell(ResumeTrading("r1", "back"))


def limit_orders_end_in_every_way(run: LongRun) -> None:
    def act() -> None:
        resting = run.wish(LONG, SOL, price=run.price(SOL, "-1"))
        run.tell(CancelOrder("c1", resting))
        run.wish(LONG, SOL, price=run.price(SOL, "-1"), time_in_force=TimeInForce.IOC)
        run.wish(LONG, SOL, price=run.price(SOL, "1"), time_in_force=TimeInForce.GTX)

    run.under(NO_PAUSE, act)


def more_entries_at_once_than_the_queue_holds(run: LongRun) -> None:
    def act() -> None:
        for _ in range(60):
            run.wish(LONG, quantity=Decimal("0.008"), seconds=0)
        run.wait(60)

    run.under({**NO_PAUSE, "scale_in": True, "position_size_pct_max": 40}, act)
    run.wish(CLOSE_LONG)


def an_order_rests_for_longer_than_a_signal_may_take(run: LongRun) -> None:
    def act() -> None:
        resting = run.wish(LONG, BTC, price=run.price(BTC, "-8"))
        run.wait(2 * 3_600)
        run.wish(LONG, BTC)
        run.tell(CancelOrder("c2", resting))

    run.under({**NO_PAUSE, "order_deadline_ms": 10 * 3_600_000}, act)


def the_filters_are_older_than_allowed(run: LongRun) -> None:
    run.under({"filters_age_ms_max": 60_000}, lambda: run.wish(LONG, BTC))


def the_policy_source_falls_silent(run: LongRun) -> None:
    def act() -> None:
        run.wait(5)
        run.wish(LONG, BTC)

    run.under({"policy_age_ms_max": 1_000}, act)


def the_day_has_its_quota(run: LongRun) -> None:
    for number in range(7):
        run.under({"cooldown_ms": 0}, lambda: run.wish(LONG, BTC))
        run.tell(FlattenPositions(f"f{number}"), 5)


EVERYDAY = (
    wishes_before_the_start_is_over,
    figures_that_no_market_has,
    forms_that_are_no_order,
    weak_signals,
    prices_that_make_no_sense,
    orders_that_break_a_filter,
    orders_that_are_too_large,
    a_rule_of_the_host_refuses_and_fails,
    a_position_and_what_may_not_be_added,
    a_position_of_the_smallest_size,
    more_slicing_than_is_carried_out_at_a_time,
    a_halt_refuses_entries,
    strategies_with_limits_of_their_own,
    more_orders_than_there_is_room_for,
    more_leverage_than_allowed,
    limit_orders_end_in_every_way,
    more_entries_at_once_than_the_queue_holds,
    an_order_rests_for_longer_than_a_signal_may_take,
    the_filters_are_older_than_allowed,
    the_policy_source_falls_silent,
    the_day_has_its_quota,
)
