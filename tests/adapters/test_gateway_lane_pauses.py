"""Test of GatewayLane in a pause: permits of before it are void, those of after it are good."""

import pytest
from attrs import evolve

from adapters.test_gateway_lane import CANCEL, OPENING, READ, REDUCING, Bench
from callboard.messages.venue import Fenced, MakeCall, RequestsPaused
from support.steps import SECOND, START_NS

PAUSED = RequestsPaused(START_NS + SECOND, placements_only=False)
PLACEMENTS_PAUSED = evolve(PAUSED, placements_only=True)


@pytest.mark.parametrize(
    ("told", "call"),
    [(PAUSED, READ), (PAUSED, CANCEL), (PAUSED, REDUCING), (PLACEMENTS_PAUSED, REDUCING)],
)
def test_nothing_leaves_in_a_pause_that_wants_it_to_stay(
    told: RequestsPaused, call: MakeCall
) -> None:
    bench = Bench()
    bench.steps.tell(told)

    step = bench.make(call)

    assert [Fenced(call.call_id, 7, "paused")] == step.told(Fenced)
    assert [] == bench.exchange.requests


@pytest.mark.parametrize(
    ("told", "call"),
    [(PLACEMENTS_PAUSED, CANCEL), (evolve(PAUSED, until_ns=START_NS), OPENING)],
)
def test_a_pause_of_placements_or_one_that_is_over_holds_nothing_else(
    told: RequestsPaused, call: MakeCall
) -> None:
    bench = Bench()
    bench.steps.tell(told)

    bench.make(call)

    assert 1 == len(bench.exchange.requests)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    bench = Bench()
    bench.steps.tell(PAUSED)
    bench.steps.tell(evolve(PAUSED, until_ns=START_NS))

    step = bench.make(READ)

    assert ["paused"] == [fenced.reason for fenced in step.told(Fenced)]


@pytest.mark.parametrize("status", [403, 418, 429])
def test_what_waits_behind_the_answer_that_wants_a_pause_is_turned_away(status: int) -> None:
    bench = Bench()
    for call in (OPENING, CANCEL, READ):
        bench.make(call)

    step = bench.answer(0, {"code": -1003, "msg": "Too many requests."}, status=status)

    turned_away = [Fenced(call.call_id, 7, "paused") for call in (CANCEL, READ)]
    assert turned_away == step.told(Fenced)
    assert 1 == len(bench.exchange.requests)


def test_what_comes_with_a_permit_of_after_the_pause_leaves() -> None:
    bench = Bench()
    bench.make(OPENING)
    bench.answer(0, {"code": -1003, "msg": "Too many requests."}, status=429)

    bench.make(evolve(CANCEL, call_id="cb-1-1-e!2"))

    assert ["POST", "DELETE"] == [request.method for request in bench.exchange.requests]
