"""Test of unknown outcomes over sockets: an order's timeline beside the venue's own truth.

One engine plays all cases; each row of the tables is one of them.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.travel.trail import Trail, Verdict, Wire
from callboard.messages.values import OrderState
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.server.wire_faults import WireFault
from support.command_line import invoke
from support.outcomes import ALGO, Case, Known, Round, Silence, outcomes

LOST_FILL, MUTE = Silence(Fault.STREAM_LOST, nth=3), Silence(Fault.STREAM_STALL, size_ms=6_000)
"""The third frame of a market order is its fill's report."""
BY_STREAM, BY_ANSWER = "user_stream OrderReported", "lane_reducing AttemptEnded"
UNCLEAR: Mapping[str, tuple[Fault | WireFault, str]] = {
    "503-unknown": (Fault.HTTP_503_UNKNOWN, "503 -1000 Unknown error"),
    "503-internal": (Fault.HTTP_503_INTERNAL, "503 -1001 Internal error"),
    "timeout": (WireFault.TIMEOUT_1007, "408 -1007 Timeout waiting"),
    "reset": (WireFault.RESET_AFTER_EXECUTION, "MAYBE_SENT no answer: ConnectionResetError"),
}
"""What leaves an outcome open, and how its request reads in a timeline."""


def lost(name: str) -> Fault | WireFault:
    """Return the fault of a name where nothing was executed."""
    return WireFault.RESET_BEFORE_EXECUTION if name == "reset" else UNCLEAR[name][0]


ROUNDS = (
    # The first of all, while no other frame is on its way.
    Round((Case("frame-lost", None),), LOST_FILL),
    Round(
        (
            *(Case(f"{each}-lost", lost(each), is_executed=False) for each in UNCLEAR),
            *(Case(f"{each}-done-stop", fault, ALGO) for each, (fault, _) in UNCLEAR.items()),
            Case("timeout-lost-stop", lost("timeout"), ALGO, is_executed=False),
            Case("503-unknown-done-heard", Fault.HTTP_503_UNKNOWN),
            Case("unavailable-once", Fault.HTTP_503_SERVICE_UNAVAILABLE),
            Case("unavailable-for-good", Fault.HTTP_503_SERVICE_UNAVAILABLE, times=4),
            Case("throttled", Fault.THROTTLED_1008),
        )
    ),
    Round(
        (Case("mute", None), *(Case(f"{each}-done", UNCLEAR[each][0]) for each in UNCLEAR)), MUTE
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outcomes")


@pytest.fixture(scope="module")
def known(folder: Path) -> Mapping[str, Known]:
    return outcomes(ROUNDS, folder)


def sent(trail: Trail) -> list[Wire]:
    """Return the requests that left; on a busy machine a permit runs out before its request."""
    return [wire for wire in trail.wires.values() if wire.verdict is not Verdict.NOT_SENT]


def requests_of(trail: Trail) -> list[tuple[str, Verdict]]:
    """Return what was asked, and what came of it."""
    return [(wire.what, wire.verdict) for wire in sent(trail)]


def first_answer(trail: Trail) -> str:
    return sent(trail)[0].answer


def attempts(trail: Trail) -> int:
    """Return how often the order left."""
    return sum(wire.what == "PlaceOrder" for wire in sent(trail))


def is_executed_once(case: Known) -> bool:
    """Say whether the venue shows one entry with one fill, its position and one stop."""
    entries = [order.status for order in case.orders if not order.is_algo]
    stops = [order.type for order in case.orders if order.is_algo and order.is_open]
    return (["FILLED"], ["STOP_MARKET"], 1, True) == (entries, stops, case.fills, case.has_position)


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_order_that_was_lost_is_asked_for_until_nothing_can_accept_it_and_then_sent_once_more(
    known: Mapping[str, Known], name: str
) -> None:
    case = known[f"{name}-lost"]

    (doubt,) = case.entry.doubts
    placed, *asked, again = requests_of(case.entry)
    assert first_answer(case.entry).startswith(UNCLEAR[name][1])
    assert (2, ("PlaceOrder", Verdict.UNKNOWN)) == (attempts(case.entry), placed)
    assert {("QueryOne", Verdict.ABSENT)} == set(asked)
    assert ("PlaceOrder", Verdict.DONE) == again
    assert doubt.until is not None
    assert (BY_ANSWER, OrderState.PENDING, "not executed") == (
        doubt.by,
        doubt.until.state,
        doubt.until.reason,
    )
    assert is_executed_once(case)


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_order_that_was_executed_is_found_by_its_id_where_the_stream_is_mute(
    known: Mapping[str, Known], name: str
) -> None:
    case = known[f"{name}-done"]

    (doubt,) = case.entry.doubts
    placed, found, *_ = requests_of(case.entry)
    assert first_answer(case.entry).startswith(UNCLEAR[name][1])
    assert (1, ("PlaceOrder", Verdict.UNKNOWN)) == (attempts(case.entry), placed)
    assert ("QueryOne", Verdict.DONE) == found
    assert doubt.until is not None
    assert BY_ANSWER == doubt.by
    assert OrderState.FILLED is case.entry.state
    assert is_executed_once(case)


def test_an_order_that_was_executed_is_known_as_soon_as_the_stream_tells(
    known: Mapping[str, Known],
) -> None:
    case = known["503-unknown-done-heard"]

    assert ("PlaceOrder", Verdict.UNKNOWN) == requests_of(case.entry)[0]
    # The stream may be faster than the answer, and nothing was unknown then.
    assert {doubt.by for doubt in case.entry.doubts} <= {BY_STREAM, BY_ANSWER}
    assert (1, OrderState.FILLED) == (attempts(case.entry), case.entry.state)
    assert is_executed_once(case)


@pytest.mark.parametrize("name", UNCLEAR)
def test_a_stop_that_was_executed_is_the_one_that_protects(
    known: Mapping[str, Known], name: str
) -> None:
    case = known[f"{name}-done-stop"]

    (stop,) = case.stops
    assert first_answer(stop).startswith(UNCLEAR[name][1])
    assert (1, ("PlaceOrder", Verdict.UNKNOWN)) == (attempts(stop), requests_of(stop)[0])
    assert {doubt.by for doubt in stop.doubts} <= {BY_STREAM, BY_ANSWER}
    assert is_executed_once(case)


def test_a_stop_that_was_lost_is_replaced_after_one_question_and_not_waited_for(
    known: Mapping[str, Known],
) -> None:
    case = known["timeout-lost-stop"]

    first, second = case.stops
    (doubt,) = first.doubts
    assert [("PlaceOrder", Verdict.UNKNOWN), ("QueryOne", Verdict.ABSENT)] == requests_of(first)[:2]
    assert ("PlaceOrder", Verdict.DONE) == requests_of(second)[0]
    assert second.begin_ns < (first.end_ns if doubt.until is None else doubt.until.at_ns)
    assert [second.name] == [order.client_order_id for order in case.orders if order.is_algo]
    assert is_executed_once(case)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("unavailable-once", "503 Service Unavailable."),
        ("throttled", "503 -1008 Request throttled"),
    ],
)
def test_what_surely_failed_is_never_unknown_and_sent_again_under_its_id(
    known: Mapping[str, Known], name: str, answer: str
) -> None:
    case = known[name]

    assert first_answer(case.entry).startswith(answer)
    expected = [("PlaceOrder", Verdict.NOT_EXECUTED), ("PlaceOrder", Verdict.DONE)]
    assert expected == requests_of(case.entry)[:2]
    assert (2, []) == (attempts(case.entry), case.entry.doubts)
    assert is_executed_once(case)


def test_what_fails_for_good_ends_and_was_never_at_the_venue(known: Mapping[str, Known]) -> None:
    case = known["unavailable-for-good"]

    assert {("PlaceOrder", Verdict.NOT_EXECUTED)} == set(requests_of(case.entry))
    assert (OrderState.FAILED, []) == (case.entry.state, case.entry.doubts)
    assert ([], [], 0, False) == (case.orders, case.stops, case.fills, case.has_position)


@pytest.mark.parametrize("name", ["frame-lost", "mute"])
def test_a_fill_that_the_stream_never_told_is_asked_for(
    known: Mapping[str, Known], name: str
) -> None:
    case = known[name]

    # By a question of its own, or by a comparison with the venue that was due anyway.
    told_by = next(each.sender for each in case.entry.entries if "TradeBooked" in each.facts)
    assert told_by in ("lane_reducing", "reconciler")
    assert (1, ("PlaceOrder", Verdict.DONE)) == (attempts(case.entry), requests_of(case.entry)[0])
    assert (OrderState.FILLED, []) == (case.entry.state, case.entry.doubts)
    assert is_executed_once(case)


def test_a_user_reads_it_all_by_the_signals_name(folder: Path, known: Mapping[str, Known]) -> None:
    assert known

    result = invoke("journal", "timeline", "timeout-lost", folder)

    assert Exit.OK == result.exit_code
    lines = result.stdout.splitlines()
    assert {"attempt 1", "attempt 2"} <= {line.strip() for line in lines}
    (unknown,) = [line for line in lines if line.startswith("  unknown ")]
    assert unknown.endswith(f" s, by {BY_ANSWER}: PENDING  not executed")
    assert lines[-1].startswith("  ending     FILLED  ")
