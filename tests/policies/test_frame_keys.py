"""Frame keys: a report is known again by all that it says, a fill by its trade alone."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.frame_keys import keys_of
from callboard.messages.stream import OrderFrame
from callboard.messages.venue import OrderEvidence
from support import venue_samples

EVIDENCE = evolve(
    venue_samples.EVIDENCE, status="PARTIALLY_FILLED", filled=Decimal("0.004"), updated_at_ms=101
)
TRADE = venue_samples.TRADE
FILL = OrderFrame(EVIDENCE, TRADE, "TRADE", lite=False, event_at_ms=101)


def report_key(**changes: Any) -> str:
    """Return the key of a report without a fill that says something else of its order."""
    evidence: OrderEvidence = evolve(EVIDENCE, **changes)
    (key,) = keys_of(evolve(FILL, evidence=evidence, trade=None, execution="NEW"))
    return key


def test_a_full_fill_is_known_by_its_report_and_by_its_trade() -> None:
    order, trade = EVIDENCE, TRADE
    report = f"o/{order.symbol}/{order.venue_order_id}"

    assert (
        f"{report}/TRADE/PARTIALLY_FILLED/{trade.trade_id}/0.004/101",
        f"t/{trade.symbol}/{trade.trade_id}",
    ) == keys_of(FILL)


def test_a_bare_fill_is_known_by_its_trade_alone() -> None:
    bare = evolve(FILL, evidence=None, lite=True)

    assert keys_of(FILL)[1:] == keys_of(bare)


def test_a_report_without_a_fill_has_no_trade_in_its_key() -> None:
    order = EVIDENCE

    assert f"o/{order.symbol}/{order.venue_order_id}/NEW/PARTIALLY_FILLED//0.004/101" == (
        report_key()
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "XRPUSDT"},
        {"venue_order_id": "77"},
        {"status": "NEW"},
        {"filled": Decimal("0.005")},
        {"updated_at_ms": 102},
        {"conditional": True},
    ],
)
def test_a_report_that_says_anything_else_is_another(changes: dict[str, Any]) -> None:
    assert report_key() != report_key(**changes)


def test_an_algo_order_is_told_from_an_order_of_the_same_number() -> None:
    assert report_key(conditional=True).startswith("a/")


def test_a_figure_is_the_same_however_it_is_written() -> None:
    assert report_key(filled=Decimal("1E+1")) == report_key(filled=Decimal(10))
