"""Test of the price rules: distances, reward over risk, slippage, and what is adjusted."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_shape import ShapedEntry, distance_min, price_entry
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import OrderType, SignalType
from support.entries import ETH, SETTINGS, entry, mark, view

D = Decimal
SHORT = entry(signal=SignalType.SHORT_ENTRY)
NO_DISTANCE = evolve(
    SETTINGS,
    protection_distance_pct_min=D(0),
    protection_distance_ticks_min=0,
    stop_loss_pct_max=D(3),
)


def refusal(**changes: Any) -> Refusal | None:
    """Judge a world with changes; a changed signal is given as `signal`."""
    verdict = judge(view(**changes))
    return verdict if isinstance(verdict, Refusal) else None


@pytest.mark.parametrize(
    ("target", "ratio"),
    [("2060", ""), ("2059.99", "1.4997"), ("2100", ""), ("2040", "1"), (None, "")],
)
def test_a_target_wins_at_least_its_share_of_what_the_stop_loses(
    target: str | None, ratio: str
) -> None:
    """S3-023: 1.5 passes."""
    wished = entry(stop_loss=D(1960), take_profit=None if target is None else D(target))

    found = refusal(signal=wished)

    assert (Refusal("risk_reward_ratio", ratio, "1.5") if ratio else None) == found


def test_the_samples_two_to_one_passes() -> None:
    """S1 gives entry 50000, stop 49000, target 52000: distance and ratio are inside."""
    wished = entry(stop_loss=D(49_000), take_profit=D(52_000))

    assert refusal(signal=wished, mark=mark(price=D(50_000))) is None


@pytest.mark.parametrize(
    ("stop", "distance"), [("1998", ""), ("1998.01", "1.99"), ("1999.99", "0.01")]
)
def test_a_stop_that_is_too_near_is_refused_and_never_moved_out(stop: str, distance: str) -> None:
    """C-34, S1-047: moving it would grow the loss."""
    found = refusal(signal=entry(stop_loss=D(stop)))

    assert (Refusal("stop_distance_min", distance, "2") if distance else None) == found


def test_on_a_coarse_grid_the_least_distance_is_so_many_ticks() -> None:
    """S1-047: the larger of two ticks and 0.1 %."""
    coarse = evolve(ETH, tick_size=D(5), price_min=D(5))

    found = refusal(filters=coarse, signal=entry(stop_loss=D(1995)))

    assert Refusal("stop_distance_min", "5", "10") == found


def test_a_target_that_is_too_near_is_moved_out_and_then_judged() -> None:
    """C-34: the least distance risks nothing; the ratio is asked of what comes out."""
    settings = evolve(SETTINGS, risk_reward_ratio_min=D(0))
    near = entry(take_profit=D("2000.5"))
    low = evolve(SHORT, take_profit=D("1999.5"))

    adjusted = [judge(view(signal, settings=settings)) for signal in (near, low)]

    targets = [each.prices.take_profit for each in adjusted if isinstance(each, ShapedEntry)]
    assert [D(2002), D(1998)] == targets
    assert Refusal("risk_reward_ratio", "0.05", "1.5") == refusal(signal=near)


def test_a_grid_that_would_move_the_stop_away_from_the_entry_refuses_it() -> None:
    """C-34: an adjustment never makes the loss larger."""
    found = refusal(
        mark=mark(price=D("2000.009")), signal=entry(stop_loss=D("2000.005")), settings=NO_DISTANCE
    )

    assert Refusal("stop_adjusted", "2000", "2000.005") == found


def test_a_default_stop_that_the_grid_puts_beyond_the_limit_is_refused() -> None:
    coarse = evolve(ETH, tick_size=D(1_000), price_min=D(0))

    found = refusal(filters=coarse, mark=mark(price=D(1_999)), settings=NO_DISTANCE)

    assert found is not None
    assert "stop_distance" == found.guard


@pytest.mark.parametrize(
    ("reference", "share"),
    [("2020", ""), ("2020.21", "1.0004"), ("1981.2", ""), ("1980", "1.0101")],
)
def test_a_market_order_is_refused_where_the_mark_left_its_reference(
    reference: str, share: str
) -> None:
    """C-33: one percent, inclusive, before the order."""
    found = refusal(signal=entry(price=D(reference)))

    assert (Refusal("slippage_reference", share, "1") if share else None) == found


@pytest.mark.parametrize(
    ("signal", "bid", "ask", "share"),
    [
        (entry(), "1990", "2020", ""),
        (entry(), "1990", "2020.01", "1.0005"),
        (SHORT, "1980", "2001", ""),
        (SHORT, "1979.99", "2001", "1.0005"),
        (entry(price=D(1990)), "1990", "2010", "1.0050"),
        (entry(), "1950", "1960", ""),
    ],
)
def test_a_market_order_is_refused_where_the_book_would_fill_it_worse(
    signal: Any, bid: str, ask: str, share: str
) -> None:
    """C-33: the best price of the book against the reference; a better one is welcome."""
    book = evolve(mark(), bid=D(bid), ask=D(ask))

    found = refusal(signal=signal, mark=book)

    assert (Refusal("slippage_estimate", share, "1") if share else None) == found


def test_a_limit_order_has_no_slippage() -> None:
    wide = evolve(mark(), bid=D(1_900), ask=D(2_100))
    limit = entry(order_type=OrderType.LIMIT, price=D(1_960))

    assert refusal(signal=limit, mark=wide) is None


@pytest.mark.parametrize(("price", "share"), [("1800", ""), ("1799.99", "10.0005")])
def test_a_limit_price_far_from_the_mark_is_refused(price: str, share: str) -> None:
    """S3-116: a price that is sane beside the mark."""
    limit = entry(order_type=OrderType.LIMIT, price=D(price))

    found = refusal(signal=limit)

    assert (Refusal("mark_distance", share, "10") if share else None) == found


@given(
    is_long=st.booleans(),
    price=st.decimals(1, 100_000, places=3),
    stop_away=st.decimals("-0.01", "0.04", places=6),
    target_away=st.decimals("-0.01", "0.1", places=6),
)
def test_what_passes_never_risks_more_than_the_signal_did(
    is_long: bool, price: Decimal, stop_away: Decimal, target_away: Decimal
) -> None:
    """C-34: both on their sides, the loss never grown, the target never too near."""
    sign = 1 if is_long else -1
    kind = SignalType.LONG_ENTRY if is_long else SignalType.SHORT_ENTRY
    stop, target = price * (1 - sign * stop_away), price * (1 + sign * target_away)
    seen = view(entry(signal=kind, stop_loss=stop, take_profit=target), mark=mark(price=price))

    verdict = judge(seen)

    priced = price_entry(seen)
    assert not isinstance(priced, Refusal)
    if isinstance(verdict, ShapedEntry):
        taken = verdict.prices
        assert priced == taken
        assert taken.take_profit is not None
        risk = (price - taken.stop_loss) * sign
        assert 0 < risk <= (price - stop) * sign
        assert (taken.take_profit - price) * sign >= risk * D("1.5")
        assert min(risk, abs(taken.take_profit - price)) >= distance_min(seen, price)
        assert D(0) == taken.stop_loss % ETH.tick_size == taken.take_profit % ETH.tick_size
