"""Test of the entry rules: each at and around its limit, and what a refusal says.

A refusal names the guard, the figure and the limit; a world without a fault refuses nothing.
"""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.entry_rules import RULES, first_refusal, judge, judge_whole
from callboard.actors.policies.refusal import Refusal
from callboard.messages.instruments import ContractStatus
from callboard.messages.values import OrderType, SignalSource, SignalType, TimeInForce, TradingState
from support.entries import ACCOUNT, ETH, NOW_MS, SETTINGS, entry, mark, view
from support.steps import MS, SECOND, START_NS

D = Decimal
MINUTE = 60 * SECOND
SHORT = entry(signal=SignalType.SHORT_ENTRY)


def refusal(**changes: Any) -> Refusal | None:
    """Judge a world with changes; a changed signal is given as `signal`."""
    verdict = judge(view(**changes))
    return verdict if isinstance(verdict, Refusal) else None


def settings(**changes: Any) -> dict[str, Any]:
    return {"settings": evolve(SETTINGS, **changes)}


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_entries_need_active_trading(state: TradingState) -> None:
    found = refusal(trading_state=state, trading_reason="by hand")

    assert Refusal("trading_state", state.value, "by hand") == found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("is_ready", Refusal("not_ready", "recovering", "recovered")),
        ("venue_open", Refusal("venue_open", "failing", "working")),
        ("clock_trusted", Refusal("clock", "untrusted", "trusted")),
        ("stream_healthy", Refusal("user_stream", "gap", "backfilled")),
    ],
)
def test_what_is_not_ready_refuses_by_its_name(change: str, expected: Refusal) -> None:
    assert expected == refusal(**{change: False})


def test_a_symbol_that_is_not_listed_is_refused() -> None:
    found = refusal(**settings(symbols=("BTCUSDT",)))

    assert Refusal("symbol_whitelist", "ETHUSDT", "BTCUSDT") == found


def test_an_empty_list_of_symbols_allows_nothing() -> None:
    found = refusal(**settings(symbols=()))

    assert Refusal("symbol_whitelist", "ETHUSDT", "") == found


def test_an_action_that_is_not_listed_is_refused() -> None:
    found = refusal(**settings(actions=("CLOSE_LONG", "REDUCE_50")))

    assert Refusal("action_whitelist", "LONG_ENTRY", "CLOSE_LONG,REDUCE_50") == found


def test_a_symbol_in_doubt_is_refused_with_its_reason() -> None:
    assert Refusal("symbol_hold", "mismatch", "none") == refusal(symbol_hold="mismatch")


@pytest.mark.parametrize(("after_ms", "is_refused"), [(1, False), (0, True), (-1, True)])
def test_a_signal_is_carried_out_until_just_before_it_expires(
    after_ms: int, is_refused: bool
) -> None:
    found = refusal(signal=entry(expires_at_ms=NOW_MS + after_ms))

    expected = Refusal("expired", str(NOW_MS), str(NOW_MS + after_ms))
    assert (expected if is_refused else None) == found


@pytest.mark.parametrize(("left_ms", "ok"), [(603_001, True), (603_000, False)])
def test_an_order_that_the_venue_ends_must_end_late_enough_for_it(left_ms: int, ok: bool) -> None:
    """The venue wants ten minutes, and the order may be under way for three seconds."""
    wished = entry(
        order_type=OrderType.LIMIT,
        price=D(1990),
        time_in_force=TimeInForce.GTD,
        expires_at_ms=NOW_MS + left_ms,
    )

    found = refusal(signal=wished)

    expected = Refusal("signal_time_in_force", f"GTD for {left_ms} ms", "above 603000")
    assert (None if ok else expected) == found


@pytest.mark.parametrize(
    ("field", "figure", "guard"),
    [
        ("confidence", "0.70", ""),
        ("confidence", "0.6999", "confidence"),
        ("confluence_score", "3.0", ""),
        ("confluence_score", "2.99", "confluence_score"),
        ("signal_strength", "0", ""),
        ("signal_strength", "-0.01", "signal_strength"),
    ],
)
def test_each_threshold_is_that_of_its_own_field(field: str, figure: str, guard: str) -> None:
    given = {"confidence": None, field: D(figure)}

    found = refusal(signal=entry(**given))

    assert guard == ("" if found is None else found.guard)
    assert found is None or figure == found.figure


def test_a_signal_without_any_score_is_refused() -> None:
    assert Refusal("confidence", "none", "0.7") == refusal(signal=entry(confidence=None))


def test_a_person_is_asked_for_no_score_and_judged_by_none() -> None:
    """C-29: manual orders are exempt from the thresholds, and from nothing else."""
    by_hand = entry(source=SignalSource.MANUAL, confidence=D("0.1"))

    assert refusal(signal=by_hand) is None
    assert refusal(signal=evolve(by_hand, confidence=None)) is None
    assert Refusal("daily_quota", "6", "6") == refusal(signal=by_hand, executions_today=6)


@pytest.mark.parametrize(("equity", "shown"), [("8504", ""), ("8503.99", "15.0001")])
def test_no_entry_may_take_the_account_past_its_largest_drawdown(equity: str, shown: str) -> None:
    """S0-074: as if the stop of 40 on 0.1 were hit."""
    funds = evolve(ACCOUNT, equity=D(equity))

    found = refusal(signal=entry(quantity=D("0.1")), account=funds)

    assert (Refusal("drawdown", shown, "15") if shown else None) == found


@pytest.mark.parametrize(
    ("quantity", "most", "ok"), [("0.2", "400", True), ("0.201", "400", False)]
)
def test_one_order_has_a_cap_of_its_own(quantity: str, most: str, ok: bool) -> None:
    found = refusal(signal=entry(quantity=D(quantity)), **settings(order_notional_max=D(most)))

    assert (None if ok else Refusal("order_notional_max", "402", most)) == found


@pytest.mark.parametrize(
    ("age_ms", "most", "ok"), [(60_000, 60_000, True), (60_001, 60_000, False), (10**9, 0, True)]
)
def test_a_policy_source_that_fell_silent_refuses(age_ms: int, most: int, ok: bool) -> None:
    """C-09, S1-068: stale is closed for entries; without a source nothing can be stale."""
    found = refusal(policy_at_ms=NOW_MS - age_ms, **settings(policy_age_ms_max=most))

    assert (None if ok else Refusal("policy_age", str(age_ms), str(most))) == found


def test_an_account_that_may_not_trade_takes_no_entry() -> None:
    assert Refusal("account_may_trade", "no", "yes") == refusal(
        account=evolve(ACCOUNT, can_trade=False)
    )


def test_one_low_score_refuses_whatever_the_others_say() -> None:
    found = refusal(signal=entry(confidence=D(1), confluence_score=D("2.5")))

    assert Refusal("confluence_score", "2.5", "3") == found


@pytest.mark.parametrize(
    ("age_ms", "is_refused"), [(86_399_999, False), (86_400_000, True), (86_400_001, True)]
)
def test_filters_end_at_their_age(age_ms: int, is_refused: bool) -> None:
    found = refusal(filters_read_at_ns=START_NS - age_ms * MS)

    expected = Refusal("filters_age", str(age_ms), "86400000")
    assert (expected if is_refused else None) == found


def test_a_symbol_without_filters_is_refused() -> None:
    found = refusal(filters=None)

    assert found is not None
    assert "filters_age" == found.guard


def test_a_contract_that_does_not_trade_is_refused_with_its_status() -> None:
    found = refusal(filters=evolve(ETH, status=ContractStatus.SETTLING))

    assert Refusal("contract_status", "SETTLING", "TRADING") == found


@pytest.mark.parametrize("asset", ["", ETH.margin_asset])
def test_a_symbol_of_the_account_s_margin_asset_is_admitted(asset: str) -> None:
    assert refusal(margin_asset=asset) is None


def test_a_symbol_whose_margin_is_another_asset_is_refused_with_both() -> None:
    found = refusal(filters=evolve(ETH, margin_asset="USDC"), margin_asset="USDT")

    assert Refusal("margin_asset", "USDC", "USDT") == found


@pytest.mark.parametrize(("age_ms", "is_refused"), [(4_999, False), (5_000, False), (5_001, True)])
def test_a_mark_that_is_too_old_refuses(age_ms: int, is_refused: bool) -> None:
    found = refusal(mark=mark(at_ns=START_NS - age_ms * MS))

    expected = Refusal("mark_age", str(age_ms), "5000")
    assert (expected if is_refused else None) == found


@pytest.mark.parametrize(("age_ms", "is_refused"), [(300_000, False), (300_001, True)])
def test_balances_that_are_too_old_refuse(age_ms: int, is_refused: bool) -> None:
    found = refusal(account=evolve(ACCOUNT, at_ns=START_NS - age_ms * MS))

    expected = Refusal("account_age", str(age_ms), "300000")
    assert (expected if is_refused else None) == found


@pytest.mark.parametrize(
    ("changes", "guard", "most"),
    [
        ({"mark": None}, "mark_age", "5000"),
        ({"account": None}, "account_age", "300000"),
        ({"listed_at_ns": 0}, "position_age", "300000"),
    ],
)
def test_what_was_never_told_refuses_with_the_age_of_all_time(
    changes: dict[str, Any], guard: str, most: str
) -> None:
    assert Refusal(guard, str(NOW_MS), most) == refusal(**changes)


@pytest.mark.parametrize(
    ("waited_ns", "is_refused"),
    [(15 * MINUTE - MS, True), (15 * MINUTE, False), (15 * MINUTE + MS, False)],
)
def test_a_symbol_waits_out_its_cooldown(waited_ns: int, is_refused: bool) -> None:
    """C-30: refused with the time that remains."""
    found = refusal(executed_at_ns=START_NS - waited_ns)

    expected = Refusal("cooldown", "1 left", "900000")
    assert (expected if is_refused else None) == found


@pytest.mark.parametrize(("count", "is_refused"), [(5, False), (6, True), (7, True)])
def test_the_day_has_so_many_executions(count: int, is_refused: bool) -> None:
    found = refusal(executions_today=count)

    assert (Refusal("daily_quota", str(count), "6") if is_refused else None) == found


@pytest.mark.parametrize(("used", "is_refused"), [(2, False), (3, True)])
def test_positions_and_open_entries_share_the_slots(used: int, is_refused: bool) -> None:
    found = refusal(slots_used=used)

    assert (Refusal("positions_max", str(used), "3") if is_refused else None) == found


def test_a_position_that_has_its_slot_needs_no_other() -> None:
    found = refusal(
        slots_used=3, has_slot=True, position_quantity=D("0.01"), **settings(scale_in=True)
    )

    assert found is None


@pytest.mark.parametrize(("signal", "held"), [(entry(), D("-0.5")), (SHORT, D("0.5"))])
def test_no_entry_goes_against_an_open_position(signal: Any, held: Decimal) -> None:
    found = refusal(signal=signal, position_quantity=held)

    assert Refusal("opposite_position", str(held), "0") == found


def test_an_entry_onto_a_position_needs_a_setting() -> None:
    held = D("0.01")

    assert Refusal("scale_in", "0.01", "0") == refusal(position_quantity=held)
    assert refusal(position_quantity=held, **settings(scale_in=True)) is None


@pytest.mark.parametrize(("most", "is_refused"), [(9, True), (10, False), (11, False)])
def test_the_signals_own_leverage_limit_holds(most: int, is_refused: bool) -> None:
    found = refusal(signal=entry(leverage_max=most))

    assert (Refusal("leverage_max", "10", str(most)) if is_refused else None) == found


@pytest.mark.parametrize(
    ("signal", "guard", "figure"),
    [
        (entry(stop_loss=D(2000)), "stop_side", "2000"),
        (entry(stop_loss=D("2000.01")), "stop_side", "2000.01"),
        (entry(stop_loss=D("1998")), "", ""),
        (evolve(SHORT, stop_loss=D(2000)), "stop_side", "2000"),
        (evolve(SHORT, stop_loss=D("1999.99")), "stop_side", "1999.99"),
        (evolve(SHORT, stop_loss=D("2002")), "", ""),
        (entry(take_profit=D(2000)), "target_side", "2000"),
        (entry(take_profit=D(2060)), "", ""),
        (evolve(SHORT, take_profit=D(2000)), "target_side", "2000"),
        (evolve(SHORT, take_profit=D(1940)), "", ""),
    ],
)
def test_stop_and_target_lie_on_their_own_sides_of_the_entry(
    signal: Any, guard: str, figure: str
) -> None:
    found = refusal(signal=signal)

    assert (Refusal(guard, figure, "2000") if guard else None) == found


@pytest.mark.parametrize(("stop", "distance"), [("1960", ""), ("1959.99", "2.0005")])
def test_a_stop_may_be_as_far_as_its_limit_and_no_farther(stop: str, distance: str) -> None:
    found = refusal(signal=entry(stop_loss=D(stop)))

    assert (Refusal("stop_distance", distance, "2") if distance else None) == found


@pytest.mark.parametrize(("quantity", "guard"), [("0.250", ""), ("0.251", "position_percent_max")])
def test_a_position_may_be_as_large_as_its_limit_and_is_never_shrunk(
    quantity: str, guard: str
) -> None:
    found = refusal(signal=entry(quantity=D(quantity)))

    assert (Refusal(guard, "502", "500") if guard else None) == found


@pytest.mark.parametrize(("gross", "guard"), [("4800", ""), ("4800.01", "gross_percent_max")])
def test_all_positions_together_have_a_limit(gross: str, guard: str) -> None:
    found = refusal(gross_notional=D(gross))

    assert (Refusal(guard, "5000.01", "5000") if guard else None) == found


@pytest.mark.parametrize(
    ("available", "reserved", "limit"),
    [("20", "0", ""), ("19.99", "0", "19.99"), ("40", "200", ""), ("40", "200.1", "19.99")],
)
def test_what_is_promised_to_open_entries_is_not_available(
    available: str, reserved: str, limit: str
) -> None:
    found = refusal(account=evolve(ACCOUNT, available=D(available)), reserved_notional=D(reserved))

    assert (Refusal("available", "20", limit) if limit else None) == found


def test_an_order_below_the_smallest_notional_is_refused_by_that_filter() -> None:
    found = refusal(signal=entry(quantity=D("0.009")))

    assert Refusal("filter_notional_min", "18", "20") == found


def test_every_rule_is_asked_in_its_order() -> None:
    found = refusal(trading_state=TradingState.HALTED, is_ready=False, mark=None)

    assert found is not None
    assert "trading_state" == found.guard
    assert len(RULES) == len(set(RULES))


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({}, ""),
        ({"trading_state": TradingState.HALTED}, "trading_state"),
        ({"stream_healthy": False}, "user_stream"),
        ({"symbol_hold": "unprotected"}, "symbol_hold"),
        ({"signal": entry(expires_at_ms=NOW_MS)}, "expired"),
        ({"mark": None}, "mark_age"),
        ({"executed_at_ns": START_NS, "executions_today": 99, "slots_used": 9}, ""),
    ],
)
def test_a_renewal_asks_for_the_world_and_charges_nothing_again(
    changes: dict[str, Any], guard: str
) -> None:
    found = first_refusal(view(**changes))

    assert guard == ("" if found is None else found.guard)


def test_what_is_sent_in_slices_is_judged_as_one_but_for_the_bounds_of_an_order() -> None:
    small = settings(order_notional_max=D(1))

    assert "order_notional_max" == getattr(refusal(**small), "guard", "")
    assert judge_whole(view(**small)) is None
    assert judge_whole(view(trading_state=TradingState.HALTED, trading_reason="")) == Refusal(
        "trading_state", "HALTED", ""
    )
