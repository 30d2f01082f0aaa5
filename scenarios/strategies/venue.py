"""Venue: Hypothesis strategies for an exchange's trading rules, and for how it fills.

Figures are on the grid that the rules give, and fill each other up, so that nothing has to be
filtered out. Shrinks towards coarse rules without bounds, and towards one fill of the whole.
"""

from decimal import Decimal

from hypothesis import strategies as st

from ...messages.instruments import ContractStatus, Filters
from ...messages.values import PositionSide, Side
from ...messages.venue import TradeEvidence

DIGITS_MAX = 6
FILLS_MAX = 6
GAP_MS_MAX = 5_000
FEE = Decimal("0.0004")
SHARES = st.decimals(0, 1, places=3)


@st.composite
def filters(draw: st.DrawFn, symbol: str = "ETHUSDT") -> Filters:
    """Draw the rules of a symbol; a bound of zero means that there is none."""
    tick, step = draw(_grids()), draw(_grids())
    market_step = step * draw(st.sampled_from((1, 1, 10)))
    price_min, price_max = draw(_bounds(tick))
    quantity_min, quantity_max = draw(_bounds(step))
    market_min, market_max = draw(_bounds(market_step))
    return Filters(
        symbol=symbol,
        status=draw(st.sampled_from([ContractStatus.TRADING, *ContractStatus])),
        margin_asset="USDT",
        tick_size=tick,
        price_min=price_min,
        price_max=price_max,
        step_size=step,
        quantity_min=quantity_min,
        quantity_max=quantity_max,
        market_step_size=market_step,
        market_quantity_min=market_min,
        market_quantity_max=market_max,
        notional_min=Decimal(draw(st.sampled_from((0, 5, 20, 100)))),
        multiplier_up=1 + draw(SHARES),
        multiplier_down=1 - draw(SHARES),
        orders_max=draw(st.sampled_from((0, 1, 200))),
        trigger_protect=draw(SHARES),
        market_take_bound=draw(SHARES),
    )


@st.composite
def fills(
    draw: st.DrawFn,
    quantity: Decimal = Decimal(1),
    *,
    step: Decimal = Decimal("0.001"),
    price: Decimal = Decimal("2600.00"),
    tick: Decimal = Decimal("0.01"),
    symbol: str = "ETHUSDT",
    side: Side = Side.BUY,
    is_whole: bool = False,
) -> tuple[TradeEvidence, ...]:
    """Draw the fills of one order in their order: never more than it, with `is_whole` all of it.

    `quantity` is a multiple of `step`. Trade ids differ, and times do not run backwards.
    """
    lots = int(quantity / step)
    assert lots * step == quantity, f"{quantity} is no multiple of {step}"
    count = draw(st.integers(1, min(lots, FILLS_MAX)))
    cuts = draw(st.sets(st.integers(1, lots - 1), min_size=count - 1, max_size=count - 1))
    ends = [*sorted(cuts), lots]
    kept = len(ends) if is_whole else draw(st.integers(0, len(ends)))
    made: list[TradeEvidence] = []
    at_ms = begin = 0
    for number, end in enumerate(ends[:kept]):
        at_ms += draw(st.integers(0, GAP_MS_MAX))
        paid = price + tick * draw(st.integers(-100, 100))
        made.append(
            TradeEvidence(
                trade_id=str(number + 1),
                venue_order_id="1",
                symbol=symbol,
                side=side,
                position_side=PositionSide.BOTH,
                quantity=(end - begin) * step,
                price=paid,
                fee=(end - begin) * step * paid * FEE,
                realised_pnl=Decimal(0),
                is_maker=draw(st.booleans()),
                at_ms=at_ms,
            )
        )
        begin = end
    return tuple(made)


def _grids() -> st.SearchStrategy[Decimal]:
    """Draw a tick or step: 1, 2 or 5 times a power of ten."""
    return st.builds(_grid, st.sampled_from((1, 2, 5)), st.integers(0, DIGITS_MAX))


def _grid(digit: int, exponent: int) -> Decimal:
    return Decimal(digit).scaleb(-exponent)


@st.composite
def _bounds(draw: st.DrawFn, grid: Decimal) -> tuple[Decimal, Decimal]:
    """Draw a minimum and a maximum on a grid; either may be none."""
    least = draw(st.integers(0, 1_000))
    most = least + draw(st.integers(1, 10**9)) if draw(st.booleans()) else 0
    return least * grid, most * grid
