"""Test of RiskGate: what it approves, renews and refuses, and by which settings."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.risk_facts import DayTurned
from callboard.actors.risk_gate import RiskGate
from callboard.messages.events import AlertRaised
from callboard.messages.intake import PolicyChanged
from callboard.messages.orders import (
    ApprovalRefused,
    ApprovalRenewed,
    ApprovedOrder,
    RenewalRefused,
    RenewApproval,
)
from callboard.messages.reconciliation import SymbolsMismatched
from callboard.messages.values import (
    Leg,
    OrderType,
    PositionSide,
    Priority,
    Severity,
    Side,
    SignalSource,
    TimeInForce,
    TradingState,
    WorkingType,
)
from support.entries import (
    ACCOUNT,
    ACTIVE,
    CLOCK,
    NOW_MS,
    SETTINGS,
    SYMBOL,
    entry,
    exit_request,
)
from support.gates import GateBench
from support.steps import MS, SECOND

D = Decimal
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


def test_an_approved_entry_says_all_that_its_sender_needs() -> None:
    approved = GateBench().approve(entry(take_profit=D(2100)))

    expected = ApprovedOrder(
        client_order_id="cb3-1-e1",
        intent_id="1",
        leg=Leg.ENTRY,
        signal_id="s1",
        strategy="default",
        symbol=SYMBOL,
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        order_type=OrderType.MARKET,
        quantity=D("0.1"),
        price=None,
        trigger_price=None,
        time_in_force=TimeInForce.GTC,
        reduce_only=False,
        close_position=False,
        working_type=WorkingType.MARK_PRICE,
        priority=Priority.OPENING,
        epoch=1,
        send_by_ms=NOW_MS + 3_000,
        deadline_ms=NOW_MS + 3_600_000,
        stop_loss=D(1960),
        take_profit=D(2100),
        reference_price=D(2000),
        slippage_pct_max=Decimal(1),
    )
    assert expected == approved


def test_a_limit_entry_keeps_its_price_and_its_time_in_force() -> None:
    signal = entry(order_type=OrderType.LIMIT, price=D(1990), time_in_force=TimeInForce.GTX)

    approved = GateBench().approve(signal)

    assert (OrderType.LIMIT, D(1990), TimeInForce.GTX) == (
        approved.order_type,
        approved.price,
        approved.time_in_force,
    )


def test_nothing_is_sent_or_rests_after_its_signal_expired() -> None:
    approved = GateBench().approve(entry(expires_at_ms=NOW_MS + 500))

    assert (NOW_MS + 500, NOW_MS + 500) == (approved.send_by_ms, approved.deadline_ms)


def test_times_are_those_of_the_venues_clock() -> None:
    bench = GateBench()
    bench.steps.tell(evolve(CLOCK, offset_ns=250 * MS))

    assert NOW_MS + 3_250 == bench.approve().send_by_ms


def test_an_approval_carries_the_epoch_that_is_in_force() -> None:
    bench = GateBench()
    bench.steps.tell(evolve(ACTIVE, epoch=7))

    assert 7 == bench.approve().epoch


def test_a_refusal_names_guard_figure_and_limit_to_the_intake() -> None:
    step = GateBench().ask(entry(symbol="DOGEUSDT"))

    listed = "ETHUSDT,BTCUSDT,SOLUSDT,XRPUSDT"
    expected = ApprovalRefused(
        "1",
        Leg.ENTRY,
        "s1",
        "DOGEUSDT",
        "symbol_whitelist",
        "DOGEUSDT",
        listed,
        mark=None,
        drawdown_pct=D(0),
    )
    assert ((), (("execution_system", expected),)) == (step.facts, step.tells)


def test_a_refusal_shows_the_mark_and_how_far_the_equity_has_fallen() -> None:
    """S0-106: what the operator looks at first."""
    bench = GateBench()
    bench.steps.tell(evolve(ACCOUNT, equity=D(9_000)))

    (refused,) = bench.ask(entry(confidence=D("0.1"))).told(ApprovalRefused)

    assert ("confidence", D(2000), D(10)) == (refused.guard, refused.mark, refused.drawdown_pct)


def test_who_wished_and_by_which_model_travels_with_the_order() -> None:
    """C-29: a person's wish needs no score."""
    wished = entry(source=SignalSource.MANUAL, model_version="m-7", confidence=None)

    approved = GateBench().approve(wished)

    assert (SignalSource.MANUAL, "m-7") == (approved.source, approved.model_version)


def test_an_adjusted_price_is_approved_beside_the_one_that_was_given() -> None:
    """C-34: both values are kept."""
    settings = evolve(SETTINGS, risk_reward_ratio_min=D(0))
    wished = entry(stop_loss=D("1970.001"), take_profit=D("2000.5"))

    approved = GateBench(settings).approve(wished)

    assert (D("1970.01"), D(2002)) == (approved.stop_loss, approved.take_profit)
    assert (D("1970.001"), D("2000.5")) == (approved.stop_loss_given, approved.take_profit_given)


def test_a_price_that_fits_as_it_was_given_is_kept_once() -> None:
    approved = GateBench().approve(entry(stop_loss=D(1970)))

    assert (D(1970), None, None) == (
        approved.stop_loss,
        approved.stop_loss_given,
        approved.take_profit_given,
    )


def test_a_verified_exit_is_approved_as_a_reducing_order() -> None:
    (approved,) = GateBench().steps.tell(exit_request()).to("order_manager")

    assert (Priority.REDUCING, True, False, D("0.1"), 0, 0) == (
        approved.priority,
        approved.reduce_only,
        approved.close_position,
        approved.quantity,
        approved.send_by_ms,
        approved.deadline_ms,
    )


@pytest.mark.parametrize("state", TradingState)
def test_no_trading_state_and_no_missing_data_refuses_an_exit(state: TradingState) -> None:
    bench = GateBench(ready=False)
    bench.steps.tell(evolve(ACTIVE, state=state, venue_open=False))

    step = bench.steps.tell(exit_request())

    assert 1 == len(step.told(ApprovedOrder))


def test_a_new_day_lets_it_be_seen_that_the_quota_is_whole_again() -> None:
    """C-52: the reset is a fact and a line of the log, once."""
    bench = GateBench(evolve(SETTINGS, executions_per_day_max=1))
    bench.fill(bench.approve(entry(symbol="BTCUSDT")))
    bench.wait(DAY)

    first, second = bench.ask(entry(symbol="SOLUSDT")), bench.ask(entry(symbol="XRPUSDT"))

    days = [fact for step in (first, second) for fact in step.facts if isinstance(fact, DayTurned)]
    assert [DayTurned(bench.steps.now_ns // DAY)] == days
    assert "daily_quota_reset" in [name for name, _fields in first.logs]
    assert 1 == len(second.told(ApprovalRefused))


def test_an_adjustment_is_a_line_of_the_log_with_both_values() -> None:
    """C-34: nothing is changed in silence."""
    step = GateBench().ask(entry(stop_loss=D("1970.001")))

    (fields,) = [fields for name, fields in step.logs if name == "prices_adjusted"]
    assert (D("1970.01"), D("1970.001")) == (fields["stop_loss"], fields["stop_loss_given"])


def test_an_exit_charges_no_cooldown_and_no_quota() -> None:
    bench = GateBench(evolve(SETTINGS, executions_per_day_max=1))
    bench.steps.tell(exit_request())

    assert "" == bench.guard()


@pytest.mark.parametrize(
    ("position_side", "quantity", "reduce_only", "close_position"),
    [
        (PositionSide.BOTH, D("0.1"), True, False),
        (PositionSide.BOTH, None, False, True),
        (PositionSide.LONG, D("0.1"), False, False),
        (PositionSide.LONG, None, False, True),
    ],
)
def test_an_exit_reduces_by_the_word_that_its_mode_knows(
    position_side: PositionSide,
    quantity: Decimal | None,
    *,
    reduce_only: bool,
    close_position: bool,
) -> None:
    request = exit_request(position_side=position_side, quantity=quantity)

    (approved,) = GateBench().steps.tell(request).to("order_manager")

    assert (reduce_only, close_position) == (approved.reduce_only, approved.close_position)


def test_every_attempt_of_a_leg_has_its_own_id() -> None:
    steps = GateBench().steps

    made = [
        steps.tell(exit_request(leg=Leg.STOP, attempt=number)).to("order_manager")[0]
        for number in (1, 2)
    ]

    assert ["cb3-p1-s1", "cb3-p1-s2"] == [each.client_order_id for each in made]


def test_an_order_that_would_not_reduce_is_refused_to_the_monitor() -> None:
    step = GateBench().steps.tell(exit_request(side=Side.BUY))

    expected = ApprovalRefused("p1", Leg.EXIT, "", SYMBOL, "not_reducing", "BUY", "0.1")
    assert (("position_monitor", expected),) == step.tells


def test_a_refused_exit_of_a_signal_ends_the_signal_too() -> None:
    step = GateBench().steps.tell(exit_request(side=Side.BUY, signal_id="s9", intent_id="4"))

    assert ["position_monitor", "execution_system"] == [to for to, _ in step.tells]


def test_a_renewal_gives_new_time_and_charges_nothing_again() -> None:
    bench = GateBench(evolve(SETTINGS, executions_per_day_max=1, positions_max=1))
    order = bench.approve()
    bench.wait(4 * SECOND)
    bench.steps.tell(evolve(ACTIVE, epoch=2))

    step = bench.steps.tell(RenewApproval(order.client_order_id, order.intent_id))

    renewed = ApprovalRenewed(order.client_order_id, 2, NOW_MS + 7_000)
    assert ((), (("order_manager", renewed),)) == (step.facts, step.tells)


def test_a_renewal_does_not_reach_beyond_the_orders_deadline() -> None:
    bench = GateBench()
    order = bench.approve(entry(expires_at_ms=NOW_MS + 5_000))
    bench.wait(4 * SECOND)

    step = bench.steps.tell(RenewApproval(order.client_order_id, order.intent_id))

    assert [NOW_MS + 5_000] == [each.send_by_ms for each in step.told(ApprovalRenewed)]


@pytest.mark.parametrize(
    ("news", "wait_ns", "guard"),
    [
        (evolve(ACTIVE, state=TradingState.HALTED), 0, "trading_state"),
        (evolve(CLOCK, trusted=False), 0, "clock"),
        (SymbolsMismatched((SYMBOL,)), 0, "symbol_hold"),
        (CLOCK, 3_600 * SECOND, "expired"),
    ],
)
def test_a_renewal_is_refused_for_what_the_world_has_become(
    news: object, wait_ns: int, guard: str
) -> None:
    bench = GateBench()
    order = bench.approve()
    bench.wait(wait_ns)
    bench.steps.tell(news)

    step = bench.steps.tell(RenewApproval(order.client_order_id, order.intent_id))

    assert [RenewalRefused(order.client_order_id, guard)] == step.to("order_manager")


@pytest.mark.parametrize("client_order_id", ["cb3-1-e1", "cb2-1-e1"])
def test_only_a_reserved_order_is_renewed(client_order_id: str) -> None:
    bench = GateBench()
    bench.never_sent(bench.approve())

    step = bench.steps.tell(RenewApproval(client_order_id, "1"))

    assert [RenewalRefused(client_order_id, "no_reservation")] == step.to("order_manager")


def test_a_policy_applies_to_new_orders() -> None:
    bench = GateBench()
    step = bench.steps.tell(PolicyChanged("position_size_pct_default", "1", "store", 1))

    assert () == step.tells
    assert D("0.05") == bench.approve().quantity


def test_a_policy_that_cannot_be_is_refused_by_name_and_changes_nothing() -> None:
    bench = GateBench()

    step = bench.steps.tell(PolicyChanged("position_size_pct_default", "9", "store", 1))

    text = "position_size_pct_default: would be above position_size_pct_max, 5"
    alert = AlertRaised(Severity.WARNING, "policy_refused", "position_size_pct_default", text)
    assert ((), (("event_bus", alert),)) == (step.facts, step.tells)
    assert D("0.1") == bench.approve().quantity


def test_a_kept_policy_that_no_longer_fits_the_settings_refuses_entries_only() -> None:
    bench = GateBench()
    order = bench.approve()
    bench.steps.tell(PolicyChanged("position_size_pct_default", "4", "store", 1))
    stricter = RiskGate(evolve(SETTINGS, position_size_pct_max=D(3)), "cb")
    stricter.state, bench.steps.actor = bench.steps.actor.state, stricter

    renewed = bench.steps.tell(RenewApproval(order.client_order_id, order.intent_id))

    assert "policy" == bench.guard(entry(symbol="BTCUSDT"))
    assert [RenewalRefused(order.client_order_id, "policy")] == renewed.to("order_manager")
    assert 1 == len(bench.steps.tell(exit_request()).told(ApprovedOrder))
