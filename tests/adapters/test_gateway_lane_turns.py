"""Test of GatewayLane's turns: what protects goes before what is read from time to time."""

from attrs import evolve

from adapters.test_gateway_lane import CANCEL, READ, REDUCING, TRUSTED, Bench
from callboard.messages.venue import Fenced, MakeCall, Permit, ReadInstruments
from support.steps import SECOND, START_NS


def paths(bench: Bench) -> list[tuple[str, str]]:
    """Return what has left, in order."""
    return [(each.method, each.path) for each in bench.exchange.requests]


def later(call: MakeCall) -> MakeCall:
    """Return the call with a permit that outlives a request in flight."""
    return evolve(call, permit=Permit("p9", START_NS + 20 * SECOND))


def test_a_cancel_goes_before_a_read_that_came_earlier() -> None:
    bench = Bench()
    bench.make(REDUCING)
    bench.make(READ)
    bench.make(CANCEL)

    bench.answer(0, {"code": -2021, "msg": "Order would immediately trigger."}, status=400)

    assert [("POST", "/fapi/v1/order"), ("DELETE", "/fapi/v1/order")] == paths(bench)


def test_of_those_whose_permits_grew_old_the_reducing_one_is_told_first() -> None:
    bench = Bench()
    bench.make(REDUCING)
    bench.make(READ)
    bench.make(CANCEL)

    bench.steps.now_ns += 5 * SECOND
    step = bench.steps.fire("timeout")

    assert [CANCEL.call_id, READ.call_id] == [each.call_id for each in step.told(Fenced)]


def test_a_read_that_is_asked_for_again_while_it_waits_leaves_once() -> None:
    bench = Bench()
    bench.make(REDUCING)
    bench.make(READ)
    bench.make(later(READ))

    bench.steps.now_ns += 5 * SECOND
    step = bench.steps.fire("timeout")

    assert [] == step.told(Fenced)
    assert [("POST", "/fapi/v1/order"), ("GET", "/fapi/v1/time")] == paths(bench)


def test_a_call_that_is_asked_for_again_needs_no_second_place() -> None:
    bench = Bench(waiting_max=1)
    bench.make(REDUCING)
    bench.make(READ)

    step = bench.make(later(READ))

    assert () == step.tells


def test_before_the_clock_is_trusted_what_needs_no_signature_goes_first() -> None:
    bench = Bench(informed=False)
    bench.make(READ)
    bench.make(CANCEL)
    bench.make(evolve(READ, call_id="instruments/ReadInstruments", call=ReadInstruments()))

    bench.answer(0, {"serverTime": 5})
    bench.steps.tell(TRUSTED)
    bench.answer(1, {"symbols": []})

    assert [
        ("GET", "/fapi/v1/time"),
        ("GET", "/fapi/v1/exchangeInfo"),
        ("DELETE", "/fapi/v1/order"),
    ] == paths(bench)
