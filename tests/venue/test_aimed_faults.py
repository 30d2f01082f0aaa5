"""Aimed faults: a fault planned in a running venue hits the next request of its kind.

Owns the counting from now, which a plan of the start cannot have.
"""

from random import Random

from callboard.actors.ports import VenueRequest
from callboard.scenarios.venue.fault_source import FaultSource
from callboard.scenarios.venue.faults import Fault, Faults, FaultScript, ScriptedFault

ORDER = "/fapi/v1/order"
LOST = Fault.ANSWER_LOST_AFTER_EXECUTION


def source(*planned: ScriptedFault) -> FaultSource:
    """Return a source without drawn faults."""
    return FaultSource(Faults(), FaultScript(planned), Random(1))


def hits(faults: FaultSource, method: str, count: int) -> list[Fault | None]:
    """Return what becomes of some requests of one kind."""
    draws = [
        faults.draw_for_request(VenueRequest(f"r{number}", method, ORDER, {}))
        for number in range(count)
    ]
    return [None if draw is None else draw.fault for draw in draws]


def test_an_aimed_fault_hits_the_next_request_of_its_kind_and_no_other() -> None:
    faults = source()
    before = hits(faults, "POST", 2)

    faults.plan(ScriptedFault("POST", ORDER, 1, LOST))

    assert [None, None] == before
    assert [None] == hits(faults, "GET", 1)
    assert [LOST, None] == hits(faults, "POST", 2)
    assert 1 == faults.counts[LOST]


def test_an_aim_counts_from_now_and_leaves_what_was_planned_before() -> None:
    faults = source(ScriptedFault("POST", ORDER, 4, Fault.HTTP_429))
    hits(faults, "POST", 1)

    faults.plan(ScriptedFault("POST", ORDER, 2, LOST))

    assert [None, LOST, Fault.HTTP_429, None] == hits(faults, "POST", 4)
