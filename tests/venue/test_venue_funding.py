"""Venue funding: who pays what, when, out of which wallet, and how it is told."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.account_settings import FundingRules
from callboard.scenarios.venue.funding import next_funding_ms
from callboard.scenarios.venue.market import Mark
from callboard.scenarios.venue.settings import VenueSettings
from callboard.scenarios.venue.stream_lines import StreamLines
from callboard.scenarios.venue.tape import BadLineError, TapeClock
from venue_world import ORDER, START_MS, VenueWorld, even_world, market_order

D = Decimal
ETH = {"symbol": "ETHUSDT"}
HOUR_MS = 3_600_000
DUE_MS = next_funding_ms(START_MS, 8 * HOUR_MS)
INCOME, RATES = "/fapi/v1/income", "/fapi/v1/fundingRate"


@pytest.fixture
def world() -> VenueWorld:
    """A venue with a flat account in cross margin."""
    return even_world()


def pass_due(world: VenueWorld, price: str = "2600.00") -> None:
    """Let the next due time pass, and the first mark after it come."""
    world.wait(world.venue.core.funding.due_ms - world.now_ms)
    world.frames.clear()
    world.mark(price)
    world.wait(20)


def paid(world: VenueWorld) -> Decimal:
    return world.venue.ledger().incomes.get("FUNDING_FEE", D(0))


def last_account(world: VenueWorld) -> Any:
    return world.frames_of("ACCOUNT_UPDATE")[-1]["a"]


def test_the_due_times_are_midnight_eight_and_sixteen_utc() -> None:
    day_ms = 24 * HOUR_MS
    midnight = START_MS // day_ms * day_ms

    due = [next_funding_ms(midnight + hour * HOUR_MS, 8 * HOUR_MS) for hour in (0, 7, 8, 15, 16)]

    assert [8, 8, 16, 16, 24] == [(each - midnight) // HOUR_MS for each in due]


def test_a_long_pays_a_positive_rate_of_its_value_at_the_mark(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    before = world.venue.ledger().wallet_balance

    pass_due(world, "2500.00")

    assert D("-0.5") == paid(world)
    assert before - D("0.5") == world.venue.ledger().wallet_balance


def test_a_short_receives_it(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("SELL", "2"))

    pass_due(world)

    assert D("0.52") == paid(world)


def test_nothing_is_charged_before_the_due_time_or_without_a_position(world: VenueWorld) -> None:
    pass_due(world)
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.wait(HOUR_MS)
    world.mark("2600.00")

    assert 0 == paid(world)


def test_under_cross_margin_the_frame_names_the_balance_and_the_symbol_only(
    world: VenueWorld,
) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))

    pass_due(world)

    told = last_account(world)
    [balance] = told["B"]
    assert ("FUNDING_FEE", "ETHUSDT", [], D("-0.52")) == (
        told["m"], told["S"], told["P"], D(balance["bc"]),
    )  # fmt: skip
    assert world.venue.ledger().wallet_balance == D(balance["wb"])


def test_an_isolated_position_pays_out_of_its_own_wallet(world: VenueWorld) -> None:
    world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
    world.done("POST", ORDER, **market_order("BUY", "2"))
    cross = world.venue.core.account.cross_wallet

    pass_due(world)

    [position] = last_account(world)["P"]
    assert (D("259.48"), cross) == (D(position["iw"]), world.venue.core.account.cross_wallet)


def test_both_sides_of_a_hedge_are_charged_in_one_frame() -> None:
    world = even_world(VenueSettings(hedge_mode=True))
    world.done("POST", ORDER, **market_order("BUY", "2", positionSide="LONG"))
    world.done("POST", ORDER, **market_order("SELL", "1", positionSide="SHORT"))

    pass_due(world)

    [frame] = world.frames_of("ACCOUNT_UPDATE")
    assert D("-0.26") == D(frame["a"]["B"][0]["bc"]) == paid(world)
    rows = world.done("GET", INCOME, incomeType="FUNDING_FEE")
    assert [D("-0.52"), D("0.26")] == [D(row["income"]) for row in rows]


def test_the_rate_that_the_market_tells_is_charged(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    told = Mark("ETHUSDT", world.now_ns, D("2600.00"), funding_rate=D("-0.0003"))
    world.say(told)

    premium = world.done("GET", "/fapi/v1/premiumIndex", **ETH)
    pass_due(world)

    assert ("-0.0003", DUE_MS) == (premium["lastFundingRate"], premium["nextFundingTime"])
    assert D("1.56") == paid(world)


def test_the_market_stream_tells_rate_and_next_time(world: VenueWorld) -> None:
    world.listen("market", ("ETHUSDT",))

    world.mark("2600.00")
    world.wait(20)

    [frame] = world.frames_of("markPriceUpdate")
    assert ("0.0001", DUE_MS) == (frame["r"], frame["T"])


def test_a_rate_of_nothing_charges_nothing() -> None:
    rules = evolve(FundingRules(), rate=D(0))
    world = even_world(VenueSettings(funding=rules))
    world.done("POST", ORDER, **market_order("BUY", "2"))

    pass_due(world)

    assert [] == world.frames_of("ACCOUNT_UPDATE")


def test_due_times_that_passed_without_a_mark_are_charged_at_the_next(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.wait(20 * HOUR_MS)

    world.mark("2600.00")

    rows = world.done("GET", RATES, **ETH)
    count = len(rows)
    assert count in (2, 3)
    assert [DUE_MS + n * 8 * HOUR_MS for n in range(count)] == [row["fundingTime"] for row in rows]
    assert D("-0.52") * count == paid(world)


def test_the_statement_lists_funding_profit_commission_by_time(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    pass_due(world)
    world.quote("2610.00", "2610.00")
    world.done("POST", ORDER, **market_order("SELL", "2"))

    rows = world.done("GET", INCOME)
    only = world.done("GET", INCOME, **ETH, incomeType="REALIZED_PNL")

    kinds = [row["incomeType"] for row in rows]
    assert ["COMMISSION", "FUNDING_FEE", "REALIZED_PNL", "COMMISSION"] == kinds
    total = sum((D(row["income"]) for row in rows), D(0))
    assert D(10000) + total == world.venue.ledger().wallet_balance
    assert [D(20)] == [D(row["income"]) for row in only]


def test_the_statement_is_read_page_by_page_and_forgets_what_is_old(world: VenueWorld) -> None:
    for side in ("BUY", "SELL", "BUY"):
        world.done("POST", ORDER, **market_order(side, "1"))
    first = world.done("GET", INCOME, limit="2")
    second = world.done("GET", INCOME, limit="2", page="2")

    world.wait(8 * 24 * HOUR_MS)
    by_default = world.done("GET", INCOME)
    by_time = world.done("GET", INCOME, startTime=str(START_MS))
    world.wait(90 * 24 * HOUR_MS)
    too_old = world.done("GET", INCOME, startTime=str(START_MS))

    assert (2, 1, 0, 3, 0) == (
        len(first), len(second), len(by_default), len(by_time), len(too_old),
    )  # fmt: skip
    assert -1023 == world.refused("GET", INCOME, startTime="2", endTime="1")


def mark_line(rate: str) -> bytes:
    return (
        b'{"e":"markPriceUpdate","E":1700000040000,"s":"ETHUSDT","p":"2600.00","r":"%s"}'
        % rate.encode()
    )


def parsed(rate: str) -> Mark:
    [event] = StreamLines(TapeClock()).parse(mark_line(rate))
    assert isinstance(event, Mark)
    return event


def test_a_recorded_tape_tells_its_rates() -> None:
    assert D("-0.00012500") == parsed("-0.00012500").funding_rate
    assert parsed("").funding_rate is None


@pytest.mark.parametrize("rate", ["much", "NaN", "Infinity", "1.0"])
def test_a_recorded_rate_that_is_none_is_a_bad_line(rate: str) -> None:
    with pytest.raises(BadLineError):
        parsed(rate)


@given(
    st.lists(st.tuples(st.integers(-3000, 3000).filter(bool), st.integers(-300, 300)), max_size=8),
    st.booleans(),
)
def test_what_funding_moved_is_the_sum_of_its_rows(
    periods: list[tuple[int, int]], is_isolated: bool
) -> None:
    world = even_world()
    if is_isolated:
        world.done("POST", "/fapi/v1/marginType", **ETH, marginType="ISOLATED")
    expected = D(0)

    for steps, points in periods:
        side = "BUY" if steps > 0 else "SELL"
        world.ask("POST", ORDER, **market_order(side, str(D(abs(steps)) / 1000)))
        rate = D(points) / 100_000
        expected -= world.position() * 2600 * rate
        due_ns = world.venue.core.funding.due_ms * 1_000_000
        world.wait((due_ns - world.now_ns) // 1_000_000)
        world.say(Mark("ETHUSDT", world.now_ns, D("2600.00"), funding_rate=rate))

    ledger = world.venue.ledger()
    assert expected == ledger.moved == ledger.incomes.get("FUNDING_FEE", D(0))
    assert ledger.wallet_balance == D(10000) + ledger.realized - ledger.fees + ledger.moved
