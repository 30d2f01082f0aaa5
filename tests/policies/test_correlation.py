"""Test of correlation: what would lose together, and how much smaller an entry is beside it."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.correlation import (
    correlation,
    pairs_of,
    scale_of,
    weight_together,
)
from callboard.actors.policies.entry_rules import judge
from callboard.actors.policies.entry_shape import ShapedEntry
from callboard.actors.policies.refusal import Refusal
from callboard.messages.values import SignalType
from support.entries import SETTINGS, entry, view

D = Decimal
BTC, ETH = "BTCUSDT", "ETHUSDT"
PAIRS = pairs_of([f"{BTC}/{ETH}=0.8", "SOLUSDT/ETHUSDT=-0.5"])
SCALED = evolve(SETTINGS, correlations=(f"{BTC}/{ETH}=1",), size_scaled_by_correlation=True)
notionals = st.lists(
    st.tuples(st.sampled_from([BTC, "SOLUSDT", "XRPUSDT"]), st.decimals(-1_000, 1_000, places=2))
)


def test_a_pair_is_read_either_way_round_and_what_is_not_listed_is_nothing() -> None:
    assert [D("0.8"), D("0.8"), D(1), D(0)] == [
        correlation(PAIRS, BTC, ETH),
        correlation(PAIRS, ETH, BTC),
        correlation(PAIRS, ETH, ETH),
        correlation(PAIRS, ETH, "XRPUSDT"),
    ]


@pytest.mark.parametrize(
    "text", ["BTCUSDT=1", "BTCUSDT/=1", "/ETHUSDT=1", "A/B/C=1", "A/B=1.1", "A/B=-2"]
)
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        pairs_of([text])


@pytest.mark.parametrize("text", ["A/B", "A/B=", "A/B=much", "A/B=0.5=0.1", "A/B=NaN"])
def test_what_has_no_figure_is_refused(text: str) -> None:
    with pytest.raises(ArithmeticError):
        pairs_of([text])


def test_figures_from_minus_one_to_one_are_read() -> None:
    pairs = pairs_of(["A/B=-1", "A/C=1"])

    assert [D(-1), D(1)] == [correlation(pairs, "B", "A"), correlation(pairs, "C", "A")]


def test_a_short_beside_a_long_balances_and_counts_as_nothing() -> None:
    """S3-130: only what would lose together is counted."""
    others = [(BTC, D(100)), ("SOLUSDT", D(100))]

    assert D(80) == weight_together(PAIRS, ETH, 1, others)
    assert D(50) == weight_together(PAIRS, ETH, -1, others)


@pytest.mark.parametrize(
    ("most", "guard"), [("10.0", ""), ("9.99", "correlated_percent_max"), ("1", "")]
)
def test_positions_that_move_alike_have_a_limit_together(most: str, guard: str) -> None:
    """S3-129: 800 beside it and 200 of its own are 10 % of 10,000; alone it has no such limit."""
    settings = evolve(
        SETTINGS, correlations=(f"{BTC}/{ETH}=0.8",), correlated_exposure_pct_max=D(most)
    )
    beside = () if most == "1" else ((BTC, D(1_000)),)

    verdict = judge(view(settings=settings, others=beside, gross_notional=D(1_000)))

    assert (Refusal(guard, "1000", "999") if guard else None) == (
        verdict if isinstance(verdict, Refusal) else None
    )


@pytest.mark.parametrize(
    ("signal", "sizing", "quantity"),
    [
        (SignalType.LONG_ENTRY, "percent", "0.050"),
        (SignalType.SHORT_ENTRY, "percent", "0.100"),
        (SignalType.LONG_ENTRY, "risk", "0.125"),
    ],
)
def test_an_entry_beside_one_exactly_alike_is_half_as_large(
    signal: SignalType, sizing: str, quantity: str
) -> None:
    """S3-130: scaled by correlation, whichever policy sizes it."""
    settings = evolve(SCALED, sizing=sizing)

    verdict = judge(view(entry(signal=signal), settings=settings, others=((BTC, D(300)),)))

    assert isinstance(verdict, ShapedEntry)
    assert D(quantity) == verdict.quantity


@pytest.mark.parametrize(
    ("sign", "held", "scale"),
    [
        *((1, "300", "0.5"), (1, "-300", "1"), (-1, "300", "1"), (-1, "-300", "0.5")),
        *((1, "0", "0.5"), (1, "-0", "1"), (-1, "0", "1"), (-1, "-0", "0.5")),
    ],
)
def test_an_entry_is_made_smaller_beside_the_same_side_even_where_no_mark_is_known(
    sign: int, held: str, scale: str
) -> None:
    assert D(scale) == scale_of(pairs_of([f"{BTC}/{ETH}=1"]), ETH, sign, [(BTC, D(held))])


@given(others=notionals, sign=st.sampled_from([1, -1]))
def test_more_positions_never_make_an_entry_larger_or_the_weight_smaller(
    others: list[tuple[str, Decimal]], sign: int
) -> None:
    for count in range(len(others)):
        fewer, more = others[:count], others[: count + 1]
        assert scale_of(PAIRS, ETH, sign, more) <= scale_of(PAIRS, ETH, sign, fewer) <= 1
        assert (
            weight_together(PAIRS, ETH, sign, more) >= weight_together(PAIRS, ETH, sign, fewer) >= 0
        )
    assert scale_of(PAIRS, ETH, sign, others) > 0
