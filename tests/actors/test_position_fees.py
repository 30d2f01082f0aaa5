"""Test of PositionMonitor: fees of another asset are counted at its price, or kept apart."""

from decimal import Decimal
from typing import Any

from callboard.messages.account import FeePriceChanged
from callboard.messages.events import PositionClosed
from callboard.messages.orders import FillSettled
from callboard.messages.queries import GetPositions, PositionsView
from support.position_bench import ZERO, PositionBench, exit_fill, fill

IN_BNB: dict[str, Any] = {
    "trade_fee": ZERO,
    "trade_other_fee": Decimal("0.001"),
    "trade_other_fee_asset": "BNB",
}


def priced() -> PositionBench:
    bench = PositionBench()
    bench.tell(FeePriceChanged("BNB", Decimal(600), bench.steps.now_ns), sender="account")
    return bench


def totals(bench: PositionBench) -> tuple[Decimal, tuple[tuple[str, Decimal], ...]]:
    (answer,) = bench.tell(GetPositions()).replies
    assert isinstance(answer, PositionsView)
    return answer.fees, answer.other_fees


def test_a_trade_whose_fees_another_asset_paid_is_told_with_what_they_were_worth() -> None:
    bench = priced()
    bench.tell(fill(**IN_BNB))

    step = bench.tell(exit_fill(**IN_BNB))

    (closed,) = step.told(PositionClosed)
    assert (Decimal("1.2"), ()) == (closed.fees, closed.other_fees)
    assert (Decimal("1.2"), ()) == totals(bench)


def test_a_fee_that_comes_late_is_counted_at_the_price_then() -> None:
    bench = priced()
    early = fill(trade_fee=ZERO, trade_settled=False)
    bench.tell(early)

    bench.tell(FillSettled(early.client_order_id, fill(**IN_BNB).trade))

    assert (Decimal("0.6"), ()) == totals(bench)


def test_without_a_price_the_fee_stays_in_its_own_asset() -> None:
    bench = PositionBench()
    bench.tell(fill(**IN_BNB))

    step = bench.tell(exit_fill(**IN_BNB))

    (closed,) = step.told(PositionClosed)
    assert (ZERO, (("BNB", Decimal("0.002")),)) == (closed.fees, closed.other_fees)
