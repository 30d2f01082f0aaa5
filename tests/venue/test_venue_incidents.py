"""Venue incidents: what befalls an order in passing, the whole exchange, or a stream."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue.faults import Fault, ScriptedFault
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

TIME, INFO, DUAL = "/fapi/v1/time", "/fapi/v1/exchangeInfo", "/fapi/v1/positionSide/dual"


def quoted() -> VenueWorld:
    """Return a venue with a quoted market and a listener."""
    world = VenueWorld()
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    world.listen()
    return world


def aim(
    world: VenueWorld, fault: Fault, method: str = "POST", path: str = ORDER, **more: Any
) -> None:
    """Let a fault hit the next request of a kind, or the next frame."""
    world.venue.plan_fault(ScriptedFault(method, path, 1, fault, **more))


def strike(world: VenueWorld, fault: Fault, **more: Any) -> None:
    """Let an incident happen now."""
    aim(world, fault, "GET", TIME, **more)
    world.ask("GET", TIME)


def statuses(world: VenueWorld) -> list[str]:
    """Return what the stream told of orders, in its order."""
    world.wait(20)
    return [frame["o"]["X"] for frame in world.frames_of("ORDER_TRADE_UPDATE")]


def test_a_market_order_can_be_accepted_and_expire_without_a_fill() -> None:
    world = quoted()

    aim(world, Fault.ORDER_EXPIRED)
    world.done("POST", ORDER, **market_order("BUY", "1"))

    assert ["NEW", "EXPIRED"] == statuses(world)
    assert Decimal(0) == world.position()


def test_a_resting_order_can_expire_by_itself() -> None:
    world = quoted()

    aim(world, Fault.ORDER_EXPIRED, size_ms=1_000)
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00"))
    world.wait(900)
    before = statuses(world)
    world.wait(200)

    assert ["NEW"] == before
    assert ["NEW", "EXPIRED"] == statuses(world)


def test_others_may_take_the_depth_so_that_half_an_order_is_filled() -> None:
    world = quoted()

    aim(world, Fault.FILL_PARTIAL)
    world.done("POST", ORDER, **market_order("BUY", "1"))

    assert Decimal("0.5") == world.position()
    assert ["NEW", "PARTIALLY_FILLED", "EXPIRED"] == statuses(world)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_fill_can_overtake_a_cancel(is_whole: bool) -> None:
    world = quoted()
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    aim(world, Fault.CANCEL_RACE, "DELETE", executed=is_whole)
    answer = world.ask("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="a")

    assert Decimal(1 if is_whole else "0.5") == world.position()
    assert (400 if is_whole else 200) == answer.status


def test_a_trigger_can_overtake_the_cancel_of_a_stop() -> None:
    world = quoted()
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ALGO, **stop_order("SELL", "2590.00", "s", closePosition="true"))

    aim(world, Fault.CANCEL_RACE, "DELETE", ALGO)

    assert -4117 == world.refused("DELETE", ALGO, clientAlgoId="s")
    world.wait(20)
    assert Decimal(0) == world.position()


def test_in_a_maintenance_nobody_is_answered_and_streams_are_closed() -> None:
    world = quoted()
    world.deliveries.clear()

    strike(world, Fault.MAINTENANCE, size_ms=5_000)
    during = world.ask("POST", ORDER, **market_order("BUY", "1"))
    world.venue.open_stream("market", ("ETHUSDT",), now_ns=world.now_ns)
    world.wait(1_000)
    streams = [(each.kind, each.stream) for each in world.deliveries if each.kind != "answer"]
    world.wait(5_000)

    assert (503, "Service Unavailable.") == (during.status, during.text)
    assert () == world.venue.ledger().orders
    assert [("close", "user")] == streams
    opened = {each.stream for each in world.deliveries if each.kind == "open"}
    assert {"user", "market"} == opened
    assert world.done("POST", ORDER, **market_order("BUY", "1"))


def symbol_of(world: VenueWorld, symbol: str) -> dict[str, Any]:
    """Return what exchangeInfo says of a symbol."""
    rows: list[dict[str, Any]] = world.done("GET", INFO)["symbols"]
    return next(row for row in rows if row["symbol"] == symbol)


def test_a_halted_symbol_takes_no_orders_until_it_trades_again() -> None:
    world = quoted()
    halted = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")

    strike(world, Fault.SYMBOL_HALTED, size_ms=3_000)

    assert "SETTLING" == symbol_of(world, "BTCUSDT")["status"]
    assert -1122 == world.refused("POST", ORDER, **halted)
    world.wait(3_000)
    assert "TRADING" == symbol_of(world, "BTCUSDT")["status"]
    assert world.done("POST", ORDER, **halted)


def test_a_contract_that_ends_closes_its_positions_and_is_listed_anew() -> None:
    world = quoted()
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")
    bought = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    world.done("POST", ORDER, **bought)

    strike(world, Fault.SYMBOL_SETTLED, size_ms=3_000)

    assert Decimal(0) == world.position("BTCUSDT")
    assert "CLOSE" == symbol_of(world, "BTCUSDT")["status"]
    assert -1122 == world.refused("POST", ORDER, **bought)
    world.wait(3_000)
    assert world.done("POST", ORDER, **bought)


def test_filters_change_and_change_back() -> None:
    world = quoted()

    def tick() -> str:
        filters: list[dict[str, str]] = symbol_of(world, "BTCUSDT")["filters"]
        return filters[0]["tickSize"]

    usual = tick()
    strike(world, Fault.FILTERS_CHANGED)
    coarser = tick()
    strike(world, Fault.FILTERS_CHANGED)

    assert ("0.10", "1.00", "0.10") == (usual, coarser, tick())


def test_a_person_changes_the_position_mode_only_while_nothing_is_open() -> None:
    world = quoted()

    strike(world, Fault.MODE_CHANGED, size_ms=2_000)
    is_hedged = world.done("GET", DUAL)["dualSidePosition"]
    world.wait(2_000)
    world.done("POST", ORDER, **market_order("BUY", "1"))
    strike(world, Fault.MODE_CHANGED)

    assert is_hedged
    assert not world.done("GET", DUAL)["dualSidePosition"]


def test_a_person_changes_a_leverage_and_the_stream_says_so() -> None:
    world = quoted()

    strike(world, Fault.LEVERAGE_CHANGED)
    world.wait(20)

    assert {"s": "BTCUSDT", "l": 1} == world.frames_of("ACCOUNT_CONFIG_UPDATE")[0]["ac"]


def test_a_person_moves_money_and_the_stream_says_so() -> None:
    world = quoted()

    strike(world, Fault.BALANCE_CHANGED)
    world.wait(20)
    told = world.frames_of("ACCOUNT_UPDATE")[0]["a"]
    ledger = world.venue.ledger()

    assert "WITHDRAW" == told["m"]
    assert "9800.00000000" == told["B"][0]["wb"]
    assert (Decimal(9800), Decimal(-200)) == (ledger.wallet_balance, ledger.moved)


def test_others_of_the_same_address_use_weight_that_the_headers_show() -> None:
    world = quoted()

    strike(world, Fault.WEIGHT_JUMP)
    told = world.ask("GET", TIME)
    strike(world, Fault.WEIGHT_JUMP)

    assert 1_500 < int(told.headers["X-MBX-USED-WEIGHT-1M"]) < 1_510
    assert 429 == world.ask("GET", TIME).status
    assert world.venue.ledger().weight_1m_used_max < 10


def kinds_after(fault: Fault, size_ms: int) -> list[str]:
    """Return what a stream delivers when a fault hits the first of two orders' frames."""
    world = quoted()
    world.deliveries.clear()
    aim(world, fault, "STREAM", "user", size_ms=size_ms)
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    world.wait(size_ms + 100)
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "b"))
    world.wait(20)
    told = [each for each in world.deliveries if each.kind != "answer"]
    return [_word(each.kind, each.payload) for each in told]


def _word(kind: str, frame: Any) -> str:
    return kind if kind != "frame" else frame.get("o", {}).get("c", frame["e"])


@pytest.mark.parametrize(
    ("fault", "size_ms", "heard"),
    [
        (Fault.STREAM_LOST, 0, ["b"]),
        (Fault.STREAM_STALL, 1_000, ["b"]),
        (Fault.STREAM_DISCONNECT, 1_000, ["close", "open", "b"]),
        (Fault.STREAM_STORM, 400, ["close", "open"] * 3 + ["b"]),
        (Fault.LISTEN_KEY_EXPIRED, 500, ["listenKeyExpired", "close", "open", "b"]),
        (Fault.STREAM_UNKNOWN_EVENT, 0, ["SOMETHING_NEW_UPDATE", "a", "b"]),
        (Fault.STREAM_UNREADABLE, 0, ["ORDER_TRADE_UPDATE", "b"]),
    ],
)
def test_a_stream_suffers_as_the_fault_s_name_says(
    fault: Fault, size_ms: int, heard: list[str]
) -> None:
    assert heard == kinds_after(fault, size_ms)


def test_a_frame_can_tell_a_status_that_no_document_names() -> None:
    world = quoted()

    aim(world, Fault.STREAM_UNKNOWN_STATUS, "STREAM", "user")
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    assert ["SOMETHING_NEW"] == statuses(world)
