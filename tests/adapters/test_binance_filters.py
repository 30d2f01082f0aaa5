"""Test of binance_filters: exact ticks and steps, and no symbol that takes others away."""

from decimal import Decimal
from typing import Any

from callboard.actors.adapters.binance_filters import read_filters
from callboard.actors.adapters.binance_replies import (
    ReplyOptions,
    read_result,
)
from callboard.actors.ports import VenueAnswer
from callboard.messages.instruments import ContractStatus, LimitsPublished
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


def test_the_published_rate_limits_are_read_and_others_left_alone() -> None:
    """C-01: weight a minute, orders in ten seconds and a minute."""
    rows = [
        limit("REQUEST_WEIGHT", "MINUTE", 1, 2400),
        limit("ORDERS", "SECOND", 10, 300),
        limit("ORDERS", "MINUTE", 1, 1200),
        limit("ORDERS", "DAY", 1, 200_000),
    ]

    read = read_filters({"symbols": [], "rateLimits": rows})

    assert (LimitsPublished(2400, 300, 1200), ()) == (read.result.limits, read.faults)


def test_a_rate_limit_that_cannot_be_read_is_named_and_takes_no_other_away() -> None:
    rows = [{"rateLimitType": "ORDERS"}, limit("ORDERS", "SECOND", 10, 300)]

    read = read_filters({"symbols": [], "rateLimits": rows})

    assert LimitsPublished(orders_10s_max=300) == read.result.limits
    assert 1 == len(read.faults)


def limit(kind: str, interval: str, count: int, most: int) -> dict[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": count, "limit": most}


def test_symbols_beside_the_whitelist_are_read_too() -> None:
    """C-20: lazy for symbols that are not on the whitelist."""
    body = {"symbols": [contract(symbol) for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")]}
    answer = VenueAnswer("r", Phase.ANSWERED, 200, {}, body)

    reading = read_result(
        ReadInstruments(also=("ETHUSDT",)), answer, ReplyOptions("USDT", ("BTCUSDT",))
    )

    assert isinstance(reading.result, InstrumentsRead)
    assert ["BTCUSDT", "ETHUSDT"] == [each.symbol for each in reading.result.instruments]
