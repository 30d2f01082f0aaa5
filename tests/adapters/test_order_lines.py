"""Test of order lines: an order as JSON, and as people read it."""

import json

from callboard.actors.adapters.order_lines import order_json, order_lines
from callboard.actors.order_answers import order_view
from callboard.messages.values import Action, OrderState
from support.order_bench import CID, LIMIT, ONE, STOP, OrderBench, trade
from support.steps import SECOND


def test_an_order_is_told_whole_in_json() -> None:
    bench = OrderBench(LIMIT).submitted()
    bench.direct(Action.REDELIVER, code=-1001)
    bench.steps.now_ns += SECOND
    bench.release()
    bench.report("FILLED", ONE, trade())

    told = order_json(order_view(bench.order))

    assert told == json.loads(json.dumps(told))
    assert (CID, "900", "2000", "1") == (
        told["client_order_id"],
        told["venue_order_id"],
        told["price"],
        told["filled"],
    )
    assert ["PENDING", "SUBMITTED", "PENDING", "SUBMITTED", "FILLED"] == [
        each["state"] for each in told["times"]
    ]
    assert [(1, 6, -1001)] == [
        (each["attempt"], each["attempts_max"], each["code"]) for each in told["errors"]
    ]


def test_people_read_what_was_wanted_what_came_and_when() -> None:
    bench = OrderBench(LIMIT).submitted()
    bench.direct(Action.REDELIVER, status=503)

    lines = list(order_lines(order_json(order_view(bench.order))))

    assert f"order      {CID}  PENDING  (because)" == lines[0]
    assert "wanted     BUY 1 ETHUSDT LIMIT limit 2000" == lines[1]
    assert "ids        none at the venue" == lines[3]
    assert [OrderState.PENDING, OrderState.SUBMITTED, OrderState.PENDING] == [
        line.split()[1] for line in lines[4:7]
    ]
    assert "PLACE 1 of 6: network_error WARNING 503 connection refused" in lines[7]


def test_a_stop_is_read_with_its_trigger_and_its_id() -> None:
    lines = list(order_lines(order_json(order_view(OrderBench(STOP).resting().order))))

    assert lines[1].endswith("STOP_MARKET trigger 1900")
    assert "ids        algo 77" == lines[3]
