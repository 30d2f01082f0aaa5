"""Venue margin: leverage, cross and isolated margin, modes, and why each is refused."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.account import Account, liquidation_price, requirement, value
from callboard.scenarios.venue.book import Book
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, even_world, limit_order, market_order, stop_order

D = Decimal
ETH = {"symbol": "ETHUSDT"}
LEVERAGE, MARGIN_TYPE = "/fapi/v1/leverage", "/fapi/v1/marginType"
MARGIN, ASSETS = "/fapi/v1/positionMargin", "/fapi/v1/multiAssetsMargin"


@pytest.fixture
def world() -> VenueWorld:
    """A venue with a flat account in cross margin."""
    return even_world()


@pytest.fixture
def isolated() -> VenueWorld:
    """A venue where ETHUSDT is isolated, with 2 long at 2600 and leverage 20."""
    made = even_world()
    made.done("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")
    made.done("POST", ORDER, **market_order("BUY", "2"))
    return made


def risk(world: VenueWorld) -> Any:
    return world.done("GET", "/fapi/v2/positionRisk", **ETH)[0]


def wallets(world: VenueWorld) -> tuple[Decimal, Decimal]:
    """Return the cross wallet and the isolated one."""
    body = world.done("GET", "/fapi/v3/account")
    return D(body["totalCrossWalletBalance"]), D(risk(world)["isolatedWallet"])


def last_account(world: VenueWorld) -> Any:
    world.wait(20)
    return world.frames_of("ACCOUNT_UPDATE")[-1]["a"]


def test_an_isolated_position_takes_its_margin_out_of_the_cross_wallet(
    isolated: VenueWorld,
) -> None:
    fee = isolated.venue.ledger().fees

    assert (D(10000) - fee - D(260), D(260)) == wallets(isolated)
    [row] = last_account(isolated)["P"]
    assert ("isolated", D(260)) == (row["mt"], D(row["iw"]))
    [told] = last_account(isolated)["B"]
    assert (D(10000) - fee, D(10000) - fee - D(260)) == (D(told["wb"]), D(told["cw"]))


def test_a_partial_close_gives_back_its_share_of_the_isolated_margin(isolated: VenueWorld) -> None:
    isolated.done("POST", ORDER, **market_order("SELL", "0.5", reduceOnly="true"))

    assert D(195) == wallets(isolated)[1]


def test_a_whole_close_gives_all_of_it_back_with_the_profit(isolated: VenueWorld) -> None:
    isolated.quote("2610.00", "2610.00")
    isolated.done("POST", ORDER, **market_order("SELL", "2", reduceOnly="true"))

    fees = isolated.venue.ledger().fees
    assert (D(10020) - fees, D(0)) == wallets(isolated)


def test_an_isolated_position_that_turns_holds_margin_for_its_new_side(
    isolated: VenueWorld,
) -> None:
    isolated.done("POST", ORDER, **market_order("SELL", "3"))

    assert (D(-1), D(130)) == (isolated.position(), wallets(isolated)[1])


def test_a_loss_of_an_isolated_position_leaves_the_available_balance_alone(
    isolated: VenueWorld,
) -> None:
    before = isolated.done("GET", "/fapi/v3/account")["availableBalance"]

    isolated.mark("2550.00")

    after = isolated.done("GET", "/fapi/v3/account")
    assert (before, D(-100)) == (after["availableBalance"], D(after["totalUnrealizedProfit"]))


def test_margin_moves_into_an_isolated_position_and_back(isolated: VenueWorld) -> None:
    body = isolated.done("POST", MARGIN, **ETH, amount="40", type="1")
    added = wallets(isolated)[1]
    told = last_account(isolated)
    isolated.done("POST", MARGIN, **ETH, amount="15", type="2")

    assert (200, 1, D(300), "MARGIN_TRANSFER") == (body["code"], body["type"], added, told["m"])
    assert D(285) == wallets(isolated)[1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "40", "type": "3"}, -1130),
        ({"amount": "0", "type": "1"}, -4055),
        ({"amount": "99999", "type": "1"}, -4050),
        ({"amount": "1", "type": "2"}, -4051),
        ({"amount": "1", "type": "1", "positionSide": "LONG"}, -4061),
        ({"amount": "1", "type": "1", "symbol": "BTCUSDT"}, -4049),
    ],
)
def test_margin_that_cannot_be_moved_is_refused(
    isolated: VenueWorld, change: dict[str, str], code: int
) -> None:
    assert code == isolated.refused("POST", MARGIN, **(ETH | change))


def test_a_flat_isolated_symbol_takes_no_margin(world: VenueWorld) -> None:
    world.done("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")

    assert -4054 == world.refused("POST", MARGIN, **ETH, amount="1", type="1")


def test_the_margin_type_changes_only_while_nothing_is_open(world: VenueWorld) -> None:
    assert -4046 == world.refused("POST", MARGIN_TYPE, **ETH, marginType="CROSSED")
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    assert -4047 == world.refused("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")
    world.done("DELETE", ORDER, **ETH, origClientOrderId="a")
    world.done("POST", ORDER, **market_order("BUY", "1"))
    assert -4048 == world.refused("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")
    world.done("POST", ORDER, **market_order("SELL", "1"))

    world.done("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")

    assert "isolated" == risk(world)["marginType"]
    [row] = world.done("GET", "/fapi/v1/symbolConfig", **ETH)
    assert "ISOLATED" == row["marginType"]
    told = last_account(world)
    assert ("MARGIN_TYPE_CHANGE", "isolated") == (told["m"], told["P"][0]["mt"])


def test_a_waiting_conditional_keeps_the_margin_type_too(world: VenueWorld) -> None:
    world.done("POST", ALGO, **stop_order("BUY", "2700.00", quantity="1"))

    assert -4047 == world.refused("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")


def test_the_asset_mode_and_isolated_margin_exclude_each_other(world: VenueWorld) -> None:
    assert -4171 == world.refused("POST", ASSETS, multiAssetsMargin="false")
    world.done("POST", ASSETS, multiAssetsMargin="true")
    assert -4168 == world.refused("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")
    world.done("POST", ASSETS, multiAssetsMargin="false")
    world.done("POST", MARGIN_TYPE, **ETH, marginType="ISOLATED")

    assert -4167 == world.refused("POST", ASSETS, multiAssetsMargin="true")

    world.wait(20)
    told = [frame["ai"] for frame in world.frames_of("ACCOUNT_CONFIG_UPDATE")]
    assert [{"j": True}, {"j": False}] == told
    assert {"multiAssetsMargin": False} == world.done("GET", ASSETS)


def test_the_asset_mode_is_read_from_the_accounts_configuration(world: VenueWorld) -> None:
    world.done("POST", ASSETS, multiAssetsMargin="true")

    assert world.done("GET", "/fapi/v1/accountConfig")["multiAssetsMargin"] is True


def test_a_lower_leverage_wants_the_margin_for_what_is_open(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "50"))

    assert -2028 == world.refused("POST", LEVERAGE, **ETH, leverage="10")
    assert 14 == world.done("POST", LEVERAGE, **ETH, leverage="14")["leverage"]


def test_a_lower_leverage_is_refused_for_an_open_isolated_position(isolated: VenueWorld) -> None:
    assert -4161 == isolated.refused("POST", LEVERAGE, **ETH, leverage="10")

    isolated.done("POST", LEVERAGE, **ETH, leverage="50")

    assert ("50", D(260)) == (risk(isolated)["leverage"], wallets(isolated)[1])


def test_a_leverage_whose_bracket_does_not_hold_the_position_is_refused() -> None:
    rich = even_world(VenueSettings(wallet_balance=D(1_000_000)))
    rich.quote("2600.00", "2600.00", quantity="1000")
    rich.done("POST", ORDER, **market_order("BUY", "150"))

    assert -2027 == rich.refused("POST", LEVERAGE, **ETH, leverage="125")
    assert "800000" == rich.done("POST", LEVERAGE, **ETH, leverage="100")["maxNotionalValue"]


def test_resting_orders_hold_the_margin_of_a_new_leverage(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "20", "2500.00", "a"))

    world.done("POST", LEVERAGE, **ETH, leverage="10")
    held = world.done("GET", "/fapi/v3/account")["totalOpenOrderInitialMargin"]
    world.done("DELETE", ORDER, **ETH, origClientOrderId="a")

    ended = world.done("GET", "/fapi/v3/account")["totalOpenOrderInitialMargin"]
    assert (D(5000), D(0)) == (D(held), D(ended))


def test_version_two_lists_every_symbol_with_its_leverage(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))

    rows = world.done("GET", "/fapi/v2/account")["positions"]
    risks = world.done("GET", "/fapi/v2/positionRisk")

    assert [("BTCUSDT", "20", "0"), ("ETHUSDT", "20", "1")] == [
        (row["symbol"], row["leverage"], row["positionAmt"]) for row in rows
    ]
    assert ["cross", "cross"] == [row["marginType"] for row in risks]


def test_hedge_mode_lists_three_sides_in_version_two_and_open_ones_in_version_three() -> None:
    world = even_world(VenueSettings(hedge_mode=True))
    world.done("POST", ORDER, **market_order("BUY", "1", positionSide="LONG"))

    second = world.done("GET", "/fapi/v2/positionRisk", **ETH)
    third = world.done("GET", "/fapi/v3/positionRisk", **ETH)

    assert ["BOTH", "LONG", "SHORT"] == [row["positionSide"] for row in second]
    assert ["LONG"] == [row["positionSide"] for row in third]


def test_version_three_lists_a_symbol_with_an_open_order_as_flat(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00"))

    [row] = world.done("GET", "/fapi/v3/positionRisk")

    assert ("ETHUSDT", "0", D(125)) == (
        row["symbol"], row["positionAmt"], D(row["openOrderInitialMargin"]),
    )  # fmt: skip


def test_fees_and_the_place_in_the_deleveraging_queue_can_be_asked_for(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.mark("2700.00")

    rates = world.done("GET", "/fapi/v1/commissionRate", **ETH)
    [row] = world.done("GET", "/fapi/v1/adlQuantile")

    assert ("0.0002", "0.0005") == (rates["makerCommissionRate"], rates["takerCommissionRate"])
    assert {"symbol": "ETHUSDT", "adlQuantile": {"BOTH": 1}} == row


AMOUNTS = st.integers(-40_000, 40_000).filter(bool).map(lambda steps: D(steps) / 1000)


@given(AMOUNTS, st.integers(100_000, 500_000), st.booleans())
def test_at_its_liquidation_price_a_position_has_just_its_maintenance_margin(
    amount: Decimal, cents: int, is_isolated: bool
) -> None:
    account, book = Account(VenueSettings(wallet_balance=D(30_000))), Book("ETHUSDT")
    entry = book.mark = D(cents) / 100
    if is_isolated:
        account.margin_type["ETHUSDT"] = "ISOLATED"
    account.book_fill(("ETHUSDT", "BOTH"), amount, entry, D(0), at_ms=0)
    position = account.position(("ETHUSDT", "BOTH"))
    books = {"ETHUSDT": book}

    price = liquidation_price(account, value(account, books), position, entry)

    at_entry = account.bracket("ETHUSDT", abs(amount) * entry)
    if not price or account.bracket("ETHUSDT", abs(amount) * price) != at_entry:
        return
    wallet = position.isolated_wallet if is_isolated else account.cross_wallet
    needed = requirement(account, position, price).maintenance
    assert abs(wallet + position.profit_at(price) - needed) < D("0.00001")


@given(st.lists(st.tuples(AMOUNTS, st.integers(200_000, 300_000)), max_size=20))
def test_an_isolated_wallet_is_empty_exactly_when_its_position_is_flat(
    fills: list[tuple[Decimal, int]],
) -> None:
    account = Account(VenueSettings(wallet_balance=D(10_000_000)))
    account.margin_type["ETHUSDT"] = "ISOLATED"
    position = account.position(("ETHUSDT", "BOTH"))

    for delta, cents in fills:
        account.book_fill(position.key, delta, D(cents) / 100, D(0), at_ms=0)
        assert (position.isolated_wallet > 0) == bool(position.amount)
        assert account.wallet == account.cross_wallet + position.isolated_wallet
