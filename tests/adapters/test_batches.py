"""Batches: independent calls leave in one request, and each has an outcome of its own."""

import json
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from adapters.test_gateway_lane import ACTIVE, CANCEL, OPENING, READ, REDUCING, Bench
from callboard.actors.adapters.batches import BATCH
from callboard.messages.values import OrderType, Phase, TradingState
from callboard.messages.venue import (
    AttemptEnded,
    CancelOne,
    Fenced,
    MakeCall,
    OrderEvidence,
    Permit,
    UsageObserved,
)
from support.steps import SECOND, START_NS, Step
from support.venue_samples import MARKET

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "ADAUSDT", "BNBUSDT")


def placement(number: int, of: MakeCall = OPENING, **changes: Any) -> MakeCall:
    """Return a placement of its own symbol, under its own id and permit."""
    cid = f"cb-1-{number}-e"
    order = evolve(MARKET, client_order_id=cid, **{"symbol": SYMBOLS[number], **changes})
    permit = Permit(f"p{number}@5", START_NS + 9 * SECOND, may_join=True)
    return evolve(
        of, call_id=f"{cid}#1", call=order, permit=permit, send_by_ms=of.send_by_ms and 10**15
    )


def cancel(number: int, symbol: str = "BTCUSDT", *, conditional: bool = False) -> MakeCall:
    cid = f"cb-1-{number}-e"
    permit = Permit(f"c{number}@5", START_NS + 9 * SECOND)
    return evolve(
        CANCEL,
        call_id=f"{cid}!1",
        call=CancelOne(cid, symbol, conditional=conditional),
        permit=permit,
    )


def busy(*calls: MakeCall, batch_max: int = 5) -> Bench:
    """Return a lane on which calls wait behind a request in flight."""
    bench = Bench(waiting_max=20, batch_max=batch_max)
    bench.make(READ)
    for each in calls:
        bench.make(each)
    return bench


def freed(bench: Bench) -> Step:
    """Answer what is in flight, so that what waits may leave."""
    return bench.answer(len(bench.exchange.requests) - 1, {"serverTime": 5})


def sent(bench: Bench) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in bench.exchange.requests[1:]]


def row(number: int) -> dict[str, Any]:
    """Return what the venue says of a placement that it took."""
    return {
        "clientOrderId": f"cb-1-{number}-e",
        "orderId": 70 + number,
        "symbol": SYMBOLS[number],
        "side": "BUY",
        "positionSide": "BOTH",
        "type": "MARKET",
        "status": "NEW",
        "origQty": "0.010",
        "executedQty": "0",
        "price": "0",
        "reduceOnly": False,
        "closePosition": False,
        "updateTime": 1,
    }


def outcomes(step: Step) -> list[tuple[str, Phase, int, int, bool]]:
    return [
        (each.call_id[:8], each.phase, each.status, each.code, each.result is not None)
        for each in step.told(AttemptEnded)
    ]


def test_what_waits_for_the_lane_leaves_in_one_request_of_at_most_so_many() -> None:
    bench = busy(*(placement(number) for number in range(6)))

    freed(bench)

    assert [("POST", BATCH)] == sent(bench)
    params = bench.exchange.requests[1].params
    orders = json.loads(params["batchOrders"])
    assert list(SYMBOLS[:5]) == [each["symbol"] for each in orders]
    assert "cb-1-0-e" == orders[0]["newClientOrderId"]
    assert {"batchOrders", "recvWindow", "timestamp"} == set(params)


def test_each_of_a_batch_has_its_own_outcome() -> None:
    bench = busy(*(placement(number) for number in range(3)))
    freed(bench)

    step = bench.answer(1, [row(0), {"code": -2019, "msg": "Margin is insufficient."}, row(2)])

    assert [
        ("cb-1-0-e", Phase.ANSWERED, 200, 0, True),
        ("cb-1-1-e", Phase.ANSWERED, 400, -2019, False),
        ("cb-1-2-e", Phase.ANSWERED, 200, 0, True),
    ] == outcomes(step)
    results = [each.result for each in step.told(AttemptEnded)]
    assert isinstance(results[0], OrderEvidence)
    assert ["p0@5", "p1@5", "p2@5"] == [each.permit_id for each in step.told(UsageObserved)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 200),
        ([row(0)], 200),
        ([row(1), row(0)], 200),
        ({}, 200),
        (None, 200),
        ([1, "x"], 200),
        ({"code": -1007, "msg": "Timeout waiting for response."}, 408),
    ],
)
def test_a_batch_that_is_answered_by_something_else_is_unknown_for_each(
    body: Any, status: int
) -> None:
    bench = busy(placement(0), placement(1))
    freed(bench)

    step = bench.answer(1, body, status=status)

    assert [False, False] == [known for *_, known in outcomes(step)]
    assert ["cb-1-0-e", "cb-1-1-e"] == [cid for cid, *_ in outcomes(step)]


def test_a_batch_that_is_refused_whole_is_refused_for_each() -> None:
    bench = busy(placement(0), placement(1))
    freed(bench)

    step = bench.answer(1, {"code": -1021, "msg": "outside of the recvWindow"}, status=400)

    assert [(400, -1021), (400, -1021)] == [each[2:4] for each in outcomes(step)]


def test_no_answer_in_time_leaves_each_of_them_unknown_and_the_next_may_go() -> None:
    bench = busy(placement(0), placement(1), placement(2), batch_max=2)
    freed(bench)

    bench.steps.now_ns += 5 * SECOND
    step = bench.steps.fire("timeout")

    assert [("cb-1-0-e", Phase.MAYBE_SENT), ("cb-1-1-e", Phase.MAYBE_SENT)] == [
        each[:2] for each in outcomes(step)
    ]
    assert [("POST", BATCH), ("POST", "/fapi/v1/order")] == sent(bench)
    assert SYMBOLS[2] == bench.exchange.requests[2].params["symbol"]


def test_a_closed_lane_answers_for_each_of_them() -> None:
    bench = busy(placement(0), placement(1))
    freed(bench)

    bench.lane.close()

    posted = [posted.message for posted in bench.mailbox.take()]
    assert [Phase.MAYBE_SENT] * 2 == [
        each.phase for each in posted if isinstance(each, AttemptEnded)
    ]


def test_an_exchange_that_raises_leaves_each_of_them_unknown() -> None:
    bench = busy(placement(0), placement(1))
    bench.exchange.raises = OSError("broken pipe")

    step = freed(bench)

    told = [each for each in outcomes(step) if each[0] != READ.call_id[:8]]
    assert [Phase.MAYBE_SENT] * 2 == [each[1] for each in told]


def test_the_fence_is_asked_for_each_of_them() -> None:
    stale = evolve(placement(1), permit=Permit("old@1", START_NS - 1))
    bench = busy(placement(0), stale, placement(2))

    freed(bench)
    orders = json.loads(bench.exchange.requests[1].params["batchOrders"])
    step = bench.answer(1, [row(0), row(2)])

    assert [SYMBOLS[0], SYMBOLS[2]] == [each["symbol"] for each in orders]
    assert [stale.call_id] == [each.call_id for each in step.told(Fenced)]


def test_a_halt_lets_no_opening_order_into_a_batch() -> None:
    bench = busy(placement(0), placement(1), placement(2, REDUCING), placement(3, REDUCING))
    bench.steps.tell(evolve(ACTIVE, state=TradingState.HALTED, epoch=8))

    freed(bench)

    orders = json.loads(bench.exchange.requests[1].params["batchOrders"])
    assert [SYMBOLS[2], SYMBOLS[3]] == [each["symbol"] for each in orders]


STOP: dict[str, Any] = {
    "order_type": OrderType.STOP_MARKET,
    "close_position": True,
    "quantity": None,
}


@pytest.mark.parametrize(
    "other",
    [
        placement(1, symbol=SYMBOLS[0]),
        placement(1, REDUCING),
        placement(1, **STOP, trigger_price=Decimal(59_000)),
        evolve(cancel(1), priority=OPENING.priority),
        evolve(placement(1), permit=Permit("p1@5", START_NS + 9 * SECOND)),
    ],
    ids=["one symbol", "another class", "algo store", "a cancel", "a permit of its own"],
)
def test_what_depends_on_another_or_goes_elsewhere_leaves_alone(other: MakeCall) -> None:
    bench = busy(placement(0), other)

    freed(bench)

    assert [path for _, path in sent(bench)] in (["/fapi/v1/order"], ["/fapi/v1/algoOrder"])


def test_cancels_of_one_symbol_leave_together() -> None:
    bench = busy(cancel(0), cancel(1), cancel(2, "ETHUSDT"), cancel(3, conditional=True))

    freed(bench)
    params = bench.exchange.requests[1].params
    unknown = {"code": -2011, "msg": "Unknown order sent."}
    step = bench.answer(1, [row(0) | {"status": "CANCELED"}, unknown])

    assert ("DELETE", BATCH) == sent(bench)[0]
    assert ("BTCUSDT", ["cb-1-0-e", "cb-1-1-e"]) == (
        params["symbol"],
        json.loads(params["origClientOrderIdList"]),
    )
    assert [(200, 0), (400, -2011)] == [each[2:4] for each in outcomes(step)]


def test_without_the_setting_each_leaves_alone() -> None:
    bench = busy(placement(0), placement(1), batch_max=1)

    freed(bench)

    assert [("POST", "/fapi/v1/order")] == sent(bench)
