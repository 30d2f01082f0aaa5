"""Venue faults: delays, streams, and every named way in which an answer can fail."""

from collections.abc import Mapping

import pytest
from attrs import evolve

from callboard.actors.ports import VenueAnswer
from callboard.messages.values import Phase
from callboard.scenarios.venue.faults import Fault, Faults, FaultScript, ScriptedFault
from callboard.scenarios.venue.settings import Delay, VenueSettings
from venue_world import ALGO, ORDER, PLAIN_LATENCY, VenueWorld, market_order, stop_order


def quoted(settings: VenueSettings | None = None) -> VenueWorld:
    world = VenueWorld(settings)
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    world.listen()
    return world


def planned(fault: Fault, *, nth: int = 1, executed: bool = True, size_ms: int | None = None,
            method: str = "POST", path: str = ORDER) -> VenueWorld:  # fmt: skip
    script = FaultScript((ScriptedFault(method, path, nth, fault, executed, size_ms),))
    return quoted(VenueSettings(script=script))


def ordered(world: VenueWorld) -> VenueAnswer | None:
    request_id = world.send("POST", ORDER, **market_order("BUY", "1", "a"))
    world.wait(100)
    return world.answer_to(request_id)


def test_a_request_is_executed_when_it_arrives_and_answered_later() -> None:
    world = VenueWorld()
    world.quote("2600.00", "2600.10")
    request_id = world.send("POST", ORDER, **market_order("BUY", "1"))

    world.wait(4)
    travelling = len(world.venue.ledger().orders)
    world.wait(1)
    executed = len(world.venue.ledger().orders)
    silent = world.answer_to(request_id)
    world.wait(5)

    assert (0, 1, None) == (travelling, executed, silent)
    assert world.answer_to(request_id) is not None


@pytest.mark.parametrize(
    ("fault", "orders"),
    [(Fault.REQUEST_LOST_BEFORE_EXECUTION, 0), (Fault.ANSWER_LOST_AFTER_EXECUTION, 1)],
)
def test_a_lost_request_or_answer_is_silence(fault: Fault, orders: int) -> None:
    world = planned(fault)

    assert ordered(world) is None
    assert len(world.venue.ledger().orders) == orders
    assert world.venue.fault_counts[fault] == 1


def test_a_late_request_is_told_as_broken_and_executed_all_the_same() -> None:
    world = planned(Fault.REQUEST_LATE, size_ms=1_500)

    answer = ordered(world)
    at_first = len(world.venue.ledger().orders)
    world.wait(1_500)

    assert answer is not None
    assert Phase.MAYBE_SENT is answer.phase
    assert (0, 1) == (at_first, len(world.venue.ledger().orders))


def test_a_late_answer_comes_after_the_stream_has_told_the_fill() -> None:
    world = planned(Fault.ANSWER_LATE, size_ms=8_000)

    early = ordered(world)
    filled = [f["o"]["X"] for f in world.frames_of("ORDER_TRADE_UPDATE")]
    world.wait(8_000)

    assert early is None
    assert filled[-1] == "FILLED"
    late = world.answer_to("r1")
    assert late is not None
    assert late.body["status"] == "NEW"


def test_a_refused_connection_is_known_not_to_have_sent() -> None:
    world = planned(Fault.CONNECTION_REFUSED)

    answer = ordered(world)

    assert answer is not None
    assert answer.phase is Phase.NOT_CONNECTED
    assert world.venue.ledger().orders == ()


@pytest.mark.parametrize("executed", [True, False])
def test_a_reset_connection_may_have_executed(executed: bool) -> None:
    world = planned(Fault.CONNECTION_RESET, executed=executed)

    answer = ordered(world)

    assert answer is not None
    assert answer.phase is Phase.MAYBE_SENT
    assert len(world.venue.ledger().orders) == int(executed)


@pytest.mark.parametrize(
    ("fault", "status", "code", "orders"),
    [
        (Fault.HTTP_503_UNKNOWN, 503, -1000, 1),
        (Fault.HTTP_503_INTERNAL, 503, -1001, 1),
        (Fault.HTTP_503_SERVICE_UNAVAILABLE, 503, None, 0),
        (Fault.THROTTLED_1008, 503, -1008, 0),
        (Fault.HTTP_429, 429, -1003, 0),
    ],
)
def test_an_overloaded_venue_answers_in_its_own_words(
    fault: Fault, status: int, code: int | None, orders: int
) -> None:
    world = planned(fault)

    answer = ordered(world)

    assert answer is not None
    assert answer.status == status
    assert (answer.body["code"] if answer.body else None) == code
    assert len(world.venue.ledger().orders) == orders


def test_only_the_planned_request_fails() -> None:
    world = planned(Fault.ANSWER_LOST_AFTER_EXECUTION, nth=2)

    answers = [ordered(world) is not None for _ in range(3)]

    assert [True, False, True] == answers


def test_throttling_spares_reducing_orders_and_cancels() -> None:
    world = quoted(VenueSettings(faults=Faults(throttled_1008=1.0)))

    assert world.refused("POST", ORDER, **market_order("BUY", "1")) == -1008
    assert world.refused("POST", ORDER, **market_order("SELL", "1", reduceOnly="true")) == -2022
    assert world.refused("DELETE", ORDER, symbol="ETHUSDT", orderId="1") == -2011
    stop = stop_order("SELL", "2500.00", closePosition="true")
    assert world.done("POST", ALGO, **stop)["algoStatus"] == "NEW"


def test_healing_ends_the_drawn_faults() -> None:
    world = quoted(VenueSettings(faults=Faults(connection_refused=1.0)))
    first = ordered(world)

    world.venue.set_faults(Faults())
    answer = world.done("POST", ORDER, **market_order("BUY", "1"))

    assert first is not None
    assert first.phase is Phase.NOT_CONNECTED
    assert answer["status"] == "NEW"


def test_a_clock_fault_moves_the_venues_clock_until_it_is_set_again() -> None:
    world = planned(Fault.CLOCK_SKEW, method="GET", path="/fapi/v1/time", size_ms=-3_000)

    skewed = world.done("GET", "/fapi/v1/time")["serverTime"]
    refused = world.refused("POST", ORDER, **market_order("BUY", "1"))
    world.venue.set_clock_skew_ms(0)

    assert skewed < world.now_ms - 2_500
    assert refused == -1021
    assert world.done("POST", ORDER, **market_order("BUY", "1"))


def test_frames_in_a_gap_are_lost_and_the_stream_opens_again() -> None:
    world = planned(Fault.STREAM_GAP, method="STREAM", path="user", size_ms=1_000)
    world.deliveries.clear()

    ordered(world)
    world.wait(1_000)
    after_gap = [(d.kind, d.stream) for d in world.deliveries if d.kind != "answer"]
    world.done("POST", ORDER, **market_order("BUY", "1", "b"))
    world.wait(10)

    assert [("close", "user"), ("open", "user")] == after_gap
    assert {"b"} == {f["o"]["c"] for f in world.frames_of("ORDER_TRADE_UPDATE")}


def test_a_duplicated_frame_comes_twice() -> None:
    world = planned(Fault.STREAM_DUPLICATE, method="STREAM", path="user")

    ordered(world)

    kinds = [f["o"]["x"] for f in world.frames_of("ORDER_TRADE_UPDATE")]
    assert ["NEW", "NEW", "TRADE"] == kinds


def test_a_reordered_frame_is_overtaken() -> None:
    world = planned(Fault.STREAM_REORDER, method="STREAM", path="user", size_ms=20)

    ordered(world)

    kinds = [f["o"]["x"] for f in world.frames_of("ORDER_TRADE_UPDATE")]
    assert ["TRADE", "NEW"] == kinds


def test_jitter_never_reorders_a_stream_by_itself() -> None:
    latency = evolve(PLAIN_LATENCY, stream=Delay(1, 50))
    world = quoted(VenueSettings(latency=latency))

    for number in range(20):
        world.send("POST", ORDER, **market_order("BUY", "0.1", f"c{number}"))
        world.wait(3)
    world.wait(200)

    executed = [f["o"]["i"] for f in world.frames_of("ORDER_TRADE_UPDATE")]
    assert executed == sorted(executed)
    assert len(executed) == 40


def test_a_client_that_is_gone_gets_nothing_and_its_orders_stay() -> None:
    world = quoted()
    request_id = world.send("POST", ORDER, **market_order("BUY", "1"))
    world.wait(5)

    world.venue.close_client("engine")
    world.wait(100)
    world.listen()
    world.done("POST", ORDER, **market_order("BUY", "1", "b"))
    world.wait(10)

    assert world.answer_to(request_id) is None
    assert len(world.venue.ledger().orders) == 2
    assert {"b"} == {f["o"]["c"] for f in world.frames_of("ORDER_TRADE_UPDATE")}


def test_a_request_that_had_left_a_dead_client_is_still_executed() -> None:
    world = quoted()
    world.send("POST", ORDER, **market_order("BUY", "1"))

    world.venue.close_client("engine")
    world.wait(100)

    assert len(world.venue.ledger().orders) == 1


def test_the_market_stream_tells_quotes_and_marks_of_the_chosen_symbols_only() -> None:
    world = VenueWorld()
    world.listen("market", ("ETHUSDT",))

    world.quote("2600.00", "2600.10")
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")
    world.mark("2600.05")
    world.wait(10)

    assert ["bookTicker", "markPriceUpdate"] == [frame["e"] for frame in world.frames]
    ticker: Mapping[str, object] = world.frames[0]
    assert ("ETHUSDT", "2600.00", "100", "2600.10") == (
        ticker["s"], ticker["b"], ticker["B"], ticker["a"],
    )  # fmt: skip


def test_an_unknown_stream_is_a_mistake_of_the_caller() -> None:
    world = VenueWorld()

    with pytest.raises(ValueError, match='is "user" or "market"'):
        world.venue.open_stream("depth", (), now_ns=world.now_ns)
