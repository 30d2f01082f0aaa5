"""Test of port strikes: each kind has its turn, and again until it has fired."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from callboard.scenarios.venue.faults import Fault
from support.port_strikes import AGAIN_SECONDS, Kind, Line, Look

LOOK = Look(at=100.0, fired={}, requests=0, is_engaged=True, is_held=True)


def line(*kinds: Kind, struck: list[Kind], **changes: Any) -> Line:
    """Return a line that notes what it strikes."""
    return Line(struck.append, list(kinds), every=1.0, **changes)


def at(seconds: float, fired: Mapping[str, int] | None = None, **changes: Any) -> Look:
    """Return what is seen so long after the begin."""
    return evolve(LOOK, at=LOOK.at + seconds, fired=fired or {}, **changes)


def test_so_many_kinds_are_under_way_at_a_time() -> None:
    struck: list[Kind] = []
    two = line(Fault.HTTP_403, Fault.HTTP_418, Fault.HTTP_429, struck=struck, at_a_time=2)

    for look in (at(0), at(0.5), at(1), at(2), at(3, {"http_418": 1})):
        two.step(look)

    assert [Fault.HTTP_403, Fault.HTTP_418, Fault.HTTP_429] == struck


def test_a_kind_of_a_frame_is_struck_again_until_it_has_fired() -> None:
    struck: list[Kind] = []
    one = line(Fault.STREAM_GAP, struck=struck, again_after=AGAIN_SECONDS)

    one.step(at(0))
    one.step(at(AGAIN_SECONDS + 1))
    assert not one.is_over
    one.step(at(AGAIN_SECONDS + 2, {"stream_gap": 1}))

    assert [Fault.STREAM_GAP, Fault.STREAM_GAP] == struck
    assert one.is_over


def test_a_kind_that_waits_at_the_venue_for_its_request_is_struck_once() -> None:
    struck: list[Kind] = []
    one = line(Fault.WOULD_TRIGGER_2021, struck=struck)

    for seconds in (0, 100, 200):
        one.step(at(seconds))

    assert [Fault.WOULD_TRIGGER_2021] == struck


def test_between_two_kinds_that_pause_all_there_is_trade() -> None:
    struck: list[Kind] = []
    pausing = line(Fault.HTTP_418, Fault.HTTP_403, struck=struck, requests_between=10)

    for look in (
        at(0),
        at(2, {"http_418": 1}, requests=5),
        at(9, {"http_418": 1}, requests=14),
    ):
        pausing.step(look)
    assert [Fault.HTTP_418] == struck
    pausing.step(at(10, {"http_418": 1}, requests=15))

    assert [Fault.HTTP_418, Fault.HTTP_403] == struck


def test_an_incident_waits_until_it_can_have_an_effect() -> None:
    struck: list[Kind] = []
    incidents = line(Fault.MODE_CHANGED, Fault.LIQUIDATED, Fault.WEIGHT_JUMP, struck=struck)

    incidents.step(at(0, is_held=False))
    incidents.step(at(2, {"weight_jump": 1}, is_held=False))
    incidents.step(at(4, {"weight_jump": 1}, is_engaged=False, is_held=False))

    assert [Fault.WEIGHT_JUMP, Fault.MODE_CHANGED] == struck
