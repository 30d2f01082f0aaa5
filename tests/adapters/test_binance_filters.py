"""Test of binance_filters: exact ticks and steps, and no symbol that takes others away."""

from decimal import Decimal
from typing import Any

from callboard.actors.adapters.binance_filters import read_filters
from callboard.actors.adapters.binance_replies import (
    ReplyOptions,
    read_result,
)
from callboard.actors.ports import VenueAnswer
from callboard.messages.instruments import ContractStatus
from callboard.messages.values import (
    Phase,
)
from callboard.messages.venue import (
    InstrumentsRead,
    ReadInstruments,
)


def contract(symbol: str, *, tick: str = "0.10", status: str = "TRADING") -> dict[str, Any]:
    lot = {"minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"}
    return {
        "symbol": symbol,
        "status": status,
        "marginAsset": "USDT",
        "pricePrecision": 2,
        "triggerProtect": "0.0500",
        "marketTakeBound": "0.05",
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "556.80",
                "maxPrice": "4529764",
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", **lot, "maxQty": "120"},
            {"filterType": "MIN_NOTIONAL", "notional": "100"},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.15", "multiplierDown": "0.85"},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
        ],
    }


def test_filters_come_from_ticks_and_steps_and_ignore_unknown_ones() -> None:
    filters = read_filters({"symbols": [contract("BTCUSDT")]}).result.instruments[0]

    assert (Decimal("0.10"), Decimal("0.001"), Decimal(120)) == (
        filters.tick_size,
        filters.step_size,
        filters.market_quantity_max,
    )
    assert (Decimal(100), 200, Decimal("0.0500")) == (
        filters.notional_min,
        filters.orders_max,
        filters.trigger_protect,
    )


def test_a_symbol_with_unreadable_rules_is_named_and_takes_no_other_away() -> None:
    no_lot = contract("NOLOT")
    no_lot["filters"] = no_lot["filters"][:1]
    body = {"symbols": [contract("ODD", tick="0"), no_lot, contract("BTCUSDT")]}

    answer = VenueAnswer("1.0", Phase.ANSWERED, 200, {}, body, "")

    reading = read_result(ReadInstruments(), answer, ReplyOptions("USDT"))

    assert isinstance(reading.result, InstrumentsRead)
    assert ["BTCUSDT"] == [each.symbol for each in reading.result.instruments]
    assert (
        "ODD: tick_size must be above zero, not 0",
        "NOLOT: unreadable: LOT_SIZE is missing",
    ) == (reading.faults)


def test_only_the_symbols_asked_for_are_read() -> None:
    body = {"symbols": [contract("BTCUSDT"), contract("ETHUSDT")]}

    result = read_filters(body, ("ETHUSDT",)).result

    assert ["ETHUSDT"] == [each.symbol for each in result.instruments]


def test_a_status_that_is_new_to_us_is_unknown() -> None:
    body = {"symbols": [contract("BTCUSDT", status="DREAMING")]}

    assert ContractStatus.UNKNOWN is read_filters(body).result.instruments[0].status
