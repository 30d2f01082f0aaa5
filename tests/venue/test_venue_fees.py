"""Venue fees: maker and taker, and another asset that pays them while there is some."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.account_settings import FeeAsset
from callboard.scenarios.venue.fee_purse import FeePurse
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ORDER, VenueWorld, even_world, limit_order, market_order

D = Decimal
BURN = "/fapi/v1/feeBurn"
BNB = FeeAsset(balance=D(1), price=D(500), discount=D("0.1"))


def opened(fee_asset: FeeAsset | None = BNB) -> VenueWorld:
    return even_world(VenueSettings(fee_asset=fee_asset))


@pytest.fixture
def world() -> VenueWorld:
    """A venue with one BNB that pays fees."""
    return opened()


def test_a_taker_pays_more_than_a_maker() -> None:
    world = opened(None)
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00"))
    world.trade("2590.00", "1", is_buyer_maker=True)

    taken, made = world.venue.ledger().fills
    assert (D("1.3"), D("0.518")) == (taken.fee, made.fee)


def test_the_fee_asset_pays_with_its_discount_and_leaves_the_wallet_alone(
    world: VenueWorld,
) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.wait(20)

    ledger = world.venue.ledger()
    assert (D(10000), D(0), D("0.00234")) == (
        ledger.wallet_balance, ledger.fees, ledger.fee_asset_paid,
    )  # fmt: skip
    told = world.frames_of("ORDER_TRADE_UPDATE")[-1]["o"]
    assert ("BNB", D("0.00234")) == (told["N"], D(told["n"]))
    [trade] = world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT")
    assert ("BNB", "USDT") == (trade["commissionAsset"], trade["marginAsset"])
    balances = world.frames_of("ACCOUNT_UPDATE")[-1]["a"]["B"]
    assert {"USDT": D(10000), "BNB": D("0.99766")} == {row["a"]: D(row["wb"]) for row in balances}
    [row] = world.done("GET", "/fapi/v1/income", incomeType="COMMISSION")
    assert ("BNB", D("-0.00234")) == (row["asset"], D(row["income"]))


def test_a_fee_beyond_its_balance_is_paid_in_quote_currency() -> None:
    world = opened(FeeAsset(balance=D("0.002"), price=D(500)))

    world.done("POST", ORDER, **market_order("BUY", "1"))

    assert (D("1.3"), D(0)) == (world.venue.ledger().fees, world.venue.ledger().fee_asset_paid)


def test_the_switch_turns_it_off_and_on(world: VenueWorld) -> None:
    world.done("POST", BURN, feeBurn="false")
    off = world.done("GET", BURN)
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", BURN, feeBurn="true")
    world.done("POST", ORDER, **market_order("SELL", "1"))

    assert {"feeBurn": False} == off
    assert ["USDT", "BNB"] == [fill.fee_asset for fill in world.venue.ledger().fills]


def test_without_such_an_asset_the_switch_stays_off() -> None:
    world = opened(None)

    world.done("POST", BURN, feeBurn="true")

    assert {"feeBurn": False} == world.done("GET", BURN)


def test_the_asset_is_listed_beside_the_margin_asset_and_is_no_margin(world: VenueWorld) -> None:
    assets = world.done("GET", "/fapi/v3/account")["assets"]
    balances = world.done("GET", "/fapi/v3/balance")

    assert [("USDT", D(10000)), ("BNB", D(0))] == [
        (row["asset"], D(row["availableBalance"])) for row in assets
    ]
    assert [("USDT", D(10000)), ("BNB", D(1))] == [
        (row["asset"], D(row["balance"])) for row in balances
    ]


@given(st.lists(st.integers(0, 10_000_000), max_size=30))
def test_the_purse_never_goes_below_zero_and_pays_what_it_lost(cents: list[int]) -> None:
    purse = FeePurse(BNB)

    for each in cents:
        fee = D(each) / 10_000
        amount, asset = purse.charge(fee)
        assert asset == "BNB" or amount == fee

    assert purse.balance >= 0
    assert purse.balance + purse.paid == BNB.balance
