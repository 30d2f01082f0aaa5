"""Flattening: what a listing of the venue says of positions that a command closes."""

from decimal import Decimal

import pytest

from callboard.actors.policies.flattening import Flattening, Listed, weigh
from callboard.messages.values import PositionSide
from callboard.messages.venue import PositionEvidence

BEGAN, CLOSED, LISTED = 100, 200, 300
ETH, BTC = "ETHUSDT/BOTH", "BTCUSDT/BOTH"
OURS = {ETH: CLOSED}


def shown(*keys: str, quantity: int = 1) -> list[PositionEvidence]:
    return [
        PositionEvidence(
            key.partition("/")[0], PositionSide.BOTH, Decimal(quantity), Decimal(2_000)
        )
        for key in keys
    ]


@pytest.mark.parametrize(
    ("symbol", "positions", "listed"),
    [
        ("", [], Listed(is_over=True, left=())),
        ("", shown(ETH, quantity=0), Listed(is_over=True, left=())),
        ("ETHUSDT", shown(BTC), Listed(is_over=True, left=())),
        ("ETHUSDT", shown(BTC, ETH), Listed(is_over=False, left=(ETH,))),
        ("", shown(BTC), Listed(is_over=False, left=(BTC,))),
        ("", shown(ETH), Listed(is_over=False, left=(ETH,))),
    ],
)
def test_flat_is_what_a_later_listing_shows_of_the_symbol(
    symbol: str, positions: list[PositionEvidence], listed: Listed
) -> None:
    assert listed == weigh(Flattening(symbol, BEGAN), positions, OURS, LISTED)


@pytest.mark.parametrize("departed_at_ns", [BEGAN, CLOSED])
def test_a_listing_that_left_before_our_last_fill_says_nothing(departed_at_ns: int) -> None:
    assert weigh(Flattening("", BEGAN), [], OURS, departed_at_ns) is None


def test_a_fill_of_another_symbol_is_no_reason_to_wait() -> None:
    assert Listed(is_over=True, left=()) == weigh(Flattening("BTCUSDT", BEGAN), [], OURS, BEGAN + 1)


def test_one_that_is_over_is_weighed_no_more() -> None:
    assert weigh(Flattening("", BEGAN, is_over=True), [], OURS, LISTED) is None


@pytest.mark.parametrize(("key", "is_over"), [(BTC, True), (ETH, False)])
def test_what_a_second_listing_shows_again_is_left_only_where_it_was_never_ours(
    key: str, is_over: bool
) -> None:
    flattening = Flattening("", BEGAN, CLOSED, listed=(key,))

    assert Listed(is_over, (key,)) == weigh(flattening, shown(key), OURS, LISTED)
